/* dune_tree.h - the folders of a dune workspace with their dune files, as dune reads them.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_DUNE_TREE_H
#define RESPIN_OCAML_DUNE_TREE_H

#include "ocaml/ocaml.h"
#include "ocaml/sexp.h"

/* What a dune-project says for the folders below it. */
struct dune_project {
	const char *dir; /* relative to the root */
	const char *name, *version;
	int major, minor; /* of "(lang dune 3.0)" */
	bool wrapped_executables;
	bool has_dune_file;		     /* "dune-file" stands for "dune" */
	strings implementations, interfaces; /* endings of sources: "ml", "re"; "mli", "rei" */
};

struct dune_stanza {
	struct sexp s;
	const char *file; /* relative to the root */
};

enum dune_subdirs { SUBDIRS_NOT_SAID, SUBDIRS_NO, SUBDIRS_UNQUALIFIED, SUBDIRS_QUALIFIED };

/* A file that dune sees in a folder: a source, or one that a rule makes. */
struct dune_file {
	const char *name;
	bool is_generated;
};

struct dune_dir {
	const char *path; /* relative to the root, "." for the root itself */
	const struct dune_project *project;
	struct dune_dir *parent;
	VEC(struct dune_dir *) children;
	strings sources; /* names, sorted */
	VEC(struct dune_stanza) stanzas;
	enum dune_subdirs subdirs;
	bool is_vendored, is_data;
	int includes;		     /* of files, so far */
	const char *unsure;	     /* why not all that it defines is known; or NULL */
	VEC(struct dune_file) files; /* sources and targets, made by dune_files() */
	bool has_files;
};

struct dune_tree {
	struct arena *a;
	const char *root;
	const char *without;	    /* a folder of the root that is left out; or NULL */
	struct map dirs;	    /* struct dune_dir by path */
	VEC(struct dune_dir *) all; /* parents first */
	struct map pending;	    /* stanzas of "(subdir PATH ...)", by path */
	struct ocaml_workspace *out;
};

MUST_CHECK bool dune_tree_read(struct dune_tree *t, struct err *e);
/* "FILE:LINE:COLUMN: ..." among the workspace's problems, as one that stops dune. */
void dune_problem(struct dune_tree *t, const char *file, const struct err *e);
/* The same: "expected EXPECTED", where S of FILE is (NULL: where FILE starts). */
void dune_expected(
	struct dune_tree *t, const char *file, const struct sexp *s, const char *expected);
/* Reads FILE (relative to the root) as S-expressions; problems are noted. */
MUST_CHECK bool dune_read(struct dune_tree *t, const char *file, struct sexp *out);
/* DIR's dune-project and the packages that it and the opam files beside it define. */
const struct dune_project *dune_project_read(
	struct dune_tree *t, const struct dune_dir *dir, const strings *names);

/* All that is in D: sources, and targets of its rules. */
void dune_files(struct dune_tree *t, struct dune_dir *d);

/* NAME in the folder DIR, both relative to the root: without "." and "..". NULL: outside. */
const char *dune_path(struct arena *a, const char *dir, const char *name);

#endif
