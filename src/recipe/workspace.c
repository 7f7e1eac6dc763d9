/* workspace.c - the folder respin works in, and the recipes in it.
 * SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "sys/sys.h"

#define SETTINGS_LIMIT ((size_t)64 * 1024)
#define USUAL "recipes" /* the folder of recipes */

struct settings {
	strings recipes; /* folders that hold recipes, relative to the settings file */
};
static const struct spec_field settings_fields[] = {
	{"recipes", SPEC_STRINGS, offsetof(struct settings, recipes),
		.help = "Folders that hold recipes, relative to this file."}};
static const struct spec settings_spec = {
	"respin", sizeof(struct settings), settings_fields, 1, "Settings of a workspace."};

static const char *settings_file(struct arena *a, const char *dir)
{
	static const char *const names[] = {"respin.json", ".respin.json"};
	for (size_t i = 0; i < 2; i++) {
		const char *path = path_join(a, dir, names[i]);
		if (file_exists(path))
			return path;
	}
	return NULL;
}

bool workspace_find(struct arena *a, const char *start, const char **root, struct err *e)
{
	const char *dir;
	if (!path_real(a, start, &dir, e))
		return false;
	for (;; dir = path_dir(a, dir)) {
		if (settings_file(a, dir)) {
			*root = dir;
			return true;
		}
		if (!strcmp(dir, "/"))
			break;
	}
	fail(e, E_USAGE, "%s is not in a workspace: no respin.json here or above", start);
	return fail_hint(
		e, "run respin in a workspace, name one with -C DIR, or make one: respin init");
}

static struct recipe *made_as(const recipes *made, const char *name)
{
	for (size_t i = 0; made && i < made->n; i++)
		if (!strcmp(made->v[i]->name, name))
			return made->v[i];
	return NULL;
}

static bool add_recipes(struct workspace *w, const char *dir, const recipes *made, struct err *e)
{
	strings names;
	if (!dir_list(w->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *file = path_join(w->a, dir, path_join(w->a, *name, "recipe.json"));
		if (!file_exists(file))
			continue;
		struct recipe *r;
		if (!recipe_read_over(w->a, file, made_as(made, *name), &r, e))
			return false;
		vec_push(w->a, &w->all, r);
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct recipe *const *)a)->name, (*(struct recipe *const *)b)->name);
}

static bool check_names(const struct workspace *w, struct err *e)
{
	for (size_t i = 1; i < w->all.n; i++) {
		const struct recipe *r = w->all.v[i], *before = w->all.v[i - 1];
		if (strcmp(r->name, before->name))
			continue;
		fail(e, E_INPUT, "there are two recipes called '%s'; the other is %s", r->name,
			before->file);
		return fail_where(e, "%s", r->file);
	}
	return true;
}

static bool read_settings(struct arena *a, const char *file, struct settings *out, struct err *e)
{
	struct str text;
	return file_read(a, file, SETTINGS_LIMIT, &text, e) &&
	       spec_read(a, &settings_spec, text, file, out, e);
}

static bool read_folders(struct workspace *w, const recipes *made, struct err *e)
{
	const char *file = settings_file(w->a, w->root);
	struct settings settings = {0};
	if (file && !read_settings(w->a, file, &settings, e))
		return false;
	if (!settings.recipes.n)
		vec_push(w->a, &settings.recipes, USUAL);
	vec_for(dir, &settings.recipes) {
		const char *path = path_join(w->a, w->root, *dir), *real;
		/* git keeps no empty folder. */
		if (!strcmp(*dir, USUAL) && !dir_exists(path))
			continue;
		if (!path_real(w->a, path, &real, e)) {
			if (e->code == E_ABSENT)
				e->code = E_INPUT;
			fail_hint(e, "make that folder, or take it out of \"recipes\"");
			return fail_where(e, "%s:/recipes", file ? file : w->root);
		}
		if (!add_recipes(w, real, made, e))
			return false;
	}
	return true;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool share(const strings *a, const strings *b)
{
	vec_for(x, a)
		vec_for(y, b)
			if (!strcmp(*x, *y))
				return true;
	return false;
}

/* Are OWN and MADE the same thing under two names? */
static bool stands_for(const struct recipe *own, const struct recipe *made)
{
	const struct dune_how *a = own->build.dune, *b = made->build.dune;
	if (!a || !b || !own->image != !made->image)
		return false;
	if (own->image)
		return same(a->target, b->target);
	return (strcmp(a->place, ".") != 0 && same(a->place, b->place)) ||
	       share(&a->packages, &b->packages);
}

static struct recipe *stand_in(const recipes *own, size_t n, const struct recipe *made)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(own->v[i]->name, made->name))
			return own->v[i];
	for (size_t i = 0; i < n; i++)
		if (stands_for(own->v[i], made))
			return own->v[i];
	return NULL;
}

static void rename_needs(struct arena *a, struct recipe *r, const struct map *stand_ins)
{
	strings needs = {0};
	vec_for(need, &r->needs) {
		const struct recipe *other = map_get(stand_ins, str_of(*need));
		vec_push(a, &needs, other ? other->name : *need);
	}
	r->needs = needs;
}

/* Hand-written recipes win. */
static void add_made(struct workspace *w, const recipes *made)
{
	struct map stand_ins = {.a = w->a};
	size_t own = w->all.n;
	for (size_t i = 0; made && i < made->n; i++) {
		struct recipe *r = stand_in(&w->all, own, made->v[i]);
		if (!r)
			vec_push(w->a, &w->all, made->v[i]);
		else if (strcmp(r->name, made->v[i]->name) != 0) {
			recipe_take(w->a, r, made->v[i]);
			*map_put(&stand_ins, str_of(made->v[i]->name)) = r;
		}
	}
	if (stand_ins.entries.n)
		vec_for(r, &w->all)
			rename_needs(w->a, *r, &stand_ins);
}

bool workspace_read(struct arena *a, const char *root, const recipes *made, struct workspace *out,
	struct err *e)
{
	struct workspace w = {.a = a,
		.root = root,
		.overlays = path_join(a, root, "overlays"),
		.state = path_join(a, root, ".respin")};
	if (!read_folders(&w, made, e))
		return false;
	/* Beside the patches of a package that recipes/ doesn't know. */
	if (dir_exists(w.overlays) && !add_recipes(&w, w.overlays, made, e))
		return false;
	if (w.all.n)
		qsort(w.all.v, w.all.n, sizeof(*w.all.v), by_name);
	if (!check_names(&w, e))
		return false;
	add_made(&w, made);
	if (w.all.n)
		qsort(w.all.v, w.all.n, sizeof(*w.all.v), by_name);
	*out = w;
	return true;
}

void workspace_add(struct workspace *w, struct recipe *r)
{
	vec_push(w->a, &w->all, r);
	qsort(w->all.v, w->all.n, sizeof(*w->all.v), by_name);
}

bool workspace_open(struct arena *a, const char *start, struct workspace *out, struct err *e)
{
	const char *root;
	return workspace_find(a, start, &root, e) && workspace_read(a, root, NULL, out, e);
}
