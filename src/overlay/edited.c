/* edited.c - files of a vendored folder that the user changed in place, where anything tells: the
 * source that the lock file names, where it was fetched, or the user's own git.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/overlay.h"
#include "overlay/snapshot.h"
#include "sys/sys.h"

#define GIT_MS 10000

/* ---- against the locked source --------------------------------------------------------------- */

MUST_CHECK static bool files_of(struct arena *a, const char *dir, git_files *out, struct err *e)
{
	struct snapshot s;
	struct git_id unused;
	if (!snapshot_scan(a, dir, NULL, &s, e))
		return false;
	*out = snapshot_files(a, &s);
	return git_folder_id(dir, out, &unused, e);
}

static bool same_file(const struct git_file *a, const struct git_file *b)
{
	return a->mode == b->mode && !strcmp(a->id.hex, b->id.hex);
}

/* Both are sorted by path. */
static void compare(struct arena *a, const git_files *old, const git_files *new, strings *out)
{
	size_t i = 0, k = 0;
	while (i < old->n || k < new->n) {
		int order = i >= old->n	  ? 1
			    : k >= new->n ? -1
					  : strcmp(old->v[i].path, new->v[k].path);
		if (order != 0 || !same_file(&old->v[i], &new->v[k]))
			vec_push(a, out, order > 0 ? new->v[k].path : old->v[i].path);
		i += order <= 0;
		k += order >= 0;
	}
}

/* What the recipe names behind the folder, where it lies on the disk. */
static const char *locked_source(const struct workspace *w, const struct recipe *r)
{
	struct recipe other = *r;
	struct tree t;
	struct err ignored;
	other.source.v++;
	other.source.n--;
	return r->source.n > 1 && source_locate(w, &other, &t, &ignored) ? t.dir : NULL;
}

/* ---- against the user's git ------------------------------------------------------------------ */

/* "XY PATH", PATH relative to the repository's top. New folders as a whole are not tracked. */
static void read_status(struct arena *a, struct str status, const char *place, strings *out)
{
	const char *inner = str_format(a, "%s/", place);
	while (status.n) {
		struct str record = str_cut(&status, '\0');
		if (record.n < 4)
			continue;
		struct str path = str_from(record, 3);
		ptrdiff_t at = str_find(path, str_of(inner));
		if (at < 0 || (at > 0 && path.p[at - 1] != '/'))
			continue;
		path = str_from(path, (size_t)at + strlen(inner));
		if (path.n)
			vec_push(a, out, str_copy(a, path));
	}
}

static void ask_git(const struct workspace *w, const char *place, strings *out)
{
	const char *const argv[] = {"git", "--no-optional-locks", "-C", w->root, "status",
		"--porcelain", "--no-renames", "-z", "--", place, NULL};
	struct outcome o;
	struct err ignored;
	struct command c = {.argv = argv, .split = true, .timeout_ms = GIT_MS};
	if (command_run(w->a, &c, &o, &ignored) && o.exit_code == 0)
		read_status(w->a, o.output, place, out);
}

bool overlay_edited(const struct workspace *w, const char *package, strings *out, struct err *e)
{
	struct recipe *r;
	git_files old, new;
	*out = (strings){0};
	if (!recipe_find(w, package, &r, e))
		return false;
	if (!r->build.dune || !r->source.n || !r->source.v[0].path)
		return true;
	const char *dir = path_join(w->a, r->dir, r->source.v[0].path);
	const char *locked = locked_source(w, r);
	if (!locked) {
		ask_git(w, r->build.dune->place, out);
		return true;
	}
	if (!files_of(w->a, locked, &old, e) || !files_of(w->a, dir, &new, e))
		return false;
	compare(w->a, &old, &new, out);
	return true;
}
