/* index.h - how the index of a repository lies in its file. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_INDEX_H
#define RESPIN_OPAM_INDEX_H

#include "opam/repo.h"

#define OPAM_INDEX_MAGIC "opamidx3" /* another one when the format or what is read changes */

/* The sections follow the header in the order of enum section; texts are offsets in the last one,
 * which ends with a NUL. */
enum section {
	PACKAGES,     /* struct index_package, by name */
	VERSIONS,     /* struct index_version, by package, then in opam's order */
	NEEDS,	      /* struct index_need, by name, then by bound */
	RANGES,	      /* struct index_range */
	EDGES,	      /* struct index_edge, by version */
	USERS,	      /* struct index_user, by need */
	REPOS,	      /* struct index_repo, by key */
	REPO_MEMBERS, /* uint32_t: versions, by repository */
	TEXT,
	SECTIONS
};
struct index_header {
	char magic[8];
	uint64_t size;	 /* of all */
	int64_t read_ns; /* wall clock, before the repository was read */
	struct stamp root;
	char commit[48];
	uint32_t kind;		 /* enum repo_kind */
	uint32_t place, machine; /* texts */
	uint32_t broken;
	uint32_t count[SECTIONS];
	uint32_t unused;
};
struct index_package {
	struct stamp stamp;  /* of packages/NAME */
	uint32_t has_folder; /* there is one */
	uint32_t name, first_version, versions, first_need, needs;
};
struct index_version {
	union repo_mark mark;
	uint32_t package, version, path, marks, first_edge, edges;
	uint32_t synopsis, repository, dev_repo, src, checksum, commit, available;
	uint32_t line, column; /* of what is wrong with a broken file */
	uint32_t unused;
};
/* A package's name and what its version must be. */
struct index_need {
	uint32_t package; /* or OPAM_NONE */
	uint32_t name, bound, first_range, ranges, first_user, users;
};
struct index_range {
	uint32_t from, to; /* versions; TO is the first that is not admitted */
};
struct index_edge {
	uint32_t need, roles;
};
struct index_user {
	uint32_t version, roles;
};
struct index_repo {
	uint32_t key, first, members;
};

struct opam_index {
	const struct index_header *header;
	const struct index_package *packages;
	const struct index_version *versions;
	const struct index_need *needs;
	const struct index_range *ranges;
	const struct index_edge *edges;
	const struct index_user *users;
	const struct index_repo *repos;
	const uint32_t *members;
	const char *text;
	struct str map; /* to be unmapped; empty where the bytes are an arena's */
	uint32_t read;
};

/* BYTES as an index; false where they can't be one. Numbers in it are not believed by readers:
 * nothing leads outside of BYTES. */
bool opam_index_view(struct str bytes, struct opam_index *out);
/* The bytes of a new index of R; what OLD (or NULL) knows of unchanged files is taken from there.
 */
MUST_CHECK bool opam_index_make(struct arena *a, struct opam_repo *r, const struct opam_index *old,
	const char *machine, struct str *out, uint32_t *read, struct err *e);
/* A text by its offset, "" beyond the end. */
const char *opam_index_text(const struct opam_index *x, uint32_t offset);
/* A slice of N elements from FIRST on, cut to what a section of COUNT holds: N, or less. */
uint32_t opam_index_slice(uint32_t first, uint32_t n, uint32_t count);
/* What filters may depend on, as one line. */
const char *opam_index_machine(struct arena *a, struct opam_env *env);

#endif
