/* distribution.c - recipes of the libraries that a project links from packages of Debian's.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "fetch/fetch.h"
#include "project/reading.h"

/* Asks dpkg-query; false where there is none, or it knows nothing of this. */
static bool ask(struct reading *p, const strings *argv, struct str *answer)
{
	struct outcome o;
	struct err ignored;
	strings words = *argv;
	vec_push(p->a, &words, NULL);
	if (!command_run(p->a, &(struct command){.argv = words.v, .split = true}, &o, &ignored))
		return false;
	*answer = o.output;
	return o.output.n > 0;
}

/* Folders of installed libraries that no other world has claimed, by their package. */
struct looked_for {
	struct reading *p;
	struct map metas;  /* META file -> name of the findlib package */
	struct map owners; /* Debian package -> strings: such names */
};

static void look_for(struct looked_for *l, const ocaml_library_list *libraries)
{
	vec_for(library, libraries) {
		const struct ocaml_library *x = *library;
		if (x->is_installed && !map_has(&l->p->homes, str_of(x->package)) &&
			(!l->p->opam_switch || strncmp(x->file, l->p->opam_switch,
						       strlen(l->p->opam_switch)) != 0))
			*map_put(&l->metas, str_of(x->file)) = (void *)(uintptr_t)x->package;
	}
}

/* "libre-ocaml-dev:amd64: /usr/lib/ocaml/re/META", several owners with ", " between. */
static void find_owners(struct looked_for *l)
{
	struct arena *a = l->p->a;
	strings argv = {0};
	struct str answer;
	vec_push(a, &argv, "dpkg-query");
	vec_push(a, &argv, "-S");
	vec_push(a, &argv, "--");
	vec_for(entry, &l->metas.entries)
		vec_push(a, &argv, str_copy(a, entry->key));
	if (!l->metas.entries.n || !ask(l->p, &argv, &answer))
		return;
	while (answer.p) {
		struct str line = str_cut(&answer, '\n');
		ptrdiff_t at = str_find(line, S(": "));
		const char *name =
			at < 0 ? NULL
			       : map_get(&l->metas, str_trim(str_from(line, (size_t)at + 2)));
		if (!name || str_starts(line, S("diversion ")))
			continue;
		struct str owner = {line.p, strcspn(line.p, ",")};
		owner.n = owner.n < (size_t)at ? owner.n : (size_t)at;
		void **list = map_put(&l->owners, owner);
		if (!*list)
			*list = NEW(a, strings);
		vec_push(a, (strings *)*list, name);
	}
}

static struct recipe *recipe_for(struct reading *p, struct str source, struct str version)
{
	vec_for(r, &p->made)
		if ((*r)->source.n && (*r)->source.v[0].debian &&
			str_is(source, (*r)->source.v[0].debian))
			return *r;
	struct recipe *r = make_recipe(p, str_copy(p->a, source), "");
	r->build.dune->place = str_format(p->a, PROJECT_VENDOR "/%s", r->name);
	const char *full = str_copy(p->a, version);
	r->version = debian_upstream(p->a, full);
	*vec_add(p->a, &r->source) =
		(struct source){.debian = str_copy(p->a, source), .version = full};
	return r;
}

/* The compiler and findlib are no libraries to be patched. */
static bool is_compilers(struct str source)
{
	return str_is(source, "ocaml") || str_is(source, "findlib");
}

/* "libre-ocaml-dev:amd64 1.10.4-1 ocaml-re": package, version and name of its source. */
static void take_line(struct looked_for *l, struct str line)
{
	struct str source = line, owner = str_cut(&source, ' '), version = str_cut(&source, ' ');
	struct str bare = {owner.p, 0};
	while (bare.n < owner.n && owner.p[bare.n] != ':')
		bare.n++;
	strings *names = map_get(&l->owners, owner);
	if (!names)
		names = map_get(&l->owners, bare);
	if (!names || !source.n || is_compilers(source))
		return;
	struct recipe *r = recipe_for(l->p, source, version);
	vec_for(name, names) {
		const struct ocaml_library *library = ocaml_find(&l->p->all, *name);
		if (library && !r->build.dune->packages.n)
			r->file = library->file;
		vec_push(l->p->a, &r->build.dune->packages, *name);
		*map_put(&l->p->homes, str_of(*name)) = r;
	}
}

bool distribution_make(struct reading *p, const ocaml_library_list *libraries, struct err *e)
{
	struct looked_for l = {p, {.a = p->a}, {.a = p->a}};
	strings argv = {0};
	struct str answer;
	(void)e;
	look_for(&l, libraries);
	find_owners(&l);
	if (!l.owners.entries.n)
		return true;
	vec_push(p->a, &argv, "dpkg-query");
	vec_push(p->a, &argv, "-W");
	vec_push(p->a, &argv, "-f=${binary:Package} ${source:Version} ${source:Package}\n");
	vec_push(p->a, &argv, "--");
	vec_for(entry, &l.owners.entries)
		vec_push(p->a, &argv, str_copy(p->a, entry->key));
	if (!ask(p, &argv, &answer))
		return true;
	while (answer.p)
		take_line(&l, str_cut(&answer, '\n'));
	return true;
}
