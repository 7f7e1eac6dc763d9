/* git_fuzz.h - a small git server for fuzz targets. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_GIT_FUZZ_H
#define RESPIN_TESTS_GIT_FUZZ_H

#include "git_scene.h"

#define FUZZ_ENTRIES 5

static inline void fuzz_require(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* The same history each time: corpora name its commits. */
static inline struct scene *fuzz_scene(void)
{
	struct scene *s = scene_open(
		(struct git_config){.store_count = 1, .connections = 2, .jobs = 1, .objects = 256},
		(struct table_limits){.entries = 64,
			.history_bytes = 64 << 10,
			.history_ns = 600 * SECOND,
			.log_records = 16});
	for (unsigned i = 0; i < FUZZ_ENTRIES; i++)
		put(s->tables[0].t, i, i, 1, NOTE_ADDED);
	table_flush(s->tables[0].t);
	return s;
}

static inline bool fuzz_is_served(struct scene *s)
{
	char id[41];
	head_text(s->tables[0].t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	bool served = bytes_have(&answer, "PACK") && !bytes_have(&answer, "\003the");
	free(answer.p);
	free(request.p);
	return served;
}

#endif
