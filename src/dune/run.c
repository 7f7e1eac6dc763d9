/* run.c - dune at work, and its lines as actions. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define KILL_AFTER_MS 2000
#define LOOK_MS 1000  /* how often it is looked after, while it says nothing ... */
#define STUCK_LOOKS 5 /* ... and how often it must seem stuck to be it */
#define OUTPUT_LIMIT ((size_t)64 << 20)

struct runner {
	struct build *b;
	struct process p;
	size_t taken;		/* bytes of its output that are read as lines */
	struct dune_action now; /* the last line's, until the next one */
	struct text log;	/* what it said */
	struct text said;	/* all that is no action */
	int64_t since;
	int stuck;    /* looks in a row at which it seemed so */
	bool quarrel; /* dune tells what it did not put into its cache */
};

/* ---- lines ---------------------------------------------------------------------------- */

static bool tells_error(struct str log)
{
	return str_starts(log, S("Error")) || str_find(log, S("\nError")) >= 0;
}

static void emit(struct runner *r)
{
	struct build *b = r->b;
	if (!r->now.output)
		return;
	struct str log = user_log(b, text_str(&r->log));
	r->now.log = (struct str){str_copy(b->out, log), log.n};
	r->now.failed |= tells_error(log);
	vec_push(b->out, &b->result->ran, r->now);
	if (b->q->on_action)
		b->q->on_action(b->q->ctx, &b->result->ran.v[b->result->ran.n - 1]);
	r->now = (struct dune_action){0};
	r->log.n = 0;
}

static const char *keep(struct runner *r, const char *words)
{
	return str_copy(r->b->out, str_of(words));
}

static void start_action(struct runner *r, const char *output, const char *unit, const char *reason,
	const char *command)
{
	int64_t now = clock_ns();
	emit(r);
	r->now = (struct dune_action){.output = keep(r, output),
		.unit = keep(r, unit),
		.reason = keep(r, reason),
		.command = keep(r, command),
		.ns = now - r->since};
	r->since = now;
}

static void take_action(struct runner *r, const struct dune_line *line)
{
	struct build *b = r->b;
	const struct ocaml_library *library = graph_library(b, line->target);
	const char *target = str_copy(b->a, line->target);
	const char *output = target;
	if (line->context.n)
		output = str_format(b->a, "%s [%.*s]", target, STR(line->context));
	start_action(r, output, unit_of(b, target), reason_of(b, library, line),
		str_format(b->a, "%.*s %s", STR(line->program), output));
	r->now.failed = line->failed;
}

/* Dune 2 tells of what a program said without the line that tells of the program. */
static void take_message(struct runner *r, struct str line)
{
	struct build *b = r->b;
	struct str rest = line;
	if (!str_starts(line, S("File \"")))
		return;
	rest = str_from(rest, 6);
	const char *file = str_copy(b->a, str_cut(&rest, '"'));
	bool own = r->now.output && !strcmp(path_dir(b->a, file), path_dir(b->a, r->now.output));
	bool objects = r->now.output && strstr(r->now.output, "objs/");
	if (own || objects || r->log.n)
		return;
	const struct dune_line as = {.program = S("dune"), .target = str_of(file)};
	start_action(r, file, unit_of(b, file), reason_of(b, graph_library(b, str_of(file)), &as),
		str_format(b->a, "dune %s", file));
}

static bool is_noise(struct str line)
{
	return str_starts(line, S("Entering directory ")) ||
	       str_starts(line, S("Leaving directory "));
}

/* "Warning: cache store error ..." and what follows it, whole commands. The cache has another
 * result of the same rule, with another folder's name in it: the two sides are built in their own.
 */
static bool is_quarrel(struct runner *r, struct str line)
{
	if (str_starts(line, S("Warning: cache store error")))
		r->quarrel = true;
	else if (str_starts(line, S("File \"")) || str_starts(line, S("Error")))
		r->quarrel = false;
	return r->quarrel;
}

static void take_line(struct runner *r, struct str line)
{
	struct dune_line parsed;
	if (dune_line_parse(line, &parsed)) {
		r->quarrel = false;
		take_action(r, &parsed);
		return;
	}
	if (is_noise(line) || is_quarrel(r, line))
		return;
	take_message(r, line);
	text_addf(&r->log, "%.*s\n", STR(line));
	text_addf(&r->said, "%.*s\n", STR(line));
}

static void take_lines(struct runner *r, bool all)
{
	struct str rest = str_from(text_str(&r->p.out), r->taken);
	while (rest.n) {
		ptrdiff_t end = str_find(rest, S("\n"));
		if (end < 0 && !all)
			return;
		size_t n = end < 0 ? rest.n : (size_t)end;
		take_line(r, (struct str){rest.p, n});
		r->taken += end < 0 ? n : n + 1;
		rest = str_from(rest, end < 0 ? n : n + 1);
	}
}

/* ---- the program ---------------------------------------------------------------------- */

static void add_words(struct build *b, strings *argv)
{
	const struct dune_how *how = b->q->image->build.dune;
	const char *const words[] = {
		b->dune, "build", "--root", ".", "--no-config", "--display", "short"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(b->a, argv, words[i]);
	if (how->profile) {
		vec_push(b->a, argv, "--profile");
		vec_push(b->a, argv, how->profile);
	}
	if (b->q->jobs > 0) {
		vec_push(b->a, argv, "-j");
		vec_push(b->a, argv, str_format(b->a, "%d", b->q->jobs));
	}
	vec_push(b->a, argv, how->target);
	vec_push(b->a, argv, NULL);
}

static bool is_stuck(struct runner *r)
{
	r->stuck = dune_seems_stuck(r->p.pid) ? r->stuck + 1 : 0;
	return r->stuck >= STUCK_LOOKS;
}

/* Until the program ended. A signal ends it and its children; false then, and where it is stuck. */
static bool follow(struct runner *r)
{
	bool stopped = false;
	for (;;) {
		struct pollfd polls[] = {{r->p.pidfd, POLLIN, 0}, {r->p.out_fd, POLLIN, 0},
			{stopped ? -1 : signals_fd(), POLLIN, 0}};
		int ready = poll(polls, 3, stopped ? KILL_AFTER_MS : LOOK_MS);
		if (stopped ? ready == 0 : signals_pending() || (ready == 0 && is_stuck(r))) {
			process_signal(&r->p);
			stopped = true;
		}
		process_drain(&r->p);
		take_lines(r, false);
		if (polls[0].revents)
			return !stopped;
	}
}

/* ---- its end -------------------------------------------------------------------------- */

static bool fail_build(struct runner *r, const struct outcome *o, struct err *e)
{
	struct build *b = r->b;
	const struct recipe *image = b->q->image;
	struct str said = str_trim(user_log(b, text_str(&r->said)));
	if (str_find(said, S("Don't know how to build")) >= 0) {
		fail(e, E_INPUT, "dune does not know how to build %s", image->build.dune->target);
		fail_hint(e, "%.400s", str_copy(b->a, said));
		return fail_where(e, "%s:/build/dune/target", image->file);
	}
	bool full = str_find(said, S("No space left on device")) >= 0 || disk_is_full(b);
	if (said.n > 1200)
		said.n = 1200;
	fail(e, E_CHILD, "%s: dune %s%s%.*s", image->name, outcome_words(b->a, o),
		said.n ? ":\n" : "", STR(said));
	return full && fail_full(b, e);
}

static void say_waiting(void *ctx)
{
	(void)ctx;
	term_note("waiting for the programs of a build that was killed");
}

/* The lock is dune's and its programs', too: whatever way an earlier build ended, none of its
 * programs writes any more once we have it. */
bool run_dune(struct build *b, struct err *e)
{
	strings argv = {0};
	struct outcome o;
	defer(close_fd) int lock = -1;
	const char *lock_file = str_format(b->a, "%s/dune/%s.lock", b->state, b->side);
	struct runner r = {.b = b, .log = {.a = b->a}, .said = {.a = b->a}, .since = clock_ns()};
	add_words(b, &argv);
	const struct command c = {.argv = argv.v,
		.dir = b->dir,
		.env = b->env.v,
		.keep_fds = &lock,
		.keep_count = 1,
		.output_limit = OUTPUT_LIMIT};
	if (!file_lock(lock_file, say_waiting, NULL, &lock, e) || !process_start(b->a, &c, &r.p, e))
		return false;
	/* While dune looks around: its first line is further away than that. */
	struct err unread;
	bool graph = graph_read(b, &unread);
	bool whole = follow(&r);
	process_finish(&r.p, &o);
	take_lines(&r, true);
	emit(&r);
	if (!whole && !signals_pending())
		return fail_stuck(b, e);
	if (!whole)
		return fail(e, E_INTERRUPTED, "interrupted");
	if (o.exit_code != 0)
		return fail_build(&r, &o, e);
	if (!graph)
		*e = unread;
	return graph;
}
