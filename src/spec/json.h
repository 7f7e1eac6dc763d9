/* json.h - a parsed JSON value, within spec. SPDX-License-Identifier: ISC */
#ifndef RESPIN_SPEC_JSON_H
#define RESPIN_SPEC_JSON_H

#include "spec/spec.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
	enum json_kind kind;
	const char *name; /* in the object that holds it, else NULL */
	const char *string;
	double number;
	bool truth;
	struct json *children;
	size_t n;
};

/* "an object", "a string", ... for messages. */
const char *json_kind_words(enum json_kind kind);

#endif
