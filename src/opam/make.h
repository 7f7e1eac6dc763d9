/* make.h - an index while it is made. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_MAKE_H
#define RESPIN_OPAM_MAKE_H

#include "opam/index.h"

/* A set of variables under which dependencies are looked for, and the role of those that it is the
 * first to bring. */
struct make_round {
	struct opam_env env;
	uint32_t role;
};
#define MAKE_ROUNDS 8

struct make_need {
	struct str name, bound;
	uint32_t number; /* in the order of names */
};
struct maker {
	struct arena *a; /* for all that lives as long as the index is made */
	struct opam_repo *repo;
	const struct opam_index *old; /* or NULL */
	struct opam_env machine, roles;
	struct make_round rounds[MAKE_ROUNDS];
	struct text text;
	struct map texts; /* text -> offset + 1 */
	struct map keys;  /* "name" NUL "bound" -> need + 1 */
	VEC(struct make_need) needs;
	VEC(struct index_version) versions;
	VEC(struct index_edge) edges; /* of all versions; needs by m->needs */
	uint32_t read, broken;
};

/* The offset of a text, stored once; 0 is "". */
uint32_t make_text(struct maker *m, struct str s);
/* The need's place in m->needs. */
uint32_t make_need(struct maker *m, struct str name, struct str bound);
/* What is to be known of one file. False only where it can't be read. */
MUST_CHECK bool make_version(
	struct maker *m, size_t entry, struct index_version *out, struct err *e);
/* All of it as bytes: needs become ranges of versions, edges are turned round. */
MUST_CHECK bool make_link(
	struct maker *m, struct index_header *header, struct str *out, struct err *e);

#endif
