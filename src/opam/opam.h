/* opam.h - opam's world, read: opam files, versions, packages, repositories, lock files, switches,
 * and an index of a repository. It solves no versions: that stays opam's.
 * What a reader gives points into the bytes that it was given and into the arena.
 * Format: opam's manual, section "Common file format" (2.0, 2.1). SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_H
#define RESPIN_OPAM_H

#include "sys/sys.h"

typedef VEC(struct str) opam_words;

/* ---- files ------------------------------------------------------------------------------ */

/* A place in a file: both count from 1, columns in bytes. */
struct opam_place {
	uint32_t line, column;
};

enum opam_kind {
	OPAM_BOOL,
	OPAM_INT,
	OPAM_STRING,
	OPAM_IDENT,	   /* name, package:name, package+other:name, _:name */
	OPAM_LIST,	   /* [ items ] */
	OPAM_GROUP,	   /* ( items ) */
	OPAM_OPTION,	   /* left { items } */
	OPAM_AND,	   /* items joined by &, at least two */
	OPAM_OR,	   /* items joined by | */
	OPAM_NOT,	   /* ! left */
	OPAM_DEFINED,	   /* ? left */
	OPAM_RELATION,	   /* left OP right */
	OPAM_PREFIX_RELOP, /* OP left */
	OPAM_ENV_UPDATE	   /* left OP right */
};
enum opam_op {
	OPAM_EQ,
	OPAM_NE,
	OPAM_LT,
	OPAM_LE,
	OPAM_GT,
	OPAM_GE,
	OPAM_PLUS_EQ,
	OPAM_EQ_PLUS,
	OPAM_COLON_EQ,
	OPAM_EQ_COLON,
	OPAM_EQ_PLUS_EQ
};
struct opam_value {
	uint8_t kind; /* enum opam_kind */
	uint8_t op;   /* enum opam_op */
	struct opam_place at;
	struct opam_value *next; /* in the list that it stands in */
	union {
		struct str text; /* of strings (without escapes) and idents */
		int64_t number;	 /* of ints and, 0 or 1, of bools */
		struct {
			struct opam_value *left;
			union {
				struct opam_value *right, *items;
			};
		};
	};
};
/* "name: value", or a section "name { items }", "name "label" { items }". */
struct opam_item {
	struct str name;
	struct opam_place at;
	struct opam_item *next;
	struct opam_value *value; /* NULL: it is a section */
	struct str label;	  /* p is NULL where there is none */
	struct opam_item *items;
};
struct opam_file {
	const char *path; /* as messages name it */
	struct opam_item *items;
};
#define OPAM_FILE_MAX ((size_t)16 << 20)
#define OPAM_DEPTH_MAX 100

/* All of the syntax of 2.0 and 2.1, extension fields included; what the fields mean is not looked
 * at. E_INPUT tells path:line:column, what stands there and what was expected; so does nesting
 * deeper than OPAM_DEPTH_MAX. */
MUST_CHECK bool opam_parse(
	struct arena *a, struct str bytes, const char *path, struct opam_file *out, struct err *e);
/* The field NAME: the last one, as opam takes it; NULL where there is none. */
const struct opam_value *opam_field(const struct opam_item *items, const char *name);
/* As opam writes it: one blank between the words, lists one item a line. */
void opam_print_value(struct text *t, const struct opam_value *v);
void opam_print(struct text *t, const struct opam_file *f);

/* ---- versions --------------------------------------------------------------------------- */

/* opam's order, which is Debian's (deb-version(7)): "epoch:", then all up to the last '-', then the
 * rest; in each, runs of digits by number, all else by letters before signs, and '~' before even
 * the end: "1.0~beta" < "1.0" < "1.0+dune" < "1.0.1" < "1.10". <0, 0, >0; "1.0", "1.00" and "1.0-0"
 * are equal. */
int opam_version_compare(struct str a, struct str b);
bool opam_relation_holds(enum opam_op op, int order);
const char *opam_op_text(enum opam_op op); /* ">=" */

/* ---- filters ---------------------------------------------------------------------------- */

/* Variables by name: "os", "with-test", "lwt:installed". What is neither here nor in an
 * environment ABOVE is undefined. Zero-initialise with the arena: {.variables.a = &arena}. */
struct opam_env {
	struct map variables;
	const struct opam_env *above; /* or NULL */
	/* Answers "PACKAGE:installed" (and ":enable"); NULL: they are undefined. */
	bool (*installed)(void *ctx, struct str package);
	void *ctx;
};
void opam_env_set(struct opam_env *env, const char *name, struct str value);
/* os, arch, os-distribution, os-family, os-version, opam-version, make and jobs of this machine, as
 * opam calls them: what "available" may depend on. */
void opam_env_machine(struct opam_env *env);
/* The variables that dependencies have besides: build true; with-test, with-doc, with-dev-setup,
 * dev, post and pinned false. */
void opam_env_roles(struct opam_env *env);

/* What a filter comes to. Bools are the texts "true" and "false". */
struct opam_result {
	bool defined;
	struct str text;
};
/* opam's rules: what is computed from an undefined value is undefined, but for '?x' (false), 'false
 * & x' and 'true | x'; relations compare as versions; "%{x}%" in strings is replaced. */
struct opam_result opam_eval(
	struct arena *a, const struct opam_value *filter, const struct opam_env *env);
/* The same as a bool; OTHERWISE where it is undefined or no bool. NULL, no filter, is true. */
bool opam_eval_bool(const struct opam_value *filter, const struct opam_env *env, bool otherwise);
/* TEXT with each "%{variable}%" and "%{variable?yes:no}%" replaced, undefined ones by nothing, and
 * "%%" by "%". */
struct str opam_expand(struct arena *a, struct str text, const struct opam_env *env);

/* ---- dependencies ----------------------------------------------------------------------- */

/* What a version must be. */
struct opam_bound {
	enum { OPAM_BOUND_RELATION, OPAM_BOUND_ALL, OPAM_BOUND_ANY } kind;
	enum opam_op op;		 /* of OPAM_BOUND_RELATION ... */
	struct str version;		 /* ... and what it compares with */
	struct opam_bound *parts, *next; /* of the other two, at least two */
};
/* Which packages there must be. */
struct opam_formula {
	enum { OPAM_NEED_PACKAGE, OPAM_NEED_ALL, OPAM_NEED_ANY } kind;
	struct str name;	  /* of OPAM_NEED_PACKAGE ... */
	struct opam_bound *bound; /* ... and of which version; NULL: any */
	struct opam_formula *parts, *next;
};
/* The formula of a field (depends: CONJUNCTION; depopts and conflicts: not) with its filters
 * decided: those that come to nothing count as OTHERWISE. NULL: nothing is needed. */
struct opam_formula *opam_reduce(struct arena *a, const struct opam_value *field, bool conjunction,
	const struct opam_env *env, bool otherwise);
/* Calls ATOM with each package that the formula names. */
void opam_atoms(const struct opam_formula *f,
	void (*atom)(void *ctx, struct str name, const struct opam_bound *bound), void *ctx);
bool opam_bound_holds(const struct opam_bound *bound, struct str version); /* NULL holds */
void opam_print_bound(struct text *t, const struct opam_bound *bound);	   /* ">= \"1\" & ..." */
void opam_print_formula(struct text *t, const struct opam_formula *f);

/* ---- packages --------------------------------------------------------------------------- */

/* url { ... } and extra-source "name" { ... } */
struct opam_source {
	struct str name;      /* the file it becomes; p is NULL for the package's own source */
	struct str src;	      /* empty: there is none */
	opam_words checksums; /* "sha256=...", "sha512=...", "md5=..." */
	opam_words mirrors;
	struct str subpath;
};
/* Words that count where FILTER holds (NULL: always). */
struct opam_choice {
	opam_words words;
	const struct opam_value *filter;
};
struct opam_pair {
	struct str first, second;
};
typedef VEC(struct opam_choice) opam_choices;
typedef VEC(struct opam_pair) opam_pairs;
struct opam_package {
	const char *path;	  /* of the file, for messages */
	struct str name, version; /* of the fields, else of the path; empty where neither tells */
	struct str opam_version;
	const struct opam_value *depends, *depopts, *conflicts; /* for opam_reduce(); NULL: none */
	const struct opam_value *available;			/* for opam_eval_bool() */
	opam_words conflict_class, flags, licenses, homepages, tags;
	struct str synopsis, description;
	struct str dev_repo, commit_hash; /* x-commit-hash; empty where not given */
	struct opam_source url;
	VEC(struct opam_source) extra_sources;
	opam_pairs extra_files;	      /* name, checksum */
	opam_pairs pin_depends;	      /* "name.version", url */
	opam_choices patches, substs; /* one word each */
	opam_choices depexts;
};
/* What the fields of F mean. E_INPUT with the place where one is not what opam's manual says that
 * it is; fields that it doesn't know are let be. */
MUST_CHECK bool opam_package_read(
	struct arena *a, const struct opam_file *f, struct opam_package *out, struct err *e);
/* Does F begin as opam's files do, with opam-version: "2.0" (or older, or 2.1, which must come
 * before all else)? E_INPUT with the place where it does not, as in an empty file. */
MUST_CHECK bool opam_format_check(const struct opam_file *f, struct err *e);
/* "NAME.VERSION" at its first dot; false where either part is no name or version of opam's. */
bool opam_name_split(struct str both, struct str *name, struct str *version);
bool opam_name_valid(struct str name);	     /* letters, digits and "_+-", one letter at least */
bool opam_version_valid(struct str version); /* letters, digits and "_+-.~" */

/* How a URL of opam's is to be got. */
enum opam_backend { OPAM_ARCHIVE, OPAM_GIT, OPAM_HG, OPAM_DARCS, OPAM_FOLDER };
struct opam_url {
	enum opam_backend backend;
	struct str address;  /* without "git+" and "#..." */
	struct str fragment; /* branch, tag or commit behind the '#' */
};
struct opam_url opam_url_parse(struct str url);
/* A form in which all ways to write one repository are equal: "github.com/mirage/ocaml-ipaddr",
 * without scheme, user, ".git", '/' at the end and capitals in the host's name. */
struct str opam_repository_key(struct arena *a, struct str url);

/* ---- repositories ----------------------------------------------------------------------- */

/* One package version of a repository. */
struct opam_entry {
	struct str name, version;
	const char *path; /* of its opam file within the repository */
};
struct opam_repo;

/* The repository at PLACE: a folder that holds packages/NAME/NAME.VERSION/opam or
 * packages/NAME.VERSION/opam, an archive of one (tar under any compression, zip; the folder may lie
 * in another), or a git repository, of which HEAD is read: bare, or without a folder packages in
 * its working tree. E_INPUT where it is none of them. */
MUST_CHECK bool opam_repo_open(const char *place, struct opam_repo **out, struct err *e);
void opam_repo_close(struct opam_repo **r); /* for defer(); NULL is fine */
/* All entries, by name in byte order, then by version in opam's; they live until the close. */
const struct opam_entry *opam_repo_entries(const struct opam_repo *r, size_t *n);
/* The bytes of entry I, in the arena or until the close. */
MUST_CHECK bool opam_repo_read(
	struct opam_repo *r, size_t i, struct arena *a, struct str *out, struct err *e);
/* Brings the git repository at URL (as opam writes it: "git+https://...#branch") under the folder
 * STATE, where a later call only gets what is new. *PLACE is for opam_repo_open(). */
MUST_CHECK bool opam_repo_fetch(
	struct arena *a, const char *url, const char *state, const char **place, struct err *e);

/* ---- lock files and switches -------------------------------------------------------------- */

/* "NAME.opam.locked" of opam-monorepo: which versions, and from where the sources come. */
struct opam_locked {
	struct str name, version;
	bool vendored; /* its source lies in duniverse/; else it is the switch's */
};
struct opam_dune_dir {
	struct str url, dir; /* dir: name below duniverse/ */
	opam_words hashes;   /* "sha256=..." */
};
struct opam_lock {
	VEC(struct opam_locked) packages; /* of depends, with their exact versions */
	opam_pairs pins;		  /* of pin-depends: "name.version", url */
	VEC(struct opam_dune_dir) dirs;	  /* of x-opam-monorepo-duniverse-dirs */
	opam_words roots;		  /* of x-opam-monorepo-root-packages */
	struct str format;		  /* of x-opam-monorepo-version */
};
MUST_CHECK bool opam_lock_read(
	struct arena *a, const struct opam_file *f, struct opam_lock *out, struct err *e);

/* SWITCH/.opam-switch/switch-state: what is installed. Pairs are name and version. */
struct opam_switch {
	opam_pairs installed, roots, pinned, compiler; /* sorted by name */
};
MUST_CHECK bool opam_switch_read(
	struct arena *a, const struct opam_file *f, struct opam_switch *out, struct err *e);
/* Is PACKAGE installed in the switch SWITCH (a struct opam_switch)? Fit for opam_env.installed. */
bool opam_switch_has(void *switch_, struct str package);
/* Its version; empty where it is not installed. */
struct str opam_switch_version(const struct opam_switch *s, struct str package);

/* Where an installed package is from, as the switch keeps it. */
struct opam_origin {
	struct str url; /* empty where it tells none */
	const char
		*commit; /* of a git repository whose URL names none; NULL where it is not known */
	bool pinned;	 /* by the user, to that URL */
};
/* Of PACKAGE in VERSION, in the switch in the folder PREFIX. What can't be read is not known. */
struct opam_origin opam_switch_origin(
	struct arena *a, const char *prefix, struct str package, struct str version);

/* What the user's opam knows (OPAMROOT, ~/.opam): its repositories and the switch that is set. */
struct opam_remote {
	struct str name, url;
	const char *place; /* for opam_repo_open(); NULL: not there yet */
};
/* One of eval-variables: its value is what COMMAND, run, writes. */
struct opam_variable {
	const char *name;
	strings command;
};
struct opam_root {
	VEC(struct opam_remote)
	repositories; /* by their rank: what the first says of a version
		       * counts */
	VEC(struct opam_variable) variables;
	struct str switch_name; /* empty: none is set */
	const char *state;	/* the switch's file switch-state; NULL where there is none */
};
/* PREFIX is the folder of the switch whose repositories matter; NULL: of the one that is set, or of
 * the root. E_NOTFOUND where DIR is no root of opam's; E_INPUT with the place in a damaged file. */
MUST_CHECK bool opam_root_read(
	struct arena *a, const char *dir, const char *prefix, struct opam_root *out, struct err *e);

/* ---- the index of a repository ----------------------------------------------------------- */

/* One mapped file: names, versions, who depends on whom. Packages and versions are numbers; the
 * versions of a package follow each other in opam's order. */
struct opam_index;
#define OPAM_NONE UINT32_MAX
typedef VEC(uint32_t) opam_numbers;

/* What of the repository must be looked at before the index is believed. */
enum opam_fresh {
	OPAM_FRESH_NAMES, /* which packages there are, and all of package NAME */
	OPAM_FRESH_ALL	  /* every file */
};
/* The index of the repository at PLACE, kept in the file KEPT: made, or brought up to date with
 * what changed. Folders are watched by the stamps of folders and files, archives by theirs, git by
 * its HEAD. NAME is for OPAM_FRESH_NAMES; NULL: none. Files that can't be read as opam files are in
 * it, marked OPAM_BROKEN. Where KEPT can't be written, or is NULL, the index still is an answer. */
MUST_CHECK bool opam_index_open(struct arena *a, const char *place, const char *kept,
	enum opam_fresh fresh, const char *name, struct opam_index **out, struct err *e);
void opam_index_close(struct opam_index **x); /* for defer(); NULL is fine */

/* Why an edge is there; no bit: always. */
enum opam_role {
	OPAM_BUILD = 1, /* only while it builds */
	OPAM_TEST = 2,
	OPAM_DOC = 4,
	OPAM_SETUP = 8, /* with-dev-setup */
	OPAM_DEV = 16,
	OPAM_POST = 32,
	OPAM_OPTIONAL = 64 /* of depopts */
};
enum opam_mark {
	OPAM_AVOID = 1,	       /* flag avoid-version */
	OPAM_DEPRECATED = 2,   /* flag deprecated */
	OPAM_CONF = 4,	       /* flag conf: stands for something of the system's */
	OPAM_COMPILER = 8,     /* flag compiler */
	OPAM_UNAVAILABLE = 16, /* not on this machine */
	OPAM_BROKEN = 32 /* nothing of the file is known; SYNOPSIS tells what is wrong AT a place */
};
/* Strings live until the close; "" where the file doesn't tell. */
struct opam_known {
	uint32_t package;
	const char *name, *version;
	const char *path;     /* of the opam file within the repository */
	unsigned marks;	      /* of enum opam_mark */
	struct opam_place at; /* of OPAM_BROKEN */
	const char *synopsis;
	const char *repository;		     /* opam_repository_key() of dev-repo */
	const char *dev_repo;		     /* as the file has it */
	const char *src, *checksum, *commit; /* of url; its strongest checksum; x-commit-hash */
	const char *available; /* the filter, where the machine alone does not decide it */
};
/* What speaks against choosing a version with these marks, less before more: 0 nothing, 1 it is to
 * be avoided or deprecated, 2 it is not available here, 3 it can't be read. */
unsigned opam_marks_against(unsigned marks);
struct opam_counts {
	uint32_t packages, versions, needs, edges, repositories, broken;
	uint64_t bytes; /* of the index */
	uint32_t read;	/* files read by the last opam_index_open(); 0 where all was known */
};
void opam_index_count(const struct opam_index *x, struct opam_counts *out);
/* The package called NAME; OPAM_NONE where there is none. */
uint32_t opam_index_package(const struct opam_index *x, struct str name);
const char *opam_index_name(const struct opam_index *x, uint32_t package);
/* How many versions it has, and the number of the first (lowest). */
uint32_t opam_index_versions(const struct opam_index *x, uint32_t package, uint32_t *first);
/* The highest of the versions with the least against them; OPAM_NONE without versions. */
uint32_t opam_index_latest(const struct opam_index *x, uint32_t package);
/* The version of PACKAGE that is VERSION, or equal to it in opam's order; or OPAM_NONE. */
uint32_t opam_index_version(const struct opam_index *x, uint32_t package, struct str version);
/* The versions marked OPAM_BROKEN, ascending. */
void opam_index_broken(const struct opam_index *x, struct arena *a, opam_numbers *out);
/* False where there is no version of that number. */
bool opam_index_get(const struct opam_index *x, uint32_t version, struct opam_known *out);
/* The versions whose dev-repo has this key, ascending: how many, and the first of them. */
size_t opam_index_repository(const struct opam_index *x, struct str key, const uint32_t **versions);

/* An edge: what a version needs, seen from either end. */
struct opam_edge {
	uint32_t version; /* that needs it */
	uint32_t package; /* that is needed; OPAM_NONE: not in the repository */
	const char *name, *bound;
	unsigned roles; /* of enum opam_role */
};
/* Edge I of VERSION; false behind the last. */
bool opam_index_edge(const struct opam_index *x, uint32_t version, size_t i, struct opam_edge *out);

/* The versions that depend on one of the versions FROM, ascending; edges count that have no role
 * beside those in ROLES. RECURSIVE: and those that depend on them, and so on. As opam does, an edge
 * leads to all versions that its bound admits, whether they can be installed together or not. FROM
 * itself is among them, as in opam's lists, where it is RECURSIVE. */
void opam_index_dependents(const struct opam_index *x, struct arena *a, const opam_numbers *from,
	unsigned roles, bool recursive, opam_numbers *out);
/* The same, the other way round: what FROM depends on. */
void opam_index_dependencies(const struct opam_index *x, struct arena *a, const opam_numbers *from,
	unsigned roles, bool recursive, opam_numbers *out);
#define OPAM_NEAR_MAX 5
/* Up to OPAM_NEAR_MAX names that WORD may have been meant to be, nearest first. */
size_t opam_index_near(
	const struct opam_index *x, struct str word, const char *near[OPAM_NEAR_MAX]);

#endif
