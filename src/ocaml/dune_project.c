/* dune_project.c - reads dune-project files, and which packages a folder defines.
 * SPDX-License-Identifier: ISC */
#include "ocaml/dune_tree.h"

#include <string.h>

static bool has_name(const strings *names, const char *name)
{
	vec_for(n, names) {
		if (!strcmp(*n, name))
			return true;
	}
	return false;
}

static struct dune_project *new_project(struct arena *a, const char *dir)
{
	struct dune_project *p = NEW(a, struct dune_project);
	p->dir = dir;
	vec_push(a, &p->implementations, "ml");
	vec_push(a, &p->implementations, "re");
	vec_push(a, &p->interfaces, "mli");
	vec_push(a, &p->interfaces, "rei");
	return p;
}

/* "3.15" */
static void read_version(struct str text, struct dune_project *p)
{
	uint64_t major = 0, minor = 0;
	struct str first = str_cut(&text, '.');
	if (str_u64(first, &major) && str_u64(text, &minor) && major < 1000 && minor < 1000) {
		p->major = (int)major;
		p->minor = (int)minor;
	}
}

/* "(lang dune 3.0)", which must come first. */
static void read_lang(
	struct dune_tree *t, const char *file, const struct sexp *all, struct dune_project *p)
{
	const struct sexp *lang = all->n ? all->items : NULL;
	if (lang && sexp_is_call(lang, "lang") && lang->n == 3 && sexp_is_atom(&lang->items[2]))
		read_version(lang->items[2].text, p);
	if (p->major)
		return;
	dune_expected(t, file, lang, "'(lang dune VERSION)'");
	p->major = 1;
}

static void add_ending(
	struct arena *a, const struct sexp *dialect, const char *part, strings *endings)
{
	const struct sexp *field = sexp_field(dialect, part);
	const char *ending = field ? sexp_word(a, field, "extension") : NULL;
	if (ending)
		vec_push(a, endings, ending);
}

static struct ocaml_package *add_package(
	struct dune_tree *t, const char *dir, const char *name, bool is_vendored)
{
	vec_for(p, &t->out->packages) {
		if (!strcmp(p->name, name) && !strcmp(p->dir, dir))
			return p;
	}
	struct ocaml_package *package = vec_add(t->a, &t->out->packages);
	package->name = name;
	package->dir = dir;
	package->is_vendored = is_vendored;
	return package;
}

static void add_stanza(struct dune_tree *t, const struct dune_dir *dir, const char *file,
	const struct sexp *s, struct dune_project *p)
{
	if (sexp_is_call(s, "dialect")) {
		add_ending(t->a, s, "implementation", &p->implementations);
		add_ending(t->a, s, "interface", &p->interfaces);
	}
	const char *name = sexp_is_call(s, "package") ? sexp_word(t->a, s, "name") : NULL;
	if (!name)
		return;
	struct ocaml_package *package = add_package(t, dir->path, name, dir->is_vendored);
	const char *version = sexp_word(t->a, s, "version");
	package->file = file;
	package->line = s->line;
	package->version = version ? version : p->version;
}

static void add_opam_files(struct dune_tree *t, const struct dune_dir *dir, const strings *names)
{
	vec_for(name, names) {
		struct str file = str_of(*name);
		if (!str_ends(file, S(".opam")) || file.n == 5)
			continue;
		const char *package = str_copy(t->a, (struct str){file.p, file.n - 5});
		struct ocaml_package *p = add_package(t, dir->path, package, dir->is_vendored);
		p->opam = dune_path(t->a, dir->path, *name);
		if (!p->file) {
			p->file = p->opam;
			p->line = 1;
		}
	}
}

const struct dune_project *dune_project_read(
	struct dune_tree *t, const struct dune_dir *dir, const strings *names)
{
	const char *file = dune_path(t->a, dir->path, "dune-project");
	struct dune_project *p = new_project(t->a, dir->path);
	struct sexp all = {.kind = SEXP_LIST};
	add_opam_files(t, dir, names);
	if (!has_name(names, "dune-project")) {
		if (dir->project)
			return dir->project;
		p->major = 2; /* the oldest that is still in use */
		p->wrapped_executables = true;
		return p;
	}
	if (!dune_read(t, file, &all)) {
		p->major = 2;
	} else {
		read_lang(t, file, &all, p);
	}
	const char *wrapped = sexp_word(t->a, &all, "wrapped_executables");
	p->wrapped_executables = wrapped ? !strcmp(wrapped, "true") : p->major >= 2;
	p->has_dune_file = sexp_field(&all, "accept_alternative_dune_file_name") != NULL;
	p->name = sexp_word(t->a, &all, "name");
	p->version = sexp_word(t->a, &all, "version");
	for (size_t i = 0; i < all.n; i++)
		add_stanza(t, dir, file, &all.items[i], p);
	return p;
}
