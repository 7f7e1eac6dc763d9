/* distro.h - what a Debian system has, read from the files that its own tools keep: packages and
 * their files (dpkg), names of pkg-config, symbols that libraries export (by libelf), and the files
 * of packages that are not installed (apt-file's index).
 * Formats: deb-control(5), dpkg(1) for info/NAME.list, pc(5), apt-file(1) for Contents.
 * What readers give points into the text that they were given and into the arena.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_DISTRO_H
#define RESPIN_DISTRO_H

#include "sys/sys.h"

/* ---- where it all is --------------------------------------------------------------------------
 */

/* dpkg's folders, as DPKG_ROOT and DPKG_ADMINDIR set them. */
struct distro_places {
	const char *root;   /* before the path of each file; "" for the system itself */
	const char *status; /* the file of what is installed */
	const char *info;   /* the folder of lists of files */
	const char *apt;    /* the folder of apt's indexes */
};
struct distro_places distro_places_now(struct arena *a);

/* ---- packages ---------------------------------------------------------------------------------
 */

struct distro_package {
	struct str name, arch, version;
	struct str source, source_version; /* NAME and VERSION where the field is missing */
	struct str depends[2];		   /* Pre-Depends and Depends, as they stand */
	struct str provides;
};
typedef VEC(struct distro_package) distro_packages;

/* The packages of TEXT, which is called PATH in messages: of a status file of dpkg's those that are
 * installed, of an index of apt's ("Packages") all. E_INPUT with the line where it is neither. */
MUST_CHECK bool distro_status_parse(
	struct arena *a, struct str text, const char *path, distro_packages *out, struct err *e);
/* The next package's name of a list like Depends: those behind '|' come as further ones, versions
 * and architectures are left out. Empty at the end. */
struct str distro_next_name(struct str *rest);

/* ---- files ------------------------------------------------------------------------------------
 */

/* What a file of a package is good for, by its path alone. */
enum distro_file {
	DISTRO_OTHER,
	DISTRO_HEADER,	  /* NAME: what #include finds it by */
	DISTRO_SHARED,	  /* "libz.so.1.2.13"; NAME: "libz" */
	DISTRO_ARCHIVE,	  /* "libz.a"; NAME: "libz" */
	DISTRO_PKGCONFIG, /* NAME: "zlib" of zlib.pc */
	DISTRO_PROGRAM,	  /* NAME: its last part */
	DISTRO_META	  /* findlib's */
};
/* PATH is absolute. */
enum distro_file distro_file_kind(struct str path, struct str *name);

/* A line of apt-file's Contents: "usr/include/zlib.h   libdevel/zlib1g-dev,..."; false where it is
 * none. PATH comes without the leading slash, PACKAGES with their sections. */
bool distro_contents_line(struct str line, struct str *path, struct str *packages);
/* The next package of PACKAGES, without its section; empty at the end. */
struct str distro_contents_package(struct str *packages);

/* ---- pkg-config -------------------------------------------------------------------------------
 */

struct distro_pc {
	struct str name, description, version; /* variables replaced */
	struct str libs, requires, cflags;
};
/* TEXT of a .pc file; E_INPUT with the line where it is none. */
MUST_CHECK bool distro_pc_parse(
	struct arena *a, struct str text, const char *path, struct distro_pc *out, struct err *e);

/* ---- symbols ----------------------------------------------------------------------------------
 */

/* What a library offers to those that link it. */
struct distro_exports {
	const char *soname; /* of a shared one, where it has one; or NULL */
	strings symbols;
};
/* Of the shared library or archive (.a) FILE. E_INPUT where it is neither, or damaged. */
MUST_CHECK bool distro_exports_read(
	struct arena *a, const char *file, struct distro_exports *out, struct err *e);

#endif
