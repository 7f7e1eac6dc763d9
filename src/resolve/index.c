/* index.c - opens an index and looks names up. SPDX-License-Identifier: ISC */
#include "resolve/index.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

/* The first entry whose name is not before NAME (or, with AFTER, behind it). */
static size_t bound(const struct index *x, struct str name, bool after)
{
	size_t low = 0, high = x->header->entries;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_of(index_name(x, &x->entries[middle])), name);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t index_find(const struct index *x, struct str name, const struct index_entry **first)
{
	size_t from = bound(x, name, false), to = bound(x, name, true);
	*first = x->entries + from;
	return to > from ? to - from : 0;
}

/* ---- opening -------------------------------------------------------------------------- */

static bool map_file(const char *path, struct index *out)
{
	struct stat st;
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return false;
	size_t size = (size_t)st.st_size;
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (!index_view((struct str){map, size}, out)) {
		munmap(map, size);
		return false;
	}
	out->map = map;
	return true;
}

void index_close(struct index *x)
{
	if (x->map)
		munmap(x->map, x->header->size);
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
	struct err ignored;
	if (map_file(kept, &old) && is_current(&old, tree, is_fixed)) {
		*out = old;
		old = (struct index){0};
		return true;
	}
	if (!index_make(a, tree, &old, &bytes, e))
		return false;
	/* Where it can't be kept (a read-only workspace, a full disk) it still is an answer. */
	if (dir_make(path_dir(a, kept), &ignored))
		(void)!file_write_cache(kept, bytes, 0644, &ignored);
	return index_view(bytes, out) || fail(e, E_BUG, "the new index of %s is damaged", tree);
}
