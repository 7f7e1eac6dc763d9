/* fields.c - a recipe's fields as inputs of actions, driven by the decode table: a field that is
 * added to recipes changes every key, until it is listed here. SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>

/* Fields whose effect is in other inputs already, or that only some actions depend on. */
static const struct {
	const char *name;
	unsigned kinds; /* the actions that get the field itself */
} special[] = {
	{"name", 0},		      /* names outputs and objects */
	{"version", 0},		      /* in the manifest */
	{"license", 0},		      /* in the manifest */
	{"summary", 0},		      /* in no result */
	{"source", 0},		      /* the files themselves; the origin is in the manifest */
	{"needs", 0},		      /* flags, search path and objects of those packages */
	{"build.objects.sources", 0}, /* the files that match */
	{"build.objects.include", 0}, /* -I flags */
	{"build.objects.flags", 0},   /* flags */
	{"build.objects.config", 0},  /* -I flags */
	{"build.commands.run", COMMANDS},
	{"build.commands.output", COMMANDS},
	{"build.dune", 0},	 /* such recipes have no actions of ours */
	{"provides.include", 0}, /* -I flags of dependents */
	{"provides.flags", 0},	 /* flags of dependents */
	{"provides.link", 0},	 /* the linker script itself */
	{"image.files", 0},	 /* the packed files */
	{"image.boot", 0},	 /* of the lab, like all that follows */
	{"image.wire", 0},
	{"image.networks", 0},
	{"image.machines", 0},
	{"image.disk", 0},
	{"image.state", 0},
	{"image.checks", 0},
};

static unsigned kinds_of(const char *name)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!strcmp(special[i].name, name))
			return special[i].kinds;
	return COMPILE | COMMANDS | JOIN | PACK | IMAGE;
}

static bool is_special_above(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!strncmp(special[i].name, name, n) && special[i].name[n] == '.')
			return true;
	return false;
}

void fields_add(struct arena *a, const struct spec *t, const void *in, const char *prefix,
	enum node_kind kind, inputs *known)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct spec_field *f = &t->fields[i];
		const char *name = str_format(a, "%s%s", prefix, f->name);
		const void *member = (const char *)in + f->offset;
		if (is_special_above(name)) {
			const void *inner =
				f->kind == SPEC_POINTER ? *(const void *const *)member : member;
			if (inner)
				fields_add(
					a, f->sub, inner, str_format(a, "%s.", name), kind, known);
		} else if (kinds_of(name) & kind) {
			struct spec one = {.name = name, .size = t->size, .fields = f, .n = 1};
			struct text bytes = {.a = a};
			spec_canonical(&one, in, &bytes);
			struct digest d = hash_bytes(text_str(&bytes));
			input_add(a, known, IN_FIELD, name, &d);
		}
	}
}

void fields_inputs(struct arena *a, const struct recipe *r, enum node_kind kind, inputs *known)
{
	fields_add(a, &recipe_spec, r, "", kind, known);
}
