/* addresses.h - tables of addresses, for tests. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_ADDRESSES_H
#define RESPIN_TESTS_ADDRESSES_H

#include "address_kind.h"
#include "unit.h"

/* A table in memory of its own, exactly as large as it asks for. */
struct made_table {
	struct table *t;
	void *memory;
	size_t n;
};

static inline struct made_table make_table(
	const struct table_kind *kind, struct table_limits limits)
{
	struct made_table m;
	limits.secret = test_secret;
	if (!limits.entries)
		limits.entries = 1024;
	m.n = table_memory(kind, &limits);
	m.memory = calloc(1, m.n);
	m.t = table_open(m.memory, kind, &limits);
	table_set_time(m.t, START);
	return m;
}

static inline void drop_table(struct made_table *m)
{
	free(m->memory);
}

static inline enum table_change put(
	struct table *t, unsigned n, unsigned mac, uint64_t expires, unsigned note)
{
	struct address key = address(n);
	struct holder value = holder(mac, expires);
	return table_put(t, &key, &value, note);
}

static inline enum table_change take_out(struct table *t, unsigned n, unsigned note)
{
	struct address key = address(n);
	return table_remove(t, &key, note);
}

static inline const struct holder *get(const struct table *t, unsigned n)
{
	struct address key = address(n);
	return table_get(t, &key);
}

#endif
