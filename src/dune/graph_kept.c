/* graph_kept.c - the graph as text, kept as long as no file of the workspace comes or goes and no
 * dune file changes: reading all dune files again would take as long as a small build.
 *
 *   KEY SHA256-OF-THE-REST
 *   L name local-name dir redirect implements default-implementation    (fields apart by tabs)
 *   X dir is-vendored is-test                                           a program
 *   n name | r required | p ppx | s source-in-C | m unit impl intf      of the one above
 *
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define TEXT_LIMIT ((size_t)64 << 20)
#define FIELDS 6

static const char *file_of(const struct build *b)
{
	return str_format(b->a, "%s/dune/%s.graph", b->state, b->side);
}

static const char *key_of(const struct build *b)
{
	struct hasher h;
	hash_start(&h);
	hash_add(&h, S("2")); /* the lines' kinds */
	vec_for(entry, &b->inputs) {
		if (!is_workspace(entry->kind))
			continue;
		hash_add(&h, (struct str){entry->path, strlen(entry->path) + 1});
		if (is_dune_file(entry->path))
			hash_add(&h, (struct str){(const char *)entry->digest.b,
					     sizeof(entry->digest.b)});
	}
	vec_for(m, &b->mounts)
		hash_add(&h, (struct str){m->from, strlen(m->from) + 1});
	struct digest d = hash_end(&h);
	return digest_hex(b->a, &d);
}

/* ---- reading -------------------------------------------------------------------------- */

struct reader {
	struct build *b;
	struct ocaml_library *library; /* the last one, or ... */
	struct ocaml_executable *program;
};

static void take_library(struct reader *r, const char *const f[FIELDS])
{
	r->program = NULL;
	r->library = vec_add(r->b->a, &r->b->graph.libraries);
	*r->library = (struct ocaml_library){.name = f[0],
		.local_name = f[1],
		.dir = f[2],
		.redirect = f[3],
		.implements = f[4],
		.default_implementation = f[5]};
}

static void take_program(struct reader *r, const char *const f[FIELDS])
{
	r->library = NULL;
	r->program = vec_add(r->b->a, &r->b->graph.executables);
	*r->program = (struct ocaml_executable){
		.dir = f[0], .is_vendored = f[1] != NULL, .is_test = f[2] != NULL};
}

/* False for a line that is not ours. */
static bool take_line(struct reader *r, char kind, const char *const f[FIELDS])
{
	struct arena *a = r->b->a;
	bool of_library = r->library != NULL, of_any = of_library || r->program;
	if (!f[0] || (!of_any && kind != 'L' && kind != 'X'))
		return false;
	switch (kind) {
	case 'L':
		take_library(r, f);
		return f[2] != NULL;
	case 'X':
		take_program(r, f);
		return true;
	case 'n':
		if (!of_library)
			vec_push(a, &r->program->names, f[0]);
		return !of_library;
	case 'r':
		vec_push(a, of_library ? &r->library->requires : &r->program->requires, f[0]);
		return true;
	case 'p':
		vec_push(a, of_library ? &r->library->ppx : &r->program->ppx, f[0]);
		return true;
	case 's':
		if (of_library)
			vec_push(a, &r->library->stubs, f[0]);
		return of_library;
	case 'm':
		vec_push(a, of_library ? &r->library->modules : &r->program->modules,
			((struct ocaml_module){.unit = f[0], .impl = f[1], .intf = f[2]}));
		return true;
	default:
		return false;
	}
}

bool graph_parse(struct build *b, struct str text)
{
	struct reader r = {.b = b};
	while (text.n) {
		const char *fields[FIELDS] = {NULL};
		struct str line = str_cut(&text, '\n');
		struct str kind = str_cut(&line, '\t');
		for (size_t i = 0; i < FIELDS && line.p; i++) {
			struct str field = str_cut(&line, '\t');
			fields[i] = field.n ? str_copy(b->a, field) : NULL;
		}
		if (kind.n != 1 || !take_line(&r, kind.p[0], fields))
			return false;
	}
	return true;
}

/* *IS_OURS: it is of this workspace as it is. */
static bool load(struct build *b, bool *is_ours)
{
	struct str text;
	struct err ignored;
	if (!file_read(b->a, file_of(b), TEXT_LIMIT, &text, &ignored))
		return false;
	struct str head = str_cut(&text, '\n'), key = str_cut(&head, ' ');
	struct digest sum = hash_bytes(text);
	*is_ours = str_is(key, key_of(b));
	return str_is(head, digest_hex(b->a, &sum)) && graph_parse(b, text);
}

bool graph_load(struct build *b)
{
	bool is_ours = false;
	if (load(b, &is_ours) && is_ours)
		return true;
	b->graph.libraries.n = b->graph.executables.n = 0;
	return false;
}

static bool has_library(const struct build *b, const struct ocaml_library *library)
{
	vec_for(l, &b->graph.libraries)
		if (!strcmp(l->name, library->name))
			return true;
	return false;
}

void graph_load_rest(struct build *b)
{
	bool is_ours;
	struct build old = *b;
	old.graph = (struct ocaml_workspace){0};
	if (!load(&old, &is_ours))
		return;
	vec_for(library, &old.graph.libraries)
		if (!has_library(b, library))
			vec_push(b->a, &b->graph.libraries, *library);
}

/* ---- writing -------------------------------------------------------------------------- */

static const char *word(const char *z)
{
	return z ? z : "";
}

static void put_list(struct text *out, char kind, const strings *list)
{
	vec_for(name, list)
		text_addf(out, "%c\t%s\n", kind, *name);
}

static void put_modules(struct text *out, const ocaml_modules *list)
{
	vec_for(m, list)
		text_addf(out, "m\t%s\t%s\t%s\n", m->unit, word(m->impl), word(m->intf));
}

bool graph_save(struct build *b, struct err *e)
{
	struct text out = {.a = b->a}, all = {.a = b->a};
	text_addz(&out, "");
	vec_for(l, &b->graph.libraries) {
		text_addf(&out, "L\t%s\t%s\t%s\t%s\t%s\t%s\n", l->name, word(l->local_name), l->dir,
			word(l->redirect), word(l->implements), word(l->default_implementation));
		put_list(&out, 'r', &l->requires);
		put_list(&out, 'p', &l->ppx);
		put_list(&out, 's', &l->stubs);
		put_modules(&out, &l->modules);
	}
	vec_for(x, &b->graph.executables) {
		text_addf(&out, "X\t%s\t%s\t%s\n", x->dir, x->is_vendored ? "1" : "",
			x->is_test ? "1" : "");
		put_list(&out, 'n', &x->names);
		put_list(&out, 'r', &x->requires);
		put_list(&out, 'p', &x->ppx);
		put_modules(&out, &x->modules);
	}
	struct digest sum = hash_bytes(text_str(&out));
	text_addf(&all, "%s %s\n", key_of(b), digest_hex(b->a, &sum));
	text_add(&all, text_str(&out));
	return file_write_cache(file_of(b), text_str(&all), 0666, e);
}
