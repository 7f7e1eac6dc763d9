/* folder.c - what else lies in overlays/: files that keep the working trees out of the project's
 * own git, and out of its dune workspace. SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "overlay/rebase.h"
#include "overlay/work.h"

#define FILE_LIMIT ((size_t)1 << 20)

static const char ignored[] = "/*/src/\n/*/" STAGING "/\n";
static const char hidden[] =
	"; Overlays are respin's: dune finds what they patch in its own place.\n"
	"(dirs)\n";

MUST_CHECK static bool read_old(struct arena *a, const char *file, struct str *out, struct err *e)
{
	*out = S("");
	return !file_exists(file) || file_read(a, file, FILE_LIMIT, out, e);
}

MUST_CHECK static bool ignore_trees(const struct workspace *w, struct err *e)
{
	const char *file = path_join(w->a, w->overlays, ".gitignore");
	struct str old;
	if (!read_old(w->a, file, &old, e))
		return false;
	if (str_find(old, str_of(ignored)) >= 0)
		return true;
	struct text new = {.a = w->a};
	text_add(&new, old);
	if (old.n && !str_ends(old, S("\n")))
		text_addz(&new, "\n");
	text_addz(&new, ignored);
	return file_write(file, text_str(&new), 0644, e);
}

bool make_folder(const struct workspace *w, struct err *e)
{
	const char *file = path_join(w->a, w->overlays, "dune");
	return ignore_trees(w, e) &&
	       (!w->is_dune || file_exists(file) || file_write(file, str_of(hidden), 0644, e));
}

MUST_CHECK static bool is_ours(struct arena *a, const char *dir, const char *name, struct err *e)
{
	struct str text;
	const char *own = !strcmp(name, "dune")		? hidden
			  : !strcmp(name, ".gitignore") ? ignored
							: NULL;
	return own && read_old(a, path_join(a, dir, name), &text, e) && str_is(text, own);
}

bool make_forget(const struct workspace *w, struct err *e)
{
	strings names;
	struct err unused;
	if (!w->is_dune || !dir_exists(w->overlays))
		return true;
	if (!dir_list(w->a, w->overlays, &names, e))
		return false;
	vec_for(name, &names)
		if (!is_ours(w->a, w->overlays, *name, &unused))
			return true;
	vec_for(name, &names)
		if (unlink(path_join(w->a, w->overlays, *name)) < 0)
			return fail_errno(e, "remove %s/%s", w->overlays, *name);
	return rmdir(w->overlays) == 0 || errno == ENOTEMPTY ||
	       fail_errno(e, "remove %s", w->overlays);
}
