/* marshal.h - values that OCaml programs write by output_value, as the compiler does in its .cmi,
 * .cma and .cmxa files. Format: OCaml's runtime, intext.h. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_MARSHAL_H
#define RESPIN_OCAML_MARSHAL_H

#include "base/base.h"

enum marshal_kind { MARSHAL_INT, MARSHAL_BLOCK, MARSHAL_STRING, MARSHAL_OTHER };
struct marshal_value {
	uint8_t kind, tag; /* tag: of a block; which constructor it is */
	uint32_t n;	   /* of a block's fields, or of a string's bytes */
	union {
		uint32_t first;	  /* of a block's fields, in the same array */
		const char *text; /* of a string; points into what was read */
		int64_t number;
	} u;
};
/* The bytes of the string V. */
struct str marshal_text(const struct marshal_value *v);
struct marshal {
	struct marshal_value *v; /* v[0] is the value itself */
	size_t n;
};

/* The value that BYTES start with; *USED is its length. E_INPUT with the byte's place where it is
 * cut off, damaged or compressed. Values may be shared and may contain themselves: who walks them
 * must count steps. */
MUST_CHECK bool marshal_read(
	struct arena *a, struct str bytes, struct marshal *out, size_t *used, struct err *e);
/* Field I of the block V; NULL where V is no block or has no such field. */
const struct marshal_value *marshal_field(
	const struct marshal *m, const struct marshal_value *v, size_t i);

#endif
