/* machine.c - QEMU. SPDX-License-Identifier: ISC */
#include "lab/machine.h"
#include "lab/panic.h"
#include "lab/words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What QEMU's isa-debug-exit makes of the values 16, 32 and 64 that an image writes there. */
#define STATUS_WELL 33
#define STATUS_REFUSED 65
#define STATUS_PANIC 129
#define BACKTRACE_WAIT_NS ((int64_t)500 * 1000000)
#define GENTLE_MS 2000
#define TERMINAL_TAIL ((size_t)64 * 1024)

/* Which machine it is, where there are several. */
static void add_node(struct text *line, const struct machine_plan *plan)
{
	if (plan->how->machines > 1)
		text_addf(line, " node=%lld nodes=%lld", (long long)plan->number,
			(long long)plan->how->machines);
}

/* The clock that an emulated machine has tells whole seconds only: commits' dates shall be compared
 * with packets' times. */
static void add_time(struct text *line)
{
	int64_t now = clock_wall_ns();
	text_addf(line, " time=%lld.%09lld", (long long)(now / 1000000000),
		(long long)(now % 1000000000));
}

/* "ip=10.77.0.2/24 gateway=10.77.0.1 ip1=192.168.1.1/24", and the recipe's own words; of two words
 * for one thing, images take the first. */
static const char *kernel_line(struct arena *a, const struct machine_plan *plan)
{
	struct text line = {.a = a};
	vec_for(net, plan->nets) {
		const char *number = net->index ? str_format(a, "%zu", net->index) : "";
		const char *space = net->index ? " " : "";
		if (net->dhcp)
			text_addf(&line, "%sip%s=dhcp", space, number);
		else
			text_addf(&line, "%sip%s=%s/%d", space, number,
				network_address(a, net, plan->number), net->prefix);
		if (!net->dhcp && !net->index)
			text_addf(&line, " gateway=%s", net->host);
	}
	add_node(&line, plan);
	const char *more = plan->how->boot.command_line;
	if (more && *more)
		text_addf(&line, " %s", more);
	add_time(&line);
	return line.p;
}

static void add_words(struct arena *a, strings *argv, const char *const *words)
{
	for (; *words; words++)
		vec_push(a, argv, *words);
}

/* Cards and disks are found by address, from the highest down, in the order given here. */
static void add_devices(struct arena *a, strings *argv, const struct machine_plan *plan)
{
	vec_for(net, plan->nets) {
		const char *const card[] = {"-netdev",
			str_format(a, "dgram,id=n%zu,local.type=fd,local.str=%d", net->index,
				plan->wire_fds[net->index]),
			"-device",
			str_format(a, "virtio-net-device,netdev=n%zu,mac=%s", net->index,
				network_mac(a, net, plan->number)),
			NULL};
		add_words(a, argv, card);
	}
	if (plan->disk_fd < 0)
		return;
	const char *const disk[] = {"-drive",
		str_format(a, "if=none,id=d0,format=raw,file=/proc/self/fd/%d", plan->disk_fd),
		"-device", "virtio-blk-device,drive=d0", NULL};
	add_words(a, argv, disk);
}

static bool start_qemu(
	struct arena *a, const struct machine_plan *plan, struct process *out, struct err *e)
{
	strings argv = {0};
	const char *const machine[] = {"qemu-system-x86_64", "-M", "microvm,acpi=off,pit=on,pic=on",
		"-global", "virtio-mmio.force-legacy=false", "-accel", plan->accelerator, "-cpu",
		"max", "-m", str_format(a, "%lld", (long long)plan->how->boot.memory_mb),
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
		"-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", NULL};
	const char *const image[] = {
		"-kernel", plan->image_path, "-append", kernel_line(a, plan), NULL};
	add_words(a, &argv, machine);
	add_devices(a, &argv, plan);
	add_words(a, &argv, image);
	vec_push(a, &argv, NULL);
	int keep[RECIPE_NETWORKS_MAX + 1];
	memcpy(keep, plan->wire_fds, plan->nets->n * sizeof(*keep));
	keep[plan->nets->n] = plan->disk_fd;
	const struct command qemu = {.argv = argv.v,
		.split = true,
		.output_limit = CONSOLE_MAX,
		.keep_fds = keep,
		.keep_count = plan->nets->n + (plan->disk_fd >= 0),
		.on_terminal = !plan->console && plan->number == 1};
	return process_start(a, &qemu, out, e);
}

bool machine_start(
	struct arena *a, const struct machine_plan *plan, struct machine *out, struct err *e)
{
	defer(close_fd) int console = -1;
	if (plan->console) {
		console = open(plan->console, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (console < 0)
			return fail_errno(e, "make %s", plan->console);
	}
	struct machine m = {.a = a, .image_path = plan->image_path, .console_fd = console};
	if (plan->how->machines > 1)
		m.prefix = str_format(a, "%lld: ", (long long)plan->number);
	if (!start_qemu(a, plan, &m.qemu, e))
		return false;
	*out = m;
	console = -1;
	return true;
}

static bool write_all(int fd, struct str s, struct err *e)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno != EINTR)
			return fail_errno(e, "keep the console");
		s = str_from(s, n < 0 ? 0 : (size_t)n);
	}
	return true;
}

static void look_for_panic(struct machine *m, size_t from)
{
	const struct str mark = S("respin: panic: "), other = S("respin: refused: ");
	from -= from < other.n ? from : other.n;
	struct str fresh = str_from(machine_console(m), from);
	if (!m->panic_ns && (str_find(fresh, mark) >= 0 || str_find(fresh, other) >= 0))
		m->panic_ns = clock_ns();
}

/* Up to the last line feed; all of it where no more will come. */
static struct str whole_lines(struct str s, bool all)
{
	const char *end = s.n ? memrchr(s.p, '\n', s.n) : NULL;
	return all ? s : (struct str){s.p, end ? (size_t)(end + 1 - s.p) : 0};
}

/* Lines of several machines on one terminal, each with its machine's number. */
static bool write_lines(struct machine *m, struct str lines, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text t = {.a = &scratch};
	while (lines.n) {
		struct str line = str_cut(&lines, '\n');
		text_addf(&t, "%s%.*s\n", m->prefix, STR(line));
	}
	return write_all(STDOUT_FILENO, text_str(&t), e);
}

/* Hands on what is new. A terminal may show any amount, and only the tail of it is kept. */
static bool show_console(struct machine *m, struct err *e)
{
	struct text *out = &m->qemu.out;
	struct str fresh = str_from(text_str(out), m->written);
	if (!fresh.n)
		return true;
	look_for_panic(m, m->written);
	if (m->console_fd < 0 && m->prefix)
		fresh = whole_lines(fresh, m->ended);
	m->written += fresh.n;
	if (m->console_fd >= 0)
		return write_all(m->console_fd, fresh, e);
	if (!(m->prefix ? write_lines(m, fresh, e) : write_all(STDOUT_FILENO, fresh, e)))
		return false;
	if (out->n > 2 * TERMINAL_TAIL) {
		size_t gone = out->n - TERMINAL_TAIL;
		memmove(out->p, out->p + gone, TERMINAL_TAIL);
		out->n = TERMINAL_TAIL;
		m->written = m->written > gone ? m->written - gone : 0;
		m->qemu.cut = false;
	}
	return true;
}

bool machine_turn(struct machine *m, bool ended, struct err *e)
{
	if (m->ended)
		return true;
	process_drain(&m->qemu);
	if (ended) {
		process_finish(&m->qemu, &m->outcome);
		m->ended = true;
	}
	if (!show_console(m, e))
		return false;
	if (m->ended && m->outcome.exit_code == 1 && m->outcome.errors.n && !m->qemu.out.n)
		return fail(e, E_CHILD, "QEMU can't start %s: %s", m->image_path,
			last_line(m->a, m->outcome.errors, 400));
	return true;
}

struct str machine_console(const struct machine *m)
{
	return text_str(&m->qemu.out);
}

/* Resolved places go behind the console's own lines, for whoever reads console.txt. */
static const char *describe_panic(struct machine *m, struct panic *p)
{
	panic_resolve(m->a, m->image_path, p);
	struct text notes = {.a = m->a};
	for (size_t i = 0; i < p->places.n; i++)
		if (p->places.v[i] != p->addresses.v[i])
			text_addf(&notes, "lab: %s is in %s\n", p->addresses.v[i], p->places.v[i]);
	struct err ignored; /* the same words are in the verdict */
	(void)!write_all(
		m->console_fd >= 0 ? m->console_fd : STDOUT_FILENO, text_str(&notes), &ignored);
	return panic_words(m->a, p);
}

static const char *describe_end(struct machine *m)
{
	switch (m->outcome.exit_code) {
	case STATUS_WELL:
		return "ended by itself";
	case STATUS_REFUSED:
		return "refused: without a word on the console";
	case STATUS_PANIC:
		return "panic: without a word on the console";
	case 0:
		return "reset itself (an exception that nothing handled)";
	default:
		return str_format(m->a, "QEMU %s: %s", outcome_words(m->a, &m->outcome),
			last_line(m->a, m->outcome.errors, 300));
	}
}

const char *machine_end(struct machine *m)
{
	struct panic p;
	if (m->end)
		return m->end;
	if (m->panic_ns && panic_find(m->a, machine_console(m), &p)) {
		bool waited = clock_ns() - m->panic_ns > BACKTRACE_WAIT_NS;
		if (m->ended || p.complete || waited)
			m->end = describe_panic(m, &p);
	} else if (m->ended) {
		m->end = describe_end(m);
	} else if (m->qemu.cut) {
		m->end = str_format(m->a, "flood: printed more than %zu KiB on the console",
			CONSOLE_MAX / 1024);
	}
	return m->end;
}

bool machine_ended_well(const struct machine *m)
{
	return m->ended && !m->panic_ns && m->outcome.exit_code == STATUS_WELL;
}

static bool has_ended(struct machine *m, int timeout_ms)
{
	struct pollfd end = {m->qemu.pidfd, POLLIN, 0};
	int n;
	do
		n = poll(&end, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static void end_qemu(struct machine *m, bool gently)
{
	if (m->qemu.pid && !m->ended) {
		kill(m->qemu.pid, gently ? SIGTERM : SIGKILL);
		if (gently && !has_ended(m, GENTLE_MS))
			kill(m->qemu.pid, SIGKILL);
		(void)has_ended(m, -1);
		struct err ignored; /* its last words are wanted only where the file takes them */
		(void)!machine_turn(m, true, &ignored);
	}
}

void machine_stop(struct machine *m, bool gently)
{
	end_qemu(m, gently);
	if (m->qemu.pid)
		close_fd(&m->console_fd);
}

bool machine_break(struct machine *m, bool gently, struct err *e)
{
	end_qemu(m, gently);
	struct str console = machine_console(m);
	const char *line = str_format(m->a, "%slab: %s\n",
		console.n && !str_ends(console, S("\n")) ? "\n" : "",
		gently ? "reset" : "power cut");
	bool written = m->console_fd < 0 || write_all(m->console_fd, str_of(line), e);
	close_fd(&m->console_fd);
	return written;
}
