/* package.c - what the fields of an opam file mean. SPDX-License-Identifier: ISC */
#include "opam/inner.h"

#include <ctype.h>
#include <string.h>

struct reader {
	struct arena *a;
	const struct opam_file *file;
	struct str field; /* that is read now, for messages */
	struct opam_package out;
	struct err *e;
};

MUST_CHECK static bool wrong(struct reader *r, struct opam_place at, const char *wanted)
{
	return fail_field(r->e, r->file->path, at, r->field, wanted);
}

/* ---- strings and lists of them --------------------------------------------------------------- */

/* A list of one may be written without its brackets. */
static const struct opam_value *items_of(const struct opam_value *v)
{
	return v->kind == OPAM_LIST ? v->items : v;
}

MUST_CHECK static bool read_string(struct reader *r, const struct opam_value *v, struct str *out)
{
	if (v->kind == OPAM_LIST && v->items && !v->items->next)
		v = v->items;
	if (v->kind != OPAM_STRING)
		return wrong(r, v->at, "a string");
	*out = v->text;
	return true;
}

/* opam lets white space around a text go. */
MUST_CHECK static bool read_trimmed(struct reader *r, const struct opam_value *v, struct str *out)
{
	if (!read_string(r, v, out))
		return false;
	*out = str_trim(*out);
	return true;
}

/* In some fields names stand without quotes. */
MUST_CHECK static bool read_words(
	struct reader *r, const struct opam_value *v, bool idents, opam_words *out)
{
	*out = (opam_words){0};
	for (const struct opam_value *i = items_of(v); i;
		i = v->kind == OPAM_LIST ? i->next : NULL) {
		if (i->kind != OPAM_STRING && !(idents && i->kind == OPAM_IDENT))
			return wrong(r, i->at, idents ? "a name" : "a string");
		vec_push(r->a, out, i->text);
	}
	return true;
}

/* ---- filters and formulas ---------------------------------------------------------------------
 */

static bool check_items(struct reader *r, const struct opam_value *items, bool bounds);

/* BOUNDS: relations of versions may stand in it, as behind the name of a package. */
MUST_CHECK static bool check_filter(struct reader *r, const struct opam_value *v, bool bounds)
{
	switch ((enum opam_kind)v->kind) {
	case OPAM_BOOL:
	case OPAM_INT:
	case OPAM_STRING:
	case OPAM_IDENT:
	case OPAM_RELATION:
		return true;
	case OPAM_NOT:
	case OPAM_DEFINED:
		return check_filter(r, v->left, bounds && v->kind == OPAM_NOT);
	case OPAM_GROUP:
		if (!v->items || (v->items->next && !bounds))
			return wrong(r, v->at, "one condition within the parentheses");
		return check_items(r, v->items, bounds);
	case OPAM_AND:
	case OPAM_OR:
		return check_items(r, v->items, bounds);
	case OPAM_PREFIX_RELOP:
		if (bounds && (v->left->kind == OPAM_STRING || v->left->kind == OPAM_IDENT))
			return true;
		return wrong(r, v->at, bounds ? "a version behind the sign" : "a condition");
	default:
		return wrong(r, v->at, "a condition");
	}
}

static bool check_items(struct reader *r, const struct opam_value *items, bool bounds)
{
	for (const struct opam_value *i = items; i; i = i->next)
		if (!check_filter(r, i, bounds))
			return false;
	return true;
}

MUST_CHECK static bool check_formula(struct reader *r, const struct opam_value *v)
{
	const struct opam_value *name = v->kind == OPAM_OPTION ? v->left : v;
	switch ((enum opam_kind)v->kind) {
	case OPAM_STRING:
	case OPAM_OPTION:
		if (name->kind != OPAM_STRING || !opam_name_valid(name->text))
			return wrong(r, name->at, "a package's name");
		return v == name || check_items(r, v->items, true);
	case OPAM_GROUP:
	case OPAM_AND:
	case OPAM_OR:
		for (const struct opam_value *i = v->items; i; i = i->next)
			if (!check_formula(r, i))
				return false;
		return true;
	default:
		return wrong(r, v->at, "a package's name in quotes");
	}
}

MUST_CHECK static bool read_formula(
	struct reader *r, const struct opam_value *v, const struct opam_value **out)
{
	const struct opam_value *i = items_of(v);
	for (; i; i = v->kind == OPAM_LIST ? i->next : NULL)
		if (!check_formula(r, i))
			return false;
	*out = v;
	return true;
}

MUST_CHECK static bool read_filter(
	struct reader *r, const struct opam_value *v, const struct opam_value **out)
{
	const struct opam_value *only = items_of(v);
	if (!only || (v->kind == OPAM_LIST && only->next))
		return wrong(r, v->at, "one condition");
	*out = only;
	return check_filter(r, only, false);
}

/* ---- lists of pairs and choices ------------------------------------------------------------- */

MUST_CHECK static bool read_pair(
	struct reader *r, const struct opam_value *v, struct opam_pair *out)
{
	const struct opam_value *first = v->kind == OPAM_LIST ? v->items : NULL;
	const struct opam_value *second = first ? first->next : NULL;
	if (!second || second->next || first->kind != OPAM_STRING || second->kind != OPAM_STRING)
		return wrong(r, v->at, "a list of two strings");
	*out = (struct opam_pair){first->text, second->text};
	return true;
}

/* [ ["a" "b"] ... ], or ["a" "b"] alone. */
MUST_CHECK static bool read_pairs(struct reader *r, const struct opam_value *v, opam_pairs *out)
{
	if (v->kind != OPAM_LIST)
		return wrong(r, v->at, "a list of pairs");
	*out = (opam_pairs){0};
	if (v->items && v->items->kind == OPAM_STRING)
		return read_pair(r, v, vec_add(r->a, out));
	for (const struct opam_value *i = v->items; i; i = i->next)
		if (!read_pair(r, i, vec_add(r->a, out)))
			return false;
	return true;
}

/* opam 1's way to write depexts: [ ["debian"] ["word" ...] ]. The names of systems become a filter
 * that holds nowhere, as opam 2 has it. */
static bool is_old_choice(const struct opam_value *v)
{
	const struct opam_value *second = v->kind == OPAM_LIST && v->items ? v->items->next : NULL;
	return second && !second->next && v->items->kind == OPAM_LIST && second->kind == OPAM_LIST;
}

/* "word", ["word" ...], or one of them with a filter. */
MUST_CHECK static bool read_choice(
	struct reader *r, const struct opam_value *v, struct opam_choice *out)
{
	*out = (struct opam_choice){0};
	if (v->kind == OPAM_OPTION) {
		if (!v->items || v->items->next || !check_filter(r, v->items, false))
			return v->items && !v->items->next ? false
							   : wrong(r, v->at, "one condition");
		out->filter = v->items;
		v = v->left;
	} else if (is_old_choice(v)) {
		out->filter = v->items;
		v = v->items->next;
	}
	return read_words(r, v, false, &out->words);
}

MUST_CHECK static bool read_choices(struct reader *r, const struct opam_value *v, opam_choices *out)
{
	*out = (opam_choices){0};
	const struct opam_value *i = items_of(v);
	for (; i; i = v->kind == OPAM_LIST ? i->next : NULL)
		if (!read_choice(r, i, vec_add(r->a, out)))
			return false;
	return true;
}

/* ---- sections -------------------------------------------------------------------------------- */

MUST_CHECK static bool read_source_field(
	struct reader *r, const struct opam_item *item, struct opam_source *out)
{
	r->field = item->name;
	if (str_is(item->name, "src") || str_is(item->name, "archive") ||
		str_is(item->name, "http") || str_is(item->name, "git"))
		return read_trimmed(r, item->value, &out->src);
	if (str_is(item->name, "checksum"))
		return read_words(r, item->value, false, &out->checksums);
	if (str_is(item->name, "mirrors"))
		return read_words(r, item->value, false, &out->mirrors);
	if (str_is(item->name, "subpath"))
		return read_string(r, item->value, &out->subpath);
	return true;
}

MUST_CHECK static bool read_source(
	struct reader *r, const struct opam_item *section, struct opam_source *out)
{
	*out = (struct opam_source){.name = section->label};
	for (const struct opam_item *i = section->items; i; i = i->next)
		if (i->value && !read_source_field(r, i, out))
			return false;
	r->field = section->name;
	return out->src.n || wrong(r, section->at, "a field 'src' in the section");
}

MUST_CHECK static bool read_section(struct reader *r, const struct opam_item *section)
{
	r->field = section->name;
	if (str_is(section->name, "url"))
		return read_source(r, section, &r->out.url);
	if (!str_is(section->name, "extra-source"))
		return true;
	if (!section->label.n)
		return wrong(r, section->at, "the name of a file behind 'extra-source'");
	return read_source(r, section, vec_add(r->a, &r->out.extra_sources));
}

/* ---- fields ---------------------------------------------------------------------------------- */

enum shape { STRING, TRIMMED, WORDS, FORMULA, FILTER, PAIRS, CHOICES };

static const struct field {
	const char *name;
	enum shape shape;
	size_t offset;
} fields[] = {
#define FIELD(name, shape, member)                                                                 \
	{                                                                                          \
		name, shape, offsetof(struct opam_package, member)                                 \
	}
	FIELD("opam-version", STRING, opam_version),
	FIELD("name", STRING, name),
	FIELD("version", STRING, version),
	FIELD("synopsis", TRIMMED, synopsis),
	FIELD("description", TRIMMED, description),
	FIELD("license", WORDS, licenses),
	FIELD("homepage", WORDS, homepages),
	FIELD("tags", WORDS, tags),
	FIELD("flags", WORDS, flags),
	FIELD("conflict-class", WORDS, conflict_class),
	FIELD("depends", FORMULA, depends),
	FIELD("depopts", FORMULA, depopts),
	FIELD("conflicts", FORMULA, conflicts),
	FIELD("available", FILTER, available),
	FIELD("extra-files", PAIRS, extra_files),
	FIELD("pin-depends", PAIRS, pin_depends),
	FIELD("patches", CHOICES, patches),
	FIELD("substs", CHOICES, substs),
	FIELD("depexts", CHOICES, depexts),
	FIELD("dev-repo", TRIMMED, dev_repo),
	FIELD("x-commit-hash", STRING, commit_hash),
#undef FIELD
};

MUST_CHECK static bool read_field(
	struct reader *r, const struct field *f, const struct opam_value *v)
{
	void *place = (char *)&r->out + f->offset;
	switch (f->shape) {
	case STRING:
		return read_string(r, v, place);
	case TRIMMED:
		return read_trimmed(r, v, place);
	case WORDS:
		return read_words(r, v, true, place);
	case FORMULA:
		return read_formula(r, v, place);
	case FILTER:
		return read_filter(r, v, place);
	case PAIRS:
		return read_pairs(r, v, place);
	case CHOICES:
		return read_choices(r, v, place);
	}
	return true;
}

MUST_CHECK static bool read_item(struct reader *r, const struct opam_item *item)
{
	if (!item->value)
		return read_section(r, item);
	r->field = item->name;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (*fields[i].name == *item->name.p && str_is(item->name, fields[i].name))
			return read_field(r, &fields[i], item->value);
	return true;
}

bool opam_format_check(const struct opam_file *f, struct err *e)
{
	static const char wanted[] = "opam-version: \"2.0\" before all other fields";
	const struct opam_item *first = f->items, *found = NULL;
	struct str name = S("opam-version");
	for (const struct opam_item *i = first; i; i = i->next) {
		if (!str_eq(i->name, name))
			continue;
		if (found)
			return fail_field(e, f->path, i->at, name, "it once");
		found = i;
	}
	struct opam_place begin = first ? first->at : (struct opam_place){1, 1};
	if (!found || !found->value)
		return fail_place(e, f->path, begin, "no format version: expected %s", wanted);
	if (found->value->kind != OPAM_STRING)
		return fail_field(e, f->path, found->value->at, name, "a string");
	struct str version = found->value->text;
	if (version.n && isdigit((unsigned char)*version.p) &&
		opam_version_compare(version, S("3")) >= 0)
		return fail_field(e, f->path, found->value->at, name, "\"2.0\", or \"2.1\"");
	if (found != first && opam_version_compare(version, S("2.1")) >= 0)
		return fail_field(e, f->path, found->at, name, "it before all other fields");
	return true;
}

/* Of ".../NAME.VERSION/opam", or NAME of ".../NAME.opam". */
static void names_of_path(struct reader *r)
{
	struct str path = str_of(r->file->path), name = S(""), version = S("");
	const char *base = path_base(r->file->path);
	if (!strcmp(base, "opam") && path.n > 5) {
		const char *dir = path_base(path_dir(r->a, r->file->path));
		(void)opam_name_split(str_of(dir), &name, &version);
	} else if (str_ends(path, S(".opam"))) {
		name = (struct str){base, strlen(base) - 5};
	}
	if (!r->out.name.n && (!name.n || opam_name_valid(name)))
		r->out.name = name;
	if (!r->out.version.n)
		r->out.version = version;
}

bool opam_package_read(
	struct arena *a, const struct opam_file *f, struct opam_package *out, struct err *e)
{
	struct reader r = {.a = a, .file = f, .e = e, .out.path = f->path};
	for (const struct opam_item *i = f->items; i; i = i->next)
		if (!read_item(&r, i))
			return false;
	names_of_path(&r);
	*out = r.out;
	return true;
}
