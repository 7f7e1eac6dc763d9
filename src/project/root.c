/* root.c - finds the folder of a dune workspace or MirageOS project. SPDX-License-Identifier: ISC
 */
#include <string.h>

#include "project/reading.h"

/* Many a project has a module Config: mirage's names its library. */
bool root_is_mirage(struct arena *a, const char *dir)
{
	const char *file = path_join(a, dir, "config.ml");
	struct str text;
	struct err ignored;
	return file_exists(file) && file_read(a, file, PROJECT_FILE_MAX, &text, &ignored) &&
	       str_find(text, S("Mirage")) >= 0;
}

static bool has(struct arena *a, const char *dir, const char *name)
{
	return file_exists(path_join(a, dir, name));
}

bool project_is_root(struct arena *a, const char *dir)
{
	return has(a, dir, "dune-project") || has(a, dir, "dune-workspace") ||
	       root_is_mirage(a, dir);
}

struct candidates {
	const char *configured, *mirage, *workspace, *project; /* the outermost of each */
};

bool root_is_inside(const char *dir, const char *outer)
{
	static const char *const parts[] = {"duniverse/", "overlays/", ".respin/", "_build/"};
	size_t n = outer ? strlen(outer) : 0;
	if (!n || strncmp(dir, outer, n) != 0 || dir[n] != '/')
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strncmp(dir + n + 1, parts[i], strlen(parts[i])))
			return true;
	return false;
}

/* Mirage builds its project with the folder of config.ml as the root. */
static const char *choose(const struct candidates *c)
{
	const char *dune = c->workspace ? c->workspace : c->project;
	const char *found = c->configured ? c->configured : dune ? dune : c->mirage;
	return root_is_inside(found, c->project) ? c->project : found;
}

bool project_root(
	struct arena *a, const char *start, const char *within, const char **out, struct err *e)
{
	struct candidates c = {0};
	const char *dir;
	if (!path_real(a, start, &dir, e))
		return false;
	for (;; dir = path_dir(a, dir)) {
		if (root_is_mirage(a, dir)) {
			c.mirage = dir;
			c.configured = has(a, dir, "mirage/context") ? dir : c.configured;
		}
		c.workspace = has(a, dir, "dune-workspace") ? dir : c.workspace;
		c.project = has(a, dir, "dune-project") ? dir : c.project;
		if (!strcmp(dir, "/") || (within && !strcmp(dir, within)))
			break;
	}
	*out = c.mirage || c.workspace || c.project ? choose(&c) : NULL;
	return true;
}
