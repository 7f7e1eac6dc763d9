/* build.h - from recipes, sources and overlays to an image: one action per C file, one per
 * package, one per image; each kept by the hash of all that goes in. What is unchanged is not run;
 * what runs has a reason. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_H
#define RESPIN_BUILD_H

#include "overlay/overlay.h"

/* One action that ran or would run. Of images that dune builds: a program that dune ran; planned, a
 * library or the image (see dune.h). */
struct action {
	const char *output; /* "lwip/src/core/tcp_in.o", "lwip.o", "static-site" */
	const char *package;
	const char *reason;  /* one line: "src/core/tcp_in.c changed" */
	const char *command; /* what ran, without the names of scratch files; NULL: dune ran it */
	const char *program; /* the name of what dune ran, "ocamlopt"; NULL: it is not known */
	int64_t ns;
	struct str log; /* all that it said: warnings, or why it failed */
	bool failed;
};
typedef VEC(struct action) actions;

struct build_request {
	const struct workspace *w;
	struct recipe *image; /* or a library: builds its object alone */
	const overlays *with; /* overlays to use; NULL or empty: none */
	int jobs;	      /* 0: one per processor */
	bool plan_only;	      /* run nothing */
	bool any_effect;      /* an overlay without effect is fine */
	/* Packages that dune would find installed, and is to build from their released sources all
	 * the same: so that their overlays are compared with that. NULL: none. */
	const strings *from_source;
	bool keep_going; /* after a failure go on with what doesn't need it */
	/* Called for each action as it ends (or, with plan_only, would run); may be NULL. */
	void (*on_action)(void *ctx, const struct action *action);
	void *ctx;
};

struct build_result {
	const char *path;   /* the image (or object) in the workspace's store: never changes; of
			     * Debian's binary packages the folder that holds them */
	const char *sha256; /* of that file, or of all of these */
	actions ran;
	size_t reused; /* actions whose results were there already; of images that dune builds:
			* parts that are as they were */
	size_t parts;  /* of images that dune builds: libraries of the workspace and the image; else
			  0 */
	int64_t ns;
};

/* Brings the image up to date. E_CHILD with the whole output where an action failed; E_INPUT where
 * an overlay has no effect on this image (its package is not in it, or no changed file is
 * compiled into it), with the reason. */
MUST_CHECK bool build_run(
	struct arena *a, const struct build_request *q, struct build_result *out, struct err *e);
/* "3 actions ran, 102 reused"; of an image that dune builds "13 programs ran, 9 of 64 parts
 * rebuilt": what dune runs can't be counted where it does not run. */
const char *build_words(struct arena *a, const struct build_result *r);
/* A recipe of the workspace that depends on another one. */
struct build_dependent {
	struct recipe *r;
	const char *why; /* "needs it", "build-depends on zlib1g-dev" */
};
typedef VEC(struct build_dependent) build_dependents;
/* All recipes that depend on R: by what they need, transitively, and of those that make Debian's
 * packages all whose build uses a package of R's source. Sorted by name. */
MUST_CHECK bool build_find_dependents(struct arena *a, const struct workspace *w, struct recipe *r,
	build_dependents *out, struct err *e);
/* The name of R's Debian source package; NULL where it is none. */
const char *build_debian_source(const struct workspace *w, const struct recipe *r);
/* Removes results that no build of the last AGE_DAYS used. *FREED in bytes. */
MUST_CHECK bool build_gc(const struct workspace *w, int age_days, uint64_t *freed, struct err *e);

#endif
