/* fields.h - how decode tables reach into structs, within spec. SPDX-License-Identifier: ISC */
#ifndef RESPIN_SPEC_FIELDS_H
#define RESPIN_SPEC_FIELDS_H

#include "spec/spec.h"

/* The layout that every VEC has. */
struct any_vec {
	void *v;
	size_t n, cap;
};

#endif
