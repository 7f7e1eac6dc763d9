/* runner.c - runs the checks of an image in order. SPDX-License-Identifier: ISC */
#include "lab/runner.h"
#include "lab/checks.h"
#include "lab/options.h"
#include "lab/words.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const struct check implied_end = {.name = STATE_KEPT, .type = "state", .timeout_ms = 10000};
static const struct check implied_boot = {.name = "boot", .type = "boot", .timeout_ms = 10000};

static void send_message(int channel, enum message kind, struct str rest)
{
	char byte = (char)kind;
	struct iovec parts[] = {{&byte, 1}, {(void *)(uintptr_t)rest.p, rest.n}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
	while (sendmsg(channel, &m, MSG_NOSIGNAL) < 0 && errno == EINTR)
		continue;
}

static void add_result(struct session *s, struct runner *r, const struct check_result *result)
{
	*vec_add(s->a, &r->run->checks) = *result;
	if (result->verdict == FAIL)
		r->run->verdict = FAIL;
	struct text t = {.a = s->a};
	result_write(result, &t);
	send_message(r->channel, MESSAGE_CHECK, text_str(&t));
}

static bool is_boot(const struct check *c)
{
	return strcmp(c->type, "boot") == 0;
}

static bool is_named(const char *name, const struct check *c)
{
	return name && strcmp(name, c->name) == 0;
}

/* With ONLY: that check, those that boot, and the ones that it looks at. */
static bool is_wanted(const struct runner *r, const struct check *c)
{
	const char *only = r->q->only;
	if (!only || is_boot(c) || strcmp(c->name, only) == 0)
		return true;
	vec_for(other, &r->q->image->image->checks)
		if (strcmp(other->name, only) == 0 &&
			(is_named(other->during, c) || is_named(other->since, c)))
			return true;
	return false;
}

static bool is_watched(const struct image_how *how, const struct check *c)
{
	vec_for(other, &how->checks)
		if (is_named(other->during, c))
			return true;
	return false;
}

static bool do_check(
	struct session *s, struct runner *r, const struct check *c, size_t index, struct err *e)
{
	struct check_result result = {.name = c->name, .type = c->type};
	struct trial t = {.s = s, .c = c, .index = index, .r = &result};
	struct span *span = &s->spans[index];
	const char *end = session_end(s);
	session_begin(s, span);
	if (end) {
		r->cut_short = true;
		result.verdict = SKIP;
		struct str rest =
			str_of(end); /* "panic: ..." to "panic": the run's end says it all */
		struct str kind = str_cut(&rest, ':');
		result.why = str_format(
			s->a, "not run, the machine had come to its end: %.*s", STR(kind));
	} else if (!check_do(&t, e)) {
		return false;
	} else if (is_watched(s->how, c) && !session_settle(s, e)) {
		return false;
	}
	session_finish(s, span);
	add_result(s, r, &result);
	vec_for(part, &t.parts)
		add_result(s, r, part);
	return true;
}

static bool do_checks(struct session *s, struct runner *r, struct err *e)
{
	const struct image_how *how = s->how;
	if ((!how->checks.n || !is_boot(&how->checks.v[0])) &&
		!do_check(s, r, &implied_boot, how->checks.n, e))
		return false;
	for (size_t i = 0; i < how->checks.n; i++)
		if (is_wanted(r, &how->checks.v[i]) && !do_check(s, r, &how->checks.v[i], i, e))
			return false;
	return !how->state || do_check(s, r, &implied_end, how->checks.n + 1, e);
}

/* A machine that ended itself well behind its last check is fine; any other end is a failure. */
static void conclude(struct session *s, struct runner *r)
{
	const char *end = session_end(s);
	r->run->end = end ? end : "stopped by the lab";
	if (end && (r->cut_short || !session_ended_well(s)))
		r->run->verdict = FAIL;
}

/* Several machines are one image: its notes are said once. */
static void send_notes(struct session *s, struct runner *r)
{
	strings keys = {0};
	for (size_t k = 1; k <= s->machine_count; k++)
		options_unknown(s->a, machine_console(session_machine(s, (int64_t)k)), &keys);
	vec_for(key, &keys)
		send_message(r->channel, MESSAGE_NOTE,
			str_of(str_format(s->a, "the image does not know the option %s", *key)));
}

static void send_number(int channel, enum message kind, int number)
{
	send_message(channel, kind, (struct str){(const char *)&number, sizeof(number)});
}

/* ---- a program on the terminal ----------------------------------------------------------- */

/* "203.0.113.2, 192.168.1.1"; of several machines "10.77.0.2 to 10.77.0.11". */
static const char *addresses_words(struct session *s)
{
	struct text t = {.a = s->a};
	int64_t last = (int64_t)s->machine_count;
	vec_for(net, &s->nets) {
		text_addf(&t, "%s%s", net->index ? ", " : "", network_address(s->a, net, 1));
		if (last > 1)
			text_addf(&t, " to %s", network_address(s->a, net, last));
	}
	return t.p;
}

/* ^C is the program's while it runs, and not before: one in between would be nobody's. */
static void give_terminal(struct session *s, bool runs)
{
	signals_interrupt(!runs);
	send_number(s->channel, MESSAGE_TERMINAL, runs);
}

static bool run_on_terminal(
	struct trial *t, struct runner *r, enum waited *how, struct outcome *out, struct err *e)
{
	const struct command c = {.argv = r->q->program,
		.env = trial_environment(t),
		.on_terminal = true,
		.own_job = r->own_job,
		.own_output = true};
	return session_run(t->s, (size_t)t->c->at, &c, 0, how, out, e);
}

/* The program's result is one of the run. */
static bool do_program(struct session *s, struct runner *r, int *status, struct err *e)
{
	const char *line = command_line(s->a, r->q->program);
	const struct check c = {
		.name = one_line(s->a, str_of(line), 80), .type = "command", .at = r->at};
	struct check_result result = {.name = c.name, .type = c.type};
	struct trial t = {.s = s, .c = &c, .index = s->how->checks.n + 2, .r = &result};
	struct outcome out;
	enum waited how;
	term_note("%s is ready: %s; you are %s", r->q->image->name, addresses_words(s),
		s->nets.v[r->at].host);
	session_begin(s, &s->spans[t.index]);
	if (!run_on_terminal(&t, r, &how, &out, e))
		return false;
	session_finish(s, &s->spans[t.index]);
	result.ns = out.ns;
	*status = how == WAIT_DONE ? out.exit_code : -1;
	if (how != WAIT_DONE)
		(void)fails(&t, "the machine came to its end: %s", session_end(s));
	else if (out.exit_code)
		(void)fails(&t, "%s", outcome_words(s->a, &out));
	else
		(void)passes(&t, "exited with status 0");
	add_result(s, r, &result);
	return true;
}

static bool visit(struct session *s, struct runner *r, int *status, struct err *e)
{
	const struct image_how *how = s->how;
	size_t first = 0;
	while (first < how->checks.n && !is_boot(&how->checks.v[first]))
		first++;
	const struct check *boot = first < how->checks.n ? &how->checks.v[first] : &implied_boot;
	if (!do_check(s, r, boot, first, e))
		return false;
	if (r->run->checks.v[0].verdict == PASS && !do_program(s, r, status, e))
		return false;
	return !how->state || do_check(s, r, &implied_end, how->checks.n + 1, e);
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool check_image(struct session *s, struct runner *r, struct err *e)
{
	int64_t started = clock_ns();
	int status = -1;
	struct err less; /* than the first error, which counts */
	/* Of each check, of the implied two, and of a program on the terminal. */
	s->spans = NEW_ARRAY(s->a, struct span, s->how->checks.n + 3);
	bool done = session_start(s, e) &&
		    (r->q->program ? visit(s, r, &status, e) : do_checks(s, r, e));
	if (done) {
		conclude(s, r);
		send_notes(s, r);
	}
	if (!session_stop(s, done ? e : &less) || !done)
		return false;
	r->run->ns = clock_ns() - started;
	r->run->state = s->kept;
	send_number(r->channel, MESSAGE_STATUS, status);
	return run_write(r->run, e);
}

static bool never(struct session *s, void *ctx)
{
	(void)s, (void)ctx;
	return false;
}

static bool show_console(struct session *s, struct runner *r, struct err *e)
{
	if (!session_start(s, e))
		return false;
	enum waited how = session_wait(s, INT64_MAX, never, NULL, e);
	bool stopped = how == WAIT_ERROR && e->code == E_INTERRUPTED;
	struct err less; /* than the first error, which counts */
	/* What an image refuses is one line, which its console has shown. */
	if (how == WAIT_MACHINE && !session_ended_well(s) &&
		!str_starts(str_of(session_end(s)), S("refused: ")))
		term_note("%s: %s", r->q->image->name, session_end(s));
	int status = stopped || session_ended_well(s) ? 0 : 1;
	send_notes(s, r);
	if (!session_stop(s, stopped ? e : &less) || (how == WAIT_ERROR && !stopped))
		return false;
	send_number(r->channel, MESSAGE_STATUS, status);
	return true;
}

void runner_main(struct arena *a, struct runner *r, const struct space *space)
{
	struct err e = {0};
	struct session s = {.a = a,
		.how = r->q->image->image,
		.kind = machine_kind_of(r->q->image->image),
		.recipe_dir = r->q->image->dir,
		.dir = r->run ? r->run->dir : NULL,
		.scratch = r->q->w->state,
		.disk = r->q->disk,
		.image_path = r->q->image_path,
		.accelerator = r->accelerator,
		.nets = r->nets,
		.channel = r->channel,
		.on_terminal = give_terminal,
		.watched = -1};
	bool done = space_become_root(space, &e) &&
		    (r->run ? check_image(&s, r, &e) : show_console(&s, r, &e));
	if (!done)
		send_message(r->channel, MESSAGE_ERROR, (struct str){(char *)&e, sizeof(e)});
}
