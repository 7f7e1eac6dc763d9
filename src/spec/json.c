/* json.c - JSON text to values in an arena, by cJSON. SPDX-License-Identifier: ISC */
#include "spec/json.h"

#include <cjson/cJSON.h>

#define DEPTH_LIMIT 32

static void delete_tree(cJSON **tree)
{
	cJSON_Delete(*tree);
}

/* Line and column of P in TEXT, both from 1. */
static void locate(struct str text, const char *p, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (const char *c = text.p; c < p && c < text.p + text.n; c++) {
		++*column;
		if (*c == '\n') {
			++*line;
			*column = 1;
		}
	}
}

static bool refuse(
	struct str text, const char *at, const char *file, const char *what, struct err *e)
{
	size_t line, column;
	locate(text, at, &line, &column);
	fail(e, E_INPUT, "%s", what);
	return fail_where(e, "%s:%zu:%zu", file, line, column);
}

static enum json_kind kind_of(const cJSON *c)
{
	if (cJSON_IsObject(c))
		return JSON_OBJECT;
	if (cJSON_IsArray(c))
		return JSON_LIST;
	if (cJSON_IsString(c))
		return JSON_STRING;
	if (cJSON_IsNumber(c))
		return JSON_NUMBER;
	return cJSON_IsBool(c) ? JSON_BOOL : JSON_NULL;
}

/* False where the tree is deeper than DEPTH. */
static bool convert(struct arena *a, const cJSON *from, int depth, struct json *to)
{
	if (depth == 0)
		return false;
	to->kind = kind_of(from);
	to->name = from->string ? str_copy(a, str_of(from->string)) : NULL;
	to->string = from->valuestring ? str_copy(a, str_of(from->valuestring)) : NULL;
	to->number = from->valuedouble;
	to->truth = cJSON_IsTrue(from);
	to->n = (size_t)cJSON_GetArraySize(from);
	to->children = NEW_ARRAY(a, struct json, to->n);
	struct json *child = to->children;
	for (const cJSON *c = from->child; c; c = c->next)
		if (!convert(a, c, depth - 1, child++))
			return false;
	return true;
}

bool json_parse(
	struct arena *a, struct str text, const char *file, const struct json **out, struct err *e)
{
	/* cJSON would end the string there in silence. */
	ptrdiff_t nul = str_find(text, S("\\u0000"));
	if (nul >= 0)
		return refuse(text, text.p + nul, file, "a string holds the character U+0000", e);
	const char *end = text.p;
	const char *terminated = str_copy(a, text); /* the parser looks one byte further */
	defer(delete_tree) cJSON *tree = cJSON_ParseWithLengthOpts(terminated, text.n + 1, &end, 1);
	if (!tree)
		return refuse(text, text.p + (end - terminated), file,
			"this is not JSON from here on", e);
	struct json *root = NEW(a, struct json);
	if (!convert(a, tree, DEPTH_LIMIT, root))
		return refuse(text, text.p, file, "the JSON is more than 32 levels deep", e);
	*out = root;
	return true;
}

const char *json_kind_words(enum json_kind kind)
{
	static const char *const words[] = {[JSON_NULL] = "null",
		[JSON_BOOL] = "true or false",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_LIST] = "a list",
		[JSON_OBJECT] = "an object"};
	return words[kind];
}

const struct json *json_get(const struct json *object, const char *name)
{
	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->n; i++)
		if (str_is(str_of(object->children[i].name), name))
			return &object->children[i];
	return NULL;
}

size_t json_count(const struct json *list)
{
	return list ? list->n : 0;
}

const struct json *json_at(const struct json *list, size_t i)
{
	return list && i < list->n ? &list->children[i] : NULL;
}

const char *json_name(const struct json *member)
{
	return member ? member->name : NULL;
}

const char *json_string(const struct json *j, const char *otherwise)
{
	return j && j->kind == JSON_STRING ? j->string : otherwise;
}

double json_number(const struct json *j, double otherwise)
{
	return j && j->kind == JSON_NUMBER ? j->number : otherwise;
}

bool json_bool(const struct json *j, bool otherwise)
{
	return j && j->kind == JSON_BOOL ? j->truth : otherwise;
}
