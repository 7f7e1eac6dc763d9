/* session.c - one poll loop for machines, wires and programs. SPDX-License-Identifier: ISC */
#include "lab/session.h"
#include "lab/plug.h"
#include "lab/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define QUIET_NS ((int64_t)3000000) /* a machine answers within this, usually */
#define SETTLE_MAX_NS                                                                              \
	((int64_t)1000000000) /* a wire that never falls quiet is waited for so long */
#define ALIVE_NS ((int64_t)1000000000)
#define HANG_UP_MS 1000

/* ---- waiting -------------------------------------------------------------------------- */

/* What is waited for, in this order: the channel, the socket that is watched, the program of the
 * check, each machine, each network's DHCP server and the ports of its wire. */
enum { POLL_CHANNEL, POLL_WATCHED, POLL_PROGRAM, POLL_MACHINES = POLL_PROGRAM + 3 };

static size_t lan_polls(const struct session *s)
{
	return 3 + s->machine_count + 1;
}

static size_t lan_at(const struct session *s, size_t lan)
{
	return POLL_MACHINES + 3 * s->machine_count + lan * lan_polls(s);
}

void session_make_polls(struct session *s)
{
	s->poll_count = lan_at(s, s->nets.n);
	s->polls = NEW_ARRAY(s->a, struct pollfd, s->poll_count);
}

static void poll_process(const struct process *p, bool runs, struct pollfd polls[3])
{
	polls[0] = (struct pollfd){runs ? p->pidfd : -1, POLLIN, 0};
	polls[1] = (struct pollfd){runs ? p->out_fd : -1, POLLIN, 0};
	polls[2] = (struct pollfd){runs ? p->err_fd : -1, POLLIN, 0};
}

/* Waits for anything to do, at most until UNTIL. */
static bool poll_all(struct session *s, int64_t until, struct err *e)
{
	static const struct process none;
	s->polls[POLL_CHANNEL] = (struct pollfd){s->channel, POLLRDHUP, 0};
	s->polls[POLL_WATCHED] = (struct pollfd){s->watched, POLLOUT, 0};
	poll_process(s->program ? s->program : &none, s->program && !s->program_ended,
		&s->polls[POLL_PROGRAM]);
	for (size_t i = 0; i < s->machine_count; i++) {
		const struct machine *m = &s->machines[i].machine;
		poll_process(&m->process, !m->ended, &s->polls[POLL_MACHINES + 3 * i]);
	}
	for (size_t i = 0; i < s->nets.n; i++) {
		const struct lan *lan = &s->lans[i];
		poll_process(&lan->dhcp, lan->dhcp.pid != 0, &s->polls[lan_at(s, i)]);
		wire_polls(&lan->wire, &s->polls[lan_at(s, i) + 3]);
	}
	int64_t left = until - clock_ns();
	if (left < 0)
		left = 0;
	struct timespec timeout = {left / 1000000000, left % 1000000000};
	if (ppoll(s->polls, s->poll_count, &timeout, NULL) < 0 && errno != EINTR)
		return fail_errno(e, "wait for the machine");
	return true;
}

/* A DHCP server that ends leaves an image without an address: not the image's fault. */
static bool dhcp_turn(struct session *s, struct lan *lan, bool ended, struct err *e)
{
	struct outcome out;
	process_drain(&lan->dhcp);
	if (!ended)
		return true;
	process_finish(&lan->dhcp, &out);
	lan->dhcp.pid = 0;
	return fail(e, E_CHILD, "the DHCP server dnsmasq %s: %s", outcome_words(s->a, &out),
		last_line(s->a, out.output, 300));
}

static bool machines_turn(struct session *s, struct err *e)
{
	for (size_t i = 0; i < s->machine_count; i++) {
		struct machine *m = &s->machines[i].machine;
		if (m->ended)
			continue;
		if (!machine_turn(m, s->polls[POLL_MACHINES + 3 * i].revents != 0, e))
			return false;
		if (m->ended)
			session_unplug(s, i);
	}
	return true;
}

static bool turn(struct session *s, struct err *e)
{
	s->turns++;
	if (s->polls[POLL_CHANNEL].revents || signals_pending())
		return fail(e, E_INTERRUPTED, "interrupted");
	for (size_t i = 0; i < s->nets.n; i++)
		wire_turn(&s->lans[i].wire, clock_ns());
	if (!machines_turn(s, e))
		return false;
	s->watched_ready |= s->watched >= 0 && s->polls[POLL_WATCHED].revents;
	if (s->program && !s->program_ended) {
		process_drain(s->program);
		s->program_ended = s->polls[POLL_PROGRAM].revents != 0;
	}
	for (size_t i = 0; i < s->nets.n; i++)
		if (s->lans[i].dhcp.pid &&
			!dhcp_turn(s, &s->lans[i], s->polls[lan_at(s, i)].revents != 0, e))
			return false;
	return true;
}

enum waited session_wait(
	struct session *s, int64_t deadline, done_fn *done, void *ctx, struct err *e)
{
	for (;;) {
		int64_t until = deadline;
		if (done(s, ctx))
			return WAIT_DONE;
		if (session_end(s))
			return WAIT_MACHINE;
		if (clock_ns() >= deadline)
			return WAIT_TIMEOUT;
		for (size_t i = 0; i < s->nets.n; i++) {
			int64_t due = wire_due(&s->lans[i].wire);
			until = due < until ? due : until;
		}
		if (!poll_all(s, until, e) || !turn(s, e))
			return WAIT_ERROR;
	}
}

/* ---- how it goes ----------------------------------------------------------------------- */

struct machine *session_machine(struct session *s, int64_t number)
{
	return &s->machines[number - 1].machine;
}

/* Machine I's own end; "machine 3: ..." where there are several. */
static const char *end_of(struct session *s, size_t i)
{
	const char *end = machine_end(&s->machines[i].machine);
	for (size_t k = 0; !end && k < s->nets.n; k++) {
		const char *flood = wire_flood(&s->lans[k].wire, i + 1);
		end = flood ? str_format(s->a, "flood: %s", flood) : NULL;
	}
	return end && s->machine_count > 1 ? str_format(s->a, "machine %zu: %s", i + 1, end) : end;
}

const char *session_end(struct session *s)
{
	const char *end = NULL;
	size_t well = 0;
	for (size_t i = 0; i < s->machine_count; i++) {
		bool ended_well = machine_ended_well(&s->machines[i].machine);
		well += ended_well;
		if (!end && !ended_well)
			end = end_of(s, i);
	}
	if (!end && well == s->machine_count)
		end = machine_end(&s->machines[0].machine);
	return end ? end : s->hang;
}

bool session_ended_well(const struct session *s)
{
	for (size_t i = 0; i < s->machine_count; i++)
		if (!machine_ended_well(&s->machines[i].machine))
			return false;
	return true;
}

void session_begin(struct session *s, struct span *out)
{
	*out = (struct span){.from_ns = clock_wall_ns()};
	for (size_t i = 0; i < s->nets.n; i++)
		out->from[i] = s->lans[i].recording.n;
}

void session_finish(struct session *s, struct span *span)
{
	span->to_ns = clock_wall_ns();
	for (size_t i = 0; i < s->nets.n; i++)
		span->to[i] = s->lans[i].recording.n;
}

static uint64_t all_moves(const struct session *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->nets.n; i++)
		n += wire_moves(&s->lans[i].wire);
	return n;
}

static bool wire_moved(struct session *s, void *before)
{
	return all_moves(s) != *(uint64_t *)before;
}

static bool all_empty(const struct session *s)
{
	for (size_t i = 0; i < s->nets.n; i++)
		if (wire_waiting(&s->lans[i].wire))
			return false;
	return true;
}

/* There and back, on the slowest wire. */
int64_t session_round_trip(const struct session *s)
{
	int64_t longest = 0;
	for (size_t i = 0; i < s->nets.n; i++)
		if (s->lans[i].wire.delay_ns > longest)
			longest = s->lans[i].wire.delay_ns;
	return 2 * longest;
}

bool session_settle(struct session *s, struct err *e)
{
	int64_t limit = clock_ns() + SETTLE_MAX_NS + session_round_trip(s);
	for (;;) {
		uint64_t before = all_moves(s);
		enum waited how = session_wait(s, clock_ns() + QUIET_NS, wire_moved, &before, e);
		if (how == WAIT_ERROR)
			return false;
		if (how == WAIT_MACHINE || (how == WAIT_TIMEOUT && all_empty(s)) ||
			clock_ns() > limit)
			return true;
	}
}

struct life {
	const struct port *port;
	const struct machine *machine;
	uint64_t frames;
	size_t console;
};

static bool shows_life(struct session *s, void *ctx)
{
	const struct life *before = ctx;
	(void)s;
	return before->port->sent != before->frames ||
	       machine_console(before->machine).n != before->console;
}

void session_ask_address(struct session *s, size_t at, int64_t number, bool probe)
{
	struct lan *lan = &s->lans[at];
	struct __attribute__((packed)) {
		unsigned char to[6], from[6];
		unsigned char kinds[10]; /* ethertype; hardware, protocol, their sizes, opcode */
		unsigned char sender[6];
		struct in_addr sender_ip;
		unsigned char target[6];
		struct in_addr target_ip;
	} f = {.to = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		.from = {2, 0, 0, 0, 0, (unsigned char)(lan->net->index + 1)},
		.kinds = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}};
	memcpy(f.sender, f.from, sizeof(f.sender));
	if (!probe)
		inet_pton(AF_INET, lan->net->host, &f.sender_ip);
	inet_pton(AF_INET, network_address(s->a, lan->net, number), &f.target_ip);
	wire_send(&lan->wire, 0, clock_ns(), (struct str){(const char *)&f, sizeof(f)});
}

bool session_is_alive(struct session *s, size_t at, int64_t number, bool *alive, struct err *e)
{
	struct lan *lan = &s->lans[at];
	const struct machine *m = session_machine(s, number);
	const struct port *port = &lan->wire.ports[number];
	struct life before = {port, m, port->sent, machine_console(m).n};
	session_ask_address(s, at, number, false);
	int64_t deadline = clock_ns() + ALIVE_NS + session_round_trip(s);
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

static bool has_ended_within(const struct process *p, int timeout_ms)
{
	struct pollfd end = {p->pidfd, POLLIN, 0};
	int n;
	do
		n = poll(&end, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* One on the terminal has no group of its own; a shell among them saves its history at SIGHUP. */
void end_process(struct process *p, struct outcome *out)
{
	if (p->on_terminal && !has_ended_within(p, 0)) {
		kill(p->pid, SIGHUP);
		if (!has_ended_within(p, HANG_UP_MS))
			kill(p->pid, SIGKILL);
	} else if (!p->on_terminal) {
		kill(-p->pid, SIGKILL);
	}
	(void)has_ended_within(p, -1);
	process_finish(p, out);
}

bool session_run(struct session *s, size_t at, const struct command *c, int64_t timeout_ms,
	enum waited *how, struct outcome *out, struct err *e)
{
	struct process p;
	struct command placed = *c;
	placed.network = at ? s->lans[at].host.space : 0; /* network 0 is ours */
	if (!process_start(s->a, &placed, &p, e))
		return false;
	s->program = &p;
	s->program_ended = false;
	if (c->on_terminal)
		s->on_terminal(s, true);
	int64_t deadline = timeout_ms ? p.started_ns + timeout_ms * 1000000 : INT64_MAX;
	*how = session_wait(s, deadline, program_has_ended, NULL, e);
	p.timed_out = *how == WAIT_TIMEOUT;
	end_process(&p, out);
	if (c->on_terminal)
		s->on_terminal(s, false);
	s->program = NULL;
	return *how != WAIT_ERROR;
}
