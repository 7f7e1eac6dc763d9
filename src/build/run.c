/* run.c - settles actions: finds their results or runs them, several at once.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "build/debian.h"

#define SAID_MOST ((size_t)1200) /* of a program's output in an error */

static bool needs_are_done(const struct node *n)
{
	vec_for(need, &n->needs)
		if ((*need)->state != DONE)
			return false;
	return true;
}

/* Tells the caller that N ended. */
static void emit(struct engine *g, const struct node *n, bool failed)
{
	struct arena *a = g->out;
	struct action *action = vec_add(a, &g->result->ran);
	*action = (struct action){.output = str_copy(a, str_of(n->output)),
		.package = n->p->r->name,
		.reason = str_copy(a, str_of(n->reason)),
		.command = str_copy(a, str_of(action_words(g, n))),
		.ns = n->ns,
		.log = {str_copy(a, text_str(&n->log)), n->log.n},
		.failed = failed};
	if (g->q->on_action)
		g->q->on_action(g->q->ctx, action);
}

/* N's needs are done: it is DONE too where its result is there, READY to run where not. */
static bool settle(struct engine *g, struct node *n, struct err *e)
{
	bool hit;
	if (!node_know(g, n, e) || !lookup(g, n, &hit, e))
		return false;
	if (hit) {
		n->state = DONE;
		last_note(g, n);
		return true;
	}
	n->ran = true;
	n->state = READY;
	return reason_find(g, n, e);
}

/* Settles what can be, starts as many as there is room for. *MOVED: something became DONE. */
static bool advance(struct engine *g, bool *moved, struct err *e)
{
	*moved = false;
	vec_for(at, &g->nodes) {
		struct node *n = *at;
		if (n->state == WAITING && needs_are_done(n)) {
			if (!settle(g, n, e))
				return false;
			*moved |= n->state == DONE;
		}
		if (n->state == READY && pool_has_room(g->pool)) {
			if (!action_start(g, n, e))
				return false;
			n->state = RUNNING;
		}
	}
	return true;
}

/* The paths of objects in the store mean nothing to people. */
static struct str name_objects(struct engine *g, const struct node *n, struct str log)
{
	struct text out = {.a = g->a};
	text_addz(&out, "");
	if (n->kind != JOIN)
		return log;
	while (log.n) {
		const struct node *best = NULL;
		ptrdiff_t at = -1;
		struct str path = {0};
		vec_for(need, &n->needs) {
			struct str one = str_of(store_path(g->store, g->a, &(*need)->object));
			ptrdiff_t here = str_find(log, one);
			if (here >= 0 && (at < 0 || here < at)) {
				best = *need;
				at = here;
				path = one;
			}
		}
		if (!best)
			break;
		text_add(&out, (struct str){log.p, (size_t)at});
		text_addz(&out, best->output);
		log = str_from(log, (size_t)at + path.n);
	}
	text_add(&out, log);
	return text_str(&out);
}

/* The whole lines in the last N bytes. */
static struct str last_lines(struct str s, size_t n)
{
	if (s.n <= n)
		return s;
	s = str_from(s, s.n - n);
	str_cut(&s, '\n');
	return s.p ? s : S("");
}

/* The first line in which a compiler names an error. */
static struct str error_line(struct str log)
{
	while (log.p) {
		struct str line = str_cut(&log, '\n');
		if (str_find(line, S(": error: ")) >= 0 ||
			str_find(line, S(": fatal error: ")) >= 0)
			return line;
	}
	return S("");
}

/* The end of what debian/rules said; behind the compiler's word where that came before. */
static struct str last_words(struct engine *g, struct str said)
{
	struct str end = last_lines(said, SAID_MOST), error = error_line(said);
	if (!error.n || error.p >= end.p)
		return end;
	if (error.n > SAID_MOST / 4)
		error.n = SAID_MOST / 4;
	end = last_lines(end, SAID_MOST - error.n - 8);
	return str_of(str_format(g->a, "%.*s\n...\n%.*s", STR(error), STR(end)));
}

/* An error holds the beginning of the output, where compilers name the cause, or the end, where
 * debian/rules stops; the action's log holds all of it. */
static bool fail_action(struct engine *g, struct node *n, const struct outcome *o, struct err *e)
{
	struct str said = str_trim(text_str(&n->log));
	bool debian = n->kind == DEBIAN;
	if (said.n > SAID_MOST)
		said = debian ? last_words(g, said) : (struct str){said.p, SAID_MOST};
	n->state = FAILED;
	fail(e, E_CHILD, "%s: the %s %s%s%.*s", n->output,
		n->kind == COMPILE    ? "compiler"
		: n->kind == COMMANDS ? "package's build"
		: debian	      ? "package's debian/rules"
		: n->kind == PACK     ? "assembler"
				      : "linker",
		outcome_words(g->a, o), said.n ? ":\n" : "", STR(said));
	if (debian) {
		debian_explain(g, n, e);
		fail_hint(e, "all that it said: %s", debian_log(g, n));
	}
	emit(g, n, true);
	return false;
}

static bool finish(struct engine *g, struct node *n, struct err *e)
{
	bool again;
	if (!action_finish(g, n, &again, e))
		return false;
	if (again)
		return action_start(g, n, e);
	if (!lookup_add(g, n, e))
		return false;
	n->state = DONE;
	last_note(g, n);
	emit(g, n, false);
	return true;
}

static bool ended(struct engine *g, struct node *n, const struct outcome *o, struct err *e)
{
	n->ns += o->ns;
	text_add(&n->log, name_objects(g, n, o->output));
	bool ok = o->exit_code == 0 && !o->timed_out;
	if (n->kind == DEBIAN)
		debian_keep_log(g, n, ok);
	if (ok && finish(g, n, e))
		return true;
	if (!ok)
		fail_action(g, n, o, e);
	if (!g->q->keep_going || g->raced)
		return false;
	n->state = FAILED;
	if (!g->failed.code)
		g->failed = *e;
	return true;
}

static bool run_loop(struct engine *g, struct err *e)
{
	for (;;) {
		bool moved;
		if (!advance(g, &moved, e))
			return false;
		if (pool_is_idle(g->pool)) {
			if (moved)
				continue;
			break;
		}
		void *tag;
		struct outcome o;
		if (!pool_wait(g->pool, &tag, &o, e) || !ended(g, tag, &o, e))
			return false;
	}
	if (!g->failed.code)
		return true;
	*e = g->failed;
	return false;
}

bool run_all(struct engine *g, struct err *e)
{
	g->pool = pool_new(g->a, g->q->jobs > 0 ? g->q->jobs : cpu_count());
	bool ok = run_loop(g, e);
	pool_stop(g->pool);
	return ok;
}

static bool would_run(const struct node *n)
{
	vec_for(need, &n->needs)
		if ((*need)->ran)
			return true;
	return false;
}

/* Nothing is fetched for a plan: the package whose source N reads and that isn't there. */
static const struct package *find_unfetched(const struct engine *g, const struct node *n)
{
	bool reads = n->kind == COMPILE || n->kind == COMMANDS || n->kind == DEBIAN;
	vec_for(p, &g->packages) {
		if (p->dir || !p->r->source.n)
			continue;
		if (n->p == p && n->kind == JOIN)
			return p;
		vec_for(r, &n->p->closure)
			if (reads && *r == p->r)
				return p;
	}
	return NULL;
}

static bool plan_one(struct engine *g, struct node *n, bool *hit, struct err *e)
{
	const struct package *unfetched = find_unfetched(g, n);
	*hit = false;
	if (unfetched) {
		n->reason =
			str_format(g->a, "the source of %s is not fetched yet", unfetched->r->name);
		return true;
	}
	return node_know(g, n, e) && (would_run(n) || lookup(g, n, hit, e)) &&
	       (*hit || reason_find(g, n, e));
}

bool plan_all(struct engine *g, struct err *e)
{
	vec_for(at, &g->nodes) {
		struct node *n = *at;
		bool hit;
		if (!plan_one(g, n, &hit, e))
			return false;
		n->state = hit ? DONE : WAITING;
		n->ran = !hit;
		if (!hit)
			emit(g, n, false);
	}
	return true;
}
