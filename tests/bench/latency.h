/* latency.h - how long a put and a look-up take, in a table with history and in a plain hash table,
 * by turns in one run. Freestanding: for images as for the host. SPDX-License-Identifier: ISC */
#ifndef LATENCY_H
#define LATENCY_H

#include "table.h"

/* In ticks of LATENCY_TICK; a reading of the clock is in each of them. */
struct latency {
	uint32_t p50, p99, max;
};

struct latency_setup {
	const struct table_kind *kind;
	const uint64_t *secret; /* two words */
	size_t live;		/* entries that are there at a time */
	size_t puts;		/* how many are measured of each */
	size_t put_in_a_row;	/* then the table's history is worked out; at most 1024 */
	uint64_t (*now)(void);	/* nanoseconds since 1970 */
	uint64_t (*tick)(void); /* the finest clock there is */
	/* The I-th key and value; no key comes twice. */
	void (*make)(uint64_t i, void *key, void *value);
};

struct latency_result {
	struct latency hash_put, table_put, hash_get, table_get;
	uint64_t commits;
};

size_t latency_memory(const struct latency_setup *s);
/* In MEMORY (zeroed, 16-byte aligned). */
void latency_measure(const struct latency_setup *s, void *memory, struct latency_result *out);

#endif
