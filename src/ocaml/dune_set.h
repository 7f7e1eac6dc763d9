/* dune_set.h - dune's ordered sets: "a b (c :standard) \ d", and globs in names.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_DUNE_SET_H
#define RESPIN_OCAML_DUNE_SET_H

#include "ocaml/sexp.h"

/* What a set is made of: STANDARD stands for ":standard", and words are looked up in UNIVERSE with
 * MATCHES. */
struct dune_universe {
	const strings *all;
	const strings *standard; /* NULL: all */
	bool (*matches)(const char *word, const char *name);
};
/* Members of UNIVERSE that the items of SET from FROM on select, in the universe's order. *UNSURE
 * becomes true where a part of the set can only be known by running the build ("(:include f)"). */
strings dune_set(struct arena *a, const struct sexp *set, size_t from,
	const struct dune_universe *universe, bool *unsure);

/* Shell-like: * ? [a-z] {a,b}; a leading dot only matches itself. */
bool dune_glob_matches(const char *glob, const char *name);
/* "tcp" and "Tcp" are one module; so are "sub/tcp" and "sub/Tcp". */
bool dune_module_matches(const char *word, const char *name);
/* NAME with its first letter, after the last '/', a capital. */
const char *dune_module_name(struct arena *a, struct str name);

#endif
