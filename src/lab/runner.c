/* runner.c - runs the checks of an image in order. SPDX-License-Identifier: ISC */
#include "lab/runner.h"
#include "lab/checks.h"
#include "lab/options.h"

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
	s->spans = NEW_ARRAY(s->a, struct span, how->checks.n + 2);
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

static bool check_image(struct session *s, struct runner *r, struct err *e)
{
	int64_t started = clock_ns();
	struct err less; /* than the first error, which counts */
	bool done = session_start(s, e) && do_checks(s, r, e);
	if (done) {
		conclude(s, r);
		send_notes(s, r);
	}
	if (!session_stop(s, done ? e : &less) || !done)
		return false;
	r->run->ns = clock_ns() - started;
	r->run->state = s->kept;
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
	if (how == WAIT_MACHINE && !session_ended_well(s))
		term_note("%s: %s", r->q->image->name, session_end(s));
	int status = stopped || session_ended_well(s) ? 0 : 1;
	send_notes(s, r);
	if (!session_stop(s, stopped ? e : &less) || (how == WAIT_ERROR && !stopped))
		return false;
	send_message(r->channel, MESSAGE_STATUS, (struct str){(char *)&status, sizeof(status)});
	return true;
}

void runner_main(struct arena *a, struct runner *r, const struct space *space)
{
	struct err e = {0};
	struct session s = {.a = a,
		.how = r->q->image->image,
		.recipe_dir = r->q->image->dir,
		.dir = r->run ? r->run->dir : NULL,
		.scratch = r->q->w->state,
		.disk = r->q->disk,
		.image_path = r->q->image_path,
		.accelerator = r->accelerator,
		.nets = r->nets,
		.channel = r->channel,
		.watched = -1};
	bool done = space_become_root(space, &e) &&
		    (r->run ? check_image(&s, r, &e) : show_console(&s, r, &e));
	if (!done)
		send_message(r->channel, MESSAGE_ERROR, (struct str){(char *)&e, sizeof(e)});
}
