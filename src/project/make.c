/* make.c - reads a project, and makes its recipes. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "project/reading.h"

static bool site_of(struct arena *a, const char *opam_switch, const char *toolchain,
	struct ocaml_site *out, struct err *e)
{
	struct ocaml_env env = ocaml_env_now();
	if (opam_switch)
		env.switch_prefix = opam_switch;
	if (toolchain)
		env.ocamlfind_toolchain = toolchain;
	return ocaml_site_find(a, &env, out, e);
}

bool project_site(struct arena *a, const struct workspace *w, const char *toolchain,
	struct ocaml_site *out, struct err *e)
{
	return site_of(a, w->opam_switch, toolchain, out, e);
}

/* That none is installed is no error: a workspace may vendor all. */
MUST_CHECK static bool read_installed(struct reading *p, struct ocaml_installed *out, struct err *e)
{
	*out = (struct ocaml_installed){0};
	if (!site_of(p->a, p->opam_switch, NULL, &p->site, e))
		return false;
	p->from_switch = p->opam_switch ? p->opam_switch : switch_of_site(p->a, &p->site);
	if (p->site.conf)
		vec_push(p->a, &p->read, p->site.conf);
	vec_for(dir, &p->site.path)
		vec_push(p->a, &p->read, *dir);
	return ocaml_installed_names(p->a, &p->site, out, e) || e->code == E_ABSENT;
}

/* Of what is installed, all that the recipes say comes from the files of the libraries that they
 * link; folders tell of libraries that come or go. */
static void watch_installed(struct reading *p)
{
	vec_for(home, &p->homes.entries) {
		const struct ocaml_library *library =
			ocaml_find(&p->all, str_copy(p->a, home->key));
		if (library && library->is_installed)
			vec_push(p->a, &p->read, library->file);
	}
}

/* A workspace that has all libraries from elsewhere needs no pulled ones. */
static void check_pulled(struct reading *p)
{
	if (dir_exists(path_join(p->a, p->root, "duniverse")) || p->missing.n)
		return;
	p->unpulled.n = 0;
	p->lock = NULL;
}

static void finish(struct reading *p)
{
	vec_for(it, &p->made) {
		struct recipe *r = *it;
		if (!r->version)
			r->version = "dev";
		if (!r->license)
			r->license = "NOASSERTION";
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct recipe *const *)a)->name, (*(struct recipe *const *)b)->name);
}

/* A file that dune can't read stops its build, whatever is built. */
MUST_CHECK static bool check_files(const struct reading *p, struct err *e)
{
	const struct err *broken = p->dune.broken;
	if (!broken)
		return true;
	(void)fail(e, broken->code, "%s", broken->text);
	return fail_where(e, "%s/%s", p->root, broken->where);
}

bool project_make(struct reading *p, struct err *e)
{
	struct ocaml_installed installed;
	if (root_is_mirage(p->a, p->root) && !mirage_read(p, e))
		return false;
	if (!read_installed(p, &installed, e) ||
		!ocaml_workspace_read(
			p->a, p->root, "overlays", &installed.libraries, &p->dune, e) ||
		!check_files(p, e))
		return false;
	p->mirage.package = mirage_package(p);
	if (!lock_read(p, e))
		return false;
	vec_for(library, &p->dune.libraries)
		vec_push(p->a, &p->all, *library);
	vec_for(library, &installed.libraries)
		vec_push(p->a, &p->all, *library);
	p->broken = installed.broken;
	vec_for(file, &p->dune.read)
		vec_push(p->a, &p->read, path_join(p->a, p->root, *file));
	if (!units_make(p, e) || !images_make(p, e))
		return false;
	watch_installed(p);
	check_pulled(p);
	finish(p);
	qsort(p->made.v, p->made.n, sizeof(*p->made.v), by_name);
	return true;
}
