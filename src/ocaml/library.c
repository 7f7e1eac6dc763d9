/* library.c - finds libraries by name, and all that they require. SPDX-License-Identifier: ISC */
#include "ocaml/ocaml.h"

#include <string.h>

const struct ocaml_library *ocaml_find(const ocaml_libraries *all, const char *name)
{
	vec_for(library, all) {
		if (!strcmp(library->name, name))
			return library;
	}
	vec_for(library, all) {
		if (library->local_name && !strcmp(library->local_name, name))
			return library;
	}
	return NULL;
}

struct closing {
	struct arena *a;
	struct map names; /* every library, by each of its names */
	struct map seen;  /* by the name that was asked for */
	ocaml_library_list *out;
	strings *missing;
};

static void close_over(struct closing *c, const char *name)
{
	const struct ocaml_library *library = map_get(&c->names, str_of(name));
	const char *key = library ? library->name : name;
	if (map_has(&c->seen, str_of(key)))
		return;
	*map_put(&c->seen, str_of(key)) = c;
	if (!library) {
		if (c->missing)
			vec_push(c->a, c->missing, name);
		return;
	}
	vec_for(required, &library->requires)
		close_over(c, *required);
	vec_push(c->a, c->out, library);
}

bool ocaml_is_implemented(const ocaml_library_list *list, const struct ocaml_library *library)
{
	vec_for(x, list) {
		const char *name = (*x)->implements;
		if (name && (!strcmp(name, library->name) ||
				    (library->local_name && !strcmp(name, library->local_name))))
			return true;
	}
	return false;
}

void ocaml_closure(struct arena *a, const ocaml_libraries *all, const strings *names,
	ocaml_library_list *out, strings *missing)
{
	struct closing c = {.a = a, .names.a = a, .seen.a = a, .out = out, .missing = missing};
	for (int pass = 0; pass < 2; pass++) {
		vec_for(library, all) {
			const char *name = pass ? library->local_name : library->name;
			if (name && !map_has(&c.names, str_of(name)))
				*map_put(&c.names, str_of(name)) = library;
		}
	}
	vec_for(name, names)
		close_over(&c, *name);
}
