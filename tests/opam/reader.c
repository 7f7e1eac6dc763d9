/* reader.c - what src/opam reads, on standard output: for the tests that compare it with opam.
 *   opamread fields FILE       each field in a form that does not depend on how it was written
 *   opamread print FILE        as opam writes it
 *   opamread compare FILE      of each line "VERSION VERSION": <, = or >
 *   opamread index PLACE KEPT  the index's counts
 *   opamread show PLACE KEPT NAME            of a package
 *   opamread available PLACE KEPT PREFIX     packages of that prefix that are for this machine
 *   opamread dependents|dependencies PLACE KEPT NAME [ROLES]   one "name.version" a line, all of
 * them SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opam/opam.h"

static int failed(const struct err *e)
{
	fprintf(stderr, "%s: %s\n", e->where, e->text);
	return 1;
}

/* ---- fields -------------------------------------------------------------------------------------
 */

static void plain(struct arena *a, struct opam_value **v);

static void plain_items(struct arena *a, struct opam_value *x)
{
	for (struct opam_value **i = &x->items; *i; i = &(*i)->next)
		plain(a, i);
}

/* {x y} is {x & y}. */
static void join_conditions(struct arena *a, struct opam_value *option)
{
	if (!option->items || !option->items->next)
		return;
	struct opam_value *all = NEW(a, struct opam_value);
	all->kind = OPAM_AND;
	all->items = option->items;
	option->items = all;
}

/* x >= 8 is x >= "8". */
static void plain_number(struct arena *a, struct opam_value *v)
{
	if (v->kind != OPAM_INT)
		return;
	v->kind = OPAM_STRING;
	v->text = str_of(str_format(a, "%lld", (long long)v->number));
}

/* Values in the one form that all ways to write them have in common: no brackets around one item,
 * no parentheses around one value, texts without white space at their ends. */
static void plain(struct arena *a, struct opam_value **v)
{
	while (((*v)->kind == OPAM_LIST || (*v)->kind == OPAM_GROUP) && (*v)->items &&
		!(*v)->items->next) {
		struct opam_value *only = (*v)->items;
		only->next = (*v)->next;
		*v = only;
	}
	struct opam_value *x = *v;
	switch ((enum opam_kind)x->kind) {
	case OPAM_STRING:
		x->text = str_trim(x->text);
		break;
	case OPAM_LIST:
	case OPAM_GROUP:
	case OPAM_AND:
	case OPAM_OR:
		plain_items(a, x);
		break;
	case OPAM_OPTION:
		plain(a, &x->left);
		plain_items(a, x);
		join_conditions(a, x);
		break;
	case OPAM_RELATION:
		plain_number(a, x->right);
		break;
	case OPAM_NOT:
	case OPAM_DEFINED:
		plain(a, &x->left);
		break;
	default:
		break;
	}
}

static bool is_apart(struct str name, const struct opam_value *v);

static void print_fields(struct arena *a, const char *section, struct opam_item *items)
{
	for (struct opam_item *i = items; i; i = i->next) {
		const char *name = str_format(a, "%s%.*s", section, STR(i->name));
		if (i->label.p)
			name = str_format(a, "%s \"%.*s\"", name, STR(i->label));
		if (!i->value) {
			print_fields(a, str_format(a, "%s.", name), i->items);
			continue;
		}
		struct text t = {.a = a};
		plain(a, &i->value);
		if (is_apart(i->name, i->value))
			continue;
		opam_print_value(&t, i->value);
		for (char *c = t.p; *c; c++)
			if (*c == '\n')
				*c = ' ';
		printf("%s: %s\n", name, t.p);
	}
}

static int by_bytes(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* From the package's model: opam sorts the names of each choice, and rewrites what is in opam 1's
 * form. */
static void print_depexts(struct arena *a, struct opam_package *p)
{
	vec_for(choice, &p->depexts) {
		struct text t = {.a = a};
		if (choice->words.n)
			qsort(choice->words.v, choice->words.n, sizeof(struct str), by_bytes);
		vec_for(word, &choice->words) {
			text_addf(&t, " %.*s", STR(*word));
		}
		if (choice->filter) {
			struct opam_value copy = *choice->filter, *v = &copy;
			copy.next = NULL;
			plain(a, &v);
			text_addz(&t, " {");
			opam_print_value(&t, v);
			text_addz(&t, "}");
		}
		printf("depexts:%s\n", t.p);
	}
}

/* Fields of which opam 2.1 does not print what it read: the flag "deprecated" is not known to it.
 */
static bool is_apart(struct str name, const struct opam_value *v)
{
	bool deprecated = v && v->kind == OPAM_IDENT && str_is(v->text, "deprecated");
	bool empty = v && v->kind == OPAM_STRING && !v->text.n;
	return empty || str_is(name, "depexts") || (str_is(name, "flags") && deprecated);
}

static bool parse_file(struct arena *a, const char *path, struct opam_file *f, struct err *e)
{
	struct str bytes;
	return file_read(a, path, OPAM_FILE_MAX, &bytes, e) && opam_parse(a, bytes, path, f, e);
}

static int fields(struct arena *a, const char *path)
{
	struct err e = {0};
	struct opam_file f;
	struct opam_package p;
	if (!parse_file(a, path, &f, &e) || !opam_package_read(a, &f, &p, &e))
		return failed(&e);
	print_depexts(a, &p);
	print_fields(a, "", f.items);
	return 0;
}

static int print(struct arena *a, const char *path)
{
	struct err e = {0};
	struct opam_file f;
	struct text t = {.a = a};
	if (!parse_file(a, path, &f, &e))
		return failed(&e);
	opam_print(&t, &f);
	fwrite(t.p, 1, t.n, stdout);
	return 0;
}

static int compare(struct arena *a, const char *path)
{
	struct err e = {0};
	struct str rest;
	if (!file_read(a, path, OPAM_FILE_MAX, &rest, &e))
		return failed(&e);
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct str first = str_cut(&line, ' ');
		int order = opam_version_compare(first, line);
		puts(order < 0 ? "<" : order > 0 ? ">" : "=");
	}
	return 0;
}

/* ---- the index
 * ----------------------------------------------------------------------------------- */

static void show_counts(const struct opam_index *x)
{
	struct opam_counts c;
	opam_index_count(x, &c);
	printf("packages %u\nversions %u\nrepositories %u\nbroken %u\nread %u\n", c.packages,
		c.versions, c.repositories, c.broken, c.read);
}

static void show_package(const struct opam_index *x, const char *name)
{
	uint32_t package = opam_index_package(x, str_of(name));
	struct opam_known k;
	const char *near[OPAM_NEAR_MAX];
	if (opam_index_get(x, opam_index_latest(x, package), &k)) {
		printf("%s %s %s\n%s\n%s\n", k.name, k.version, k.path, k.synopsis, k.src);
		return;
	}
	size_t n = opam_index_near(x, str_of(name), near);
	for (size_t i = 0; i < n; i++)
		printf("near %s\n", near[i]);
}

static void show_available(const struct opam_index *x, const char *prefix)
{
	struct opam_known k;
	for (uint32_t v = 0; opam_index_get(x, v, &k); v++)
		if (str_starts(str_of(k.name), str_of(prefix)) &&
			!(k.marks & (OPAM_UNAVAILABLE | OPAM_BROKEN)))
			puts(k.name);
}

static void show_closure(const struct opam_index *x, struct arena *a, bool dependents,
	const char *name, unsigned roles)
{
	opam_numbers from = {0}, out;
	struct opam_known k;
	uint32_t first, n = opam_index_versions(x, opam_index_package(x, str_of(name)), &first);
	for (uint32_t i = 0; i < n; i++)
		vec_push(a, &from, first + i);
	if (dependents)
		opam_index_dependents(x, a, &from, roles, true, &out);
	else
		opam_index_dependencies(x, a, &from, roles, true, &out);
	for (size_t i = 0; i < out.n; i++)
		if (opam_index_get(x, out.v[i], &k))
			printf("%s.%s\n", k.name, k.version);
}

static int index_command(struct arena *a, int argc, char **argv)
{
	struct err e = {0};
	defer(opam_index_close) struct opam_index *x = NULL;
	const char *name = argc > 4 ? argv[4] : NULL;
	bool show = !strcmp(argv[1], "show");
	if (!opam_index_open(
		    a, argv[2], argv[3], show ? OPAM_FRESH_NAMES : OPAM_FRESH_ALL, name, &x, &e))
		return failed(&e);
	uint64_t roles = OPAM_BUILD;
	if (argc > 5)
		(void)str_u64(str_of(argv[5]), &roles);
	if (!name)
		show_counts(x);
	else if (show)
		show_package(x, name);
	else if (!strcmp(argv[1], "available"))
		show_available(x, name);
	else
		show_closure(x, a, !strcmp(argv[1], "dependents"), name, (unsigned)roles);
	return 0;
}

int main(int argc, char **argv)
{
	defer(arena_free) struct arena a = {0};
	if (argc == 3 && !strcmp(argv[1], "fields"))
		return fields(&a, argv[2]);
	if (argc == 3 && !strcmp(argv[1], "print"))
		return print(&a, argv[2]);
	if (argc == 3 && !strcmp(argv[1], "compare"))
		return compare(&a, argv[2]);
	if (argc >= 4)
		return index_command(&a, argc, argv);
	return 2;
}
