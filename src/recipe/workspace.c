/* workspace.c - the folder respin works in, and the graph of its recipes.
 * SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "sys/sys.h"

#define SETTINGS_LIMIT ((size_t)64 * 1024)

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

/* Upwards from START to the first folder with a settings file. */
static bool find_settings(struct arena *a, const char *start, const char **out, struct err *e)
{
	const char *dir;
	if (!path_real(a, start, &dir, e))
		return false;
	for (;; dir = path_dir(a, dir)) {
		*out = settings_file(a, dir);
		if (*out)
			return true;
		if (!strcmp(dir, "/"))
			break;
	}
	fail(e, E_USAGE, "%s is not in a workspace: no respin.json here or above", start);
	return fail_hint(
		e, "run respin in a workspace, name one with -C DIR, or make one: respin init");
}

static bool add_recipes(struct workspace *w, const char *dir, struct err *e)
{
	strings names;
	if (!dir_list(w->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *file = path_join(w->a, dir, path_join(w->a, *name, "recipe.json"));
		if (!file_exists(file))
			continue;
		struct recipe *r;
		if (!recipe_read(w->a, file, &r, e))
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
	if (!file_read(a, file, SETTINGS_LIMIT, &text, e) ||
		!spec_read(a, &settings_spec, text, file, out, e))
		return false;
	if (!out->recipes.n)
		vec_push(a, &out->recipes, "recipes");
	return true;
}

bool workspace_open(struct arena *a, const char *start, struct workspace *out, struct err *e)
{
	const char *file;
	struct settings settings = {0};
	if (!find_settings(a, start, &file, e) || !read_settings(a, file, &settings, e))
		return false;
	const char *root = path_dir(a, file);
	struct workspace w = {.a = a,
		.root = root,
		.overlays = path_join(a, root, "overlays"),
		.state = path_join(a, root, ".respin")};
	vec_for(dir, &settings.recipes) {
		const char *real;
		if (!path_real(a, path_join(a, root, *dir), &real, e) || !add_recipes(&w, real, e))
			return fail_where(e, "%s:/recipes", file);
	}
	/* Beside the patches of a package that recipes/ doesn't know. */
	if (dir_exists(w.overlays) && !add_recipes(&w, w.overlays, e))
		return false;
	if (w.all.n)
		qsort(w.all.v, w.all.n, sizeof(*w.all.v), by_name);
	if (!check_names(&w, e))
		return false;
	*out = w;
	return true;
}

void workspace_add(struct workspace *w, struct recipe *r)
{
	vec_push(w->a, &w->all, r);
	qsort(w->all.v, w->all.n, sizeof(*w->all.v), by_name);
}

static struct recipe *find(const struct workspace *w, const char *name)
{
	const struct recipe wanted = {.name = name}, *key = &wanted;
	if (!w->all.n)
		return NULL;
	struct recipe **found = bsearch(&key, w->all.v, w->all.n, sizeof(*w->all.v), by_name);
	return found ? *found : NULL;
}

static bool not_found(const struct workspace *w, const char *name, bool images, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings names = {0};
	struct text all = {.a = &scratch};
	text_addz(&all, "");
	vec_for(r, &w->all) {
		if (images && !(*r)->image)
			continue;
		text_addf(&all, "%s%s", names.n ? ", " : "", (*r)->name);
		vec_push(&scratch, &names, (*r)->name);
	}
	const char *kind = images ? "image" : "package",
		   *near = str_nearest(str_of(name), names.v, names.n);
	fail(e, E_NOTFOUND, "there is no %s called '%s' in %s", kind, name, w->root);
	if (near)
		return fail_hint(e, "did you mean '%s'?", near);
	return fail_hint(e, "there are: %.400s", names.n ? all.p : "none");
}

bool recipe_find(const struct workspace *w, const char *name, struct recipe **out, struct err *e)
{
	struct recipe *r = find(w, name);
	if (!r)
		return not_found(w, name, false, e);
	*out = r;
	return true;
}

bool recipe_find_image(
	const struct workspace *w, const char *name, struct recipe **out, struct err *e)
{
	struct recipe *r = find(w, name);
	if (!r)
		return not_found(w, name, true, e);
	if (!r->image) {
		fail(e, E_USAGE, "'%s' is a library, not an image", name);
		return fail_hint(e, "an image's recipe has an \"image\" field");
	}
	*out = r;
	return true;
}

struct visit {
	const struct workspace *w;
	struct map state; /* name -> "open" or "done" */
	recipes *order;
	strings path; /* from the start to where we are, for cycles */
};

static char open_mark, done_mark;

static bool cycle(struct visit *v, const struct recipe *r, struct err *e)
{
	struct text loop = {.a = v->w->a};
	vec_for(name, &v->path)
		text_addf(&loop, "%s -> ", *name);
	fail(e, E_INPUT, "packages need each other in a circle: %s%s", loop.p, r->name);
	return fail_where(e, "%s:/needs", r->file);
}

static bool visit(struct visit *v, struct recipe *r, struct err *e)
{
	const void *mark = map_get(&v->state, str_of(r->name));
	if (mark == &done_mark)
		return true;
	if (mark == &open_mark)
		return cycle(v, r, e);
	*map_put(&v->state, str_of(r->name)) = &open_mark;
	vec_push(v->w->a, &v->path, r->name);
	vec_for(need, &r->needs) {
		struct recipe *needed;
		if (!recipe_find(v->w, *need, &needed, e))
			return fail_where(e, "%s:/needs", r->file);
		if (!visit(v, needed, e))
			return false;
	}
	v->path.n--;
	*map_put(&v->state, str_of(r->name)) = &done_mark;
	vec_push(v->w->a, v->order, r);
	return true;
}

bool recipe_closure(const struct workspace *w, struct recipe *r, recipes *out, struct err *e)
{
	recipes needed_first = {0};
	struct visit v = {.w = w, .state = {.a = w->a}, .order = &needed_first};
	if (!visit(&v, r, e))
		return false;
	recipes order = {0};
	for (size_t i = needed_first.n; i > 0; i--)
		vec_push(w->a, &order, needed_first.v[i - 1]);
	*out = order;
	return true;
}

bool recipe_dependents(
	const struct workspace *w, const struct recipe *r, recipes *out, struct err *e)
{
	recipes found = {0};
	vec_for(other, &w->all) {
		recipes closure;
		if (*other == r)
			continue;
		if (!recipe_closure(w, *other, &closure, e))
			return false;
		bool needs = false;
		vec_for(member, &closure)
			needs |= *member == r;
		if (needs)
			vec_push(w->a, &found, *other);
	}
	*out = found;
	return true;
}
