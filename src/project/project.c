/* project.c - opens the workspace or project that a folder is in. SPDX-License-Identifier: ISC */
#include "project/project.h"

#include <string.h>

#include "project/reading.h"

static bool fail_nothing(const char *start, struct err *e)
{
	fail(e, E_USAGE,
		"%s is in no workspace or project: no respin.json, dune-project, dune-workspace or "
		"MirageOS config.ml here or above",
		start);
	return fail_hint(e,
		"run respin in a workspace or project, name one with -C DIR, or make one: respin "
		"init");
}

/* The recipes of the dune workspace ROOT, as they were kept or anew. */
MUST_CHECK static bool made_of(struct arena *a, const char *root, struct reading *p, struct err *e)
{
	const char *state = path_join(a, root, ".respin");
	*p = (struct reading){.a = a,
		.root = root,
		.opam_switch = switch_find(a, root),
		.versions.a = a,
		.projects.a = a,
		.places.a = a,
		.names.a = a,
		.images.a = a,
		.homes.a = a};
	if (kept_read(p, state))
		return true;
	/* Nothing is made where nothing can be read; what changes from here on will be noticed. */
	if (root_is_mirage(a, root) && !mirage_read(p, e))
		return false;
	p->read = (strings){0};
	bool keep = kept_begin(a, state);
	int64_t began = clock_wall_ns();
	if (!project_make(p, e))
		return false;
	if (keep)
		kept_write(p, state, began);
	return true;
}

/* A MirageOS project is one of its own also in a folder of a workspace: an example in a repository,
 * say. */
static bool is_own(struct arena *a, const char *project, const char *workspace)
{
	size_t n = strlen(workspace);
	return project && !strncmp(project, workspace, n) && project[n] == '/' &&
	       root_is_mirage(a, project) && !root_is_inside(project, workspace);
}

/* *SETTINGS: it is the root of a respin.json. */
MUST_CHECK static bool find_root(
	struct arena *a, const char *start, const char **root, bool *settings, struct err *e)
{
	struct err none;
	const char *workspace = NULL;
	*settings = workspace_find(a, start, &workspace, &none);
	if (!*settings && none.code != E_USAGE) {
		*e = none;
		return false;
	}
	if (!project_root(a, start, NULL, root, e))
		return false;
	*settings = *settings && !is_own(a, *root, workspace);
	if (*settings)
		*root = workspace;
	return *root || fail_nothing(start, e);
}

/* Has W nothing but what dune builds? */
static bool needs_dune(const struct workspace *w)
{
	vec_for(r, &w->all)
		if (!(*r)->build.dune)
			return false;
	return true;
}

/* E tells why no recipes could be made: no matter for what is not built by dune, or where the
 * project is UNCONFIGURED. */
MUST_CHECK static bool without_made(
	struct arena *a, const char *root, bool unconfigured, struct workspace *out, struct err *e)
{
	struct err why = *e;
	bool has = workspace_read(a, root, NULL, out, e);
	if (!unconfigured && (!has || needs_dune(out))) {
		*e = why;
		return false;
	}
	if (!has)
		return false;
	term_warn("%s%s%s: only hand-written recipes count", why.where, why.where[0] ? ": " : "",
		why.text);
	return true;
}

bool project_open(struct arena *a, const char *start, struct workspace *out, struct err *e)
{
	const char *root = NULL;
	struct reading p;
	bool has_settings;
	if (!find_root(a, start, &root, &has_settings, e))
		return false;
	if (has_settings && !project_is_root(a, root))
		return workspace_read(a, root, NULL, out, e);
	if (!made_of(a, root, &p, e)) {
		return has_settings && e->code == E_INPUT &&
		       without_made(a, root, p.mirage.is_unconfigured, out, e);
	}
	if (!workspace_read(a, root, &p.made, out, e))
		return false;
	out->is_dune = true;
	out->opam_switch = p.opam_switch;
	out->missing = p.missing;
	out->unpulled = p.unpulled;
	out->lock = p.lock;
	out->stale = config_note(a, root);
	return true;
}
