/* diff.c - entries of two states that differ. SPDX-License-Identifier: ISC */
#include "past/past.h"

#include <string.h>

/* What is compared with what. */
struct sides {
	struct arena *a;
	struct past *x, *y;
	bool plain;
};

/* Entries by path; where plain paths are the same, by their turn as well. */
static const char *key_of(const struct sides *s, struct map *turns, const char *path)
{
	if (!s->plain)
		return path;
	const char *plain = past_plain(s->a, str_of(path));
	void **turn = map_put(turns, str_of(plain));
	*turn = (void *)((uintptr_t)*turn + 1);
	return str_format(s->a, "%s %zu", plain, (size_t)(uintptr_t)*turn);
}

static bool add_change(const struct sides *s, const struct past_entry *x,
	const struct past_entry *y, past_changes *out, struct err *e)
{
	struct str before = {0}, after = {0};
	if (x && y && !strcmp(x->id.hex, y->id.hex))
		return true;
	if ((x && !past_text(s->x, s->a, &x->id, &before, e)) ||
		(y && !past_text(s->y, s->a, &y->id, &after, e)))
		return false;
	if (x && y && s->plain && !strcmp(past_plain(s->a, before), past_plain(s->a, after)))
		return true;
	*vec_add(s->a, out) =
		(struct past_change){x ? x->path : NULL, y ? y->path : NULL, before.p, after.p};
	return true;
}

static bool list_side(const struct sides *s, struct past *p, const struct git_id *tree,
	past_entries *out, struct err *e)
{
	return !tree || past_list(p, s->a, tree, out, e);
}

bool past_diff(struct arena *a, struct past *x, const struct git_id *tree_x, struct past *y,
	const struct git_id *tree_y, bool plain, past_changes *out, struct err *e)
{
	const struct sides s = {a, x, y, plain};
	past_entries old = {0}, new = {0};
	past_changes found = {0};
	struct map others = {.a = a}, turns_x = {.a = a}, turns_y = {.a = a};
	if (!list_side(&s, x, tree_x, &old, e) || !list_side(&s, y, tree_y, &new, e))
		return false;
	vec_for(entry, &new)
		*map_put(&others, str_of(key_of(&s, &turns_y, entry->path))) = entry;
	vec_for(entry, &old) {
		struct str key = str_of(key_of(&s, &turns_x, entry->path));
		struct past_entry *other = map_get(&others, key);
		if (!add_change(&s, entry, other, &found, e))
			return false;
		if (other)
			*map_put(&others, key) = NULL;
	}
	vec_for(other, &others.entries)
		if (other->value && !add_change(&s, NULL, other->value, &found, e))
			return false;
	*out = found;
	return true;
}
