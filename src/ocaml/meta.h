/* meta.h - findlib's META files: variables with predicates, and packages within packages.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_META_H
#define RESPIN_OCAML_META_H

#include "base/base.h"

#define META_MAX_DEPTH 32
#define META_MAX_SIZE ((size_t)4 << 20)

/* name(predicate,-predicate) = "value", or += */
struct meta_def {
	const char *name, *value;
	strings predicates; /* "-p": p must not be set */
	bool adds;
	int line;
};
struct meta {
	const char *name; /* last part; "" for a file's outermost package */
	int line;
	VEC(struct meta_def) defs;
	VEC(struct meta *) packages;
};

/* FILE is for messages: E_INPUT, at "FILE:line:column". */
MUST_CHECK bool meta_read(
	struct arena *a, const char *file, struct str text, struct meta *out, struct err *e);
/* The value of variable NAME where PREDICATES are set: that of the definition with most predicates
 * (the first of those), and after blanks of each that adds. NULL where none is fit. */
const char *meta_value(
	struct arena *a, const struct meta *m, const char *name, const strings *predicates);
/* The words of a list, which blanks and commas separate. */
strings meta_words(struct arena *a, const char *list);

#endif
