/* canonical.c - structs to bytes that differ exactly where the structs do.
 * Each value is preceded by its field's name and length, so no two structs run together.
 * SPDX-License-Identifier: ISC */
#include "spec/fields.h"

static void add_bytes(struct text *out, char kind, struct str bytes)
{
	text_addf(out, "%c%zu:", kind, bytes.n);
	text_add(out, bytes);
}

static void add_string(struct text *out, const char *z)
{
	if (z)
		add_bytes(out, 's', str_of(z));
	else
		text_addz(out, "-");
}

static void add_strings(struct text *out, const strings *list)
{
	text_addf(out, "l%zu:", list->n);
	vec_for(z, list)
		add_string(out, *z);
}

static void add_structs(struct text *out, const struct spec *sub, const struct any_vec *list)
{
	text_addf(out, "l%zu:", list->n);
	for (size_t i = 0; i < list->n; i++)
		spec_canonical(sub, (const char *)list->v + i * sub->size, out);
}

static void add_argvs(struct text *out, const struct any_vec *list)
{
	text_addf(out, "l%zu:", list->n);
	for (size_t i = 0; i < list->n; i++)
		add_strings(out, (const strings *)list->v + i);
}

static void add_field(struct text *out, const struct spec_field *f, const void *member)
{
	switch (f->kind) {
	case SPEC_STRING:
		add_string(out, *(const char *const *)member);
		break;
	case SPEC_INT:
		text_addf(out, "i%lld", (long long)*(const int64_t *)member);
		break;
	case SPEC_BOOL:
		text_addz(out, *(const bool *)member ? "t" : "f");
		break;
	case SPEC_STRINGS:
		add_strings(out, member);
		break;
	case SPEC_STRUCT:
		spec_canonical(f->sub, member, out);
		break;
	case SPEC_POINTER:
		if (*(const void *const *)member)
			spec_canonical(f->sub, *(const void *const *)member, out);
		else
			text_addz(out, "-");
		break;
	case SPEC_STRUCTS:
		add_structs(out, f->sub, member);
		break;
	case SPEC_ARGVS:
		add_argvs(out, member);
		break;
	}
}

void spec_canonical(const struct spec *t, const void *in, struct text *out)
{
	text_addf(out, "{%s\n", t->name);
	for (size_t i = 0; i < t->n; i++) {
		text_addf(out, "%s=", t->fields[i].name);
		add_field(out, &t->fields[i], (const char *)in + t->fields[i].offset);
		text_addz(out, "\n");
	}
	text_addz(out, "}");
}
