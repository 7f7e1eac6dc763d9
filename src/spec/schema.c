/* schema.c - the JSON Schema of a decode table, for editors. SPDX-License-Identifier: ISC */
#include "spec/spec.h"

static void put_object(struct json_writer *w, const struct spec *t);

static void put_strings_schema(struct json_writer *w, const char *name)
{
	json_open(w, name, '{');
	json_put_string(w, "type", "array");
	json_open(w, "items", '{');
	json_put_string(w, "type", "string");
	json_close(w);
	json_close(w);
}

static void put_type(struct json_writer *w, const struct spec_field *f)
{
	switch (f->kind) {
	case SPEC_STRING:
		json_put_string(w, "type", "string");
		break;
	case SPEC_INT:
		json_put_string(w, "type", "integer");
		json_put_int(w, "minimum", f->min);
		json_put_int(w, "maximum", f->max);
		json_put_int(w, "default", f->preset);
		break;
	case SPEC_BOOL:
		json_put_string(w, "type", "boolean");
		break;
	case SPEC_STRINGS:
		json_put_string(w, "type", "array");
		json_open(w, "items", '{');
		json_put_string(w, "type", "string");
		json_close(w);
		break;
	case SPEC_STRUCT:
	case SPEC_POINTER:
		put_object(w, f->sub);
		break;
	case SPEC_STRUCTS:
		json_put_string(w, "type", "array");
		json_open(w, "items", '{');
		put_object(w, f->sub);
		json_close(w);
		break;
	case SPEC_ARGVS:
		json_put_string(w, "type", "array");
		put_strings_schema(w, "items");
		break;
	}
}

static void put_field(struct json_writer *w, const struct spec_field *f)
{
	json_open(w, f->name, '{');
	json_put_string(w, "description", f->help);
	put_type(w, f);
	if (f->words) {
		json_open(w, "enum", '[');
		for (size_t i = 0; f->words[i]; i++)
			json_put_string(w, NULL, f->words[i]);
		json_close(w);
	}
	json_close(w);
}

static void put_object(struct json_writer *w, const struct spec *t)
{
	json_put_string(w, "type", "object");
	json_put_bool(w, "additionalProperties", false);
	json_open(w, "required", '[');
	for (size_t i = 0; i < t->n; i++)
		if (t->fields[i].required)
			json_put_string(w, NULL, t->fields[i].name);
	json_close(w);
	json_open(w, "properties", '{');
	for (size_t i = 0; i < t->n; i++)
		put_field(w, &t->fields[i]);
	json_close(w);
}

void spec_schema(const struct spec *t, struct text *out)
{
	struct json_writer w = {.out = out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_put_string(&w, "title", t->name);
	json_put_string(&w, "description", t->help);
	put_object(&w, t);
	json_close(&w);
	text_addz(out, "\n");
}
