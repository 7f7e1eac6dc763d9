/* edits.c - how an overlay differs from the source that it was made from.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

struct edits {
	struct build *b;
	const struct mount *m;
	const char *upstream; /* the tree that the overlay was made from */
	edit_fn *each;
	void *ctx;
};

MUST_CHECK static bool find_upstream(struct edits *s, struct err *e)
{
	struct build *b = s->b;
	struct tree tree = {0};
	if (s->m->unit->source.n && !source_locate(b->q->w, s->m->unit, &tree, e))
		return fail_context(e, "the source of %s", s->m->unit->name);
	s->upstream = tree.dir;
	if (!tree.dir && !s->m->added)
		s->upstream = path_join(b->a, b->root, s->m->at);
	return true;
}

/* *WHAT: how OLD became ENTRY; NULL: it is the same. */
MUST_CHECK static bool compare(
	const struct entry *entry, const char *old, const char **what, struct err *e)
{
	struct stamp stamp;
	struct digest d;
	*what = NULL;
	if (!file_stamp(old, &stamp)) {
		*what = "is new";
		return true;
	}
	if (stamp.size == entry->stamp.size && !hash_file(old, &d, e))
		return false;
	if (stamp.size != entry->stamp.size || !digest_eq(&d, &entry->digest))
		*what = "changed";
	return true;
}

MUST_CHECK static bool each_gone(struct edits *s, const struct map *now, struct err *e)
{
	struct arena *a = s->b->a;
	strings old;
	if (!tree_list(a, s->upstream, ".git", &old, e))
		return false;
	vec_for(name, &old)
		if (!map_has(now, str_of(*name)) && !file_exists(path_join(a, s->m->from, *name)) &&
			!s->each(s->ctx, path_join(a, s->m->at, *name), "is gone"))
			return true;
	return true;
}

bool edits_each(struct build *b, const struct mount *m, edit_fn *each, void *ctx, bool *known,
	struct err *e)
{
	struct edits s = {.b = b, .m = m, .each = each, .ctx = ctx};
	struct map now = {.a = b->a};
	if (!find_upstream(&s, e))
		return false;
	*known = s.upstream != NULL;
	if (!*known)
		return true;
	vec_for(entry, &b->inputs) {
		const char *what;
		if (entry->kind != ENTRY_FILE || entry->mount != m)
			continue;
		const char *name = within(m, entry->path);
		*map_put(&now, str_of(name)) = b;
		if (!compare(entry, path_join(b->a, s.upstream, name), &what, e))
			return false;
		if (what && !each(ctx, entry->path, what))
			return true;
	}
	return each_gone(&s, &now, e);
}
