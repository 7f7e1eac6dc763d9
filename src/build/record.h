/* record.h - what an action's result depends on, and which results there are.
 *
 * A result is found in two steps. What is known before an action runs (its own source, flags,
 * tools) makes its key. What only the run tells (the headers that the compiler read) stands in the
 * record under that key, once for each result: the result counts where all of that is as it was.
 * So a header may change and change back, and nothing is compiled. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_RECORD_H
#define RESPIN_BUILD_RECORD_H

#include "sys/sys.h"

enum input_kind {
	/* known before an action runs: */
	IN_TOOL = 't',	 /* "compiler" */
	IN_SOURCE = 's', /* "src/core/tcp_in.c": a file of the package */
	IN_FLAG = 'f',	 /* "-O2", in order */
	IN_FIELD = 'r',	 /* a recipe's field: "build.commands.run" */
	IN_OBJECT = 'o', /* another action's output: "lwip.o" */
	IN_FACT = 'm',	 /* what the manifest says: "version of lwip" */
	IN_PACKED = 'p', /* "index.html": a file of the packed folder */
	/* found by running it: */
	IN_HEADER = 'h', /* "<lwip>/src/include/lwip/opt.h" */
	IN_SHADOW = 'x', /* a file earlier in the search path than a header, and yet not it */
	IN_PROBE = 'q'	 /* "net/opt.h": a name that __has_include asked for */
};

struct input {
	enum input_kind kind;
	const char *name;
	struct digest digest; /* zero where the name is all */
};
typedef VEC(struct input) inputs;

/* One result under a key. */
struct variant {
	inputs found;
	struct digest object;
	uint64_t day; /* of its last use, since 1970 */
};
struct record {
	inputs known;
	VEC(struct variant) variants;
};

void input_add(struct arena *a, inputs *list, enum input_kind kind, const char *name,
	const struct digest *digest);
struct digest inputs_key(const inputs *known);
void record_write(const struct record *r, struct text *out);
/* False on anything that record_write() doesn't write. */
bool record_read(struct arena *a, struct str text, struct record *out);
uint64_t record_today(void);

#endif
