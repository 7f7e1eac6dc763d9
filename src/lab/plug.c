/* plug.c - networks and machines: made, started, started again, ended. SPDX-License-Identifier: ISC
 */
#include "lab/plug.h"
#include "lab/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_MAX ((size_t)1 << 30)

/* A run has "console.txt" of its first machine, and "console-2.txt" of the second. */
static const char *numbered(
	struct session *s, const char *name, const char *mark, size_t number, const char *ending)
{
	const char *file = number ? str_format(s->a, "%s%s%zu%s", name, mark, number, ending)
				  : str_format(s->a, "%s%s", name, ending);
	return path_join(s->a, s->dir, file);
}

/* ---- networks -------------------------------------------------------------------------- */

static bool start_dhcp(struct session *s, struct lan *lan, struct err *e)
{
	struct arena *a = s->a;
	const struct network *net = lan->net;
	strings argv = {0};
	/* --no-daemon also keeps it from changing its groups, which a user namespace forbids. */
	const char *const words[] = {program_anywhere(a, "dnsmasq"), "--no-daemon",
		"--conf-file=/dev/null", "--port=0", "--bind-interfaces",
		str_format(a, "--interface=%s", net->device), "--no-ping", "--leasefile-ro",
		"--dhcp-authoritative", "--no-resolv", "--no-hosts",
		str_format(a, "--dhcp-range=%s,%s,1h", network_address(a, net, 1),
			network_address(a, net, s->how->machines))};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(a, &argv, words[i]);
	for (int64_t k = 1; k <= s->how->machines; k++)
		vec_push(a, &argv,
			str_format(a, "--dhcp-host=%s,%s", network_mac(a, net, k),
				network_address(a, net, k)));
	vec_push(a, &argv, NULL);
	const struct command dnsmasq = {.argv = argv.v,
		.output_limit = 256 * 1024,
		.network = net->index ? lan->host.space : 0};
	return process_start(a, &dnsmasq, &lan->dhcp, e) ||
	       fail_context(e, "start the DHCP server");
}

static bool start_lan(struct session *s, struct lan *lan, struct err *e)
{
	const struct network *net = lan->net;
	if (!host_make(s->a, net, &lan->host, e))
		return false;
	if (s->dir &&
		!recording_open(numbered(s, "wire", "", net->index, ".pcap"), &lan->recording, e))
		return false;
	wire_init(&lan->wire, s->a, s->machine_count, (size_t)net->mtu, net->delay_ms,
		s->dir ? &lan->recording : NULL);
	wire_plug(&lan->wire, 0, lan->host.packets);
	return !net->dhcp || start_dhcp(s, lan, e);
}

static bool stop_lan(struct session *s, struct lan *lan, struct err *e)
{
	struct outcome dhcp = {0};
	if (lan->dhcp.pid)
		end_process(&lan->dhcp, &dhcp);
	bool written = !lan->recording.file || recording_flush(&lan->recording, e);
	recording_close(&lan->recording);
	if (!written || !s->dir || !dhcp.output.n)
		return written;
	const char *file = numbered(s, "checks/dhcp", "", lan->net->index, ".txt");
	return file_write_cache(file, dhcp.output, 0644, e);
}

/* ---- disks ----------------------------------------------------------------------------- */

/* Opens the disk's file, which gets its size where it is new. */
static bool open_disk(const char *path, int64_t size_mb, int *out, struct err *e)
{
	struct stat st;
	defer(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(e, "open the disk %s", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, E_USAGE, "the disk %s is no regular file", path);
	if (!st.st_size && ftruncate(fd, size_mb * 1024 * 1024) < 0)
		return fail_errno(e, "make the disk %s", path);
	*out = fd;
	fd = -1;
	return true;
}

/* The disk of machine I, in the run's folder; or, where nothing is kept, in no folder. */
static bool give_disk(struct session *s, size_t i, struct err *e)
{
	if (!s->how->disk)
		return true;
	int64_t size_mb = s->how->disk->size_mb;
	int *fd = &s->machines[i].disk;
	if (s->disk)
		return open_disk(s->disk, size_mb, fd, e);
	if (s->dir)
		return open_disk(numbered(s, "disk", "-", i ? i + 1 : 0, ".img"), size_mb, fd, e);
	if (!dir_make(s->scratch, e))
		return false;
	*fd = open(s->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd < 0 && errno == EOPNOTSUPP) /* by the file system: then in memory */
		*fd = memfd_create("disk", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, size_mb * 1024 * 1024) < 0)
		return fail_errno(e, "make a disk in %s", s->scratch);
	return true;
}

/* ---- machines -------------------------------------------------------------------------- */

void session_unplug(struct session *s, size_t i)
{
	for (size_t k = 0; k < s->nets.n; k++)
		wire_plug(&s->lans[k].wire, i + 1, -1);
	cards_close(&s->machines[i].cards);
}

/* New cables from all wires to machine I. */
static bool plug(struct session *s, size_t i, struct err *e)
{
	struct cards *c = &s->machines[i].cards;
	if (!cards_make(s->a, s->kind->cards, &s->nets, (int64_t)i + 1, c, e))
		return false;
	for (size_t k = 0; k < s->nets.n; k++)
		wire_plug(&s->lans[k].wire, i + 1, c->wires[k]);
	s->machines[i].sent = s->lans[0].wire.ports[i + 1].sent;
	return true;
}

static bool boot(struct session *s, size_t i, struct err *e)
{
	struct seated *seat = &s->machines[i];
	if (!plug(s, i, e))
		return false;
	const struct machine_plan plan = {.kind = s->kind,
		.image_path = s->image_path,
		.dir = s->recipe_dir,
		.executable = s->executable,
		.how = s->how,
		.nets = &s->nets,
		.number = (int64_t)i + 1,
		.accelerator = s->accelerator,
		.cards = &seat->cards,
		.disk_fd = seat->disk,
		.console = s->dir ? numbered(s, "console", "-", i ? i + 1 : 0, ".txt") : NULL};
	bool started = machine_start(s->a, &plan, &seat->machine, e);
	cards_hand_over(&seat->cards);
	return started;
}

/* An image that is a program but lacks the right to be run, as what is kept in a store does, runs
 * as a copy that has it. */
static bool give_program(struct session *s, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes;
	s->executable = -1;
	if (s->kind->program || access(s->image_path, X_OK) == 0)
		return true;
	if (!file_read(&scratch, s->image_path, IMAGE_MAX, &bytes, e))
		return false;
	defer(close_fd) int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0)
		return fail_errno(e, "make a copy of %s", s->image_path);
	for (ssize_t n; bytes.n; bytes = str_from(bytes, (size_t)n))
		if ((n = write(fd, bytes.p, bytes.n)) < 0)
			return fail_errno(e, "make a copy of %s", s->image_path);
	/* A file that is open for writing can't be run. */
	s->executable = open(str_format(&scratch, "/proc/self/fd/%d", fd), O_RDONLY | O_CLOEXEC);
	return s->executable >= 0 || fail_errno(e, "open a copy of %s", s->image_path);
}

bool session_start(struct session *s, struct err *e)
{
	s->machine_count = (size_t)s->how->machines;
	s->lans = NEW_ARRAY(s->a, struct lan, s->nets.n);
	s->machines = NEW_ARRAY(s->a, struct seated, s->machine_count);
	session_make_polls(s);
	if (!give_program(s, e))
		return false;
	for (size_t i = 0; i < s->machine_count; i++)
		s->machines[i] = (struct seated){.cards = NO_CARDS, .disk = -1};
	for (size_t k = 0; k < s->nets.n; k++)
		s->lans[k] = (struct lan){.net = &s->nets.v[k], .host = {-1, -1}};
	for (size_t k = 0; k < s->nets.n; k++)
		if (!start_lan(s, &s->lans[k], e))
			return false;
	for (size_t i = 0; i < s->machine_count; i++)
		if (!give_disk(s, i, e) || !boot(s, i, e))
			return false;
	return true;
}

bool session_reboot(struct session *s, int64_t number, bool reset, struct err *e)
{
	size_t i = (size_t)number - 1;
	for (size_t k = 0; k < s->nets.n; k++)
		wire_turn(&s->lans[k].wire, clock_ns());
	bool stopped = machine_break(&s->machines[i].machine, reset, e);
	session_unplug(s, i);
	return stopped && boot(s, i, e);
}

bool session_stop(struct session *s, struct err *e)
{
	bool done = true;
	struct err less; /* than the first error, which counts */
	for (size_t i = 0; s->machines && i < s->machine_count; i++)
		machine_ask(&s->machines[i].machine);
	for (size_t i = 0; s->machines && i < s->machine_count; i++)
		machine_stop(&s->machines[i].machine);
	for (size_t k = 0; s->lans && k < s->nets.n; k++)
		done &= stop_lan(s, &s->lans[k], done ? e : &less);
	return done;
}
