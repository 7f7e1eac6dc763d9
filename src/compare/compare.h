/* compare.h - two runs in, a list of typed differences out. SPDX-License-Identifier: ISC */
#ifndef RESPIN_COMPARE_H
#define RESPIN_COMPARE_H

#include "build/build.h"
#include "image/image.h"
#include "lab/lab.h"
#include "past/past.h"

/* One side: an image, how it was built, what its checks said. */
struct side {
	const char *label; /* "without overlays", "with lwip: TCP: ..." */
	struct run run;
	struct image_info image;
	struct build_result build; /* zero where the image was not built now */
};

/* A skipped check gave no answer: skip -> pass is NEW, fail -> skip is GONE, skip -> skip SAME. */
enum change { SAME, FIXED, BROKEN, NEW, GONE };
const char *change_name(enum change c); /* "same", "fixed", "broken", "new", "gone" */

struct check_change {
	const char *name, *type;
	const char *before, *after; /* "pass", "fail", "skip"; NULL where there is no such check */
	enum change change;
	const char *why_before, *why_after;
};
struct metric_change {
	const char *check, *name, *unit;
	bool has_before, has_after;
	double before, after;
	bool exact;   /* a count or a size: the same in every run of the same image */
	bool notable; /* differs by more than noise of single runs is likely to: see measure.c */
};
struct package_change {
	const char *name;
	const char *version_before, *version_after; /* NULL: not in that image */
	const char *source_before, *source_after;   /* SHA-256, NULL for a path */
	uint64_t size_before, size_after;
	const char *overlay_before, *overlay_after; /* tree ids, NULL without an overlay */
	strings patches;			    /* subjects that only AFTER has */
	strings dropped;			    /* subjects that only BEFORE has */
};
struct size_change {
	const char *name, *package; /* symbol or section; package for symbols, or NULL */
	int64_t before, after;	    /* bytes; 0 where that image has none */
};
struct kind_count {
	const char *kind; /* "entry added": see past.h */
	size_t before, after;
};
/* A store whose history at least one side has. */
struct store_change {
	const char *store;
	int64_t machine;
	bool has_before, has_after;
	size_t commits_before, commits_after, entries_before, entries_after;
	VEC(struct kind_count) kinds; /* of commits, in the order in which they first come */
	past_changes entries;	      /* of the last states, plainly (past.h) */
	/* The first commits whose plain messages differ: how many come before, and what they say
	 * (NULL: that history ends). */
	bool diverges;
	size_t common;
	const char *message_before, *message_after;
};
struct comparison {
	const char *image;
	const struct side *before, *after;
	VEC(struct check_change) checks;
	VEC(struct metric_change) metrics;
	VEC(struct package_change) packages; /* only those that differ */
	VEC(struct size_change) sections;    /* only those that differ */
	VEC(struct size_change) symbols;     /* only those that differ, largest change first */
	VEC(struct store_change) state;	     /* all stores */
	int64_t size_difference;	     /* of the image's file */
	bool image_same;
	size_t fixed, broken, same, new_, gone; /* counts of checks */
	size_t new_failing;			/* of the new ones: those that fail */
};

/* Checks, metrics and packages pair by name, in BEFORE's order with AFTER's own behind them. All
 * strings are those of the sides, which must live as long as OUT. */
void compare_sides(struct arena *a, const struct side *before, const struct side *after,
	struct comparison *out);

/* Adds how the histories of the two runs' stores differ. E_CORRUPT where a kept one is damaged. */
MUST_CHECK bool compare_state(struct arena *a, struct comparison *c, struct err *e);

#endif
