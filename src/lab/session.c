/* session.c - one poll loop for machine, wire and programs. SPDX-License-Identifier: ISC */
#include "lab/session.h"
#include "lab/programs.h"
#include "lab/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_NS ((int64_t)3000000) /* a machine answers within this, usually */
#define SETTLE_MAX_NS                                                                              \
	((int64_t)1000000000) /* a wire that never falls quiet is waited for so long */
#define ALIVE_NS ((int64_t)1000000000)

/* ---- waiting -------------------------------------------------------------------------- */

enum {
	POLL_CHANNEL,
	POLL_IMAGE,
	POLL_HOST,
	POLL_WATCHED,
	POLL_QEMU,
	POLL_PROGRAM = POLL_QEMU + 3,
	POLL_DHCP = POLL_PROGRAM + 3,
	POLL_MAX = POLL_DHCP + 3
};

static void poll_process(const struct process *p, bool runs, struct pollfd polls[3])
{
	polls[0] = (struct pollfd){runs ? p->pidfd : -1, POLLIN, 0};
	polls[1] = (struct pollfd){runs ? p->out_fd : -1, POLLIN, 0};
	polls[2] = (struct pollfd){runs ? p->err_fd : -1, POLLIN, 0};
}

/* Waits for anything to do, at most until UNTIL. */
static bool poll_all(const struct session *s, int64_t until, struct pollfd *polls, struct err *e)
{
	static const struct process none;
	polls[POLL_CHANNEL] = (struct pollfd){s->channel, POLLRDHUP, 0};
	wire_polls(&s->wire, &polls[POLL_IMAGE]);
	polls[POLL_WATCHED] = (struct pollfd){s->watched, POLLOUT, 0};
	poll_process(&s->machine.qemu, !s->machine.ended, &polls[POLL_QEMU]);
	poll_process(s->program ? s->program : &none, s->program && !s->program_ended,
		&polls[POLL_PROGRAM]);
	poll_process(&s->dhcp, s->dhcp.pid != 0, &polls[POLL_DHCP]);
	int64_t left = until - clock_ns();
	if (left < 0)
		left = 0;
	struct timespec timeout = {left / 1000000000, left % 1000000000};
	if (ppoll(polls, POLL_MAX, &timeout, NULL) < 0 && errno != EINTR)
		return fail_errno(e, "wait for the machine");
	return true;
}

/* A DHCP server that ends leaves an image without an address: not the image's fault. */
static bool dhcp_turn(struct session *s, bool ended, struct err *e)
{
	struct outcome out;
	process_drain(&s->dhcp);
	if (!ended)
		return true;
	process_finish(&s->dhcp, &out);
	s->dhcp.pid = 0;
	return fail(e, E_CHILD, "the DHCP server dnsmasq %s: %s", outcome_words(s->a, &out),
		last_line(s->a, out.output, 300));
}

static bool turn(struct session *s, const struct pollfd *polls, struct err *e)
{
	if (polls[POLL_CHANNEL].revents || signals_pending())
		return fail(e, E_INTERRUPTED, "interrupted");
	wire_turn(&s->wire, clock_ns());
	if (!machine_turn(&s->machine, polls[POLL_QEMU].revents != 0, e))
		return false;
	s->watched_ready |= s->watched >= 0 && polls[POLL_WATCHED].revents;
	if (s->program && !s->program_ended) {
		process_drain(s->program);
		s->program_ended = polls[POLL_PROGRAM].revents != 0;
	}
	return !s->dhcp.pid || dhcp_turn(s, polls[POLL_DHCP].revents != 0, e);
}

enum waited session_wait(
	struct session *s, int64_t deadline, done_fn *done, void *ctx, struct err *e)
{
	struct pollfd polls[POLL_MAX];
	for (;;) {
		if (done(s, ctx))
			return WAIT_DONE;
		if (session_end(s))
			return WAIT_MACHINE;
		if (clock_ns() >= deadline)
			return WAIT_TIMEOUT;
		int64_t due = wire_due(&s->wire);
		if (!poll_all(s, due < deadline ? due : deadline, polls, e) || !turn(s, polls, e))
			return WAIT_ERROR;
	}
}

const char *session_end(struct session *s)
{
	const char *flood = wire_flood(&s->wire);
	const char *end = machine_end(&s->machine);
	if (end || s->hang)
		return end ? end : s->hang;
	return flood ? str_format(s->a, "flood: %s", flood) : NULL;
}

static uint64_t wire_moves(const struct wire *w)
{
	return w->from_image + w->to_image_count + w->dropped + w->to_image.n + w->to_host.n;
}

static bool wire_moved(struct session *s, void *before)
{
	return wire_moves(&s->wire) != *(uint64_t *)before;
}

bool session_settle(struct session *s, struct err *e)
{
	int64_t limit = clock_ns() + SETTLE_MAX_NS + 2 * s->wire.delay_ns;
	for (;;) {
		uint64_t before = wire_moves(&s->wire);
		enum waited how = session_wait(s, clock_ns() + QUIET_NS, wire_moved, &before, e);
		bool empty = !s->wire.to_image.n && !s->wire.to_host.n;
		if (how == WAIT_ERROR)
			return false;
		if (how == WAIT_MACHINE || (how == WAIT_TIMEOUT && empty) || clock_ns() > limit)
			return true;
	}
}

struct life {
	uint64_t frames;
	size_t console;
};

static bool shows_life(struct session *s, void *ctx)
{
	const struct life *before = ctx;
	return s->wire.from_image != before->frames ||
	       machine_console(&s->machine).n != before->console;
}

/* Who has the image's address? Tell the host (RFC 826). */
static void ask_for_address(struct session *s)
{
	struct __attribute__((packed)) {
		unsigned char to[6], from[6];
		unsigned char kinds[10]; /* ethertype; hardware, protocol, their sizes, opcode */
		unsigned char sender[6];
		struct in_addr sender_ip;
		unsigned char target[6];
		struct in_addr target_ip;
	} f = {.to = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		.from = {2, 0, 0, 0, 0, 1},
		.kinds = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1},
		.sender = {2, 0, 0, 0, 0, 1}};
	inet_pton(AF_INET, s->net.host, &f.sender_ip);
	inet_pton(AF_INET, s->net.image, &f.target_ip);
	wire_send(&s->wire, clock_ns(), (struct str){(const char *)&f, sizeof(f)});
}

bool session_is_alive(struct session *s, bool *alive, struct err *e)
{
	struct life before = {s->wire.from_image, machine_console(&s->machine).n};
	ask_for_address(s);
	int64_t deadline = clock_ns() + ALIVE_NS + 2 * s->wire.delay_ns;
	enum waited how = session_wait(s, deadline, shows_life, &before, e);
	if (how == WAIT_ERROR)
		return false;
	*alive = how == WAIT_DONE;
	return true;
}

/* ---- programs ------------------------------------------------------------------------- */

static bool program_has_ended(struct session *s, void *ctx)
{
	(void)ctx;
	return s->program_ended;
}

/* Ends P and all that it started, and collects it. */
static void end_process(struct process *p, struct outcome *out)
{
	kill(-p->pid, SIGKILL);
	struct pollfd end = {p->pidfd, POLLIN, 0};
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		continue;
	process_finish(p, out);
}

bool session_run(struct session *s, const struct command *c, int64_t timeout_ms, enum waited *how,
	struct outcome *out, struct err *e)
{
	struct process p;
	if (!process_start(s->a, c, &p, e))
		return false;
	s->program = &p;
	s->program_ended = false;
	*how = session_wait(s, p.started_ns + timeout_ms * 1000000, program_has_ended, NULL, e);
	p.timed_out = *how == WAIT_TIMEOUT;
	end_process(&p, out);
	s->program = NULL;
	return *how != WAIT_ERROR;
}

static bool start_dhcp(struct session *s, struct err *e)
{
	struct arena *a = s->a;
	/* --no-daemon also keeps it from changing its groups, which a user namespace forbids. */
	const char *const argv[] = {program_anywhere(a, "dnsmasq"), "--no-daemon",
		"--conf-file=/dev/null", "--port=0", "--bind-interfaces",
		"--interface=" SPACE_DEVICE, "--no-ping", "--leasefile-ro", "--dhcp-authoritative",
		"--no-resolv", "--no-hosts",
		str_format(a, "--dhcp-range=%s,%s,1h", s->net.image, s->net.image),
		str_format(a, "--dhcp-host=" SPACE_IMAGE_MAC ",%s", s->net.image), NULL};
	const struct command dnsmasq = {.argv = argv, .output_limit = 256 * 1024};
	return process_start(a, &dnsmasq, &s->dhcp, e) || fail_context(e, "start the DHCP server");
}

/* ---- start and end -------------------------------------------------------------------- */

bool session_start(
	struct session *s, const char *image_path, const char *accelerator, struct err *e)
{
	int ends[2];
	defer(close_fd) int packets = -1;
	if (!space_cable(s->a, &s->net, &packets, e))
		return false;
	/* A datagram is a frame: nothing to cut up, and QEMU waits where we are slow. */
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(e, "make the wire");
	defer(close_fd) int machine_end_fd = ends[1];
	if (s->dir && !recording_open(path_join(s->a, s->dir, "wire.pcap"), &s->recording, e))
		return false;
	wire_init(&s->wire, s->a, ends[0], packets, (size_t)s->net.mtu, s->net.delay_ms,
		s->dir ? &s->recording : NULL);
	packets = -1;
	if (s->net.dhcp && !start_dhcp(s, e))
		return false;
	const struct machine_plan plan = {.image_path = image_path,
		.how = s->how,
		.net = &s->net,
		.accelerator = accelerator,
		.wire_fd = machine_end_fd,
		.console = s->dir ? path_join(s->a, s->dir, "console.txt") : NULL};
	return machine_start(s->a, &plan, &s->machine, e);
}

bool session_stop(struct session *s, struct err *e)
{
	struct outcome dhcp = {0};
	machine_stop(&s->machine);
	if (s->dhcp.pid)
		end_process(&s->dhcp, &dhcp);
	bool written = !s->recording.file || recording_flush(&s->recording, e);
	recording_close(&s->recording);
	if (!written || !s->dir || !dhcp.output.n)
		return written;
	return file_write_cache(path_join(s->a, s->dir, "checks/dhcp.txt"), dhcp.output, 0644, e);
}
