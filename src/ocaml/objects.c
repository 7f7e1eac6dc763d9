/* objects.c - reads names from .cma, .cmxa, .cmo, .cmx and .cmi files, whose parts are the first
 * fields of records that have kept their places since OCaml 4.08. SPDX-License-Identifier: ISC */
#include "ocaml/objects.h"

#include "ocaml/marshal.h"

#define MAX_NAME 1000
#define MAGIC_SIZE 12 /* "Caml1999", a letter for the kind, three digits */

/* The letters of the kinds that are read here; those of flambda compilers are their own. */
enum kind { KIND_NONE, KIND_CMA, KIND_CMO, KIND_CMXA, KIND_CMX, KIND_CMI };

static enum kind kind_of(struct str bytes)
{
	if (bytes.n < MAGIC_SIZE || !str_starts(bytes, S("Caml1999")))
		return KIND_NONE;
	switch (bytes.p[8]) {
	case 'A':
		return KIND_CMA;
	case 'O':
		return KIND_CMO;
	case 'Z':
	case 'z':
		return KIND_CMXA;
	case 'Y':
	case 'y':
		return KIND_CMX;
	case 'I':
		return KIND_CMI;
	default:
		return KIND_NONE;
	}
}

/* Bytecode files end with their table, whose place follows the magic number. */
MUST_CHECK static bool table_of(struct str bytes, enum kind kind, struct str *out, struct err *e)
{
	size_t start = MAGIC_SIZE;
	if (kind == KIND_CMA || kind == KIND_CMO) {
		const unsigned char *p = (const unsigned char *)bytes.p + MAGIC_SIZE;
		if (bytes.n < MAGIC_SIZE + 4)
			return fail(e, E_INPUT, "it is cut off");
		start = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	}
	if (start >= bytes.n)
		return fail(e, E_INPUT, "its table is beyond its end: it is cut off");
	*out = str_from(bytes, start);
	return true;
}

/* The string V as a name; empty where it is none. */
static struct str name_of(const struct marshal_value *v)
{
	struct str none = {NULL, 0};
	if (!v || v->kind != MARSHAL_STRING || v->n > MAX_NAME)
		return none;
	struct str text = marshal_text(v);
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == '/')
			return none;
	return text;
}

MUST_CHECK static bool add_name(
	struct arena *a, const struct marshal_value *v, strings *out, struct err *e)
{
	if (!name_of(v).n)
		return fail(e, E_INPUT, "the name of a unit is missing");
	vec_push(a, out, str_copy(a, marshal_text(v)));
	return true;
}

bool object_units(struct arena *a, struct str bytes, strings *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	enum kind kind = kind_of(bytes);
	struct marshal m;
	struct str table;
	size_t used;
	strings names = {0};
	if (kind == KIND_NONE || kind == KIND_CMI)
		return fail(e, E_INPUT, "it is no archive of the OCaml compiler");
	if (!table_of(bytes, kind, &table, e) || !marshal_read(&scratch, table, &m, &used, e))
		return false;
	if (kind == KIND_CMO || kind == KIND_CMX) {
		if (!add_name(a, marshal_field(&m, m.v, 0), &names, e))
			return false;
		*out = names;
		return true;
	}
	const struct marshal_value *list = marshal_field(&m, m.v, 0);
	for (size_t steps = 0; list && list->kind == MARSHAL_BLOCK; steps++) {
		const struct marshal_value *unit = marshal_field(&m, list, 0);
		if (steps > m.n)
			return fail(e, E_INPUT, "its list of units has no end");
		if (kind == KIND_CMXA)
			unit = marshal_field(&m, unit, 0);
		if (!add_name(a, marshal_field(&m, unit, 0), &names, e))
			return false;
		list = marshal_field(&m, list, 1);
	}
	*out = names;
	return true;
}

/* Constructors of Types.signature_item, Types.module_type, Path.t and Ident.t. */
enum {
	SIG_MODULE = 3,
	MTY_ALIAS = 3,
	PATH_IDENT = 0,
	PATH_DOT = 1,
	IDENT_GLOBAL = 2 /* after local and scoped ones; all start with their name */
};
#define MAX_PATH_PARTS 32

static struct str ident_name(const struct marshal *m, const struct marshal_value *v)
{
	bool known = v && v->kind == MARSHAL_BLOCK && v->tag <= IDENT_GLOBAL;
	return known ? name_of(marshal_field(m, v, 0)) : (struct str){NULL, 0};
}

/* "Tcp__.Flow"; NULL for a path that is no chain of names. */
static const char *path_text(
	struct arena *a, const struct marshal *m, const struct marshal_value *v, int parts)
{
	if (!v || v->kind != MARSHAL_BLOCK || parts > MAX_PATH_PARTS)
		return NULL;
	if (v->tag == PATH_IDENT) {
		struct str name = ident_name(m, marshal_field(m, v, 0));
		return name.n ? str_copy(a, name) : NULL;
	}
	struct str last = name_of(marshal_field(m, v, 1));
	if (v->tag != PATH_DOT || !last.n)
		return NULL;
	const char *before = path_text(a, m, marshal_field(m, v, 0), parts + 1);
	return before ? str_format(a, "%s.%.*s", before, STR(last)) : NULL;
}

/* Sig_module (name, presence, {type; ...}, ...) */
static void add_module(struct arena *a, const struct marshal *m, const struct marshal_value *item,
	object_aliases *aliases, strings *own)
{
	struct str name = ident_name(m, marshal_field(m, item, 0));
	const struct marshal_value *type = marshal_field(m, marshal_field(m, item, 2), 0);
	if (!name.n || !type)
		return;
	if (type->kind != MARSHAL_BLOCK || type->tag != MTY_ALIAS) {
		vec_push(a, own, str_copy(a, name));
		return;
	}
	const char *target = path_text(a, m, marshal_field(m, type, 0), 0);
	if (target)
		vec_push(a, aliases, ((struct object_alias){str_copy(a, name), target}));
}

bool object_interface(struct arena *a, struct str bytes, const char **name, object_aliases *aliases,
	strings *own, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct marshal m;
	struct str table;
	size_t used;
	strings names = {0};
	if (kind_of(bytes) != KIND_CMI)
		return fail(e, E_INPUT, "it is no interface of the OCaml compiler");
	if (!table_of(bytes, KIND_CMI, &table, e) || !marshal_read(&scratch, table, &m, &used, e))
		return false;
	if (!add_name(a, marshal_field(&m, m.v, 0), &names, e))
		return false;
	const struct marshal_value *list = marshal_field(&m, m.v, 1);
	for (size_t steps = 0; list && list->kind == MARSHAL_BLOCK; steps++) {
		const struct marshal_value *item = marshal_field(&m, list, 0);
		if (steps > m.n)
			return fail(e, E_INPUT, "its list of items has no end");
		if (item && item->kind == MARSHAL_BLOCK && item->tag == SIG_MODULE)
			add_module(a, &m, item, aliases, own);
		list = marshal_field(&m, list, 1);
	}
	*name = names.v[0];
	return true;
}
