/* distribution.c - recipes of the libraries that a project links from packages of Debian's.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "debian/debian.h"
#include "fetch/fetch.h"
#include "project/reading.h"

/* The META files of installed libraries that no other world has claimed, and who has them. */
struct looked_for {
	struct reading *p;
	struct map metas; /* META file -> name of the findlib package */
	VEC(struct owner) owners;
};
struct owner {
	const char *name; /* of the findlib package */
	const struct dpkg_package *package;
};

static void look_for(struct looked_for *l, const ocaml_library_list *libraries)
{
	vec_for(library, libraries) {
		const struct ocaml_library *x = *library;
		if (x->is_installed && !map_has(&l->p->homes, str_of(x->package)) &&
			(!l->p->from_switch || strncmp(x->file, l->p->from_switch,
						       strlen(l->p->from_switch)) != 0))
			*map_put(&l->metas, str_of(x->file)) = (void *)(uintptr_t)x->package;
	}
}

static void take_file(void *ctx, const struct dpkg_package *package, struct str path)
{
	struct looked_for *l = ctx;
	const char *name = map_get(&l->metas, path);
	if (name)
		vec_push(l->p->a, &l->owners, ((struct owner){name, package}));
}

static struct recipe *recipe_for(struct reading *p, const struct dpkg_package *package)
{
	vec_for(r, &p->made)
		if ((*r)->source.n && (*r)->source.v[0].debian &&
			!strcmp(package->source, (*r)->source.v[0].debian))
			return *r;
	struct recipe *r = make_recipe(p, package->source, "");
	r->build.dune->place = str_format(p->a, PROJECT_VENDOR "/%s", r->name);
	r->version = debian_upstream(p->a, package->source_version);
	*vec_add(p->a, &r->source) =
		(struct source){.debian = package->source, .version = package->source_version};
	return r;
}

/* The compiler and findlib are no libraries to be patched. */
static bool is_compilers(const char *source)
{
	return !strcmp(source, "ocaml") || !strcmp(source, "findlib");
}

static void take_owner(struct reading *p, const struct owner *owner)
{
	if (is_compilers(owner->package->source))
		return;
	struct recipe *r = recipe_for(p, owner->package);
	const struct ocaml_library *library = ocaml_find(&p->all, owner->name);
	if (library && !r->build.dune->packages.n)
		r->file = library->file;
	vec_push(p->a, &r->build.dune->packages, owner->name);
	*map_put(&p->homes, str_of(owner->name)) = r;
}

/* Without dpkg there are no such packages. */
bool distribution_make(struct reading *p, const ocaml_library_list *libraries, struct err *e)
{
	struct looked_for l = {.p = p, .metas.a = p->a};
	struct dpkg dpkg;
	look_for(&l, libraries);
	if (!l.metas.entries.n)
		return true;
	if (!dpkg_open(p->a, &dpkg, e))
		return e->code == E_ABSENT;
	if (!dpkg_each_file(&dpkg, take_file, &l, e))
		return false;
	vec_for(owner, &l.owners)
		take_owner(p, owner);
	return true;
}
