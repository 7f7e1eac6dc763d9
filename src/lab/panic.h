/* panic.h - what an image says when it panics, with its addresses as places in the source.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_PANIC_H
#define RESPIN_LAB_PANIC_H

#include "sys/sys.h"

struct panic {
	const char *text;  /* one line */
	bool refused;	   /* no panic: the image does not start so, and says why */
	bool complete;	   /* its backtrace line has ended */
	strings addresses; /* "0x101234", the innermost first */
	strings places; /* "tcp_output at /lwip/src/core/tcp_out.c:1249"; the address where unknown
			 */
};

/* The first panic that CONSOLE shows ("respin: panic: TEXT", "respin: backtrace: 0xADDR ..."), or
 * refusal ("respin: refused: TEXT").
 * Its places are the addresses. */
bool panic_find(struct arena *a, struct str console, struct panic *out);
/* The last words of OCaml's runtime ("Fatal error: exception ...", with its backtrace) or of Solo5
 * ("Solo5: ABORT: ..."). The places of the former are there already. */
bool panic_of_runtime(struct arena *a, struct str console, struct panic *out);
/* Finds the places by the program addr2line, where it is there and knows them. */
void panic_resolve(struct arena *a, const char *image_path, struct panic *p);
/* "panic: TEXT; in f at x.c:12, called from g at y.c:3", "refused: TEXT" */
const char *panic_words(struct arena *a, const struct panic *p);

#endif
