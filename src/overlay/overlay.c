/* overlay.c - add, list, apply, diff and drop. SPDX-License-Identifier: ISC */
#include "overlay/overlay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "overlay/rebase.h"
#include "overlay/work.h"

bool overlay_add(const struct workspace *w, const char *package, struct overlay *out, bool *created,
	struct err *e)
{
	struct recipe *r;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_check_fit(w, r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	return make_ready(&k, created, e) && work_describe(&k, out, e);
}

/* An overlay is a folder with a series or a recipe, or with a working tree, or with what a crash
 * left. */
static bool is_overlay(struct arena *a, const char *dir)
{
	return file_exists(path_join(a, dir, "overlay.json")) ||
	       file_exists(path_join(a, dir, "recipe.json")) ||
	       file_exists(path_join(a, dir, "src")) ||
	       file_exists(path_join(a, dir, STAGING "/saved"));
}

/* The overlay in the middle of a rebase; *FOUND is false where it is not. */
static bool list_rebase(struct work *k, struct overlay *out, bool *found, struct err *e)
{
	struct rebase s;
	if (!rebase_read(k, &s, found, e) || !*found)
		return !*found;
	if (!work_look(k, false, e))
		return false;
	struct overlay_rebase *words = NEW(k->a, struct overlay_rebase);
	*words = rebase_words(k, &s);
	*out = (struct overlay){.package = k->recipe->name,
		.dir = k->src,
		.version = s.from,
		.debian = s.debian_from,
		.tree = str_copy(k->a, str_of(k->tree.hex)),
		.patches = s.moved,
		.dirty = true,
		.rebase = words};
	return true;
}

/* A folder that is named for a package is not the overlay of the unit that holds it. */
static bool check_name(
	const struct workspace *w, const struct recipe *r, const char *package, struct err *e)
{
	if (!strcmp(r->name, package) || !is_overlay(w->a, path_join(w->a, w->overlays, package)))
		return true;
	fail(e, E_INPUT, "the overlay of %s, which holds %s, is not in a folder of its name",
		r->name, package);
	fail_hint(e, "rename it: mv overlays/%s overlays/%s", package, r->name);
	return fail_where(e, "%s/%s", w->overlays, package);
}

bool overlay_find(
	const struct workspace *w, const char *package, struct overlay *out, struct err *e)
{
	struct recipe *r;
	bool created, rebasing;
	if (!recipe_find(w, package, &r, e))
		return fail_where(e, "%s/%s", w->overlays, package);
	if (!check_name(w, r, package, e))
		return false;
	struct work k = work_of(w, r);
	if (!list_rebase(&k, out, &rebasing, e))
		return false;
	if (rebasing)
		return true;
	if (work_recall(&k, out))
		return work_check_version(r, out->version, k.dir, e);
	return overlay_add(w, package, out, &created, e);
}

bool overlay_names(const struct workspace *w, strings *out, struct err *e)
{
	strings found = {0}, names = {0};
	if (dir_exists(w->overlays) && !dir_list(w->a, w->overlays, &names, e))
		return false;
	vec_for(name, &names)
		if (**name != '.' && is_overlay(w->a, path_join(w->a, w->overlays, *name)))
			vec_push(w->a, &found, *name);
	*out = found;
	return true;
}

bool overlay_list(const struct workspace *w, overlays *out, struct err *e)
{
	overlays found = {0};
	strings names;
	if (!overlay_names(w, &names, e))
		return false;
	vec_for(name, &names)
		if (!overlay_find(w, *name, vec_add(w->a, &found), e))
			return false;
	*out = found;
	return true;
}

bool overlay_apply(const struct workspace *w, const char *package, const char *patch,
	struct overlay *out, struct err *e)
{
	struct recipe *r;
	bool created;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_check_fit(w, r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	return make_ready(&k, &created, e) && work_check_idle(&k, e) &&
	       make_patched(&k, patch, e) && work_open(&k, e) && work_describe(&k, out, e);
}

bool overlay_diff(const struct workspace *w, const char *package, struct str *out, struct err *e)
{
	struct recipe *r;
	bool created;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	return make_ready(&k, &created, e) && work_look(&k, true, e) &&
	       k.git->diff(k.repo, k.a, &k.upstream_tree, &k.tree, out, e);
}

/* Moved out of the way first: a crash in the middle of removing leaves nothing half. */
static bool remove_overlay(struct work *k, struct err *e)
{
	const char *trash = str_format(k->a, "%s/dropped-%s", k->w->state, k->recipe->name);
	if (!tree_remove(trash, e))
		return false;
	if (rename(k->dir, trash) < 0 && errno != EXDEV)
		return fail_errno(e, "rename %s to %s", k->dir, trash);
	return tree_remove(trash, e) && tree_remove(k->dir, e) && tree_remove(k->cache, e) &&
	       make_forget(k->w, e);
}

static bool check_droppable(struct work *k, struct err *e)
{
	if (!adopt_check_kept(k, e))
		return false;
	if (!file_exists(k->src))
		return true;
	if (!rebase_check_none(k, e))
		return false;
	if (!work_open(k, e) || !make_check_saved(k, e))
		return fail_hint(e, "respin overlay save %s keeps them; --force drops them",
			k->recipe->name);
	if (!strcmp(k->digest, k->sync.digest))
		return true;
	fail(e, E_CONFLICT,
		"the patches in %s were changed after the working tree was made from "
		"them",
		k->dir);
	return fail_hint(e, "--force drops them");
}

/* The package may be gone from the recipes, its overlay is still to be dropped. */
bool overlay_drop(const struct workspace *w, const char *package, bool force, struct err *e)
{
	struct recipe *r, gone = {.name = package};
	defer(close_fd) int lock = -1;
	const char *dir = path_join(w->a, w->overlays, package);
	bool plain = *package && *package != '.' && !strchr(package, '/');
	if (!plain || !is_overlay(w->a, dir)) {
		if (!recipe_find(w, package, &r, e))
			return false;
		return fail(e, E_NOTFOUND, "there is no overlay of %s", package);
	}
	if (!work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, &gone);
	if (!force && !check_droppable(&k, e))
		return false;
	return remove_overlay(&k, e);
}
