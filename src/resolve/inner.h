/* inner.h - finds what a module of OCaml defines in its source: "V4" and "V4.Prefix" in ipaddr.ml.
 * It reads words, not types: what "include" and functors bring is not seen.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_INNER_H
#define RESPIN_RESOLVE_INNER_H

#include "base/base.h"

struct inner {
	const char *kind; /* "module", "module type", "value", "type", "exception", "class" */
	int line;
};
/* Where TEXT, an implementation or interface, defines the last of NAMES within the ones before it,
 * which are modules. False where it does not. */
bool inner_find(struct str text, const strings *names, struct inner *out);

#endif
