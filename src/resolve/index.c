/* index.c - opens an index and looks names up. SPDX-License-Identifier: ISC */
#include "resolve/index.h"

#include <fcntl.h>
#include <string.h>

bool index_view(struct str bytes, struct index *out)
{
	const struct index_header *h = (const void *)bytes.p;
	if (bytes.n < sizeof(*h) || memcmp(h->magic, INDEX_MAGIC, sizeof(h->magic)) ||
		h->size != bytes.n)
		return false;
	uint64_t nodes = ((uint64_t)h->files + h->folders) * sizeof(struct index_node);
	uint64_t entries = (uint64_t)h->entries * sizeof(struct index_entry);
	if (sizeof(*h) + nodes + entries + h->text != bytes.n || !h->folders || !h->text)
		return false;
	const char *p = bytes.p + sizeof(*h);
	*out = (struct index){.header = h,
		.nodes = (const void *)p,
		.entries = (const void *)(p + nodes),
		.text = p + nodes + entries};
	return out->text[h->text - 1] == '\0';
}

const char *index_text(const struct index *x, uint32_t offset)
{
	return offset < x->header->text ? x->text + offset : "";
}

const char *index_name(const struct index *x, const struct index_entry *entry)
{
	return index_text(x, entry->name);
}

const char *index_path(const struct index *x, const struct index_entry *entry)
{
	return entry->file < x->header->files ? index_text(x, x->nodes[entry->file].path) : "";
}

static const char *name_of(const void *list, size_t i)
{
	const struct index *x = list;
	return index_name(x, &x->entries[i]);
}

size_t index_find(const struct index *x, struct str name, const struct index_entry **first)
{
	size_t from, n = records_named(x, x->header->entries, name_of, name, &from);
	*first = x->entries + from;
	return n;
}

/* ---- opening -------------------------------------------------------------------------- */

static bool map_kept(const char *path, struct index *out)
{
	struct str bytes = file_map(path);
	if (!index_view(bytes, out)) {
		file_unmap(bytes);
		return false;
	}
	out->map = bytes;
	return true;
}

bool index_is_whole(const struct index *x)
{
	return !x->map.p || records_sum(str_from(x->map, sizeof(*x->header))) == x->header->sum;
}

void index_close(struct index *x)
{
	file_unmap(x->map);
	*x = (struct index){0};
}

static bool is_same(const struct index *x, int tree, size_t node)
{
	const struct index_node *n = &x->nodes[node];
	const char *path = index_text(x, n->path);
	struct stamp now;
	return file_stamp_at(tree, *path ? path : ".", &now) && stamp_eq(&now, &n->stamp) &&
	       stamp_is_safe(&now, x->header->read_ns);
}

/* Folders tell of files that came and went, files of symbols. */
static bool is_current(const struct index *x, const char *tree, bool is_fixed)
{
	defer(close_fd) int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t files = x->header->files, all = is_fixed ? files + 1 : files + x->header->folders;
	for (size_t i = is_fixed ? files : 0; i < all; i++)
		if ((i >= files || x->nodes[i].has_symbols) && !is_same(x, fd, i))
			return false;
	return fd >= 0;
}

bool index_open(struct arena *a, const char *kept, const char *tree, bool is_fixed,
	struct index *out, struct err *e)
{
	defer(index_close) struct index old = {0};
	struct str bytes;
	if (map_kept(kept, &old) && is_current(&old, tree, is_fixed)) {
		*out = old;
		old = (struct index){0};
		return true;
	}
	if (!index_make(a, tree, &old, &bytes, e))
		return false;
	/* Where it can't be kept (a read-only workspace, a full disk) it still is an answer. */
	file_keep_cache(kept, bytes);
	return index_view(bytes, out) || fail(e, E_BUG, "the new index of %s is damaged", tree);
}
