/* spec.h - JSON <-> structs by decode tables. One table per struct drives parsing with exact
 * messages, the canonical bytes that cache keys are made from, and the JSON Schema for editors:
 * a field that is in the struct can't be forgotten in one of them. And a writer for answers.
 * The only user of cJSON. SPDX-License-Identifier: ISC */
#ifndef RESPIN_SPEC_H
#define RESPIN_SPEC_H

#include "base/base.h"

enum spec_kind {
	SPEC_STRING,  /* const char * */
	SPEC_INT,     /* int64_t, within [min, max] */
	SPEC_BOOL,    /* bool */
	SPEC_STRINGS, /* strings */
	SPEC_STRUCT,  /* struct by value, of the table SUB */
	SPEC_POINTER, /* pointer to a struct of the table SUB; NULL where absent */
	SPEC_STRUCTS, /* VEC(struct) of the table SUB */
	SPEC_ARGVS    /* VEC(struct with one strings member): a list of lists of strings */
};

struct spec_field {
	const char *name; /* in JSON */
	enum spec_kind kind;
	size_t offset;
	bool required;
	const struct spec *sub;
	int64_t min, max, preset; /* SPEC_INT */
	const char *const *words; /* SPEC_STRING: allowed values, ends with NULL; or NULL */
	const char *help;	  /* one sentence, for the schema */
	bool (*check)(
		struct str value, const char **expected); /* SPEC_STRING, SPEC_STRINGS: or NULL */
};

struct spec {
	const char *name;
	size_t size; /* of the struct */
	const struct spec_field *fields;
	size_t n;
	const char *help;
};

/* Parses TEXT into OUT (a zeroed struct of T). Messages name FILE and the JSON path
 * ("recipe.json: /source/0/url: expected a string"); unknown names get a hint; a syntax error its
 * line and column. Strings live in the arena. At most 32 levels deep. */
MUST_CHECK bool spec_read(struct arena *a, const struct spec *t, struct str text, const char *file,
	void *out, struct err *e);
/* Bytes that are equal exactly where two structs are: for keys. NULL and "" differ. */
void spec_canonical(const struct spec *t, const void *in, struct text *out);
/* The JSON Schema (draft 2020-12) of T. */
void spec_schema(const struct spec *t, struct text *out);

/* ---- free-form JSON (our own files, reports) ------------------------------------------- */

struct json; /* a parsed value; lives in the arena that it was parsed into */
/* E_INPUT with line and column. */
MUST_CHECK bool json_parse(
	struct arena *a, struct str text, const char *file, const struct json **out, struct err *e);
const struct json *json_get(const struct json *object, const char *name); /* NULL: not there */
size_t json_count(const struct json *list);				  /* of anything else: 0 */
const struct json *json_at(const struct json *list, size_t i);
const char *json_name(const struct json *member); /* its name in the object that json_at() walks */
/* The value, or OTHERWISE where J is NULL or of another kind. */
const char *json_string(const struct json *j, const char *otherwise);
double json_number(const struct json *j, double otherwise);
bool json_bool(const struct json *j, bool otherwise);

/* The bytes of member NAME's value in OBJECT, the text of a JSON object that json_parse() takes; of
 * several the first. False where there is none. */
bool json_locate(struct str object, const char *name, struct str *value);

/* Writes one JSON value, indented by two. Commas and indentation are its own business:
 *   json_open(w, NULL, '{'); json_put_string(w, "name", "lwip"); json_close(w);
 * NAME is NULL within lists and at the top. Strings that are not UTF-8 get U+FFFD. */
struct json_writer {
	struct text *out;
	int depth;
	char closer[32];
	bool empty[32];
};
void json_open(struct json_writer *w, const char *name, char kind /* '{' or '[' */);
void json_close(struct json_writer *w);
void json_put_string(struct json_writer *w, const char *name, const char *value); /* NULL: null */
void json_put_str(struct json_writer *w, const char *name, struct str value);
void json_put_int(struct json_writer *w, const char *name, int64_t value);
void json_put_number(struct json_writer *w, const char *name, double value);
void json_put_bool(struct json_writer *w, const char *name, bool value);
void json_put_strings(struct json_writer *w, const char *name, const strings *values);
/* A value that is JSON text already. */
void json_put_raw(struct json_writer *w, const char *name, struct str json);

#endif
