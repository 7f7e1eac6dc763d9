/* old_runs.c - removes kept runs that nobody looks at any more. SPDX-License-Identifier: ISC */
#include "lab/run.h"

#include <string.h>
#include <sys/stat.h>

#define DAY_S 86400
#define REPORT_MAX ((size_t)64 * 1024 * 1024)

struct old_run {
	const char *id, *dir;
	const char *image; /* NULL: it came to no end, or still goes on */
	int64_t when_s;	   /* when it ended, or last wrote anything */
	bool keep;
};
typedef VEC(struct old_run) old_runs;

/* Takes the place in a file system of what is below DIR, and when the newest file was written. */
static bool measure_dir(const char *dir, uint64_t *bytes, int64_t *newest_s, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings files = {0};
	struct stat st;
	if (!tree_list(&scratch, dir, NULL, &files, e))
		return false;
	vec_for(file, &files) {
		if (lstat(path_join(&scratch, dir, *file), &st) < 0)
			continue; /* gone meanwhile */
		*bytes += (uint64_t)st.st_blocks * 512;
		if (st.st_mtime > *newest_s)
			*newest_s = st.st_mtime;
	}
	return true;
}

static bool look_at(struct arena *a, struct old_run *r, struct err *e)
{
	struct run run;
	struct stamp stamp;
	struct err ignored; /* what can't be read is a run that came to no end */
	uint64_t unused = 0;
	const char *file = path_join(a, r->dir, "run.json");
	if (!file_stamp(file, &stamp) || !run_read_dir(a, r->dir, &run, &ignored)) {
		struct stat st;
		r->when_s = lstat(r->dir, &st) < 0 ? 0 : st.st_mtime;
		return measure_dir(r->dir, &unused, &r->when_s, e);
	}
	r->image = run.image;
	r->when_s = stamp.mtime_ns / 1000000000;
	return true;
}

static bool list_runs(struct arena *a, const char *dir, old_runs *out, struct err *e)
{
	strings names = {0};
	if (!dir_exists(dir))
		return true;
	if (!dir_list(a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		struct old_run r = {.id = *name, .dir = path_join(a, dir, *name)};
		if (!dir_exists(r.dir))
			continue;
		if (!look_at(a, &r, e))
			return false;
		*vec_add(a, out) = r;
	}
	return true;
}

/* One that came to no end may still go on: it stays for a day whatever is asked. */
static void keep_young(old_runs *runs, int days)
{
	int64_t today = clock_wall_ns() / 1000000000 / DAY_S;
	vec_for(r, runs) {
		bool young = r->when_s / DAY_S > today - days;
		bool may_go_on = !r->image && r->when_s / DAY_S >= today - 1;
		r->keep = young || may_go_on;
	}
}

static void keep_last(old_runs *runs)
{
	vec_for(r, runs) {
		bool last = r->image != NULL;
		vec_for(other, runs)
			if (last && other->image && strcmp(other->image, r->image) == 0 &&
				(other->when_s > r->when_s ||
					(other->when_s == r->when_s &&
						strcmp(other->id, r->id) > 0)))
				last = false;
		r->keep |= last;
	}
}

/* A report names the runs that it compares. One that can't be read keeps none. */
static bool keep_reported(struct arena *a, const char *reports, old_runs *runs, struct err *e)
{
	strings files = {0};
	if (!dir_exists(reports))
		return true;
	if (!tree_list(a, reports, NULL, &files, e))
		return false;
	vec_for(file, &files) {
		defer(arena_free) struct arena scratch = {0};
		struct str text;
		struct err ignored;
		if (!file_read(&scratch, path_join(&scratch, reports, *file), REPORT_MAX, &text,
			    &ignored))
			continue;
		vec_for(r, runs)
			r->keep |= str_find(text, str_of(r->id)) >= 0;
	}
	return true;
}

bool runs_gc(const struct workspace *w, int age_days, size_t *n, uint64_t *freed, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	old_runs runs = {0};
	int64_t unused = 0;
	*n = 0;
	if (!list_runs(&scratch, path_join(&scratch, w->state, "runs"), &runs, e))
		return false;
	keep_young(&runs, age_days);
	keep_last(&runs);
	if (!keep_reported(&scratch, path_join(&scratch, w->state, "reports"), &runs, e))
		return false;
	vec_for(r, &runs) {
		if (r->keep)
			continue;
		if (!measure_dir(r->dir, freed, &unused, e) || !tree_remove(r->dir, e))
			return false;
		++*n;
	}
	return true;
}
