/* run.c - dune at work, and its lines as actions. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define KILL_AFTER_MS 2000
#define LOOK_MS 1000  /* how often it is looked after, while it says nothing ... */
#define STUCK_LOOKS 5 /* ... and how often it must seem stuck to be it */
#define OUTPUT_LIMIT ((size_t)64 << 20)
#define ERROR_ROOM 1200 /* bytes of what was said that go into an error */
#define NO_ROOM "No space left on device"

struct runner {
	struct build *b;
	struct process p;
	size_t taken;		/* bytes of its output that are read as lines */
	struct dune_action now; /* the last line's, until the next one */
	bool is_dunes;		/* it is no program's: what dune itself has to say */
	bool is_untold;		/* dune did not tell of it but by what it said */
	struct text log;	/* what it said */
	struct text said;	/* all that tells why dune failed */
	struct text notes;	/* what else dune itself had to say */
	int64_t since;
	int stuck;	 /* looks in a row at which it seemed so */
	bool quarrel;	 /* dune tells what it did not put into its cache */
	int depth, ends; /* of its parentheses, and how often they were closed */
};

/* ---- what dune said -------------------------------------------------------------------- */

static bool tells_error(struct str log)
{
	return str_starts(log, S("Error")) || str_find(log, S("\nError")) >= 0;
}

static void give(struct runner *r)
{
	struct build *b = r->b;
	if (r->is_dunes && !r->now.failed) {
		text_add(&r->notes, r->now.log);
		return;
	}
	vec_push(b->out, &b->result->ran, r->now);
	if (b->q->on_action)
		b->q->on_action(b->q->ctx, &b->result->ran.v[b->result->ran.n - 1]);
}

static void emit(struct runner *r)
{
	struct build *b = r->b;
	if (!r->now.output)
		return;
	struct str log = user_log(b, text_str(&r->log));
	r->now.log = (struct str){str_copy(b->out, log), log.n};
	r->now.failed |= tells_error(log);
	if (r->now.failed)
		text_add(&r->said, log);
	give(r);
	r->now = (struct dune_action){0};
	r->is_dunes = r->is_untold = false;
	r->log.n = 0;
}

static const char *keep(struct runner *r, const char *words)
{
	return words ? str_copy(r->b->out, str_of(words)) : NULL;
}

static void start_action(struct runner *r, const struct dune_action *one)
{
	int64_t now = clock_ns();
	emit(r);
	r->now = (struct dune_action){.output = keep(r, one->output),
		.unit = keep(r, one->unit),
		.reason = keep(r, one->reason),
		.program = keep(r, one->program),
		.ns = now - r->since,
		.failed = one->failed};
	r->since = now;
}

static void start_words(struct runner *r, bool failed)
{
	const char *name = r->b->q->image->name;
	start_action(
		r, &(struct dune_action){
			   .output = name, .unit = name, .reason = "dune says", .failed = failed});
	r->is_dunes = true;
}

/* "1 | (library (name st))", "           ^^^^" */
static bool is_excerpt(struct str line)
{
	size_t n = 0;
	while (n < line.n && (line.p[n] == ' ' || line.p[n] == '^'))
		n++;
	bool digits = false;
	for (; n < line.n && line.p[n] >= '0' && line.p[n] <= '9'; n++)
		digits = true;
	return n == line.n || (digits && str_starts(str_from(line, n), S(" |"))) ||
	       str_starts(line, S("...."));
}

/* Dune 3 tells where the rule is before it tells of its program, which failed: takes that off the
 * end of the log of the program before. */
static struct str cut_place(struct runner *r)
{
	struct str log = text_str(&r->log), mark = S("File \"");
	size_t at = log.n;
	for (size_t end = log.n; end > 0; end = at) {
		at = end - 1;
		while (at > 0 && log.p[at - 1] != '\n')
			at--;
		struct str line = {log.p + at, end - 1 - at};
		if (str_starts(line, mark)) {
			struct str place = str_from(log, at);
			place.p = str_copy(r->b->a, place);
			r->log.n = at;
			return place;
		}
		if (!is_excerpt(line))
			break;
	}
	return S("");
}

static void take_action(struct runner *r, const struct dune_line *line)
{
	struct build *b = r->b;
	const struct ocaml_library *library = graph_library(b, line->target);
	const char *target = str_copy(b->a, line->target);
	const char *output = target;
	struct str place = line->failed ? cut_place(r) : S("");
	if (line->context.n)
		output = str_format(b->a, "%s [%.*s]", target, STR(line->context));
	start_action(r, &(struct dune_action){.output = output,
				.unit = unit_of(b, target),
				.reason = reason_of(b, library, line),
				.program = str_copy(b->a, line->program),
				.failed = line->failed});
	text_add(&r->log, place);
}

/* Dune 2 tells nothing of a program that says where in a file something is but what it said. */
static void start_untold(struct runner *r, const char *file)
{
	struct build *b = r->b;
	const struct dune_line as = {.program = S("dune"), .target = str_of(file)};
	start_action(r, &(struct dune_action){.output = file,
				.unit = unit_of(b, file),
				.reason = reason_of(b, graph_library(b, str_of(file)), &as)});
	r->is_untold = true;
}

/* "caml_startup" is named as a file, too. */
static bool is_file(const struct build *b, const char *file)
{
	return file_exists(path_join(b->a, b->dir, file)) ||
	       file_exists(str_format(b->a, "%s/_build/default/%s", b->dir, file));
}

/* Whose is a line that begins with the name of FILE? */
static void take_place(struct runner *r, const char *file)
{
	struct build *b = r->b;
	bool dunes = is_dune_file(file), own = r->now.output && !r->is_dunes;
	if (own && r->now.failed && (dunes || r->log.n))
		return;
	if (dunes)
		start_words(r, false);
	else if (b->caches)
		return;
	else if (r->is_untold ? strcmp(file, r->now.output) != 0
			      : !own || !r->log.n || is_file(b, file))
		start_untold(r, file);
}

static void take_message(struct runner *r, struct str line)
{
	struct str rest = str_from(line, 6);
	bool error = str_starts(line, S("Error")) || str_starts(line, S("Internal error"));
	if (str_starts(line, S("File \"")))
		take_place(r, str_copy(r->b->a, str_cut(&rest, '"')));
	else if (error && !r->log.n && !r->now.failed)
		start_words(r, true);
	if (!r->now.output)
		start_words(r, false);
	text_addf(&r->log, "%.*s\n", STR(line));
}

/* Dune 2 gives the command of a program that failed. */
static bool is_noise(const struct runner *r, struct str line)
{
	return str_starts(line, S("Entering directory ")) ||
	       str_starts(line, S("Leaving directory ")) ||
	       (r->now.failed && !r->log.n && str_starts(line, S("(cd _build/")));
}

/* "Warning: cache store error ...: ((in_cache ...)) after executing\n(...)", broken into lines. The
 * cache has another result of the same rule, with another folder's name in it: the two sides are
 * built in their own. */
static bool is_quarrel(struct runner *r, struct str line)
{
	bool starts = str_starts(line, S("Warning: cache store error"));
	bool others = str_starts(line, S("File \"")) || str_starts(line, S("Error"));
	if (starts)
		r->depth = r->ends = 0;
	r->quarrel = (starts || r->quarrel) && !others;
	if (!r->quarrel)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		r->depth += (line.p[i] == '(') - (line.p[i] == ')');
		r->ends += line.p[i] == ')' && r->depth == 0;
	}
	r->quarrel = r->ends < 2;
	return true;
}

static void take_line(struct runner *r, struct str line)
{
	struct dune_line parsed;
	if (dune_line_parse(line, &parsed) && dune_line_holds(r->b, &parsed)) {
		r->quarrel = false;
		take_action(r, &parsed);
	} else if (!is_noise(r, line) && !is_quarrel(r, line)) {
		take_message(r, line);
	}
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

/* The whole lines of SAID that an error has room for. */
static struct str shortened(struct arena *a, struct str said)
{
	size_t n = ERROR_ROOM;
	if (said.n <= n)
		return said;
	while (n > 0 && said.p[n] != '\n')
		n--;
	return str_of(str_format(a, "%.*s\n...", (int)n, said.p));
}

/* Did a program fail for another reason than a full disk? */
static bool has_other_reason(const struct runner *r)
{
	vec_for(one, &r->b->result->ran)
		if (one->failed && one->program && str_find(one->log, S(NO_ROOM)) < 0)
			return true;
	return false;
}

static bool fail_build(struct runner *r, const struct outcome *o, struct err *e)
{
	struct build *b = r->b;
	const struct recipe *image = b->q->image;
	struct str said = str_trim(text_str(r->said.n ? &r->said : &r->notes));
	if (str_find(said, S("Don't know how to build")) >= 0) {
		fail(e, E_INPUT, "dune does not know how to build %s", image->build.dune->target);
		fail_hint(e, "%.400s", str_copy(b->a, said));
		return fail_where(e, "%s:/build/dune/target", image->file);
	}
	bool full = str_find(said, S(NO_ROOM)) >= 0 || disk_is_full(b);
	if (full && !has_other_reason(r))
		return fail_full(b, e);
	said = shortened(b->a, said);
	fail(e, E_CHILD, "%s: dune %s%s%.*s", image->name, outcome_words(b->a, o),
		said.n ? ":\n" : "", STR(said));
	return full && fail_hint(e, "%s is full, too", full_place(b));
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
	struct runner r = {.b = b, .since = clock_ns()};
	r.log.a = r.said.a = r.notes.a = b->a;
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
	if (r.notes.n)
		term_note("%.*s", STR(str_trim(text_str(&r.notes))));
	if (!graph)
		*e = unread;
	return graph;
}
