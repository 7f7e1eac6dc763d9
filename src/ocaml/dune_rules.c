/* dune_rules.c - which files the rules of a folder make. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/dune_set.h"
#include "ocaml/dune_tree.h"

#define MAX_ACTION_DEPTH 50

static void add_file(struct dune_tree *t, struct dune_dir *d, const char *name, bool is_generated)
{
	vec_for(file, &d->files) {
		if (!strcmp(file->name, name)) {
			file->is_generated |= is_generated;
			return;
		}
	}
	vec_push(t->a, &d->files, ((struct dune_file){name, is_generated}));
}

/* A rule that only steps in where there is no source makes nothing where there is one. */
static bool is_source(const struct dune_dir *d, const char *name)
{
	vec_for(source, &d->sources) {
		if (!strcmp(*source, name))
			return true;
	}
	return false;
}

static void add_target(
	struct dune_tree *t, struct dune_dir *d, const struct sexp *s, bool is_fallback)
{
	const char *name = sexp_copy(t->a, s);
	if (!name || strstr(name, "%{") || strchr(name, '/'))
		return;
	add_file(t, d, name, !(is_fallback && is_source(d, name)));
}

static void add_targets(struct dune_tree *t, struct dune_dir *d, const struct sexp *s, size_t from,
	bool is_fallback)
{
	for (size_t i = from; i < s->n; i++) {
		if (s->items[i].kind == SEXP_LIST)
			add_targets(t, d, &s->items[i], 0, is_fallback);
		else
			add_target(t, d, &s->items[i], is_fallback);
	}
}

/* Which argument of an action is the file that it writes; 0: none. */
static size_t written_argument(const struct sexp *action)
{
	static const struct {
		const char *name;
		size_t argument;
	} all[] = {{"with-stdout-to", 1}, {"with-stderr-to", 1}, {"with-outputs-to", 1},
		{"write-file", 1}, {"copy", 2}, {"copy#", 2}, {"symlink", 2},
		{"format-dune-file", 2}};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (sexp_is_call(action, all[i].name))
			return all[i].argument;
	return 0;
}

static void infer_targets(struct dune_tree *t, struct dune_dir *d, const struct sexp *action,
	bool is_fallback, int depth)
{
	if (action->kind != SEXP_LIST || depth > MAX_ACTION_DEPTH ||
		sexp_is_call(action, "no-infer"))
		return;
	size_t written = written_argument(action);
	if (written && written < action->n)
		add_target(t, d, &action->items[written], is_fallback);
	for (size_t i = 0; i < action->n; i++)
		infer_targets(t, d, &action->items[i], is_fallback, depth + 1);
}

/* "(rule (target x) (action ...))", "(rule (action ...))", or the action itself. */
static void add_rule(struct dune_tree *t, struct dune_dir *d, const struct sexp *s)
{
	const struct sexp *mode = sexp_field(s, "mode"), *targets = sexp_field(s, "targets"),
			  *target = sexp_field(s, "target"), *action = sexp_field(s, "action");
	bool is_fallback = (mode && mode->n == 2 && sexp_is_atom(&mode->items[1]) &&
				   str_is(mode->items[1].text, "fallback")) ||
			   sexp_field(s, "fallback");
	if (targets)
		add_targets(t, d, targets, 1, is_fallback);
	else if (target)
		add_targets(t, d, target, 1, is_fallback);
	else if (action)
		infer_targets(t, d, action, is_fallback, 0);
	else
		infer_targets(t, d, s, is_fallback, 0);
}

static void add_ended(
	struct dune_tree *t, struct dune_dir *d, const struct sexp *name, const char *ending)
{
	if (sexp_is_atom(name))
		add_file(t, d, str_format(t->a, "%.*s%s", STR(name->text), ending), true);
}

/* "(ocamllex a b)" or "(ocamllex (modules a b))"; ocamlyacc and menhir also make interfaces. */
static void add_generators(
	struct dune_tree *t, struct dune_dir *d, const struct sexp *s, bool has_interfaces)
{
	const struct sexp *modules = sexp_field(s, "modules"),
			  *merged = sexp_field(s, "merge_into");
	const struct sexp *names = merged ? merged : modules ? modules : s;
	for (size_t i = 1; i < names->n; i++) {
		add_ended(t, d, &names->items[i], ".ml");
		if (has_interfaces)
			add_ended(t, d, &names->items[i], ".mli");
	}
}

/* "(copy_files# src/{*.ml,*.mli})" or "(copy_files (files GLOB))" */
static void add_copies(struct dune_tree *t, struct dune_dir *d, const struct sexp *s)
{
	const char *glob = sexp_word(t->a, s, "files");
	if (!glob && s->n == 2)
		glob = sexp_copy(t->a, &s->items[1]);
	if (!glob)
		return;
	const char *slash = strrchr(glob, '/');
	const char *dir = slash ? str_copy(t->a, (struct str){glob, (size_t)(slash - glob)}) : ".";
	const char *path = dune_path(t->a, d->path, dir);
	struct dune_dir *from = path ? map_get(&t->dirs, str_of(path)) : NULL;
	if (!from || from == d) {
		d->unsure =
			str_format(t->a, "files are copied from %s, which can't be listed", dir);
		return;
	}
	dune_files(t, from);
	for (size_t i = 0; i < from->files.n; i++)
		if (dune_glob_matches(slash ? slash + 1 : glob, from->files.v[i].name))
			add_file(t, d, from->files.v[i].name, true);
}

/* "(select x.ml from ...)" anywhere in (libraries): one of several files becomes x.ml. */
static void add_selects(struct dune_tree *t, struct dune_dir *d, const struct sexp *stanza)
{
	const struct sexp *libraries = sexp_field(stanza, "libraries");
	for (size_t i = 1; libraries && i < libraries->n; i++)
		if (sexp_is_call(&libraries->items[i], "select") && libraries->items[i].n > 1)
			add_target(t, d, &libraries->items[i].items[1], false);
}

static void add_made(struct dune_tree *t, struct dune_dir *d, const struct sexp *s)
{
	if (sexp_is_call(s, "rule"))
		add_rule(t, d, s);
	else if (sexp_is_call(s, "ocamllex"))
		add_generators(t, d, s, false);
	else if (sexp_is_call(s, "ocamlyacc") || sexp_is_call(s, "menhir"))
		add_generators(t, d, s, true);
	else if (sexp_is_call(s, "copy_files") || sexp_is_call(s, "copy_files#"))
		add_copies(t, d, s);
	else if (sexp_is_call(s, "generate_sites_module") || sexp_is_call(s, "generate_module"))
		for (size_t i = 1; i < s->n; i++)
			if (sexp_is_call(&s->items[i], "module") && s->items[i].n == 2)
				add_ended(t, d, &s->items[i].items[1], ".ml");
	add_selects(t, d, s);
}

void dune_files(struct dune_tree *t, struct dune_dir *d)
{
	if (d->has_files)
		return;
	d->has_files = true; /* before all else: folders may copy from each other */
	vec_for(source, &d->sources)
		vec_push(t->a, &d->files, ((struct dune_file){*source, false}));
	vec_for(stanza, &d->stanzas)
		add_made(t, d, &stanza->s);
}
