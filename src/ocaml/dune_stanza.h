/* dune_stanza.h - libraries and executables of dune files, on their way from stanzas to what
 * ocaml.h tells of them. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_DUNE_STANZA_H
#define RESPIN_OCAML_DUNE_STANZA_H

#include "ocaml/dune_tree.h"

/* A module of a folder, and of those below where they are included. */
struct dune_module {
	const char *name;	 /* "Flow"; "sub/Flow" where folders count as modules */
	const char *impl, *intf; /* relative to the folder of the stanza */
	bool is_generated;
};
typedef VEC(struct dune_module) dune_modules;

/* The modules that stanzas in D can have. */
dune_modules dune_modules_of(struct dune_tree *t, struct dune_dir *d);

/* What all of (library), (executables) and (tests) say. */
struct dune_common {
	struct dune_dir *dir;
	const struct sexp *stanza;
	const char *file;
	dune_modules modules;
	strings private_names, virtual_names; /* of modules */
	strings requires, ppx;
	strings exported; /* those of REQUIRES that who requires this gets, too */
	bool is_unsure;	  /* about its modules */
	bool is_choice;	  /* a "(select ...)" was decided by what is known here alone */
};
/* A library whose modules are still to be named, which takes all libraries. */
struct dune_draft {
	struct dune_common common;
	struct ocaml_library library;
};
typedef VEC(struct dune_draft) dune_drafts;

struct dune_reading {
	struct arena *a;
	struct dune_tree *tree;
	const ocaml_libraries *installed; /* or NULL */
	dune_drafts drafts;
	VEC(struct dune_common) executables;
	struct map names; /* of the workspace's libraries, both kinds: struct dune_draft */
};
void dune_read_common(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s,
	struct dune_common *out);
void dune_read_library(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s);
void dune_read_redirect(struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *s);
/* Sources in C and C++ that STANZA of D names, relative to the root; what rules make is not there.
 */
strings dune_foreign_sources(
	struct dune_reading *r, const struct dune_dir *d, const struct sexp *stanza);
/* Once all libraries were read: what (select)s choose is among what is required. */
void dune_read_requires(struct dune_reading *r, struct dune_common *c);
/* Adds what its requirements pass on, once those of all libraries were read. */
void dune_add_exported(struct dune_reading *r, struct dune_common *c);
/* By its public name, where it has one. */
void dune_add_required(struct dune_reading *r, struct dune_common *c, const char *name);
void dune_add_executables(struct dune_reading *r, const struct dune_common *c);
/* "(optional)", "(optional true)" */
bool dune_flag(const struct sexp *stanza, const char *name);

/* The paths and units of the draft's modules. */
void dune_name_library(struct dune_reading *r, struct dune_draft *draft);
void dune_name_executable(
	struct dune_reading *r, const struct dune_common *c, struct ocaml_executable *out);

#endif
