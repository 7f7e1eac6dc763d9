/* trace.h - "nothing changed", found without looking at actions: every path that the last answer
 * to a request depended on, with its stamp, and the answer. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_TRACE_H
#define RESPIN_BUILD_TRACE_H

#include "build/engine.h"

struct trace_answer {
	struct digest object;
	uint64_t actions;
};

/* The file for Q: its name covers all of the request but the files that recipes name. */
MUST_CHECK bool trace_name(
	struct arena *a, const struct build_request *q, const char **out, struct err *e);
/* True where FILE's answer still holds: each path has the stamp that it had. Marks it as used. */
bool trace_holds(const char *file, struct trace_answer *out);
/* Writes the answer of G, whose nodes are all DONE. */
MUST_CHECK bool trace_write(struct engine *g, const char *file, struct err *e);
/* Calls EACH for the keys and objects that the answer in FILE came from. */
void trace_each_kept(const char *file, void (*each)(void *ctx, const struct digest *d), void *ctx);

#endif
