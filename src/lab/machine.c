/* machine.c - a machine's process and console. SPDX-License-Identifier: ISC */
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

#define BACKTRACE_WAIT_NS ((int64_t)500 * 1000000)
#define GENTLE_NS ((int64_t)2000 * 1000000)
#define TERMINAL_TAIL ((size_t)64 * 1024)

bool machine_start(
	struct arena *a, const struct machine_plan *plan, struct machine *out, struct err *e)
{
	struct command command;
	defer(close_fd) int console = -1;
	if (plan->console) {
		console = open(plan->console, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (console < 0)
			return fail_errno(e, "make %s", plan->console);
	}
	struct machine m = {
		.a = a, .kind = plan->kind, .image_path = plan->image_path, .console_fd = console};
	if (plan->how->machines > 1)
		m.prefix = str_format(a, "%lld: ", (long long)plan->number);
	if (!plan->kind->start(a, plan, &command, e))
		return false;
	command.output_limit = CONSOLE_MAX;
	command.on_terminal = !plan->console && plan->number == 1;
	if (!process_start(a, &command, &m.process, e))
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
	struct text *out = &m->process.out;
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
		m->process.cut = false;
	}
	return true;
}

/* Resolved places go behind the console's own lines, for whoever reads console.txt. */
static const char *describe_panic(struct machine *m, struct panic *p)
{
	panic_resolve(m->a, m->image_path, p);
	struct text notes = {.a = m->a};
	for (size_t i = 0; i < p->addresses.n; i++)
		if (p->places.v[i] != p->addresses.v[i])
			text_addf(&notes, "lab: %s is in %s\n", p->addresses.v[i], p->places.v[i]);
	struct err ignored; /* the same words are in the verdict */
	(void)!write_all(
		m->console_fd >= 0 ? m->console_fd : STDOUT_FILENO, text_str(&notes), &ignored);
	return panic_words(m->a, p);
}

static void send_signal(const struct machine *m, int number)
{
	/* What a program has started goes with it; one on the terminal is in our own group. */
	kill(m->process.on_terminal ? m->process.pid : -m->process.pid, number);
}

static bool see_end(struct machine *m, struct err *e)
{
	const struct remains r = {&m->outcome, machine_console(m)};
	const char *why = m->kind->no_start ? m->kind->no_start(m->a, &r) : NULL;
	if (why)
		return fail(
			e, E_CHILD, "%s can't start %s: %s", m->kind->starter, m->image_path, why);
	struct panic p;
	m->ending = m->kind->end(m->a, &r);
	if (!m->ending.well && panic_of_runtime(m->a, r.console, &p))
		m->ending.words = describe_panic(m, &p);
	return true;
}

bool machine_turn(struct machine *m, bool ended, struct err *e)
{
	if (m->ended)
		return true;
	process_drain(&m->process);
	if (ended) {
		send_signal(m, SIGKILL);
		process_finish(&m->process, &m->outcome);
		m->ended = true;
	}
	return show_console(m, e) && (!ended || see_end(m, e));
}

struct str machine_console(const struct machine *m)
{
	return text_str(&m->process.out);
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
		m->end = m->ending.words;
	} else if (m->process.cut) {
		m->end = str_format(m->a, "flood: printed more than %zu KiB on the console",
			CONSOLE_MAX / 1024);
	}
	return m->end;
}

bool machine_ended_well(const struct machine *m)
{
	return m->ended && !m->panic_ns && m->ending.well;
}

/* Waits for its end, and takes what it prints until then: one that can't print doesn't end. */
static bool ends_before(struct machine *m, int64_t deadline)
{
	for (;;) {
		int64_t left = (deadline - clock_ns()) / 1000000;
		struct pollfd polls[] = {{m->process.pidfd, POLLIN, 0},
			{m->process.out_fd, POLLIN, 0}, {m->process.err_fd, POLLIN, 0}};
		int n = poll(polls, 3, left < 0 ? 0 : left > 1000 ? 1000 : (int)left + 1);
		process_drain(&m->process);
		if (n > 0 && polls[0].revents)
			return true;
		if (left < 0)
			return false;
	}
}

static bool runs(const struct machine *m)
{
	return m->process.pid && !m->ended;
}

static void ask(struct machine *m)
{
	if (m->asked_ns)
		return;
	m->asked_ns = clock_ns();
	send_signal(m, SIGTERM);
}

static void end_machine(struct machine *m, bool gently)
{
	if (!runs(m))
		return;
	if (gently)
		ask(m);
	if (!gently || !ends_before(m, m->asked_ns + GENTLE_NS))
		send_signal(m, SIGKILL);
	(void)ends_before(m, INT64_MAX);
	struct err ignored; /* its last words are wanted only where the file takes them */
	(void)!machine_turn(m, true, &ignored);
}

void machine_ask(struct machine *m)
{
	if (runs(m) && m->kind->asked_first)
		ask(m);
}

void machine_stop(struct machine *m)
{
	end_machine(m, m->kind && m->kind->asked_first);
	if (m->process.pid)
		close_fd(&m->console_fd);
}

bool machine_break(struct machine *m, bool gently, struct err *e)
{
	end_machine(m, gently);
	struct str console = machine_console(m);
	const char *line = str_format(m->a, "%slab: %s\n",
		console.n && !str_ends(console, S("\n")) ? "\n" : "",
		gently ? "reset" : "power cut");
	bool written = m->console_fd < 0 || write_all(m->console_fd, str_of(line), e);
	close_fd(&m->console_fd);
	return written;
}
