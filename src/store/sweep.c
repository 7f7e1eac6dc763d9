/* sweep.c - removes what nobody wants any more. SPDX-License-Identifier: ISC */
#include "store/private.h"

#include <string.h>
#include <unistd.h>

/* What one walk over objects or results does. */
struct walk {
	struct store *s;
	const char *dir; /* DIR/objects or DIR/results */
	bool (*keep)(void *ctx, const struct digest *d);
	void *ctx;
	uint64_t *freed;
};

static bool drop(const struct walk *w, const char *path, struct err *e)
{
	struct stamp stamp;
	if (!file_stamp(path, &stamp))
		return true;
	if (unlink(path) < 0)
		return fail_errno(e, "remove %s", path);
	store_forget(w->s, path);
	*w->freed += stamp.size;
	return true;
}

/* One folder of names that begin with PREFIX; what is not named by a digest is a leftover. */
static bool sweep_folder(const struct walk *w, const char *prefix, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *dir = path_join(&scratch, w->dir, prefix);
	strings names;
	if (!dir_list(&scratch, dir, &names, e))
		return false;
	vec_for(name, &names) {
		struct digest d;
		const char *hex = str_format(&scratch, "%s%s", prefix, *name);
		if (digest_parse(str_of(hex), &d) && w->keep(w->ctx, &d))
			continue;
		if (!drop(w, path_join(&scratch, dir, *name), e))
			return false;
	}
	return true;
}

static bool sweep_kind(struct walk w, const char *kind, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings prefixes;
	w.dir = path_join(&scratch, w.s->dir, kind);
	if (!dir_list(&scratch, w.dir, &prefixes, e))
		return false;
	vec_for(prefix, &prefixes)
		if (!sweep_folder(&w, *prefix, e))
			return false;
	return true;
}

/* Keeps in DIR/seen only what still has the remembered stamp. */
static bool forget_changed(struct store *s, struct err *e)
{
	for (size_t i = 0; i < s->old.n_slots; i++) {
		const struct memory *m = &s->old.slots[i];
		const struct seen *now;
		struct stamp stamp;
		if (!m->hash)
			continue;
		const char *path = str_copy(s->a, memory_path(&s->old, m));
		if (file_stamp(path, &stamp) && stamp_eq(&stamp, &m->stamp) &&
			!store_see(s, path, &now, e))
			return false;
	}
	s->old = (struct memories){0};
	s->learned = true;
	return true;
}

bool store_sweep(struct store *s, bool (*keep)(void *ctx, const struct digest *d), void *ctx,
	uint64_t *freed, struct err *e)
{
	struct walk w = {.s = s, .keep = keep, .ctx = ctx, .freed = freed};
	if (!sweep_kind(w, "objects", e) || !sweep_kind(w, "results", e))
		return false;
	return forget_changed(s, e) && store_save(s, e);
}

bool store_each_result(struct store *s,
	bool (*each)(void *ctx, const struct digest *key, struct str bytes, struct err *e),
	void *ctx, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings names;
	const char *dir = path_join(&scratch, s->dir, "results");
	if (!tree_list(&scratch, dir, NULL, &names, e))
		return false;
	vec_for(name, &names) {
		defer(arena_free) struct arena one = {0};
		struct digest key;
		struct str bytes;
		const char *hex = str_format(&one, "%.2s%s", *name, *name + 3);
		if (strlen(*name) > 3 && digest_parse(str_of(hex), &key) &&
			store_get_result(s, &one, &key, &bytes) && !each(ctx, &key, bytes, e))
			return false;
	}
	return true;
}
