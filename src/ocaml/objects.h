/* objects.h - what the compiler's own files say: the units in an archive, the modules that an
 * interface names. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_OBJECTS_H
#define RESPIN_OCAML_OBJECTS_H

#include "base/base.h"

#define OBJECT_MAX_SIZE ((size_t)256 << 20)

/* The names of the units in a .cma, .cmxa, .cmo or .cmx, in its order, from its BYTES. The magic
 * number tells which it is ("Caml1999A030"). E_INPUT where BYTES are none of these or damaged. */
MUST_CHECK bool object_units(struct arena *a, struct str bytes, strings *out, struct err *e);

/* Of the file PATH all that object_units() looks at: its head, and its table moved up behind it. */
MUST_CHECK bool object_read(struct arena *a, const char *path, struct str *out, struct err *e);

/* In the interface of a module: "module NAME = TARGET". */
struct object_alias {
	const char *name;   /* "Flow" */
	const char *target; /* "Tcp__Flow", or a path: "Tcp__.Flow" */
};
typedef VEC(struct object_alias) object_aliases;
/* What the .cmi BYTES say: the unit's name, the modules in it that stand for others, and in OWN
 * the names of those that have a signature of their own. */
MUST_CHECK bool object_interface(struct arena *a, struct str bytes, const char **name,
	object_aliases *aliases, strings *own, struct err *e);

#endif
