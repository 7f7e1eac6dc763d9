/* dune.h - images that dune builds. The build happens in a shadow of the user's workspace, made of
 * symbolic links, in which overlays take the place of the folders that they change:
 *
 *   STATE/dune/with/      the shadow with overlays, and dune's _build in it
 *   STATE/dune/without/   the one without: "before"
 *   STATE/dune/records/   what each image was last built from, and into what
 *
 * dune decides what runs; this module says why it ran, and knows without dune when nothing would.
 * Nothing is written to the user's folders. A shadow may be deleted at any time.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_DUNE_H
#define RESPIN_DUNE_H

#include "image/image.h"
#include "overlay/overlay.h"
#include "sys/sys.h"

/* One program that dune ran, or one library or image that it would make anew. */
struct dune_action {
	/* What dune calls it: "src/tcp/.tcp.objs/native/tcp__Window.{cmx,o}"; planned: a library's
	 * name, or the image's. */
	const char *output;
	const char *unit;    /* the package (recipe) it belongs to; the image's where none does */
	const char *reason;  /* "src/tcp/window.ml changed"; "needs tcpip.tcp, which is rebuilt" */
	const char *program; /* "ocamlopt"; NULL: planned, or not told by dune 2 */
	int64_t ns;	     /* since the action before it ended, or dune began */
	struct str log;	     /* all that it said */
	bool failed;
};
typedef VEC(struct dune_action) dune_actions;

struct dune_request {
	const struct workspace *w;
	struct recipe *image;	    /* with build.dune.target */
	const overlays *with;	    /* NULL or empty: the side without */
	int jobs;		    /* 0: dune's own choice */
	bool any_effect;	    /* an overlay without effect is fine */
	const strings *from_source; /* see build_request; NULL: none */
	void (*on_action)(void *ctx, const struct dune_action *action); /* may be NULL */
	void *ctx;
};

struct dune_result {
	const char *path, *sha256; /* the image, with its manifest, in the workspace's store */
	dune_actions ran;
	size_t parts;  /* libraries of the workspace in the image, and the image */
	size_t reused; /* those that are as they were */
};

/* *HOLDS: nothing that the last build of Q read has changed, so its result, in OUT, is that of
 * another build. Starts no program, and needs no lock. */
MUST_CHECK bool dune_unchanged(struct arena *a, const struct dune_request *q, bool *holds,
	struct dune_result *out, struct err *e);
/* Builds. The caller holds the workspace's lock. E_CHILD with what dune said where it failed, in
 * the user's own paths; E_INPUT where an overlay has no effect; E_ABSENT: there is no dune. */
MUST_CHECK bool dune_build(
	struct arena *a, const struct dune_request *q, struct dune_result *out, struct err *e);
/* What dune_build() would make anew, from the changed files and from what the libraries require of
 * each other; runs and writes nothing. A library that comes out the same stops dune there: that
 * can't be foreseen, so this is what would be rebuilt at most. */
MUST_CHECK bool dune_plan(
	struct arena *a, const struct dune_request *q, struct dune_result *out, struct err *e);

/* Calls EACH for the images in the store that builds since day SINCE (of 1970) gave. Older records
 * are removed, and shadows that none used; adds their bytes to *FREED. */
MUST_CHECK bool dune_sweep(const struct workspace *w, uint64_t since,
	void (*each)(void *ctx, const struct digest *object), void *ctx, uint64_t *freed,
	struct err *e);

#endif
