/* kept.h - a machine for tests: two tables that are kept on a simulated disk, "arp" with its
 * history only and "tcp" with each change. SPDX-License-Identifier: ISC */
#ifndef TESTS_KEPT_H
#define TESTS_KEPT_H

#include "table_repo.h"

#include "disk_sim.h"
#include "keep.h"

enum { ARP, TCP, STORES };

struct machine {
	struct disk *disk;
	struct table_limits limits;
	struct made_table table[STORES];
	void *log_memory, *keep_memory;
	struct disklog *log;
	struct keep *keep;
	enum disklog_verdict verdict;
	bool restored;
	uint64_t now;
};

static inline void *zeroed(size_t n)
{
	void *p = aligned_alloc(16, (n + 15) & ~(size_t)15);
	return memset(p, 0, n);
}

/* Boots with what DISK has, with limits for the log's objects and the tables' bytes of history;
 * false where the log or the tables don't come back. */
static inline bool machine_boot(
	struct machine *m, struct disk *disk, size_t objects, size_t history)
{
	static const char *const names[] = {"arp", "tcp"};
	struct keep_store stores[STORES];
	struct keep_options options = {.objects = objects, .secret = test_secret};
	struct disklog_device device = disk_device(disk);
	struct disklog_options log_options = {.id = "of the tests"};
	*m = (struct machine){.disk = disk, .now = START};
	m->limits = (struct table_limits){.entries = 64, .history_bytes = history};
	for (size_t i = 0; i < STORES; i++) {
		m->table[i] = make_table(&flat_kind, m->limits);
		stores[i] = (struct keep_store){
			names[i], m->table[i].t, &flat_kind, m->limits.entries, i == TCP};
	}
	m->log_memory = zeroed(disklog_memory());
	m->keep_memory = zeroed(keep_memory(stores, STORES, &options));
	m->verdict = disklog_open(m->log_memory, &device, &log_options, &m->log);
	if (m->verdict != DISKLOG_OPENED && m->verdict != DISKLOG_FORMATTED)
		return false;
	m->keep = keep_open(m->keep_memory, m->log, stores, STORES, &options);
	m->restored = keep_restore(m->keep);
	return m->restored;
}

static inline void machine_off(struct machine *m)
{
	for (size_t i = 0; i < STORES; i++)
		drop_table(&m->table[i]);
	free(m->log_memory);
	free(m->keep_memory);
}

/* Works out all commits, and takes all to the log. */
static inline void machine_settle(struct machine *m)
{
	for (size_t i = 0; i < STORES; i++)
		table_flush(m->table[i].t);
	for (int i = 0; i < 100000 && keep_work(m->keep); i++)
		;
	keep_turn(m->keep);
}

static inline bool machine_commit(struct machine *m)
{
	machine_settle(m);
	return disklog_flush(m->log);
}

static inline bool head_of(struct table *t, struct table_id *id)
{
	struct table_ref ref;
	if (!table_ref(t, 0, &ref) || strcmp(ref.name, "primary") != 0)
		return false;
	*id = ref.id;
	return true;
}

static inline bool same_id(const struct table_id *a, const struct table_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
