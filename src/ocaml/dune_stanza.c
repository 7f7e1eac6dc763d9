/* dune_stanza.c - reads the fields of libraries and executables. SPDX-License-Identifier: ISC */
#include "ocaml/dune_stanza.h"

#include <string.h>

#include "ocaml/dune_set.h"

bool dune_flag(const struct sexp *stanza, const char *name)
{
	const struct sexp *field = sexp_field(stanza, name);
	return field && (field->n == 1 || (sexp_is_atom(&field->items[1]) &&
						  !str_is(field->items[1].text, "false")));
}

/* The names among ALL that the field NAME selects; NONE_SAID where there is no such field. */
static strings select_names(struct dune_reading *r, struct dune_common *c, const char *field,
	const strings *all, strings none_said)
{
	const struct sexp *set = sexp_field(c->stanza, field);
	struct dune_universe universe = {.all = all, .matches = dune_module_matches};
	return set ? dune_set(r->a, set, 1, &universe, &c->is_unsure) : none_said;
}

static bool has_name(const strings *names, const char *name)
{
	vec_for(n, names) {
		if (!strcmp(*n, name))
			return true;
	}
	return false;
}

static void read_modules(struct dune_reading *r, struct dune_common *c)
{
	dune_modules all = dune_modules_of(r->tree, c->dir);
	strings names = {0};
	vec_for(m, &all)
		vec_push(r->a, &names, m->name);
	strings wanted = select_names(r, c, "modules", &names, names);
	vec_for(m, &all) {
		if (has_name(&wanted, m->name))
			vec_push(r->a, &c->modules, *m);
	}
	c->private_names = select_names(r, c, "private_modules", &wanted, (strings){0});
	c->virtual_names = select_names(r, c, "virtual_modules", &wanted, (strings){0});
}

/* "(pps a b -flag -- x)": what starts with '-' and all after "--" are arguments. */
static void read_pps(struct dune_reading *r, const struct sexp *pps, strings *ppx)
{
	for (size_t i = 1; i < pps->n; i++) {
		const char *word = sexp_copy(r->a, &pps->items[i]);
		if (!word || !strcmp(word, "--"))
			return;
		if (*word != '-' && !has_name(ppx, word))
			vec_push(r->a, ppx, word);
	}
}

/* Finds "(pps ...)" and "(staged_pps ...)" among the items of S from FROM on, also within
 * "(per_module ((pps ...) module...))". */
static void find_pps(struct dune_reading *r, const struct sexp *s, size_t from, strings *ppx)
{
	for (size_t i = from; s && i < s->n; i++) {
		const struct sexp *item = &s->items[i];
		if (sexp_is_call(item, "pps") || sexp_is_call(item, "staged_pps"))
			read_pps(r, item, ppx);
		else if (sexp_is_call(item, "per_module"))
			find_pps(r, item, 1, ppx);
		else if (item->kind == SEXP_LIST && item->n && item->items[0].kind == SEXP_LIST)
			find_pps(r, item, 0, ppx);
	}
}

void dune_read_common(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s,
	struct dune_common *out)
{
	*out = (struct dune_common){.dir = d, .stanza = &s->s, .file = s->file};
	read_modules(r, out);
	find_pps(r, sexp_field(&s->s, "preprocess"), 1, &out->ppx);
}

static bool is_known(const struct dune_reading *r, const char *name)
{
	return map_has(&r->names, str_of(name)) || (r->installed && ocaml_find(r->installed, name));
}

/* "(a b !c -> file)": are a and b there, and not c? */
static bool is_chosen(struct dune_reading *r, const struct sexp *choice, size_t *arrow)
{
	for (*arrow = 0; *arrow < choice->n; ++*arrow) {
		const char *word = sexp_copy(r->a, &choice->items[*arrow]);
		if (!word)
			return false;
		if (!strcmp(word, "->"))
			return true;
		if (*word == '!' ? is_known(r, word + 1) : !is_known(r, word))
			return false;
	}
	return false;
}

void dune_add_required(struct dune_reading *r, struct dune_common *c, const char *name)
{
	uintptr_t at = (uintptr_t)map_get(&r->names, str_of(name));
	const char *shown = at ? r->drafts.v[at - 1].library.name : name;
	if (!has_name(&c->requires, shown))
		vec_push(r->a, &c->requires, shown);
}

static void read_select(struct dune_reading *r, struct dune_common *c, const struct sexp *s)
{
	c->is_choice = c->is_choice || !r->installed;
	for (size_t i = 3; i < s->n; i++) {
		size_t arrow;
		if (s->items[i].kind != SEXP_LIST || !is_chosen(r, &s->items[i], &arrow))
			continue;
		for (size_t j = 0; j < arrow; j++)
			if (!str_starts(s->items[i].items[j].text, S("!")))
				vec_push(
					r->a, &c->requires, sexp_copy(r->a, &s->items[i].items[j]));
		return;
	}
}

void dune_read_requires(struct dune_reading *r, struct dune_common *c)
{
	const struct sexp *field = sexp_field(c->stanza, "libraries");
	for (size_t i = 1; field && i < field->n; i++) {
		const struct sexp *item = &field->items[i];
		const char *name = sexp_is_call(item, "re_export") && item->n == 2
					   ? sexp_copy(r->a, &item->items[1])
					   : sexp_copy(r->a, item);
		if (sexp_is_call(item, "select"))
			read_select(r, c, item);
		else if (name)
			dune_add_required(r, c, name);
		if (name && item->kind == SEXP_LIST)
			vec_push(r->a, &c->exported, name);
	}
}

/* The list grows while it is walked: what is passed on may pass on more. */
void dune_add_exported(struct dune_reading *r, struct dune_common *c)
{
	for (size_t i = 0; i < c->requires.n; i++) {
		uintptr_t at = (uintptr_t)map_get(&r->names, str_of(c->requires.v[i]));
		if (!at)
			continue;
		vec_for(name, &r->drafts.v[at - 1].common.exported)
			dune_add_required(r, c, *name);
	}
}

/* Why what is said of this stanza may be wrong. */
static const char *guess_of(const struct dune_common *c)
{
	if (c->dir->unsure)
		return c->dir->unsure;
	if (c->is_unsure)
		return "its modules are chosen by what the build makes";
	if (sexp_field(c->stanza, "ctypes"))
		return "the build makes modules of its (ctypes) field";
	return NULL;
}

static const char *enabled_if(struct dune_reading *r, const struct sexp *stanza)
{
	const struct sexp *field = sexp_field(stanza, "enabled_if");
	return field && field->n == 2 ? sexp_text(r->a, &field->items[1]) : NULL;
}

static void read_wrapping(const struct sexp *stanza, struct ocaml_library *library)
{
	const struct sexp *field = sexp_field(stanza, "wrapped");
	library->wrapping = OCAML_WRAPPED;
	if (field && field->n == 2 && sexp_is_call(&field->items[1], "transition"))
		library->wrapping = OCAML_TRANSITION;
	else if (field && !dune_flag(stanza, "wrapped"))
		library->wrapping = OCAML_UNWRAPPED;
}

/* Without (name) it is the public one, with '_' for what no module's name can have. */
static const char *local_name(struct arena *a, const char *public_name)
{
	char *name = str_copy(a, str_of(public_name));
	for (char *c = name; *c; c++)
		if (*c == '.' || *c == '-')
			*c = '_';
	return name;
}

static void add_name(struct dune_reading *r, const char *name, size_t draft)
{
	if (name && !map_has(&r->names, str_of(name)))
		*map_put(&r->names, str_of(name)) = (void *)(uintptr_t)(draft + 1);
}

void dune_read_library(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s)
{
	struct dune_draft draft = {0};
	struct ocaml_library *library = &draft.library;
	const char *public_name = sexp_word(r->a, &s->s, "public_name");
	library->local_name = sexp_word(r->a, &s->s, "name");
	if (!library->local_name && public_name)
		library->local_name = local_name(r->a, public_name);
	if (!library->local_name) {
		dune_expected(r->tree, s->file, &s->s, "a (name ...) or (public_name ...)");
		return;
	}
	dune_read_common(r, d, s, &draft.common);
	library->name = public_name ? public_name : library->local_name;
	library->package = sexp_word(r->a, &s->s, "package");
	if (!library->package && public_name)
		library->package =
			str_copy(r->a, (struct str){public_name, strcspn(public_name, ".")});
	library->version = public_name ? d->project->version : NULL;
	library->dir = d->path;
	library->file = s->file;
	library->line = s->s.line;
	library->is_vendored = d->is_vendored;
	library->is_optional = dune_flag(&s->s, "optional");
	read_wrapping(&s->s, library);
	library->is_virtual = sexp_field(&s->s, "virtual_modules") != NULL;
	library->implements = sexp_word(r->a, &s->s, "implements");
	library->default_implementation = sexp_word(r->a, &s->s, "default_implementation");
	library->enabled_if = enabled_if(r, &s->s);
	library->guess = guess_of(&draft.common);
	library->stubs = dune_foreign_sources(r, d, &s->s);
	add_name(r, public_name, r->drafts.n);
	add_name(r, library->local_name, r->drafts.n);
	vec_push(r->a, &r->drafts, draft);
}

/* "(deprecated_library_name (old_public_name a) (new_public_name b))" */
void dune_read_redirect(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s)
{
	const char *old = sexp_word(r->a, &s->s, "old_public_name");
	const char *new = sexp_word(r->a, &s->s, "new_public_name");
	if (!old || !new)
		return;
	struct dune_draft draft = {.common = {.dir = d, .stanza = &s->s, .file = s->file}};
	draft.library = (struct ocaml_library){.name = old,
		.package = str_copy(r->a, (struct str){old, strcspn(old, ".")}),
		.version = d->project->version,
		.dir = d->path,
		.file = s->file,
		.line = s->s.line,
		.is_vendored = d->is_vendored,
		.redirect = new};
	vec_push(r->a, &draft.common.requires, new);
	add_name(r, old, r->drafts.n);
	vec_push(r->a, &r->drafts, draft);
}

static strings words_of(
	struct dune_reading *r, const struct sexp *stanza, const char *one, const char *several)
{
	const struct sexp *field = sexp_field(stanza, one);
	strings out = {0};
	if (!field)
		field = sexp_field(stanza, several);
	for (size_t i = 1; field && i < field->n; i++)
		if (sexp_is_atom(&field->items[i]))
			vec_push(r->a, &out, sexp_copy(r->a, &field->items[i]));
	return out;
}

void dune_add_executables(struct dune_reading *r, const struct dune_common *c)
{
	bool is_script = sexp_is_call(c->stanza, "melange.emit");
	struct ocaml_executable x = {.dir = c->dir->path,
		.file = c->file,
		.line = c->stanza->line,
		.names = words_of(r, c->stanza, is_script ? "target" : "name", "names"),
		.public_names = words_of(r, c->stanza, "public_name", "public_names"),
		.package = sexp_word(r->a, c->stanza, "package"),
		.is_test = is_script || sexp_is_call(c->stanza, "test") ||
			   sexp_is_call(c->stanza, "tests"),
		.is_script = is_script,
		.is_vendored = c->dir->is_vendored,
		.is_optional = dune_flag(c->stanza, "optional"),
		.requires = c->requires,
		.ppx = c->ppx,
		.stubs = dune_foreign_sources(r, c->dir, c->stanza),
		.enabled_if = enabled_if(r, c->stanza),
		.guess = guess_of(c)};
	if (!x.guess && c->is_choice)
		x.guess = "what is installed decides on its (select)";
	if (!x.names.n && !x.public_names.n)
		dune_expected(r->tree, c->file, c->stanza, "a (name ...)");
	dune_name_executable(r, c, &x);
	vec_push(r->a, &r->tree->out->executables, x);
}
