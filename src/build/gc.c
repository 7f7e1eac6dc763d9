/* gc.c - removes results that no recent build used. SPDX-License-Identifier: ISC */
#include <unistd.h>

#include "build/debian.h"
#include "build/trace.h"
#include "dune/dune.h"

struct gc {
	struct arena *a;
	struct store *store;
	uint64_t since;	 /* days since 1970: what was used on a later day stays */
	struct map keep; /* digests of keys and objects */
	uint64_t *freed;
};

static struct str as_key(const struct digest *d)
{
	return (struct str){(const char *)d->b, sizeof(d->b)};
}

static void keep(void *ctx, const struct digest *d)
{
	struct gc *gc = ctx;
	*map_put(&gc->keep, as_key(d)) = gc;
}

static bool is_kept(void *ctx, const struct digest *d)
{
	const struct gc *gc = ctx;
	return map_has(&gc->keep, as_key(d));
}

/* Builds are kept by their day, and hold what they came from. */
static bool sweep_builds(struct gc *gc, const char *dir, struct err *e)
{
	strings names;
	if (!dir_exists(dir))
		return true;
	if (!dir_list(gc->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *path = path_join(gc->a, dir, *name);
		struct stamp stamp;
		if (!file_stamp(path, &stamp))
			continue;
		if ((uint64_t)(stamp.mtime_ns / 1000000000 / 86400) > gc->since) {
			trace_each_kept(path, keep, gc);
			continue;
		}
		if (unlink(path) < 0)
			return fail_errno(e, "remove %s", path);
		*gc->freed += stamp.size;
	}
	return true;
}

/* Drops the variants that nobody used lately; a record that holds none goes with the sweep. */
static bool thin_record(void *ctx, const struct digest *key, struct str bytes, struct err *e)
{
	struct gc *gc = ctx;
	struct record r, thin = {0};
	if (!record_read(gc->a, bytes, &r)) {
		keep(gc, key); /* answers of the compiler */
		return true;
	}
	thin.known = r.known;
	vec_for(v, &r.variants) {
		if (v->day <= gc->since && !is_kept(gc, &v->object))
			continue;
		vec_push(gc->a, &thin.variants, *v);
		keep(gc, &v->object);
	}
	if (!thin.variants.n)
		return true;
	keep(gc, key);
	if (thin.variants.n == r.variants.n)
		return true;
	struct text out = {.a = gc->a};
	record_write(&thin, &out);
	return store_put_result(gc->store, key, text_str(&out), e);
}

bool build_gc(const struct workspace *w, int age_days, uint64_t *freed, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(close_fd) int lock = -1;
	uint64_t sum = 0, today = record_today();
	struct gc gc = {.a = &scratch, .freed = &sum, .keep = {.a = &scratch}};
	gc.since = age_days > 0 ? today - (uint64_t)age_days : today;
	if (!workspace_lock(w, &lock, e) ||
		!store_open(&scratch, path_join(&scratch, w->state, "store"), &gc.store, e) ||
		!sweep_builds(&gc, path_join(&scratch, w->state, "builds"), e) ||
		!dune_sweep(w, gc.since, keep, &gc, &sum, e) ||
		!store_each_result(gc.store, thin_record, &gc, e) ||
		!store_sweep(gc.store, is_kept, &gc, &sum, e) ||
		!debs_gc(&scratch, w, gc.store, &sum, e))
		return false;
	*freed = sum;
	return true;
}
