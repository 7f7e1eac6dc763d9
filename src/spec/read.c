/* read.c - JSON into structs, by their decode tables. SPDX-License-Identifier: ISC */
#include "spec/fields.h"
#include "spec/json.h"

#include <stdio.h>
#include <string.h>

/* Where we are: the file, and the path within it that grows with each level. */
struct place {
	const char *file;
	const struct place *up;
	const char *name; /* of this level, or NULL for an index */
	size_t index;
};

static void path_of(const struct place *p, struct text *out)
{
	if (!p->up)
		return;
	path_of(p->up, out);
	if (p->name)
		text_addf(out, "/%s", p->name);
	else
		text_addf(out, "/%zu", p->index);
}

static bool fail_there(const struct place *p, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text path = {.a = &scratch};
	text_addz(&path, "");
	path_of(p, &path);
	return fail_where(e, "%s%s%s", p->file, path.n ? ":" : "", path.p);
}

static bool expected(
	const struct place *p, const char *what, const struct json *found, struct err *e)
{
	if (found->kind == JSON_STRING)
		fail(e, E_INPUT, "expected %s, found \"%.80s\"", what, found->string);
	else if (found->kind == JSON_NUMBER)
		fail(e, E_INPUT, "expected %s, found %.17g", what, found->number);
	else
		fail(e, E_INPUT, "expected %s, found %s", what, json_kind_words(found->kind));
	return fail_there(p, e);
}

static bool read_struct(struct arena *a, const struct spec *t, const struct json *j,
	const struct place *p, void *out, struct err *e);

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(*words, s))
			return true;
	return false;
}

static bool expected_one_of(struct arena *a, const struct place *p, const char *const *words,
	const struct json *found, struct err *e)
{
	struct text choice = {.a = a};
	for (size_t i = 0; words[i]; i++)
		text_addf(&choice, "%s%s", i ? ", " : "one of ", words[i]);
	return expected(p, choice.p, found, e);
}

static bool read_string(struct arena *a, const struct spec_field *f, const struct json *j,
	const struct place *p, const char **out, struct err *e)
{
	if (j->kind != JSON_STRING)
		return expected(p, "a string", j, e);
	const char *words = "";
	if (f->check && !f->check(str_of(j->string), &words))
		return expected(p, words, j, e);
	if (f->words && !is_one_of(j->string, f->words))
		return expected_one_of(a, p, f->words, j, e);
	*out = j->string;
	return true;
}

static bool read_int(const struct spec_field *f, const struct json *j, const struct place *p,
	int64_t *out, struct err *e)
{
	double n = j->number;
	bool whole = j->kind == JSON_NUMBER && n >= -9007199254740992.0 &&
		     n <= 9007199254740992.0 && (double)(int64_t)n == n;
	if (!whole || (int64_t)n < f->min || (int64_t)n > f->max) {
		char what[80];
		snprintf(what, sizeof(what), "a whole number from %lld to %lld", (long long)f->min,
			(long long)f->max);
		return expected(p, what, j, e);
	}
	*out = (int64_t)n;
	return true;
}

static bool read_strings(struct arena *a, const struct spec_field *f, const struct json *j,
	const struct place *p, strings *out, struct err *e)
{
	if (j->kind != JSON_LIST)
		return expected(p, "a list of strings", j, e);
	for (size_t i = 0; i < j->n; i++) {
		struct place at = {p->file, p, NULL, i};
		const char *value;
		if (!read_string(a, f, &j->children[i], &at, &value, e))
			return false;
		vec_push(a, out, value);
	}
	return true;
}

static bool read_structs(struct arena *a, const struct spec_field *f, const struct json *j,
	const struct place *p, struct any_vec *out, struct err *e)
{
	if (j->kind != JSON_LIST)
		return expected(p, "a list", j, e);
	for (size_t i = 0; i < j->n; i++) {
		struct place at = {p->file, p, NULL, i};
		void *element = vec_grow(a, &out->v, &out->n, &out->cap, f->sub->size);
		if (!read_struct(a, f->sub, &j->children[i], &at, element, e))
			return false;
	}
	return true;
}

static bool read_argvs(struct arena *a, const struct spec_field *f, const struct json *j,
	const struct place *p, struct any_vec *out, struct err *e)
{
	if (j->kind != JSON_LIST)
		return expected(p, "a list of command lines, each a list of strings", j, e);
	for (size_t i = 0; i < j->n; i++) {
		struct place at = {p->file, p, NULL, i};
		strings *argv = vec_grow(a, &out->v, &out->n, &out->cap, sizeof(strings));
		if (!read_strings(a, f, &j->children[i], &at, argv, e))
			return false;
		if (!argv->n)
			return expected(
				&at, "a command line of at least one word", &j->children[i], e);
	}
	return true;
}

static bool read_field(struct arena *a, const struct spec_field *f, const struct json *j,
	const struct place *p, void *member, struct err *e)
{
	switch (f->kind) {
	case SPEC_STRING:
		return read_string(a, f, j, p, member, e);
	case SPEC_INT:
		return read_int(f, j, p, member, e);
	case SPEC_BOOL:
		if (j->kind != JSON_BOOL)
			return expected(p, "true or false", j, e);
		*(bool *)member = j->truth;
		return true;
	case SPEC_STRINGS:
		return read_strings(a, f, j, p, member, e);
	case SPEC_STRUCT:
		return read_struct(a, f->sub, j, p, member, e);
	case SPEC_POINTER:
		*(void **)member = arena_alloc(a, f->sub->size);
		return read_struct(a, f->sub, j, p, *(void **)member, e);
	case SPEC_STRUCTS:
		return read_structs(a, f, j, p, member, e);
	case SPEC_ARGVS:
		return read_argvs(a, f, j, p, member, e);
	}
	return fail(e, E_BUG, "field %s has no kind", f->name);
}

static const struct spec_field *find_field(const struct spec *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

static bool unknown_field(
	const struct spec *t, const struct place *p, const char *name, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char **names = NEW_ARRAY(&scratch, const char *, t->n);
	struct text known = {.a = &scratch};
	for (size_t i = 0; i < t->n; i++) {
		names[i] = t->fields[i].name;
		text_addf(&known, "%s%s", i ? ", " : "", names[i]);
	}
	const char *near = str_nearest(str_of(name), names, t->n);
	fail(e, E_INPUT, "unknown field \"%.60s\"", name);
	if (near)
		fail_hint(e, "did you mean \"%s\"?", near);
	else
		fail_hint(e, "there are: %s", known.p);
	return fail_there(p, e);
}

static void set_presets(const struct spec *t, void *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct spec_field *f = &t->fields[i];
		void *member = (char *)out + f->offset;
		if (f->kind == SPEC_INT)
			*(int64_t *)member = f->preset;
		else if (f->kind == SPEC_STRUCT)
			set_presets(f->sub, member);
	}
}

static bool read_members(struct arena *a, const struct spec *t, const struct json *j,
	const struct place *p, void *out, struct err *e)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct json *member = &j->children[i];
		struct place at = {p->file, p, member->name, 0};
		const struct spec_field *f = find_field(t, member->name);
		if (!f)
			return unknown_field(t, p, member->name, e);
		if (json_get(j, member->name) != member) {
			fail(e, E_INPUT, "this name stands here twice");
			return fail_there(&at, e);
		}
		if (!read_field(a, f, member, &at, (char *)out + f->offset, e))
			return false;
	}
	return true;
}

static bool read_struct(struct arena *a, const struct spec *t, const struct json *j,
	const struct place *p, void *out, struct err *e)
{
	if (j->kind != JSON_OBJECT)
		return expected(p, "an object", j, e);
	set_presets(t, out);
	if (!read_members(a, t, j, p, out, e))
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (t->fields[i].required && !json_get(j, t->fields[i].name)) {
			fail(e, E_INPUT, "\"%s\" is missing: %s", t->fields[i].name,
				t->fields[i].help);
			return fail_there(p, e);
		}
	return true;
}

bool spec_read(struct arena *a, const struct spec *t, struct str text, const char *file, void *out,
	struct err *e)
{
	const struct json *j;
	if (!json_parse(a, text, file, &j, e))
		return false;
	struct place root = {.file = file};
	return read_struct(a, t, j, &root, out, e);
}
