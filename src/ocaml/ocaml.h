/* ocaml.h - OCaml's libraries and the modules in them: those that are installed (findlib's META
 * files and the compiler's own) and those of a source tree that dune builds. It reads files; only
 * ocaml_describe() starts a program. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_H
#define RESPIN_OCAML_H

#include "base/base.h"

/* ---- libraries ------------------------------------------------------------------------ */

struct ocaml_module {
	const char *path; /* as other libraries write it: "Tcp.Flow" */
	const char *unit; /* the compiler's name for it: "Tcp__Flow" */
	/* Source files, relative to the library's folder; NULL where there is none. */
	const char *impl, *intf;
	bool is_private;   /* no path leads there: private, not shown by its wrapper, no .cmi */
	bool is_virtual;   /* only an interface here: the implementation is another library's */
	bool is_alias;	   /* made by dune, holds nothing but other modules' names */
	bool is_generated; /* its source is made by a rule of the build */
	/* Installed: several libraries share the folder, and it may be another's. In a workspace:
	 * is_private is what the wrapper's text looks like. */
	bool is_guess;
	bool has_cmt, has_cmti; /* installed typed trees */
};
typedef VEC(struct ocaml_module) ocaml_modules;

enum ocaml_wrapping {
	OCAML_UNWRAPPED,
	OCAML_WRAPPED,	 /* modules are reached as Main.Module */
	OCAML_TRANSITION /* as Main.Module, and by the old name */
};

struct ocaml_library {
	const char *name;	/* as (libraries) and findlib have it: "tcpip.tcp" */
	const char *local_name; /* dune's own name: "tcp"; NULL where it is not known */
	const char *package;	/* "tcpip"; NULL for a library that no package installs */
	const char *version;	/* NULL where none is said */
	/* Installed: absolute. In a workspace: relative to its root, "." for the root itself. */
	const char *dir;
	const char *file; /* that defines it: META or dune file, named as dir is */
	int line;
	bool is_installed, is_vendored, is_optional;
	enum ocaml_wrapping wrapping;
	const char *main_module; /* "Tcp"; NULL where not wrapped */
	ocaml_modules modules;	 /* sorted by unit */
	strings requires;	 /* names of libraries */
	strings ppx;		 /* preprocessors (libraries of their own) */
	strings archives;	 /* installed: "tcp.cma" and "tcp.cmxa", relative to dir */
	strings stubs;	 /* in a workspace: its sources in C and C++, relative to the root */
	bool is_virtual; /* others implement it */
	const char *implements, *default_implementation; /* names, or NULL */
	const char *enabled_if; /* the condition as dune has it, not evaluated; or NULL */
	const char *redirect;	/* the library that this old name stands for; or NULL */
	const char *guess;	/* why what is said here may be wrong; NULL where it is certain */
};
typedef VEC(struct ocaml_library) ocaml_libraries;
typedef VEC(const struct ocaml_library *) ocaml_library_list;

/* The library called NAME, by either of its names, the public one first; NULL where none is. */
const struct ocaml_library *ocaml_find(const ocaml_libraries *all, const char *name);
/* NAMES and what they require, transitively, each once, requirements first. Names that ALL does
 * not have go to MISSING (may be NULL). */
void ocaml_closure(struct arena *a, const ocaml_libraries *all, const strings *names,
	ocaml_library_list *out, strings *missing);
/* Does one of LIST implement LIBRARY, a virtual one? */
bool ocaml_is_implemented(const ocaml_library_list *list, const struct ocaml_library *library);

/* ---- installed libraries -------------------------------------------------------------- */

/* Where findlib looks, as its configuration and the environment say. */
struct ocaml_site {
	strings path;	    /* folders that hold packages, first match wins */
	const char *stdlib; /* the compiler's own folder */
	const char *conf;   /* the file that said it; NULL where there is none */
};
/* What decides: values of environment variables, NULL where not set. */
struct ocaml_env {
	const char *ocamlfind_conf, *ocamlfind_toolchain, *ocamlpath, *ocamllib;
	const char *switch_prefix; /* OPAM_SWITCH_PREFIX */
};
struct ocaml_env ocaml_env_now(void);
/* E_INPUT where the configuration can't be read as such. Folders need not exist. */
MUST_CHECK bool ocaml_site_find(
	struct arena *a, const struct ocaml_env *env, struct ocaml_site *out, struct err *e);

struct ocaml_installed {
	ocaml_libraries libraries; /* sorted by name */
	strings problems;	   /* "FILE:LINE:COLUMN: ...": files that could not be read */
	/* The same (E_INPUT with its place) of META files and dune's notes: struct err by package.
	 */
	struct map broken;
	strings read; /* files and folders that the answer depends on */
};
/* All libraries of SITE with their modules, requirements as for native threaded code. */
MUST_CHECK bool ocaml_installed_read(
	struct arena *a, const struct ocaml_site *site, struct ocaml_installed *out, struct err *e);

/* The same without their modules: only META files and dune's notes beside them are read. */
MUST_CHECK bool ocaml_installed_names(
	struct arena *a, const struct ocaml_site *site, struct ocaml_installed *out, struct err *e);

/* ---- source trees --------------------------------------------------------------------- */

struct ocaml_executable {
	strings names, public_names;
	const char *package; /* that installs it; or NULL */
	const char *dir;     /* relative to the root */
	const char *file;
	int line;
	bool is_test, is_vendored, is_optional;
	bool is_script; /* (melange.emit), called as its target: a test in all but its purpose */
	ocaml_modules modules; /* sorted by unit; their sources are relative to dir */
	strings requires, ppx;
	strings stubs;			/* as a library's */
	const char *enabled_if, *guess; /* as a library's */
};
struct ocaml_package {
	const char *name;
	const char *dir;  /* relative to the root */
	const char *opam; /* its opam file; NULL where only dune-project has it */
	const char *file; /* that defines it */
	int line;
	const char *version; /* as dune-project says; or NULL */
	bool is_vendored;
};
struct ocaml_workspace {
	const char *root;
	ocaml_libraries libraries; /* sorted by name */
	VEC(struct ocaml_executable) executables;
	VEC(struct ocaml_package) packages;
	strings vendored; /* folders that "(vendored_dirs ...)" names, relative to the root */
	strings problems; /* "FILE:LINE:COLUMN: ...": what could not be read */
	strings programs; /* dune files that are OCaml programs: what they define is not known */
	strings read;	  /* files and folders that the answer depends on, relative to the root */
	/* The first of the problems that stop dune, too (E_INPUT with its place); NULL: none. */
	const struct err *broken;
};
/* The workspace in the folder ROOT, by reading its dune files alone. What only the build can tell
 * is marked as a guess. INSTALLED, where it is known (else NULL), decides what "(select ...)" picks
 * and tells of virtual libraries that are implemented here. The folder WITHOUT of the root, where
 * it is not NULL, is left out, whatever dune is told of it. */
MUST_CHECK bool ocaml_workspace_read(struct arena *a, const char *root, const char *without,
	const ocaml_libraries *installed, struct ocaml_workspace *out, struct err *e);

/* Targets of the rules in the dune file FILE that dune copies into the source tree (mode promote),
 * in the file's order. E_INPUT with line and column where it can't be read. */
MUST_CHECK bool ocaml_promoted(struct arena *a, const char *file, strings *out, struct err *e);

/* TEXT that "dune describe workspace" wrote, as S-expressions or canonical ones. It knows all
 * modules and requirements for certain, but neither packages nor where stanzas are. */
MUST_CHECK bool ocaml_describe_parse(struct arena *a, const char *root, struct str text,
	struct ocaml_workspace *out, struct err *e);
/* The same from running DUNE (a program's name or path) in ROOT, of the build context CONTEXT
 * (NULL: "default"). BUILD is the folder that dune keeps its own files in (NULL: ROOT's _build),
 * for whose lock it waits, as each run of dune does; E_CHILD where that takes longer than a minute.
 */
MUST_CHECK bool ocaml_describe(struct arena *a, const char *root, const char *dune,
	const char *context, const char *build, struct ocaml_workspace *out, struct err *e);
/* What dune itself says in the error of such a run, in a line: "dune:4: Unknown constructor x". */
const char *ocaml_dune_said(struct arena *a, const struct err *e);
/* Takes over into READ, which came from the dune files, what dune has DESCRIBED: modules,
 * requirements, and libraries that READ lacks: the dune file of those is the program beside them.
 * What dune confirms is no guess any more. */
void ocaml_workspace_confirm(
	struct arena *a, struct ocaml_workspace *read, const struct ocaml_workspace *described);

#endif
