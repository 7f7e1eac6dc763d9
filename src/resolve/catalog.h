/* catalog.h - the names of one world (installed libraries, a project, the distribution) and what
 * provides them, in one file that is mapped and searched by halves. The file is believed while all
 * that it was made from has the stamps of then. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_CATALOG_H
#define RESPIN_RESOLVE_CATALOG_H

#include "sys/sys.h"

#define CATALOG_MAGIC "respcat5" /* another one when the format or what is read changes */
#define CATALOG_NONE UINT32_MAX

enum catalog_kind {
	CATALOG_PACKAGE,
	CATALOG_LIBRARY,
	CATALOG_MODULE,	 /* SHOWN is its path: "Tcp.Flow" */
	CATALOG_UNIT,	 /* the compiler's name of a module: "Tcp__Flow" */
	CATALOG_SOURCE,	 /* SHOWN is its path */
	CATALOG_HEADER,	 /* SHOWN is what #include finds it by */
	CATALOG_ARCHIVE, /* file of a library: "libz.so" */
	CATALOG_PKGCONFIG,
	CATALOG_PROGRAM,
	CATALOG_SYMBOL,
	CATALOG_STATIC_SYMBOL, /* of an archive */
	CATALOG_IMAGE,
	CATALOG_DEBIAN_SOURCE,
	CATALOG_OWNED,	/* any file of a package; the name is its path */
	CATALOG_FOLDER, /* with packages: what an overlay replaces */
	CATALOG_KINDS
};
enum catalog_mark {
	CATALOG_WEAK = 1,   /* of a name: rather not what is meant (an alias, a private module) */
	CATALOG_LINKED = 2, /* of an owner: an image links it */
	CATALOG_ABOUT_PACKAGE = 4 /* of an owner: stands for a package as a whole */
};
/* A name: sorted by it. All but owner, line, kind and marks are texts. */
struct catalog_name {
	uint32_t name, shown, file, why, owner, line;
	uint16_t kind, marks;
};
/* A library, or a package without such. */
struct catalog_owner {
	uint32_t library, package, version, source, place, file, line, marks;
	uint32_t first_fact, facts;
};
enum catalog_fact_kind {
	CATALOG_NEEDS, /* TEXT is a name, OWNER what provides it here, or CATALOG_NONE */
	CATALOG_BECAUSE,
	CATALOG_IN_IMAGE,
	CATALOG_IMPLEMENTED_BY
};
struct catalog_fact {
	uint32_t kind, text, owner;
};
/* A file or folder that the catalog was made from; of mode 0 where it was not there. */
struct catalog_watch {
	struct stamp stamp;
	uint32_t path, unused;
};

enum catalog_section {
	CATALOG_WATCHES,
	CATALOG_NAMES,
	CATALOG_OWNERS,
	CATALOG_FACTS,
	CATALOG_TEXT,
	CATALOG_SECTIONS
};
struct catalog_header {
	char magic[8];
	uint64_t size;	 /* of all */
	int64_t read_ns; /* wall clock, before anything was read */
	uint64_t sum;	 /* records_sum() of what is behind the header */
	/* Texts: what it is of, what is in it, and which of its files could not be read, one a
	 * line. */
	uint32_t key, summary, unread;
	uint32_t count[CATALOG_SECTIONS];
};
struct catalog {
	const struct catalog_header *header;
	const struct catalog_watch *watches;
	const struct catalog_name *names;
	const struct catalog_owner *owners;
	const struct catalog_fact *facts;
	const char *text;
	struct str map; /* to be unmapped; empty where the bytes are an arena's */
};

/* BYTES as a catalog; false where they can't be one. Readers below never leave BYTES. */
bool catalog_view(struct str bytes, struct catalog *out);
const char *catalog_text(const struct catalog *c, uint32_t offset);
/* The entries of NAME: how many, and the first. */
size_t catalog_find(const struct catalog *c, struct str name, const struct catalog_name **first);
/* NULL where there is no owner of that number. */
const struct catalog_owner *catalog_owner(const struct catalog *c, uint32_t number);
/* Fact I of OWNER; NULL behind the last. */
const struct catalog_fact *catalog_fact(
	const struct catalog *c, const struct catalog_owner *owner, size_t i);
/* Texts of OWNER's facts of one kind. */
strings catalog_facts(const struct catalog *c, struct arena *a, const struct catalog_owner *owner,
	enum catalog_fact_kind kind);
/* Marks in IS_DEPENDENT (one for each owner) those that need, transitively, one of the owners that
 * are marked in it. */
void catalog_mark_dependents(const struct catalog *c, bool *is_dependent);

/* ---- making one --------------------------------------------------------------------------- */

/* What a catalog is made of; strings need only live until it is packed. */
struct made_name {
	const char *name, *shown, *file, *why;
	uint32_t owner;
	int line;
	enum catalog_kind kind;
	unsigned marks;
};
struct made_owner {
	const char *library, *package, *version, *source, *place, *file;
	int line;
	unsigned marks;
};
struct made_fact {
	uint32_t owner;
	enum catalog_fact_kind kind;
	const char *text;
	uint32_t about; /* another owner, or CATALOG_NONE */
};
struct catalog_maker {
	struct arena *a;
	const char *summary;
	strings unread;		   /* "FILE:LINE:COLUMN: ..." of what could not be read */
	const struct catalog *old; /* what was kept of before, stale as it is; or NULL */
	int64_t read_ns;
	VEC(struct made_name) names;
	VEC(struct made_owner) owners;
	VEC(struct made_fact) facts;
	VEC(struct catalog_watch) watches; /* by catalog_watch() */
	strings watched;
};
/* The catalog depends on PATH. To be called before it is read. */
void catalog_watch(struct catalog_maker *m, const char *path);
void catalog_add_fact(struct catalog_maker *m, uint32_t owner, enum catalog_fact_kind kind,
	const char *text, uint32_t about);
MUST_CHECK bool catalog_pack(
	struct catalog_maker *m, const char *key, struct str *out, struct err *e);

/* A catalog that is kept. */
struct catalog_source {
	const char *kept; /* the file; NULL: it can't be kept */
	const char *key;  /* what it is of: another key, another catalog */
	bool (*make)(struct catalog_maker *m, void *ctx, struct err *e);
	void *ctx;
};
/* The catalog of SOURCE: the kept one where it still is true, else a new one. Where it can't be
 * kept it still is an answer. */
MUST_CHECK bool catalog_open(
	struct arena *a, const struct catalog_source *source, struct catalog *out, struct err *e);
void catalog_close(struct catalog *c); /* for defer() */
/* Is C as it was made? Reading all of it is too slow for each look-up, which never leaves its bytes
 * whatever they are: this is for who found nothing. */
bool catalog_is_whole(const struct catalog *c);

#endif
