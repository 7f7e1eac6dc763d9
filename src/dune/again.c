/* again.c - the scan of last time, where no folder and no dune file has changed since: then only
 * the files that did are read. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A change of such a file may change what the shadow looks like. */
static bool shapes(const struct entry *entry)
{
	return entry->kind != ENTRY_FILE || entry->marks || is_dune_file(entry->path) ||
	       str_ends(str_of(entry->path), S("jbuild"));
}

#define MARKS 4

static void mark(struct build *b, const struct entry *entry)
{
	struct map *const maps[MARKS] = {&b->real, &b->own, &b->opam, &b->included};
	for (size_t i = 0; i < MARKS; i++)
		if (entry->marks & (1u << i))
			*map_put(maps[i], str_of(entry->path)) = b;
}

uint32_t marks_of(const struct build *b, const struct entry *entry)
{
	const struct map *const maps[MARKS] = {&b->real, &b->own, &b->opam, &b->included};
	uint32_t marks = 0;
	for (size_t i = 0; i < MARKS; i++)
		if (is_workspace(entry->kind) && map_has(maps[i], str_of(entry->path)))
			marks |= 1u << i;
	return marks;
}

/* False where a full scan is due. */
static bool look_again(struct build *b, const struct entry *old)
{
	struct entry *entry = vec_add(b->a, &b->inputs);
	struct err ignored;
	*entry = *old;
	bool there = file_stamp(old->real, &entry->stamp) ||
		     (old->kind == ENTRY_ODD && link_stamp_at(AT_FDCWD, old->real, &entry->stamp));
	if (!there)
		return false;
	if (is_workspace(old->kind))
		entry->mount = mounts_of(b, old->path);
	mark(b, entry);
	if (old->safe && stamp_eq(&old->stamp, &entry->stamp))
		return true;
	entry->safe = stamp_is_safe(&entry->stamp, clock_wall_ns());
	return !shapes(old) && S_ISREG(entry->stamp.mode) &&
	       hash_file(old->real, &entry->digest, &ignored);
}

/* A dependent that was added: "AT\nUNIT". */
static bool mount_again(struct build *b, const struct entry *old)
{
	struct str rest = str_of(old->path), at = str_cut(&rest, '\n');
	vec_for(r, &b->q->w->all)
		if (str_is(rest, (*r)->name)) {
			vec_push(b->a, &b->mounts,
				((struct mount){.at = str_copy(b->a, at),
					.from = old->real,
					.shown = old->real,
					.unit = *r,
					.added = true}));
			return true;
		}
	return false;
}

static bool mounts_again(struct build *b)
{
	vendor_place(b);
	vec_for(old, &b->last.inputs) {
		if (old->kind != ENTRY_MOUNT)
			continue;
		if (!mount_again(b, old))
			return false;
		vec_push(b->a, &b->inputs, *old);
	}
	return true;
}

static bool try_again(struct build *b)
{
	const char *store = path_join(b->a, b->state, "store/");
	if (!b->has_last || !digest_eq(&b->shape, &b->last.shape) || !mounts_again(b))
		return false;
	scan_ways(b);
	vec_for(old, &b->last.inputs) {
		bool skip =
			old->kind >= ENTRY_MOUNT ||
			(old->kind == ENTRY_PLACE && str_starts(str_of(old->real), str_of(store)));
		if (!skip && !look_again(b, old))
			return false;
	}
	return true;
}

bool scan_again(struct build *b)
{
	size_t inputs = b->inputs.n, mounts = b->mounts.n;
	if (try_again(b))
		return true;
	b->inputs.n = inputs;
	b->mounts.n = mounts;
	return false;
}
