/* resolve.h - from a header, symbol, source file, library or package name to the library, the
 * package and its source, each step with its evidence. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_H
#define RESPIN_RESOLVE_H

#include "fetch/fetch.h"

struct candidate {
	const char *module;  /* "lwip/tcp.h", "tcp_write", "src/core/tcp_out.c" */
	const char *kind;    /* "header", "symbol", "source file", "library", "package" */
	const char *library; /* "lwip.o"; NULL for an image */
	const char *package, *version;
	const char *source; /* origin in words; NULL where the recipe has none */
	const char *file;   /* where in the source: "src/core/tcp_out.c"; NULL for a package */
	int line;	    /* 0: the file as a whole */
	int rank;	    /* higher is better; candidates are sorted by it */
	strings evidence;   /* each step in words: "the build of lwip compiles tcp_out.c" */
	strings dependents; /* packages that need it, transitively */
	strings images;	    /* images that contain it */
};
struct resolution {
	const char *query;
	VEC(struct candidate) candidates;
	strings near_misses; /* where there is no candidate: names like it, nearest first */
	strings looked_in;   /* "lwip 2.1.3: 410 files, 10,349 symbols" */
};

/* Finds NAME in the workspace's packages, by their recipes and by reading their sources (an
 * overlay's working tree in place of its source). Symbols come from universal-ctags, run once per
 * tree; the index of a tree is kept under .respin/index/ and refreshed where files changed. Sources
 * that are not there yet are fetched only with FETCH, and where nothing certain was found without
 * them. True also where nothing was found (candidates is empty then). */
MUST_CHECK bool resolve_name(struct arena *a, const struct workspace *w, const char *name,
	bool fetch, struct resolution *out, struct err *e);

#endif
