/* tags.h - the symbols of C and assembly files, as universal-ctags finds them.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_TAGS_H
#define RESPIN_RESOLVE_TAGS_H

#include "base/base.h"

struct tag {
	struct str name;
	uint32_t file; /* index in the list of files that was asked for */
	uint32_t line;
	char kind;  /* ctags' letter: see tag_words() */
	bool local; /* no other file can see it */
};
typedef VEC(struct tag) tags;

/* Does tags_read() know the language of the file PATH? */
bool tags_knows(const char *path);
/* "function", "macro", ...; for files "file". */
const char *tag_words(char kind);
/* Is it a declaration of what is defined elsewhere? */
bool tag_is_declaration(char kind);

/* The symbols of FILES (paths below ROOT), in no particular order. E_ABSENT, with a hint, where
 * there is no universal-ctags. */
MUST_CHECK bool tags_read(
	struct arena *a, const char *root, const strings *files, tags *out, struct err *e);
/* Reads ctags' OUTPUT: "tcp_write TAB src/core/tcp_out.c TAB 390;" TAB f [TAB file:]". */
MUST_CHECK bool tags_parse(
	struct arena *a, struct str output, const strings *files, tags *out, struct err *e);

#endif
