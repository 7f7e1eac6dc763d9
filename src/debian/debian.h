/* debian.h - what this machine's dpkg and apt know of Debian's packages: what is installed, which
 * source a package comes from, and who depends on whom in the distribution. Reads the files that
 * the two keep (deb822(5), deb-control(5), deb-src-control(5)); changes nothing of theirs.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_DEBIAN_H
#define RESPIN_DEBIAN_H

#include "sys/sys.h"

/* ---- deb822.c: paragraphs of fields -------------------------------------------------------- */

struct deb822 {
	struct str rest;
};
struct deb822_field {
	struct str name, value; /* lines that go on the value stay in it as they are */
};
/* The next field of the paragraph; false at its end. Lines that are no field are left out. */
bool deb822_field(struct deb822 *r, struct deb822_field *out);
/* On to the next paragraph; false where there is none. */
bool deb822_next(struct deb822 *r);
/* Field names count without regard to case. */
bool deb822_is(const struct deb822_field *f, const char *name);

/* ---- relations.c: lists of dependencies ----------------------------------------------------- */

struct relations {
	struct str rest;
	size_t group; /* alternatives ("a | b") have the same number */
};
struct relation {
	struct str name;     /* without ":any" */
	struct str version;  /* ">= 1.2"; empty: any */
	struct str arch;     /* "amd64 !i386"; empty: all */
	struct str profiles; /* "!nocheck> <cross": what stands between < and > */
	size_t group;
};
/* The next alternative of a Depends field, or one like it; false at the end. What is no name is
 * left out. */
bool relations_next(struct relations *r, struct relation *out);
/* Does it count on ARCH ("amd64") with these build profiles? */
bool relation_holds(const struct relation *r, const char *arch, const strings *profiles);

/* ---- dpkg.c: what is installed -------------------------------------------------------------- */

struct dpkg_package {
	const char *name, *arch, *version;
	const char *source, *source_version; /* of the source package */
	struct str depends, provides;	     /* Pre-Depends and Depends */
	bool essential;
};
struct dpkg {
	VEC(struct dpkg_package) packages; /* installed ones, in dpkg's order */
	struct map by_name;		   /* name or what it provides -> list, see dpkg_named() */
	const char *arch;		   /* of this machine: "amd64" */
	const char *dir;		   /* dpkg's own folder */
	const char *file;		   /* that was read, in it */
};
typedef VEC(const struct dpkg_package *) dpkg_packages;

/* Reads the status file of $DPKG_ADMINDIR or /var/lib/dpkg. E_NOTFOUND where there is none. */
MUST_CHECK bool dpkg_open(struct arena *a, struct dpkg *out, struct err *e);
/* The installed packages called NAME, or that provide it; NULL where there is none. */
const dpkg_packages *dpkg_named(const struct dpkg *d, struct str name);
/* The installed packages of source package SOURCE. */
void dpkg_of_source(struct arena *a, const struct dpkg *d, const char *source, dpkg_packages *out);
/* The installed packages that a build with these Build-Depends fields sees: all essential ones,
 * those of build-essential, what the FIELDS name, and all that they depend on. Sorted by name and
 * architecture. */
void dpkg_closure(struct arena *a, const struct dpkg *d, const strings *fields,
	const strings *profiles, dpkg_packages *out);

/* ---- find.c: which source package is meant -------------------------------------------------- */

struct debian_found {
	const char *source;  /* name of the source package */
	const char *version; /* the source's */
	const char *why;     /* "zlib1g-dev 1:1.2.13.dfsg-1 is installed", for people */
};
/* NAME is a source package, a binary package, or a library by its pkg-config name, header or file:
 * "zlib", "zlib1g-dev", "libz.so", "zlib.h". The version is that of what is installed, else apt's
 * candidate. E_NOTFOUND where nothing is known of NAME. */
MUST_CHECK bool debian_find(
	struct arena *a, const char *name, struct debian_found *out, struct err *e);

/* ---- index.c: who depends on whom ----------------------------------------------------------- */

/* The distribution as apt's lists tell it, in a mapped file that is made anew where these have
 * changed. It lives in the arena; the map until debian_index_close(). */
struct debian_index;
/* FILE is where it is kept. E_NOTFOUND where apt has no lists. */
MUST_CHECK bool debian_index_open(
	struct arena *a, const char *file, struct debian_index **out, struct err *e);
void debian_index_close(struct debian_index **x); /* for defer(); NULL is fine */

struct debian_dependents {
	bool builds_known; /* apt has lists of sources too */
	strings binaries;  /* of the source itself */
	strings runtime;   /* packages that depend on one of these, sorted */
	strings build;	   /* source packages that build-depend on one of these, sorted */
};
/* Who depends on the packages of source SOURCE, and on what they provide. DEEP: RUNTIME is
 * transitive, and BUILD holds all whose build installs one of BINARIES or RUNTIME. E_NOTFOUND where
 * the index doesn't know SOURCE. */
MUST_CHECK bool debian_dependents(struct arena *a, const struct debian_index *x, const char *source,
	bool deep, struct debian_dependents *out, struct err *e);

#endif
