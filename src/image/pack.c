/* pack.c - a folder as one archive that an image serves. SPDX-License-Identifier: ISC */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/sys.h"

/* An image holds its files in memory: what is larger can't be meant. */
#define MAX_BYTES ((size_t)1 << 30)
#define MAX_DEPTH 64

static const char trailer[] = "TRAILER!!!";

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return !strncmp(path, folder, n) && (path[n] == '/' || folder[n - 1] == '/');
}

/* A link may stand for a file of the same folder; the archive then holds that file's bytes. */
static bool check_link(
	struct arena *a, const char *root, const char *path, struct stat *st, struct err *e)
{
	const char *folder, *target;
	if (!path_real(a, root, &folder, e))
		return false;
	if (!path_real(a, path, &target, e))
		return fail_context(e, "the link %s leads nowhere", path);
	if (!is_below(target, folder))
		return fail(e, E_UNSAFE, "the link %s leaves the folder %s: it leads to %s", path,
			root, target);
	if (stat(target, st))
		return fail_errno(e, "look at %s", target);
	if (!S_ISREG(st->st_mode))
		return fail(e, E_INPUT, "the link %s leads to something other than a regular file",
			path);
	return true;
}

/* Adds the regular files of the folder ROOT/BELOW to NAMES, as paths relative to ROOT. */
static bool list_files(struct arena *a, const char *root, const char *below, int depth,
	strings *names, struct err *e)
{
	strings entries;
	if (depth > MAX_DEPTH)
		return fail(e, E_INPUT, "%s/%s: more than %d folders deep", root, below, MAX_DEPTH);
	if (!dir_list(a, path_join(a, root, below), &entries, e))
		return false;
	vec_for(entry, &entries) {
		const char *name = path_join(a, below, *entry), *path = path_join(a, root, name);
		struct stat st;
		if (lstat(path, &st))
			return fail_errno(e, "look at %s", path);
		if (S_ISLNK(st.st_mode) && !check_link(a, root, path, &st, e))
			return false;
		if (S_ISREG(st.st_mode))
			vec_push(a, names, name);
		else if (!S_ISDIR(st.st_mode))
			return fail(e, E_INPUT, "%s is neither a regular file nor a folder", path);
		else if (!list_files(a, root, name, depth + 1, names, e))
			return false;
	}
	return true;
}

static int by_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void pad(struct text *out)
{
	static const char zeros[3];
	text_add(out, (struct str){zeros, -out->n & 3});
}

/* One entry of the "newc" format (cpio(5)): thirteen numbers of eight hexadecimal digits, the name
 * and the bytes, both padded to four. Only what belongs to the content is told. */
static void add_entry(
	struct text *out, uint32_t inode, uint32_t mode, const char *name, struct str bytes)
{
	const uint32_t none = 0, links = 1;
	text_addf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode,
		none, none, links, none, (uint32_t)bytes.n, none, none, none, none,
		(uint32_t)strlen(name) + 1, none);
	text_add(out, (struct str){name, strlen(name) + 1});
	pad(out);
	text_add(out, bytes);
	pad(out);
}

bool image_pack(struct arena *a, const char *dir, struct str *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings names = {0};
	if (!list_files(&scratch, dir, "", 0, &names, e))
		return false;
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_bytes);
	struct text archive = {.a = &scratch};
	uint32_t inode = 0;
	vec_for(name, &names) {
		struct str bytes;
		if (!file_read(&scratch, path_join(&scratch, dir, *name), MAX_BYTES, &bytes, e))
			return false;
		if (archive.n + bytes.n > MAX_BYTES)
			return fail(e, E_INPUT, "%s holds more than %zu bytes", dir, MAX_BYTES);
		add_entry(&archive, ++inode, S_IFREG | 0644, *name, bytes);
	}
	add_entry(&archive, 0, 0, trailer, S(""));
	*out = (struct str){str_copy(a, text_str(&archive)), archive.n};
	return true;
}
