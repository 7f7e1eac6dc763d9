/* search.h - where a name is looked for, what was found there, and why one find is better than
 * another. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_SEARCH_H
#define RESPIN_RESOLVE_SEARCH_H

#include "resolve/catalog.h"
#include "resolve/index.h"
#include "resolve/resolve.h"

/* A folder with sources of a package: its source tree, or one of its config folders. */
struct ground {
	const struct recipe *recipe;
	const char *dir;    /* absolute */
	const char *origin; /* in words */
	const char *config; /* the config folder as the recipe names it, or NULL */
	bool is_overlay;
	const char *kept; /* the index's file */
	struct index index;
};

struct found {
	struct candidate c;
	const struct recipe *recipe; /* NULL: not of the workspace's recipes */
	bool in_build, is_definition;
	const struct asked *asked; /* the catalog that has it; or NULL */
	uint32_t owner;		   /* there */
};

/* A world whose names are in a catalog. */
struct asked {
	const char *world;	 /* as in candidates */
	const char *words;	 /* how it is called where a name is looked for */
	const char *root;	 /* that its files are relative to; NULL: they are absolute */
	int linked, exact, part; /* points: in an image, else where it is exact, else */
	bool is_own;
	bool by_package;  /* only packages need each other, not libraries */
	const char *kept; /* the catalog's file; or NULL */
	struct catalog catalog;
	size_t left_out; /* finds beyond the limit */
};

struct search {
	struct arena *a;
	const struct workspace *w;
	struct str query;
	const char *real; /* the file of that name on disk, absolute and free of links; or NULL */
	VEC(struct ground) grounds;
	VEC(struct found) found;
	recipes missing;      /* whose source is not there */
	struct err unfetched; /* why one of them can't be had, where HAS_UNFETCHED */
	bool has_unfetched;
	const char *project; /* root of the dune project, absolute; NULL: none */
	VEC(struct asked *) asked;
	strings looked_in; /* in words */
	strings unread;	   /* as in resolution */
	VEC(struct damaged) damaged;
	strings near; /* names like it that a world knows, nearest first */
	bool fetch;
};

/* The parts of a rank. Of what the workspace and the project have, whatever is exact is above
 * whatever is not; what they build is above all that they don't have. */
#define RANK_EXACT 100
#define RANK_PART 30
#define RANK_DEFINITION 20
#define RANK_NAME 50 /* of a package, a library */

/* PATH without FOLDER before it; NULL where it is not below. */
const char *path_below(const char *folder, const char *path);
/* PATH as the user would write it: relative to the workspace where it is below. */
const char *shown_path(const struct search *s, const char *path);

/* How the build of a package uses one of its files. */
struct use {
	bool in_build;
	int points;
	const char *words;
	const char *include; /* what #include finds it by ("lwip/tcp.h"), or NULL */
};
struct use use_of(const struct search *s, const struct ground *g, const char *path);

/* ---- worlds: where names come from ----------------------------------------------------------- */

/* Each adds what it has for the query to s->found, and to s->looked_in where it looked. A world
 * that is not there has nothing; an error is only what would make the answer wrong. */
typedef bool world_search(struct search *s, struct err *e);
world_search search_workspace, search_workspace_missing; /* recipes; and those to be fetched */
world_search search_project, search_locked;
world_search search_installed;
world_search search_opam;
world_search search_distribution, search_available;

/* Opens the catalog of SOURCE and looks there; HOW tells what its finds are worth. */
MUST_CHECK bool search_catalog(struct search *s, const struct catalog_source *source,
	const struct asked *how, struct err *e);
/* The file that keeps the catalog NAME of what KEY tells: the project's own, or one of the user's
 * cache. NULL: nowhere. */
const char *search_kept(const struct search *s, bool own, const char *name, const char *key);
/* The catalog of the distribution's installed packages, to be closed; false where there is none. */
MUST_CHECK bool distribution_open(struct search *s, struct catalog *out);
/* In words, the source package of what installed PATH, a META or an archive of OCaml's; NULL. */
const char *distribution_source(struct arena *a, const struct catalog *c, const char *path);
/* Fills in who depends on the finds of catalogs, and which images link them. */
void search_catalog_finish(struct search *s);
void search_close(struct search *s); /* for defer() */

/* Adds the packages and libraries called as the query. */
void search_recipes(struct search *s);
/* Adds the files and symbols of G called as the query. */
void search_ground(struct search *s, const struct ground *g);
/* Adds the LINES of a catalog that were not added before to s->unread. */
void search_add_unread(struct search *s, const char *lines);
/* s->unread with the files of the package that the query names before all others; how many. */
size_t search_sort_unread(struct search *s);
/* Is there something that can't be outdone by what was not looked at yet? */
bool search_is_certain(const struct search *s);
/* Fills in dependents and images, and sorts: best first. */
MUST_CHECK bool search_finish(struct search *s, struct err *e);
/* Names like the query's, nearest first. */
strings search_near(const struct search *s);
/* "10,349 symbols" */
const char *count_words(struct arena *a, size_t n, const char *what);

#endif
