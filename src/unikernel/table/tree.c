/* tree.c - folders in git's form: "100644 NAME", a NUL, 20 bytes of id, again and again, sorted.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

static const char file_mode[] = "100644 ", folder_mode[] = "40000 ";

bool tree_entry(const uint8_t *tree, size_t n, size_t at, struct tree_entry *e)
{
	if (at >= n)
		return false;
	const uint8_t *p = tree + at;
	e->folder = *p == '4';
	size_t mode_n = e->folder ? sizeof(folder_mode) - 1 : sizeof(file_mode) - 1;
	e->name = (const char *)p + mode_n;
	const char *end = memchr(e->name, 0, n - at - mode_n);
	e->name_n = (size_t)(end - e->name);
	e->id = (const void *)(end + 1);
	e->size = mode_n + e->name_n + 1 + sizeof(*e->id);
	return true;
}

/* A folder's name counts as if a slash were at its end. */
static int behind(const char *name, size_t n, size_t i, bool folder)
{
	return i < n ? (unsigned char)name[i] : folder ? '/' : '\0';
}

int tree_compare(const char *a, size_t a_n, bool a_folder, const char *b, size_t b_n, bool b_folder)
{
	size_t n = a_n < b_n ? a_n : b_n;
	int order = memcmp(a, b, n);
	if (order)
		return order;
	return behind(a, a_n, n, a_folder) - behind(b, b_n, n, b_folder);
}

size_t tree_entry_write(
	uint8_t *to, const char *name, size_t name_n, bool folder, const struct table_id *id)
{
	size_t mode_n = folder ? sizeof(folder_mode) - 1 : sizeof(file_mode) - 1;
	memcpy(to, folder ? folder_mode : file_mode, mode_n);
	memcpy(to + mode_n, name, name_n);
	to[mode_n + name_n] = '\0';
	memcpy(to + mode_n + name_n + 1, id->bytes, sizeof(id->bytes));
	return mode_n + name_n + 1 + sizeof(id->bytes);
}

uint32_t tree_child(struct table *t, uint32_t tree, const char *name, size_t n, bool *folder)
{
	struct flat *f = &t->flat[FLAT_OLD];
	struct tree_entry e;
	object_flat(t, tree, f);
	for (size_t at = 0; tree_entry(f->p, f->n, at, &e); at += e.size) {
		if (e.name_n != n || memcmp(e.name, name, n) != 0)
			continue;
		*folder = e.folder;
		return object_find(t, e.id);
	}
	return NONE;
}

uint32_t tree_at(struct table *t, uint32_t tree, const char *path, size_t n)
{
	bool folder = true;
	while (tree && folder) {
		const char *slash = memchr(path, '/', n);
		size_t part = slash ? (size_t)(slash - path) : n;
		tree = tree_child(t, tree, path, part, &folder);
		if (!slash)
			return folder ? NONE : tree;
		path += part + 1;
		n -= part + 1;
	}
	return NONE;
}
