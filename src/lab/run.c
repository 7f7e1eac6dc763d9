/* run.c - kept runs. SPDX-License-Identifier: ISC */
#include "lab/run.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define RUN_JSON_MAX ((size_t)64 * 1024 * 1024)

static const char *const verdicts[] = {[PASS] = "pass", [FAIL] = "fail", [SKIP] = "skip"};

const char *verdict_name(enum verdict v)
{
	return verdicts[v];
}

/* ---- ids ------------------------------------------------------------------------------ */

/* "2026-11-23T08:37:03Z" to "20261123T083703Z". */
static const char *compact_time(struct arena *a, const char *text)
{
	struct text t = {.a = a};
	for (const char *c = text; *c; c++)
		if (*c != '-' && *c != ':')
			text_add(&t, (struct str){c, 1});
	return t.p;
}

bool run_make(struct arena *a, const struct workspace *w, const char *image, struct run *run,
	struct err *e)
{
	const char *runs = path_join(a, w->state, "runs");
	run->started = clock_text(a, clock_wall_ns());
	run->image = str_copy(a, str_of(image));
	if (!dir_make(runs, e))
		return false;
	for (;;) {
		uint32_t random;
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return fail_errno(e, "get a random number");
		run->id = str_format(a, "%s-%s-%08x", compact_time(a, run->started), image, random);
		run->dir = path_join(a, runs, run->id);
		if (mkdir(run->dir, 0755) == 0)
			return dir_make(path_join(a, run->dir, "checks"), e);
		if (errno != EEXIST)
			return fail_errno(e, "make %s", run->dir);
	}
}

/* ---- to JSON -------------------------------------------------------------------------- */

static void put_result(struct json_writer *w, const struct check_result *r)
{
	json_open(w, NULL, '{');
	json_put_string(w, "name", r->name);
	json_put_string(w, "type", r->type);
	json_put_string(w, "result", verdict_name(r->verdict));
	json_put_string(w, "why", r->why);
	json_put_int(w, "ns", r->ns);
	json_open(w, "metrics", '[');
	vec_for(m, &r->metrics) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", m->name);
		json_put_string(w, "unit", m->unit);
		json_put_number(w, "value", m->value);
		json_close(w);
	}
	json_close(w);
	json_close(w);
}

void result_write(const struct check_result *r, struct text *out)
{
	struct json_writer w = {.out = out};
	put_result(&w, r);
}

static void put_stores(struct json_writer *w, const kept_stores *stores)
{
	json_open(w, "state", '[');
	vec_for(kept, stores) {
		json_open(w, NULL, '{');
		json_put_string(w, "store", kept->store);
		json_put_int(w, "machine", kept->machine);
		json_put_string(w, "path", kept->path);
		json_put_int(w, "commits", (int64_t)kept->commits);
		json_put_int(w, "entries", (int64_t)kept->entries);
		json_close(w);
	}
	json_close(w);
}

void run_json(const struct run *run, struct text *out)
{
	struct json_writer w = {.out = out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "image", run->image);
	json_put_string(&w, "run", run->id);
	json_put_string(&w, "path", run->dir);
	json_put_string(&w, "image_path", run->image_path);
	json_put_string(&w, "image_sha256", run->image_sha256);
	json_put_string(&w, "started", run->started);
	json_put_string(&w, "machine", run->machine);
	json_put_string(&w, "accelerator", run->accelerator);
	json_put_string(&w, "end", run->end);
	json_put_string(&w, "result", verdict_name(run->verdict));
	json_put_int(&w, "ns", run->ns);
	json_open(&w, "checks", '[');
	vec_for(r, &run->checks)
		put_result(&w, r);
	json_close(&w);
	put_stores(&w, &run->state);
	json_close(&w);
	text_addz(out, "\n");
}

bool run_write(const struct run *run, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text t = {.a = &scratch};
	run_json(run, &t);
	return file_write(path_join(&scratch, run->dir, "run.json"), text_str(&t), 0644, e);
}

/* ---- from JSON ------------------------------------------------------------------------ */

static bool verdict_parse(const char *word, enum verdict *out)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strcmp(verdicts[i], word) == 0) {
			*out = (enum verdict)i;
			return true;
		}
	}
	return false;
}

static const char *text_at(struct arena *a, const struct json *object, const char *name)
{
	return str_copy(a, str_of(json_string(json_get(object, name), "")));
}

/* A count, or nanoseconds; 0 for what can't be any. */
static int64_t number_at(const struct json *object, const char *name)
{
	double n = json_number(json_get(object, name), 0);
	return n > 0 && n < 9e18 ? (int64_t)n : 0;
}

static bool get_result(
	struct arena *a, const struct json *j, struct check_result *out, struct err *e)
{
	struct check_result r = {.name = text_at(a, j, "name"),
		.type = text_at(a, j, "type"),
		.why = text_at(a, j, "why"),
		.ns = number_at(j, "ns")};
	if (!*r.name || !verdict_parse(json_string(json_get(j, "result"), ""), &r.verdict))
		return fail(e, E_CORRUPT, "a check's result has no name or no verdict");
	const struct json *metrics = json_get(j, "metrics");
	for (size_t i = 0; i < json_count(metrics); i++) {
		const struct json *m = json_at(metrics, i);
		struct metric *metric = vec_add(a, &r.metrics);
		metric->name = text_at(a, m, "name");
		metric->unit = text_at(a, m, "unit");
		metric->value = json_number(json_get(m, "value"), 0);
	}
	*out = r;
	return true;
}

bool result_read(struct arena *a, struct str text, struct check_result *out, struct err *e)
{
	const struct json *j;
	return json_parse(a, text, "a check's result", &j, e) && get_result(a, j, out, e);
}

/* Runs of images without state have none. */
static void get_stores(struct arena *a, const struct json *list, kept_stores *out)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *j = json_at(list, i);
		*vec_add(a, out) = (struct kept_store){
			.store = text_at(a, j, "store"),
			.machine = number_at(j, "machine"),
			.path = text_at(a, j, "path"),
			.commits = (size_t)number_at(j, "commits"),
			.entries = (size_t)number_at(j, "entries"),
		};
	}
}

static bool get_run(struct arena *a, const struct json *j, struct run *out, struct err *e)
{
	struct run run = {.id = text_at(a, j, "run"),
		.image = text_at(a, j, "image"),
		.image_path = text_at(a, j, "image_path"),
		.image_sha256 = text_at(a, j, "image_sha256"),
		.started = text_at(a, j, "started"),
		.machine = text_at(a, j, "machine"),
		.accelerator = text_at(a, j, "accelerator"),
		.end = text_at(a, j, "end"),
		.ns = number_at(j, "ns")};
	if (!verdict_parse(json_string(json_get(j, "result"), ""), &run.verdict))
		return fail(e, E_CORRUPT, "the run has no verdict");
	const struct json *checks = json_get(j, "checks");
	for (size_t i = 0; i < json_count(checks); i++)
		if (!get_result(a, json_at(checks, i), vec_add(a, &run.checks), e))
			return false;
	get_stores(a, json_get(j, "state"), &run.state);
	*out = run;
	return true;
}

bool run_read_dir(struct arena *a, const char *dir, struct run *out, struct err *e)
{
	struct str text;
	const struct json *j;
	const char *file = path_join(a, dir, "run.json");
	if (!file_read(a, file, RUN_JSON_MAX, &text, e))
		return false;
	if (!json_parse(a, text, file, &j, e) || !get_run(a, j, out, e)) {
		e->code = E_CORRUPT;
		fail_where(e, "%s", file);
		return fail_hint(e, "delete the run's folder: runs can be made again");
	}
	out->dir = str_copy(a, str_of(dir));
	return true;
}

/* ---- finding -------------------------------------------------------------------------- */

struct found {
	const char *name; /* NULL: none yet */
	int64_t ended_ns;
	size_t n;
};

/* Among the finished runs: those whose id begins with PREFIX; the one that ended last. */
static bool find_runs(
	struct arena *a, const char *runs, const char *prefix, struct found *out, struct err *e)
{
	strings names = {0};
	struct found found = {0};
	if (dir_exists(runs) && !dir_list(a, runs, &names, e))
		return false;
	vec_for(name, &names) {
		struct stamp stamp;
		const char *file = str_format(a, "%s/%s/run.json", runs, *name);
		if (!str_starts(str_of(*name), str_of(prefix)) || !file_stamp(file, &stamp))
			continue;
		if (strcmp(*name, prefix) == 0) {
			found = (struct found){.name = *name, .n = 1};
			break;
		}
		if (!found.n++ || stamp.mtime_ns > found.ended_ns) {
			found.name = *name;
			found.ended_ns = stamp.mtime_ns;
		}
	}
	*out = found;
	return true;
}

bool run_read(
	struct arena *a, const struct workspace *w, const char *id, struct run *out, struct err *e)
{
	struct found found;
	const char *runs = path_join(a, w->state, "runs");
	bool last = strcmp(id, "last") == 0;
	if (!find_runs(a, runs, last ? "" : id, &found, e))
		return false;
	if (!found.n) {
		(void)fail(e, E_NOTFOUND,
			last ? "no run is kept yet" : "no kept run's id begins with '%s'", id);
		return fail_hint(e, "'respin check IMAGE' makes a run; they are kept in %s", runs);
	}
	if (!last && found.n > 1)
		return fail(e, E_USAGE, "the ids of %zu runs begin with '%s': give more of it",
			found.n, id);
	return run_read_dir(a, path_join(a, runs, found.name), out, e);
}
