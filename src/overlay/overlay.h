/* overlay.h - local edits of a package: overlays/PKG/src is a git working tree whose first commit
 * is pristine upstream; overlays/PKG/NNNN-*.patch and overlay.json are what a project commits.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_H
#define RESPIN_OVERLAY_H

#include "fetch/fetch.h"

/* What a patch says of itself in the last paragraph of its message: fields of DEP-3 (Debian's patch
 * tagging guidelines), Yocto's Upstream-Status, and Fixes-Check. NULL where it does not say. */
struct patch_facts {
	const char *origin;	     /* "upstream, https://..." */
	const char *forwarded;	     /* "no", "not-needed"; all else: that, or where, it was sent */
	const char *upstream_status; /* "Submitted [https://...]" */
	const char *last_update;     /* "2026-11-26" */
	const char *applied_upstream;
	strings bugs;	   /* URLs, of Bug and Bug-VENDOR ... */
	strings bug_names; /* ... which each of them is */
	strings checks;	   /* "IMAGE/CHECK": checks that it fixes */
	strings problems; /* "Last-Update: expected a date, YYYY-MM-DD"; such a field is left out */
};
/* BODY is a message without its subject. */
void patch_facts(struct arena *a, const char *body, struct patch_facts *out);

/* How a rebase stands, or what it did. */
struct overlay_dropped {
	const char *subject, *why; /* "upstream 2.0 has it" */
};
struct overlay_rebase {
	const char *from, *to;		     /* upstream's versions */
	const char *debian_from, *debian_to; /* Debian's, where the source is Debian's; or NULL */
	bool done, aborted;
	strings moved; /* subjects of the patches that stand on TO, oldest first */
	VEC(struct overlay_dropped) dropped;
	strings order;	     /* of both, as in the series: "moved" or "dropped" for each patch */
	const char *stopped; /* subject of the patch that conflicts; NULL */
	strings conflicts;   /* files that it conflicts in */
	size_t left;	     /* patches behind it */
	strings notes;	     /* what else there is to know, a line each */
};

/* An overlay as a build takes it. */
struct overlay {
	const char *package;
	const char *dir;     /* the working tree */
	const char *version; /* upstream version that it is based on */
	const char *debian;  /* Debian's version of it, where the source is Debian's; or NULL */
	const char *tree; /* git tree id (40 hexadecimal digits) of the working tree as it stands */
	strings patches;  /* subjects of the commits since upstream, oldest first */
	strings bodies;	  /* the rest of their messages (overlay_list() only) */
	bool dirty;	  /* uncommitted changes are in the working tree */
	bool saved;	  /* the patch series on disk gives exactly this tree */
	const struct overlay_rebase *rebase; /* under way: not fit for a build; else NULL */
};
typedef VEC(struct overlay) overlays;

/* Opens PKG's source for editing; fetches it first. An existing series (a fresh clone) is applied
 * again. Fine where the working tree is there already: *CREATED tells. */
MUST_CHECK bool overlay_add(const struct workspace *w, const char *package, struct overlay *out,
	bool *created, struct err *e);
/* The recipe of NAME, which may also be a package or library of Debian's that no recipe is for (or
 * "NAME=VERSION"): then overlays/PKG/recipe.json is made for its source package, and *WHY tells why
 * this version; else *WHY is NULL. E_CONFLICT where VERSION is asked for and there is a recipe of
 * another one: a recipe that is there is never written. */
MUST_CHECK bool overlay_adopt(struct workspace *w, const char *name, struct recipe **out,
	const char **why, struct err *e);
/* overlay_add() of it; a recipe that was made goes again where that fails. */
MUST_CHECK bool overlay_add_any(struct workspace *w, const char *name, struct overlay *out,
	bool *created, const char **why, struct err *e);
/* Files of PACKAGE's vendored folder that differ from what was vendored, relative to it: the
 * overlay starts from the folder as it stands, edits included. Nothing where nobody can tell:
 * neither was the locked source ever fetched, nor is the folder in the user's git. Runs git. */
MUST_CHECK bool overlay_edited(
	const struct workspace *w, const char *package, strings *out, struct err *e);
/* All overlays of the workspace, sorted by name; working trees missing in a fresh clone are made
 * from their series first. */
MUST_CHECK bool overlay_list(const struct workspace *w, overlays *out, struct err *e);
/* The names of their packages, whatever state they are in. */
MUST_CHECK bool overlay_names(const struct workspace *w, strings *out, struct err *e);
/* One of them. */
MUST_CHECK bool overlay_find(
	const struct workspace *w, const char *package, struct overlay *out, struct err *e);
/* E_CONFLICT: O, one of that list, is in the middle of a rebase. */
bool overlay_busy(const struct overlay *o, struct err *e);
/* Applies a patch or a mailbox as commits, strictly: no fuzz. All of it or nothing. E_CONFLICT
 * names the file, the hunk and why. A plain diff is committed under its file's name.
 */
MUST_CHECK bool overlay_apply(const struct workspace *w, const char *package, const char *patch,
	struct overlay *out, struct err *e);
/* Writes the series and overlay.json. Uncommitted changes are committed first under MESSAGE, or
 * are E_CONFLICT where MESSAGE is NULL. */
MUST_CHECK bool overlay_save(const struct workspace *w, const char *package, const char *message,
	struct overlay *out, struct err *e);
/* Unified diff of the working tree, uncommitted changes included, against upstream. */
MUST_CHECK bool overlay_diff(
	const struct workspace *w, const char *package, struct str *out, struct err *e);
/* Removes the overlay. E_CONFLICT where edits are not saved, or its recipe was edited and is not in
 * the project's last commit, unless FORCE. */
MUST_CHECK bool overlay_drop(
	const struct workspace *w, const char *package, bool force, struct err *e);

/* Moves the patches to another version of upstream, one by one and by three-way merge; their
 * words and authors stay. */
struct rebase_request {
	const char *package;
	enum rebase_verb { REBASE_START, REBASE_CONTINUE, REBASE_SKIP, REBASE_ABORT } verb;
	/* For REBASE_START. VERSION is NULL where the recipe names the new source already; else the
	 * recipe is changed at the end, as the last step. What is not given here is looked for:
	 * Debian's checksum in apt's index of sources, a URL by putting the version in its place.
	 */
	const char *version, *sha256, *commit, *url;
};
/* True where it came to its end (OUT->done), was aborted, or stopped at a conflict: then the
 * working tree holds the files with conflict markers, and CONTINUE, SKIP and ABORT are the ways on.
 * What stands on disk is enough for these at any time, whenever the program was killed.
 * E_CONFLICT where something of the user's is in the way; nothing is changed then. */
MUST_CHECK bool overlay_rebase(const struct workspace *w, const struct rebase_request *q,
	struct overlay_rebase *out, struct err *e);

/* A working tree outside overlays/ (under .respin/try/): the workspace's overlay of PACKAGE as it
 * stands, or pristine upstream, with PATCH applied. For `try`, which leaves overlays/ alone. */
MUST_CHECK bool overlay_scratch(const struct workspace *w, const char *package, const char *patch,
	struct overlay *out, struct err *e);

/* ---- each patch on its own ---------------------------------------------------------------- */

/* A patch put to the test on the source that the recipe names now. */
struct trial_patch {
	const char *subject, *body;
	bool applies;	 /* in its place among the others, strictly */
	bool separable;	 /* the others are whole without it */
	const char *why; /* not; NULL where both are true */
};
typedef VEC(struct trial_patch) trial_patches;
struct overlay_trial;

/* A scratch tree (below .respin/verify/) with the patches of PACKAGE's overlay: its commits, else
 * its saved series. Those that don't apply are left out. *DIRTY: there are uncommitted changes,
 * which are no patch. One trial at a time; it must be closed. E_NOTFOUND: there is no overlay. */
MUST_CHECK bool trial_open(const struct workspace *w, const char *package,
	struct overlay_trial **out, trial_patches *patches, bool *dirty, struct err *e);
/* Gives the tree all patches but number WITHOUT, which is separable; all where it is beyond them.
 */
MUST_CHECK bool trial_set(struct overlay_trial *t, const trial_patches *patches, size_t without,
	struct overlay *out, struct err *e);
void trial_close(struct overlay_trial **t); /* for defer(); NULL is fine */

#endif
