/* index.h - the names of one source tree, its files and symbols, sorted in a file that is mapped
 * and searched by halves: a warm look-up starts no process and reads no source.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_INDEX_H
#define RESPIN_RESOLVE_INDEX_H

#include "sys/sys.h"

#define INDEX_MAGIC "respidx2" /* another one when the format or what ctags is asked changes */
#define INDEX_FILE_KIND 'F'

struct index_header {
	char magic[8];
	uint64_t size;				/* of all */
	int64_t read_ns;			/* wall clock, before the tree was read */
	uint64_t sum;				/* records_sum() of what is behind the header */
	uint32_t files, folders, entries, text; /* how many; bytes of text */
	uint32_t symbols;
	uint32_t unused;
};
/* A file or folder of the tree. After the header come all files, sorted by path, then all folders,
 * the tree itself first. */
struct index_node {
	struct stamp stamp;
	uint32_t path;
	uint32_t has_symbols; /* its content matters, not just its name */
};
/* A name: of a symbol, or the last part of a file's path. Sorted by name, file, line. */
struct index_entry {
	uint32_t name, file, line;
	char kind; /* ctags' letter, or INDEX_FILE_KIND */
	bool local;
};
struct index {
	const struct index_header *header;
	const struct index_node *nodes;
	const struct index_entry *entries;
	const char *text;
	struct str map; /* to be unmapped; empty where the bytes are an arena's */
};

/* The index of the folder TREE, kept in the file KEPT: made, or brought up to date with what
 * changed since. IS_FIXED: the tree never changes, so only its own existence is looked at. */
MUST_CHECK bool index_open(struct arena *a, const char *kept, const char *tree, bool is_fixed,
	struct index *out, struct err *e);
void index_close(struct index *x); /* for defer() */
/* Is X as it was made? As catalog_is_whole(). */
bool index_is_whole(const struct index *x);

/* The entries for NAME: how many, and the first. */
size_t index_find(const struct index *x, struct str name, const struct index_entry **first);
const char *index_name(const struct index *x, const struct index_entry *entry);
/* Path of the entry's file, relative to the tree. */
const char *index_path(const struct index *x, const struct index_entry *entry);

/* BYTES as an index; false where they can't be one. Nothing in it can lead outside of BYTES. */
bool index_view(struct str bytes, struct index *out);
/* The bytes of a new index of TREE; what OLD knows of unchanged files is taken from there. */
MUST_CHECK bool index_make(
	struct arena *a, const char *tree, const struct index *old, struct str *out, struct err *e);
/* A string of the index by its offset. */
const char *index_text(const struct index *x, uint32_t offset);

#endif
