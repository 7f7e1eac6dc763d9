/* sexp.h - S-expressions: as people write them in dune files, and canonical ones, as programs
 * write them. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_SEXP_H
#define RESPIN_OCAML_SEXP_H

#include "base/base.h"

#define SEXP_MAX_DEPTH 200		 /* of lists within lists */
#define SEXP_MAX_SIZE ((size_t)64 << 20) /* bytes of one text */
#define SEXP_MAX_VALUES 2000000		 /* atoms and lists of one text */

enum sexp_kind { SEXP_ATOM, SEXP_QUOTED, SEXP_LIST };
struct sexp {
	enum sexp_kind kind;
	int line, column; /* where it starts, from 1; columns count bytes */
	struct str text;  /* of an atom, escapes replaced; points into the source or the arena */
	struct sexp *items;
	size_t n; /* of items */
};

/* The values of TEXT as the items of one list, OUT. FILE is for messages: E_INPUT, and where it is
 * "FILE:line:column". Understood are atoms (with %{variables}), "strings" with escapes, the lines
 * of block strings ("\| and "\>), and the comments ; #| |# and #; before a value. */
MUST_CHECK bool sexp_read(
	struct arena *a, const char *file, struct str text, struct sexp *out, struct err *e);
/* The same for canonical ones ("3:abc", "(3:abc1:d)"); the column is the byte's place, from 1. */
MUST_CHECK bool sexp_read_canonical(
	struct arena *a, const char *file, struct str text, struct sexp *out, struct err *e);

bool sexp_is_atom(const struct sexp *s); /* quoted or not */
/* The atom's text as a C string; NULL for a list. */
const char *sexp_copy(struct arena *a, const struct sexp *s);
/* A list that starts with the atom NAME? */
bool sexp_is_call(const struct sexp *s, const char *name);
/* The first item of the list S that is a call of NAME ("(name lwt)"); NULL where there is none. */
const struct sexp *sexp_field(const struct sexp *s, const char *name);
/* The one argument of that field, as a C string; NULL where there is none or it is a list. */
const char *sexp_word(struct arena *a, const struct sexp *s, const char *name);
/* S on one line, as dune would write it. */
const char *sexp_text(struct arena *a, const struct sexp *s);

#endif
