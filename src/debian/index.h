/* index.h - how the index of the distribution lies in its file. SPDX-License-Identifier: ISC */
#ifndef RESPIN_DEBIAN_INDEX_H
#define RESPIN_DEBIAN_INDEX_H

#include "debian/inner.h"

#define DEBIAN_INDEX_MAGIC "debidx01" /* another one when the format or what is read changes */
#define DEBIAN_NONE UINT32_MAX

/* The sections follow the header in the order of enum debian_section; texts are offsets in the last
 * one, which ends with a NUL. Lists are slices of LINKS. */
enum debian_section {
	MARKS,	 /* struct debian_mark: what the index was made from */
	NAMES,	 /* struct debian_name: binary packages and virtual ones, by name */
	SOURCES, /* struct debian_source, by name */
	LINKS,	 /* uint32_t */
	TEXT,
	DEBIAN_SECTIONS
};
struct debian_header {
	char magic[8];
	uint64_t size;	 /* of all */
	int64_t read_ns; /* wall clock, before anything was read */
	uint32_t count[DEBIAN_SECTIONS];
	uint32_t setting; /* text: $APT_CONFIG */
	uint32_t builds;  /* there were lists of sources */
	uint32_t unused;
};
struct debian_mark {
	struct stamp stamp; /* all zero where there was no such file */
	uint32_t path, unused;
};
struct debian_slice {
	uint32_t first, n; /* in LINKS */
};
struct debian_name {
	uint32_t text;
	uint32_t is_real;	      /* a package of this name exists */
	struct debian_slice users;    /* names: packages that depend on it */
	struct debian_slice builders; /* sources that build-depend on it */
	struct debian_slice provided; /* names that it provides */
};
struct debian_source {
	uint32_t text;
	struct debian_slice binaries; /* names */
};

struct debian_index {
	const struct debian_header *header;
	const struct debian_mark *marks;
	const struct debian_name *names;
	const struct debian_source *sources;
	const uint32_t *links;
	const char *text;
	struct str map; /* to be unmapped; empty where the bytes are an arena's */
};

/* BYTES as an index; false where they can't be one. Numbers in it are not believed by readers:
 * nothing leads outside of BYTES. */
bool debian_index_view(struct str bytes, struct debian_index *out);
/* The bytes of a new index. */
MUST_CHECK bool debian_index_make(struct arena *a, struct str *out, struct err *e);
/* The same of texts at hand, for tests: MARKED are paths to watch. */
void debian_index_pack(struct arena *a, const char *arch, const struct str *packages,
	size_t package_lists, const struct str *sources, size_t source_lists, const strings *marked,
	int64_t read_ns, struct str *out);

#endif
