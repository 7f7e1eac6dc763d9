/* fit.c - would a merge make a folder too large? The paths that it adds and removes come in the
 * order of walk(), and are counted in the folders that lie open. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define ENTRY_BYTES 28u /* of an entry of a folder, besides its name; of a folder's, one less */

static bool refuse_folder(const struct fit *f, size_t n, char *why)
{
	merge_refuse(why, f->path, n, "the folder would be too large");
	return false;
}

/* Leaves the folders that are deeper than DEPTH. */
static bool leave(struct fit *f, size_t depth, char *why)
{
	size_t at = 0;
	for (size_t level = 0; level <= f->depth; level++) {
		const char *slash = memchr(f->path + at, '/', f->n - at);
		if (level > depth && f->bytes[level] > TABLE_OBJECT_MAX)
			return refuse_folder(f, at - 1, why);
		if (slash)
			at = (size_t)(slash - f->path) + 1;
	}
	f->depth = depth;
	return true;
}

/* Goes into the folder of that name. */
static void enter(struct fit *f, struct table *t, const char *name, size_t n)
{
	bool folder = false;
	uint32_t parent = f->trees[f->depth], tree = NONE;
	if (parent)
		tree = tree_child(t, parent, name, n, &folder);
	if (!folder) {
		tree = NONE;
		f->bytes[f->depth] += ENTRY_BYTES - 1 + n;
	}
	f->depth++;
	f->trees[f->depth] = tree;
	f->bytes[f->depth] = tree ? object_at(t, tree)->size : 0;
}

void fit_begin(struct fit *f, const struct table *t)
{
	f->n = f->depth = 0;
	f->trees[0] = t->root;
	f->bytes[0] = object_at(t, t->root)->size;
}

bool fit_change(struct fit *f, struct table *t, const char *path, size_t n, bool adds, char *why)
{
	size_t at = 0, depth = 0;
	for (size_t i = 0; i < n && i < f->n && path[i] == f->path[i]; i++)
		if (path[i] == '/') {
			at = i + 1;
			depth++;
		}
	if (!leave(f, depth, why))
		return false;
	for (const char *slash; (slash = memchr(path + at, '/', n - at));) {
		size_t end = (size_t)(slash - path);
		enter(f, t, path + at, end - at);
		at = end + 1;
	}
	memcpy(f->path, path, n);
	f->n = n;
	size_t bytes = ENTRY_BYTES + n - at;
	f->bytes[f->depth] += adds ? bytes : -bytes;
	return true;
}

bool fit_end(struct fit *f, char *why)
{
	return leave(f, 0, why);
}
