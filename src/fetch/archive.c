/* archive.c - a URL becomes a verified folder, in one pass. SPDX-License-Identifier: ISC */
#include "fetch/archive.h"

#include <stdio.h>
#include <sys/stat.h>

/* The only name in a folder, if it is a folder itself (no link). */
MUST_CHECK static bool sole_folder(
	struct arena *a, const char *dir, const char **out, struct err *e)
{
	strings names = {0};
	if (!dir_list(a, dir, &names, e))
		return false;
	const char *sole = names.n == 1 ? path_join(a, dir, names.v[0]) : NULL;
	struct stat st;
	*out = sole && lstat(sole, &st) == 0 && S_ISDIR(st.st_mode) ? sole : NULL;
	return true;
}

/* What was unpacked into RAW moves to DIR, without the folder that all of it shares. */
MUST_CHECK static bool settle(struct arena *a, const char *raw, const char *dir, struct err *e)
{
	const char *sole;
	if (!sole_folder(a, raw, &sole, e))
		return false;
	if (rename(sole ? sole : raw, dir))
		return fail_errno(e, "rename %s", raw);
	return !sole || tree_remove(raw, e);
}

MUST_CHECK static bool try_once(const struct download *d, const char *raw,
	const struct limits *limits, bool *old, struct err *e)
{
	defer(unpack_stop) struct unpacker u = {0};
	*old = false;
	if (!raw)
		return download(d, &u, old, e);
	const char *name = d->url ? path_base(d->url) : d->label;
	if (!tree_remove(raw, e) || !dir_make(raw, e) || !unpack_start(&u, name, raw, limits, e))
		return false;
	return download(d, &u, old, e) && unpack_end(&u, e);
}

bool archive_get(
	const struct download *d, const char *dir, const struct limits *limits, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *raw = dir ? str_format(&scratch, "%s.raw", dir) : NULL;
	bool old;
	bool ok = try_once(d, raw, limits, &old, e);
	/* Bytes that an earlier run or another server left may have been the wrong ones. */
	if (!ok && e->code == E_CHECKSUM && old && d->url)
		ok = try_once(d, raw, limits, &old, e);
	return ok && (!dir || settle(&scratch, raw, dir, e));
}
