/* changes.c - what is different from the last build. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

bool is_workspace(enum entry_kind kind)
{
	return kind <= ENTRY_ODD;
}

bool is_dune_file(const char *path)
{
	return !strncmp(path_base(path), "dune", 4) || str_ends(str_of(path), S(".opam"));
}

bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	if (!strcmp(dir, "."))
		return !strchr(path, '/');
	return !strncmp(path, dir, n) && path[n] == '/';
}

/* Tells nothing by coming or going. */
static bool is_quiet(enum entry_kind kind)
{
	return kind == ENTRY_FOLDER || kind == ENTRY_PLACE || kind == ENTRY_MOUNT;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ENTRY_FOLDER: /* what is in it has entries of its own */
	case ENTRY_MOUNT:
		return true;
	case ENTRY_FILE:
	case ENTRY_VARIABLE:
	case ENTRY_FACT:
		return digest_eq(&a->digest, &b->digest);
	default:
		return stamp_eq(&a->stamp, &b->stamp);
	}
}

static void add(struct build *b, const struct entry *entry, const char *what)
{
	const char *name = is_workspace(entry->kind) ? short_path(b, entry->path) : entry->path;
	vec_push(b->a, &b->changes,
		((struct change){.kind = entry->kind,
			.path = entry->path,
			.words = str_format(b->a, "%s %s", name, what),
			.is_new = !strcmp(what, "is new")}));
}

/* An overlay that replaces a folder changes the files that differ, wherever they are. */
void changes_find(struct build *b)
{
	struct map seen = {.a = b->a};
	b->changes.n = 0;
	if (!b->has_base)
		return;
	vec_for(entry, &b->inputs) {
		const struct entry *old = map_get(&b->last.by_path, str_of(entry->path));
		*map_put(&seen, str_of(entry->path)) = b;
		if (!old && !is_quiet(entry->kind))
			add(b, entry, "is new");
		else if (old && !is_same(old, entry))
			add(b, entry, "changed");
	}
	vec_for(old, &b->last.inputs)
		if (!is_quiet(old->kind) && !map_has(&seen, str_of(old->path)))
			add(b, old, "is gone");
}
