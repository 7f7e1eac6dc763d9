/* search.h - where a name is looked for, what was found there, and why one find is better than
 * another. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_SEARCH_H
#define RESPIN_RESOLVE_SEARCH_H

#include "resolve/index.h"
#include "resolve/resolve.h"

/* A folder with sources of a package: its source tree, or one of its config folders. */
struct ground {
	const struct recipe *recipe;
	const char *dir;    /* absolute */
	const char *origin; /* in words */
	const char *config; /* the config folder as the recipe names it, or NULL */
	bool is_overlay;
	struct index index;
};

struct found {
	struct candidate c;
	const struct recipe *recipe;
	bool in_build, is_definition;
};

struct search {
	struct arena *a;
	const struct workspace *w;
	struct str query;
	const char *real; /* the file of that name on disk, absolute and free of links; or NULL */
	VEC(struct ground) grounds;
	VEC(struct found) found;
	recipes missing; /* whose source is not there */
};

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

/* Adds the packages and libraries called as the query. */
void search_recipes(struct search *s);
/* Adds the files and symbols of G called as the query. */
void search_ground(struct search *s, const struct ground *g);
/* Fills in dependents and images, and sorts: best first. */
MUST_CHECK bool search_finish(struct search *s, struct err *e);
/* Names like the query's, nearest first. */
strings search_near(const struct search *s);

#endif
