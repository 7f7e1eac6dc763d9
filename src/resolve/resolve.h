/* resolve.h - from a module, header, symbol, source file, library or package name to the
 * library, the package and its source, each step with its evidence. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_H
#define RESPIN_RESOLVE_H

#include "fetch/fetch.h"

struct candidate {
	const char *module;  /* "lwip/tcp.h", "tcp_write", "Tcp.Flow", "src/core/tcp_out.c" */
	const char *kind;    /* "header", "symbol", "source file", "module", "library", "package" */
	const char *library; /* "lwip.o", "tcpip.tcp"; NULL for an image, or where there is none */
	const char *package, *version; /* version: NULL where it is not known */
	const char *source;	       /* origin in words; NULL where none is known */
	const char *file; /* where in the source: "src/core/tcp_out.c"; NULL for a package. Absolute
			   * where it is installed */
	int line;	  /* 0: the file as a whole */
	int rank;	  /* higher is better; candidates are sorted by it */
	const char *overlay; /* the local edits that stand in for its source, in words; or NULL */
	const char *world; /* "workspace", "project", "installed", "lock", "opam", "distribution" */
	const char *unit; /* the part of the project that an overlay replaces as a whole; or NULL */
	const char *install; /* what installs it: "apt-get install zlib1g-dev"; NULL: it is there */
	strings evidence;    /* each step in words: "the build of lwip compiles tcp_out.c" */
	strings dependents;  /* packages (of OCaml: libraries) that need it, transitively */
	strings images;	     /* images that contain it */
	strings implementations; /* of a virtual library: libraries */
};
/* An opam file of a repository that can't be read: nothing of what it says is in the answer. */
struct damaged {
	const char *package, *version; /* as its folder is called */
	const char *file;	       /* below the repository's folder, archive or git directory */
	unsigned line, column;	       /* both from 1 */
	const char *error;	       /* what stands there and what was expected */
};
struct resolution {
	const char *query;
	VEC(struct candidate) candidates;
	strings near_misses; /* where there is no candidate: names like it, nearest first */
	strings looked_in;   /* "lwip 2.1.3: 410 files, 10,349 symbols" */
	/* "FILE:LINE:COLUMN: ..." of files of a project, of installed libraries and of opam's root
	 * that could not be read: first the UNREAD_OWN that are of the package called QUERY. */
	strings unread;
	size_t unread_own;
	/* Of the repositories that have a package called QUERY: its own files first, newest first;
	 * then all others, any of which may have named it as a dependency. */
	VEC(struct damaged) damaged;
};

/* How far a name is looked for. */
enum resolve_reach {
	RESOLVE_OWN,	     /* in the workspace and the project alone */
	RESOLVE_FIRST,	     /* and, where they have nothing certain, everywhere else */
	RESOLVE_ALL,	     /* everywhere */
	RESOLVE_DISTRIBUTION /* in what the distribution has, installed or not, alone */
};

/* Finds NAME among
 *   the workspace's packages, by their recipes and by reading their sources (an overlay's working
 *   tree in place of its source; symbols come from universal-ctags, run once per tree),
 *   the dune project that W or the current folder is in, and the packages that its lock file names,
 *   OCaml's installed libraries, the packages of the user's opam repositories,
 *   the distribution: files of installed packages, symbols of its libraries, names of pkg-config,
 *   and, where apt-file has its index, files of packages that are not installed.
 * W may be empty (root NULL): no workspace. What is known of each is kept in files that are mapped
 * (the workspace's and project's below .respin/index/, all other in the user's cache folder) and
 * refreshed where something changed. Sources that are not there yet are fetched only with FETCH,
 * and where nothing certain was found without them. True also where nothing was found (candidates
 * is empty then). */
MUST_CHECK bool resolve_name(struct arena *a, const struct workspace *w, const char *name,
	enum resolve_reach reach, bool fetch, struct resolution *out, struct err *e);

#endif
