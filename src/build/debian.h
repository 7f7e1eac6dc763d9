/* debian.h - Debian source packages in a build: their own debian/rules in the sandbox, against the
 * other packages of the workspace that they see. Private to build. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_DEBIAN_H
#define RESPIN_BUILD_DEBIAN_H

#include "build/engine.h"
#include "debian/debian.h"

/* What a package's debian/control and dpkg tell. */
struct debian_package {
	strings fields; /* Build-Depends and the two others, without comments */
	strings profiles;
	strings related;    /* packages of the build that this one is built against */
	strings why;	    /* "zlib1g-dev", the package that shows it */
	dpkg_packages seen; /* all that its build sees installed, sorted */
	bool open;	    /* its actions are being made: for circles */
};

/* ---- debian.c ---- */

/* The packages of a build whose target is made by debian/rules: the target, those that it needs,
 * and those with an overlay that it sees. */
MUST_CHECK bool debian_packages_open(struct engine *g, struct err *e);
MUST_CHECK bool debian_node_add(struct engine *g, struct package *p, struct err *e);
MUST_CHECK bool debian_know(struct engine *g, struct node *n, struct err *e);
const char *debian_words(struct engine *g, const struct node *n);
MUST_CHECK bool debian_start(struct engine *g, struct node *n, struct err *e);
MUST_CHECK bool debian_finish(struct engine *g, struct node *n, struct err *e);
/* Puts before E, which is of N, who is built with its package, where that is not the target. */
void debian_explain(const struct engine *g, const struct node *n, struct err *e);
/* Where what N's programs said is kept. */
const char *debian_log(const struct engine *g, const struct node *n);
/* Keeps it; thousands of lines are no news where all went WELL. */
void debian_keep_log(struct engine *g, struct node *n, bool well);

/* ---- control.c ---- */

/* Reads DIR/debian/control. DIR may be NULL: nothing is known then. */
MUST_CHECK bool control_read(struct arena *a, const struct recipe *r, const char *dir,
	struct debian_package *out, struct err *e);
/* The installed package of source SOURCE that shows that a build with P's dependencies uses it: one
 * that P names, or that comes with what P names and not with every build, or a -dev package. NULL
 * where there is none. */
const char *control_sees(
	struct arena *a, const struct dpkg *d, const struct debian_package *p, const char *source);
/* E_NOTFOUND with what is missing of P's build dependencies, and how to get it. */
MUST_CHECK bool control_check(const struct engine *g, const struct recipe *r, const char *dir,
	const struct debian_package *p, struct err *e);
/* The name of R's Debian source package; that in DIR/debian/control where the recipe has none. */
const char *control_source(struct arena *a, const struct recipe *r, const char *dir);

/* ---- over.c ---- */

/* Adds to ARGV, a line for bubblewrap, what lays the files in the folder OVER over those that are
 * installed, in the sandbox alone. FARMS is a scratch folder. */
MUST_CHECK bool over_add(
	struct arena *a, const char *over, const char *farms, strings *argv, struct err *e);

/* ---- debs.c ---- */

/* The folder with the binary packages that OBJECT holds: made from it where it is not there. */
MUST_CHECK bool debs_unfold(struct arena *a, const struct workspace *w, const char *package,
	const struct digest *object, const char **out, struct err *e);
/* Removes the folders of objects that are not in the store any more. Adds the bytes to *FREED. */
MUST_CHECK bool debs_gc(struct arena *a, const struct workspace *w, struct store *s,
	uint64_t *freed, struct err *e);

/* ---- sandbox.c ---- */

/* A line for bubblewrap so far: no network, nothing of the user's, the system read-only. */
MUST_CHECK bool sandbox_line(struct engine *g, strings *argv, struct err *e);

#endif
