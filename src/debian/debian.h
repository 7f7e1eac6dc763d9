/* debian.h - what this machine's dpkg and apt know of Debian's packages: what is installed and with
 * which files, which source a package comes from, and who depends on whom in the distribution.
 * Reads the files that the two keep (deb822(5), deb-control(5), deb-src-control(5), dpkg(1) for
 * info/NAME.list, apt-file(1) for Contents); changes nothing of theirs.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_DEBIAN_H
#define RESPIN_DEBIAN_H

#include "sys/sys.h"

/* ---- deb822.c: paragraphs of fields -------------------------------------------------------- */

struct deb822 {
	struct str rest;
	const char *odd; /* the first line that is no field nor part of one; NULL: none so far */
};
struct deb822_field {
	struct str name, value; /* lines that go on the value stay in it as they are */
};
/* The next field of the paragraph; false at its end. Lines that are no field are left out. */
bool deb822_field(struct deb822 *r, struct deb822_field *out);
struct deb822_wanted {
	const char *name;
	struct str *value;
};
/* The rest of the paragraph: the values of the N fields WANTED, others are left out. False where it
 * has no field at all. */
bool deb822_read(struct deb822 *r, const struct deb822_wanted *wanted, size_t n);
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

/* ---- status.c: packages as dpkg and apt write them down ---------------------------------------
 */

/* Where the two keep what they know, as DPKG_ROOT and DPKG_ADMINDIR set it. */
struct debian_places {
	const char *root;   /* before the path of each file; "" for the system itself */
	const char *admin;  /* dpkg's folder */
	const char *status; /* in it, the file of what is installed */
	const char *info;   /* in it, the folder of lists of files */
	const char *apt;    /* the folder of apt's indexes */
};
struct debian_places debian_places_now(struct arena *a);

struct dpkg_package {
	const char *name, *arch, *version;
	const char *source, *source_version; /* of the source package */
	struct str depends, provides;	     /* Pre-Depends and Depends */
	bool essential;
};
typedef VEC(struct dpkg_package) dpkg_list;
/* The packages of TEXT, which is called PATH in messages: of a status file of dpkg's those that are
 * installed, of an index of apt's ("Packages") all. PROVIDES lies in TEXT. E_INPUT with the line
 * where it is neither. */
MUST_CHECK bool dpkg_parse(
	struct arena *a, struct str text, const char *path, dpkg_list *out, struct err *e);

/* ---- dpkg.c: what is installed -------------------------------------------------------------- */

struct dpkg {
	dpkg_list packages; /* installed ones, in dpkg's order */
	struct map by_name; /* name or what it provides -> list, see dpkg_named() */
	const char *arch;   /* of this machine: "amd64" */
	struct debian_places places;
};
typedef VEC(const struct dpkg_package *) dpkg_packages;

/* Reads dpkg's status file. E_ABSENT where there is none. */
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

/* ---- files.c: files of packages ---------------------------------------------------------------
 */

/* The paths of PACKAGE's files, a line each; empty where dpkg has no list of them. */
MUST_CHECK bool dpkg_files(struct arena *a, const struct debian_places *places,
	const struct dpkg_package *package, struct str *out, struct err *e);
/* Calls TAKE with each file of each installed package. PATH is good for the call only. */
typedef void dpkg_take_file(void *ctx, const struct dpkg_package *package, struct str path);
MUST_CHECK bool dpkg_each_file(
	const struct dpkg *d, dpkg_take_file *take, void *ctx, struct err *e);

/* The installed package that has the file PATH, which is absolute and free of links; NULL in *OUT
 * where none has it. Links of folders that came later ("/lib" to "/usr/lib") don't matter. */
MUST_CHECK bool dpkg_owner(
	const struct dpkg *d, const char *path, const struct dpkg_package **out, struct err *e);

/* What a file of a package is good for, by its path alone. */
enum debian_file {
	DEBIAN_OTHER,
	DEBIAN_HEADER,	  /* NAME: what #include finds it by */
	DEBIAN_SHARED,	  /* "libz.so.1.2.13"; NAME: "libz" */
	DEBIAN_ARCHIVE,	  /* "libz.a"; NAME: "libz" */
	DEBIAN_PKGCONFIG, /* NAME: "zlib" of zlib.pc */
	DEBIAN_PROGRAM,	  /* NAME: its last part */
	DEBIAN_OCAML	  /* findlib's META, or an archive of byte code: "unix.cma" */
};
/* PATH is absolute. */
enum debian_file debian_file_kind(struct str path, struct str *name);

/* A line of apt-file's Contents: "usr/include/zlib.h   libdevel/zlib1g-dev,..."; false where it is
 * none. PATH comes without the leading slash, PACKAGES with their sections. */
bool debian_contents_line(struct str line, struct str *path, struct str *packages);
/* The next package of PACKAGES, without its section; empty at the end. */
struct str debian_contents_package(struct str *packages);
/* Is a file of apt's lists, by its name, such an index? */
bool debian_is_contents(const char *name);
/* Has apt any of them? */
bool debian_has_contents(struct arena *a);

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
/* FILE is where it is kept. E_ABSENT where apt has no lists. */
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
