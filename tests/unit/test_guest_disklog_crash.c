/* test_guest_disklog_crash.c - the log after power cuts: at every write and flush, with torn and
 * lost sectors, one life after another. SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk_sim.h"

#define KEYS 12
#define GROUPS 4000
enum { MARK_DURABLE, MARK_SEALED };

/* What the log is to say: a number for each key. Key 0 is the number of the last group. */
struct state {
	uint32_t value[KEYS];
};

/* How a series of lives is lived. */
struct plan {
	uint64_t seed;
	unsigned lives, groups; /* groups in each life */
	uint64_t sectors;	/* of the disk */
	size_t record;		/* bytes of a record, at most */
	unsigned flush_one_in;	/* groups between two flushes, about */
	bool compact;
	bool repeat;	   /* each life does the same as the one before did after the same group */
	bool ignore_flush; /* a negative control */
	uint64_t fail_from, fail_until; /* operations of the disk that fail */
	bool fail_late;
};

struct world {
	const struct plan *plan;
	struct disk disk;
	void *memory;
	struct disklog *log;
	struct state *at; /* the state after each group of the present course of things */
	uint64_t base;	  /* the group that this life began with */
	uint64_t seed, life;
	unsigned checked, wrong; /* images */
	char why[128];		 /* of the first wrong one */
};

/* ---- the log's contents --------------------------------------------------------------------- */

static uint32_t mixed(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t seed = a * 1000003 + b * 10007 + c;
	return (uint32_t)next_random(&seed);
}

struct payload {
	uint32_t key, value;
	uint8_t rest[DISKLOG_RECORD_MAX - 8];
};

/* A record that says "KEY is VALUE", with N bytes behind that follow from it. */
static struct disklog_part payload_make(struct payload *p, uint32_t key, uint32_t value, size_t n)
{
	*(uint32_t *)(void *)p = key;
	p->value = value;
	for (size_t i = 0; i < n; i++)
		p->rest[i] = (uint8_t)(value + i);
	return (struct disklog_part){p, 8 + n};
}

/* Takes a replayed record into S; false where it is none of ours. */
static bool payload_take(struct state *s, const struct disklog_record *r)
{
	struct payload p;
	if (r->n < 8)
		return false;
	memcpy(&p, r->p, r->n);
	for (size_t i = 0; i + 8 < r->n; i++) {
		if (p.rest[i] != (uint8_t)(p.value + i))
			return false;
	}
	if (p.key >= KEYS)
		return false;
	s->value[p.key] = p.value;
	return true;
}

/* ---- recovery -------------------------------------------------------------------------------- */

static bool wrong(struct world *w, const char *what, uint64_t a, uint64_t b)
{
	if (w->wrong++ == 0)
		snprintf(w->why, sizeof(w->why), "life %u: %s: %u, %u", (unsigned)w->life, what,
			(unsigned)a, (unsigned)b);
	return false;
}

/* Opens the log on DISK and replays it. */
static bool recover(struct world *w, struct disk *disk, struct state *s)
{
	struct disklog_device device = disk_device(disk);
	struct disklog_options options = {.id = "a log of tests"};
	struct disklog_record r;
	enum disklog_next next;
	memset(s, 0, sizeof(*s));
	enum disklog_verdict v = disklog_open(w->memory, &device, &options, &w->log);
	if (v != DISKLOG_OPENED && v != DISKLOG_FORMATTED)
		return disk->failed ? false : wrong(w, disklog_verdict_text(v), 0, 0);
	while ((next = disklog_next(w->log, &r)) == DISKLOG_RECORD) {
		if (!payload_take(s, &r))
			return wrong(w, "a record of nobody's", r.n, 0);
	}
	if (next != DISKLOG_END)
		return disk->failed ? false : wrong(w, "not read", 0, 0);
	if (disklog_stats(w->log).damaged)
		return wrong(w, "a power cut looks like damage", s->value[0], 0);
	return true;
}

/* What a power cut left must be the state after one whole group, no older than what was durable and
 * no newer than what was sealed. */
static bool check(struct world *w, const struct cutter *c, const struct state *s)
{
	uint64_t group = s->value[0];
	w->checked++;
	if (group < c->marks[MARK_DURABLE])
		return wrong(w, "lost what was durable", group, c->marks[MARK_DURABLE]);
	if (group > c->marks[MARK_SEALED])
		return wrong(w, "came to life again", group, c->marks[MARK_SEALED]);
	if (memcmp(s, &w->at[group], sizeof(*s)) != 0)
		return wrong(w, "half a group", group, 0);
	return true;
}

/* Cuts the power again, at every moment of the recovery that DISK has recorded. START is what the
 * disk had before it. */
static void check_recovery(struct world *w, const struct disk *disk, const uint8_t *start,
	const struct state *expected)
{
	struct cutter c;
	struct disk again = {.sectors = disk->sectors, .bytes = malloc(disk->sectors * SECTOR)};
	cutter_start(&c, disk, start);
	while (cutter_next(&c)) {
		struct state s;
		cutter_image(
			&c, (enum cut)random_below(&w->seed, CUT_KINDS), &w->seed, again.bytes);
		w->checked++;
		if (recover(w, &again, &s) && memcmp(&s, expected, sizeof(s)) != 0)
			wrong(w, "two recoveries differ", s.value[0], expected->value[0]);
	}
	cutter_end(&c);
	disk_free(&again);
}

/* Recovers from IMAGE, which stays as it is. */
static void check_image(struct world *w, const struct cutter *c, const uint8_t *image, bool deep)
{
	struct state s;
	struct disk disk = {.sectors = w->disk.sectors, .recording = deep};
	disk.bytes = malloc(disk.sectors * SECTOR);
	memcpy(disk.bytes, image, disk.sectors * SECTOR);
	if (recover(w, &disk, &s) && check(w, c, &s) && deep)
		check_recovery(w, &disk, image, &s);
	disk_free(&disk);
}

/* ---- a life ---------------------------------------------------------------------------------- */

/* A compaction in steps: the keys in turn. */
static void compact_step(struct world *w, const struct state *now, uint32_t *key)
{
	static struct payload p;
	if (!disklog_is_compacting(w->log)) {
		if (!disklog_compact_begin(w->log))
			assert_true(w->disk.failed);
		*key = 0;
	} else if (*key < KEYS) {
		struct disklog_part part = payload_make(&p, *key, now->value[*key], 4 * *key);
		(*key)++;
		if (!disklog_compact_add(w->log, 1, 0, &part, 1))
			disklog_compact_abort(w->log);
	} else if (!disklog_compact_end(w->log)) {
		assert_true(w->disk.failed);
	}
}

/* Group number GROUP: its records and the state after it. */
static void write_group(struct world *w, uint64_t group)
{
	static struct payload p;
	uint64_t life = w->plan->repeat ? 0 : w->life;
	uint64_t seed = mixed(w->plan->seed, group, life);
	unsigned n = 1 + (unsigned)random_below(&seed, 5);
	struct state *s = &w->at[group];
	*s = w->at[group - 1];
	for (unsigned i = 0; i <= n; i++) {
		uint32_t key = i < n ? 1 + (uint32_t)random_below(&seed, KEYS - 1) : 0;
		s->value[key] = key ? (uint32_t)next_random(&seed) : (uint32_t)group;
		struct disklog_part part =
			payload_make(&p, key, s->value[key], random_below(&seed, w->plan->record));
		disklog_append(w->log, 1, 0, &part, 1);
	}
	disk_mark(&w->disk, MARK_SEALED, group);
	disklog_seal(w->log);
}

static void mark_durable(struct world *w)
{
	disk_mark(&w->disk, MARK_DURABLE, w->base + disklog_durable(w->log));
}

/* Recovers, appends groups, compacts now and then. */
static void live(struct world *w)
{
	uint32_t key = 0;
	struct state s;
	disk_forget(&w->disk);
	w->disk.recording = true;
	disk_mark(&w->disk, MARK_SEALED, w->base);
	disk_mark(&w->disk, MARK_DURABLE, w->base);
	if (!recover(w, &w->disk, &s))
		return;
	w->disk.ignore_flush = w->plan->ignore_flush;
	for (uint64_t g = w->base + 1; g <= w->base + w->plan->groups; g++) {
		write_group(w, g);
		if (mixed(w->plan->seed, g, w->plan->repeat ? 1 : w->life) %
				w->plan->flush_one_in ==
			0)
			disklog_flush(w->log);
		if (disklog_is_compacting(w->log) ||
			(w->plan->compact && random_below(&w->seed, 20) == 0) ||
			disklog_is_due(w->log))
			compact_step(w, &w->at[g], &key);
		mark_durable(w);
	}
}

/* The power cut that ends a life: one of all possible ones, and what it leaves. */
static void end_life(struct world *w, const uint8_t *image)
{
	struct state s;
	struct disk disk = {.sectors = w->disk.sectors, .bytes = malloc(w->disk.sectors * SECTOR)};
	memcpy(disk.bytes, image, disk.sectors * SECTOR);
	if (recover(w, &disk, &s))
		w->base = s.value[0];
	disk_free(&disk);
	memcpy(w->disk.bytes, image, w->disk.sectors * SECTOR);
	w->life++;
}

static void lives(struct world *w)
{
	size_t bytes = w->disk.sectors * SECTOR;
	uint8_t *start = malloc(bytes), *image = malloc(bytes), *last = malloc(bytes);
	for (unsigned i = 0; i < w->plan->lives && w->wrong == 0; i++) {
		struct cutter c;
		memcpy(start, w->disk.bytes, bytes);
		live(w);
		cutter_start(&c, &w->disk, start);
		memcpy(last, start, bytes);
		uint64_t seen = 0;
		while (cutter_next(&c) && w->wrong == 0) {
			if (c.disk->events[c.at - 1].what == DISK_MARK)
				continue;
			for (int cut = 0; cut < CUT_KINDS; cut++) {
				cutter_image(&c, (enum cut)cut, &w->seed, image);
				check_image(w, &c, image, random_below(&w->seed, 50) == 0);
				if (random_below(&w->seed, ++seen) == 0)
					memcpy(last, image, bytes);
			}
		}
		cutter_end(&c);
		end_life(w, last);
	}
	free(start);
	free(image);
	free(last);
}

/* Lives as PLAN says; the number of wrong images. */
static void world_make(struct world *w, const struct plan *plan)
{
	*w = (struct world){.plan = plan, .seed = plan->seed};
	w->memory = aligned_alloc(16, (disklog_memory() + 15) & ~(size_t)15);
	w->at = calloc(GROUPS, sizeof(*w->at));
	assert_true(plan->lives * plan->groups < GROUPS);
	disk_make(&w->disk, plan->sectors);
}

static void world_end(struct world *w)
{
	disk_free(&w->disk);
	free(w->memory);
	free(w->at);
}

static unsigned run(const struct plan *plan)
{
	struct world w;
	world_make(&w, plan);
	lives(&w);
	print_message("# %u images, %u wrong %s\n", w.checked, w.wrong, w.why);
	world_end(&w);
	return w.wrong;
}

/* A life in which some of the disk's operations fail, with power cuts here and there. False where
 * none failed. */
static bool live_with_faults(struct plan *plan, unsigned *images)
{
	struct world w;
	struct cutter c;
	world_make(&w, plan);
	uint8_t *start = calloc(w.disk.sectors, SECTOR), *image = calloc(w.disk.sectors, SECTOR);
	w.disk.fail_from = plan->fail_from;
	w.disk.fail_until = plan->fail_until;
	w.disk.fail_late = plan->fail_late;
	live(&w);
	cutter_start(&c, &w.disk, start);
	c.seed = plan->fail_from;
	bool more = true;
	while (more && w.wrong == 0) {
		more = cutter_next(&c);
		if (more && random_below(&w.seed, 8) != 0)
			continue;
		cutter_image(&c, (enum cut)random_below(&w.seed, CUT_KINDS), &w.seed, image);
		check_image(&w, &c, image, false);
	}
	cutter_end(&c);
	if (w.wrong)
		print_error("fault at %u: %s\n", (unsigned)plan->fail_from, w.why);
	assert_int_equal(w.wrong, 0);
	*images += w.checked;
	bool failed = w.disk.failed;
	world_end(&w);
	free(start);
	free(image);
	return failed;
}

#define SMALLEST (disklog_size(0) / SECTOR)

static void power_cuts_between_small_groups(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct plan plan = {.seed = seed,
			.lives = 12,
			.groups = 40,
			.sectors = SMALLEST,
			.record = 900,
			.flush_one_in = 2,
			.compact = true};
		assert_int_equal(run(&plan), 0);
	}
}

static void power_cuts_in_large_groups(void **state)
{
	(void)state;
	struct plan plan = {.seed = 5,
		.lives = 8,
		.groups = 12,
		.sectors = 4 * SMALLEST,
		.record = 60000,
		.flush_one_in = 2,
		.compact = true};
	assert_int_equal(run(&plan), 0);
}

static void what_an_earlier_life_wrote_stays_dead(void **state)
{
	(void)state;
	struct plan plan = {.seed = 6,
		.lives = 20,
		.groups = 10,
		.sectors = 8 * SMALLEST,
		.record = 60000,
		.flush_one_in = 4,
		.repeat = true};
	assert_int_equal(run(&plan), 0);
}

/* Each of a life's operations fails: once, or it and all after it. */
static void no_error_loses_what_was_durable(struct plan *plan)
{
	for (unsigned how = 0; how < 4; how++) {
		unsigned images = 0;
		plan->fail_from = 0;
		plan->fail_late = how & 1;
		do
			plan->fail_until = how & 2 ? UINT64_MAX : plan->fail_from + 1;
		while (live_with_faults(plan, &images) && ++plan->fail_from);
		print_message("# %u faults, %u images\n", (unsigned)plan->fail_from, images);
		assert_true(plan->fail_from >= 60);
	}
}

static void errors_between_small_groups(void **state)
{
	(void)state;
	struct plan plan = {.seed = 8,
		.lives = 1,
		.groups = 60,
		.sectors = SMALLEST,
		.record = 5000,
		.flush_one_in = 2,
		.compact = true};
	no_error_loses_what_was_durable(&plan);
}

static void errors_in_large_groups(void **state)
{
	(void)state;
	struct plan plan = {.seed = 9,
		.lives = 1,
		.groups = 40,
		.sectors = 4 * SMALLEST,
		.record = 60000,
		.flush_one_in = 4,
		.compact = true};
	no_error_loses_what_was_durable(&plan);
}

/* The checks bite: disks and logs that do not keep their promise are found out. */
static void a_disk_that_ignores_flushes_is_found_out(void **state)
{
	(void)state;
	struct plan plan = {.seed = 7,
		.lives = 4,
		.groups = 40,
		.sectors = SMALLEST,
		.record = 900,
		.flush_one_in = 2,
		.ignore_flush = true};
	assert_true(run(&plan) > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cuts_between_small_groups),
		cmocka_unit_test(power_cuts_in_large_groups),
		cmocka_unit_test(what_an_earlier_life_wrote_stays_dead),
		cmocka_unit_test(errors_between_small_groups),
		cmocka_unit_test(errors_in_large_groups),
		cmocka_unit_test(a_disk_that_ignores_flushes_is_found_out),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_disklog_crash", tests, NULL, NULL);
}
