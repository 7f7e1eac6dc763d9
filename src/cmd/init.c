/* init.c - respin init, schema. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "project/project.h"

/* Files that a new workspace starts with; what is there already stays as it is. */
static bool put_new(
	struct context *c, const char *dir, const char *name, const char *text, struct err *e)
{
	const char *path = path_join(c->a, dir, name);
	if (file_exists(path))
		return true;
	return dir_make(path_dir(c->a, path), e) && file_write(path, str_of(text), 0644, e);
}

/* Its recipes are made of what is there: nothing is missing but what mirage makes. */
static bool look_at_project(struct context *c, const char *dir, struct err *e)
{
	struct workspace w;
	size_t images = 0;
	if (!project_open(c->a, dir, &w, e))
		return false;
	vec_for(r, &w.all)
		images += (*r)->image != NULL;
	term_note("%s needs no init: respin works in this dune workspace as it stands (%s, %s)",
		w.root, counted(c->a, images, "image"), counted(c->a, w.all.n - images, "package"));
	return true;
}

bool cmd_init(struct context *c, struct err *e)
{
	const char *dir = c->args.n ? c->args.v[0] : ".", *real;
	if (!dir_make(dir, e) || !path_real(c->a, dir, &real, e))
		return false;
	if (file_exists(path_join(c->a, real, "respin.json")))
		return fail(e, E_USAGE, "%s is a workspace already", real);
	if (project_is_root(c->a, real))
		return look_at_project(c, real, e);
	if (!dir_make(path_join(c->a, real, "recipes"), e) ||
		!put_new(c, real, ".gitignore", ".respin/\n", e) ||
		!put_new(c, real, "respin.json", "{ \"recipes\": [\"recipes\"] }\n", e))
		return false;
	term_note("%s is a workspace: put recipes into recipes/NAME/recipe.json", real);
	return true;
}

bool cmd_schema(struct context *c, struct err *e)
{
	(void)e;
	struct text t = {.a = c->a};
	spec_schema(&recipe_spec, &t);
	term_out("%s", t.p);
	return true;
}
