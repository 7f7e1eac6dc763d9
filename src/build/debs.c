/* debs.c - the binary packages that a build made, as files. SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build/debian.h"

/* In the folder: which object it was made from. */
#define OBJECT_FILE ".object"

static const char *debs_dir(struct arena *a, const struct workspace *w)
{
	return path_join(a, w->state, "debian");
}

MUST_CHECK static bool unpack(
	struct arena *a, const struct workspace *w, const char *hex, const char *dir, struct err *e)
{
	const char *object = str_format(a, "%s/store/objects/%.2s/%s", w->state, hex, hex + 2);
	const char *const argv[] = {
		"tar", "--extract", "--no-same-owner", "--directory", dir, "--file", object, NULL};
	struct outcome o;
	return command_must(a, &(struct command){.argv = argv}, &o, e) &&
	       file_write_cache(path_join(a, dir, OBJECT_FILE), str_of(hex), 0666, e);
}

bool debs_unfold(struct arena *a, const struct workspace *w, const char *package,
	const struct digest *object, const char **out, struct err *e)
{
	struct err later;
	const char *hex = digest_hex(a, object), *all = debs_dir(a, w), *new;
	const char *dir = str_format(a, "%s/%s-%.12s", all, package, hex);
	*out = dir;
	if (dir_exists(dir))
		return true;
	if (!dir_make(all, e) || !dir_make_temp(a, path_join(a, all, ".new-"), &new, e))
		return false;
	bool ok = unpack(a, w, hex, new, e);
	/* Another respin may have been quicker. */
	if (ok && rename(new, dir) && errno != EEXIST && errno != ENOTEMPTY)
		ok = fail_errno(e, "rename %s to %s", new, dir);
	return tree_remove(new, ok ? e : &later) && ok;
}

MUST_CHECK static bool remove_folder(
	struct arena *a, const char *dir, uint64_t *freed, struct err *e)
{
	strings files;
	uint64_t sum = 0;
	if (!tree_list(a, dir, NULL, &files, e))
		return false;
	vec_for(file, &files) {
		struct stamp stamp;
		if (file_stamp(path_join(a, dir, *file), &stamp))
			sum += stamp.size;
	}
	if (!tree_remove(dir, e))
		return false;
	*freed += sum;
	return true;
}

bool debs_gc(
	struct arena *a, const struct workspace *w, struct store *s, uint64_t *freed, struct err *e)
{
	strings names = {0};
	const char *all = debs_dir(a, w);
	if (!dir_exists(all))
		return true;
	if (!dir_list(a, all, &names, e))
		return false;
	vec_for(name, &names) {
		const char *dir = path_join(a, all, *name);
		struct str hex;
		struct digest object;
		struct err ignored;
		bool kept = !dir_exists(dir) ||
			    (file_read(a, path_join(a, dir, OBJECT_FILE), 100, &hex, &ignored) &&
				    digest_parse(hex, &object) && store_has(s, &object));
		if (!kept && !remove_folder(a, dir, freed, e))
			return false;
	}
	return true;
}
