/* test_guest_keep_crash.c - tables on a disk after power cuts and errors: the same commits, whole
 * states, nothing lost that was durable. SPDX-License-Identifier: ISC */
#include "kept.h"

#define KEYS 24
#define STATES 4000
#define OBJECTS 700
/* Counters that the disk's record has: of turns and of heads, durable and made. */
enum { TURN_DURABLE, TURN_MADE, HEAD_DURABLE, HEAD_MADE };

struct state {
	bool there[KEYS];
	struct holder value[KEYS];
	struct table_id head; /* of ARP's states */
};

/* A group of the log, and what is durable when it is. */
struct promise {
	uint64_t group;
	size_t turn, head;
};

struct world {
	struct disk disk;
	struct machine m;
	struct state *turns, *heads; /* TCP after each turn, ARP at each commit; [0] is nothing */
	size_t turn, head;
	size_t logged; /* head that is in the log with all it reaches */
	struct promise *promises;
	size_t promised, kept;
	uint64_t seed;
	bool ignore_flush;
	unsigned checked, wrong, fscked;
	uint64_t compactions, commits;
	char why[128];
};

static bool wrong(struct world *w, const char *what, size_t a, size_t b)
{
	if (w->wrong++ == 0)
		snprintf(w->why, sizeof(w->why), "%s: %zu, %zu", what, a, b);
	return false;
}

static void state_of(struct table *t, struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned key = 0; key < KEYS; key++) {
		const struct holder *h = get(t, key);
		s->there[key] = h;
		if (h)
			s->value[key] = *h;
	}
	head_of(t, &s->head);
}

static bool same_entries(const struct state *a, const struct state *b)
{
	return memcmp(a->there, b->there, sizeof(a->there)) == 0 &&
	       memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

static uint8_t *read_any(struct table *t, const struct table_id *id, size_t *n)
{
	static uint8_t p[TABLE_OBJECT_MAX];
	enum table_type type;
	assert_true(table_read(t, id, &type, p, n));
	return p;
}

/* The entries as the head commit has them: some of the table's may be waiting for the next one. */
static void state_of_head(struct table *t, struct state *s)
{
	static uint8_t folder[TABLE_OBJECT_MAX];
	struct table_id id;
	size_t n;
	memset(s, 0, sizeof(*s));
	if (!head_of(t, &s->head))
		return;
	assert_true(table_id_parse((char *)read_any(t, &s->head, &n) + 5, 40, &id));
	const uint8_t *root = read_any(t, &id, &n);
	if (n == 0)
		return;
	memcpy(id.bytes, root + strlen((const char *)root) + 1, 20);
	const uint8_t *files = read_any(t, &id, &n);
	memcpy(folder, files, n);
	for (const uint8_t *at = folder, *end = folder + n; at < end;) {
		const char *name = (const char *)at + 7; /* behind "100644 " */
		struct address key = {{0}};
		size_t text_n;
		at += 8 + strlen(name);
		memcpy(id.bytes, at, 20);
		at += 20;
		assert_true(flat_parse_path(name, strlen(name), &key));
		const uint8_t *text = read_any(t, &id, &text_n);
		s->there[key.bytes[3]] = true;
		assert_true(read_holder((const char *)text, text_n, &s->value[key.bytes[3]]));
	}
}

/* ---- a life -------------------------------------------------------------------------------------
 */

/* A commit of ARP: all that waits, and one more head. */
static void note_head(struct world *w)
{
	struct table *t = w->m.table[ARP].t;
	table_flush(t);
	struct state s;
	state_of_head(t, &s);
	if (same_id(&s.head, &w->heads[w->head].head))
		return;
	w->heads[++w->head] = s;
	disk_mark(&w->disk, HEAD_MADE, w->head);
	w->commits++;
}

static void change(struct world *w, struct table *t)
{
	unsigned key = 1 + (unsigned)random_below(&w->seed, KEYS - 1);
	if (random_below(&w->seed, 4) == 0)
		take_out(t, key, NOTE_LATER);
	else
		put(t, key, (unsigned)random_below(&w->seed, 1000), 60, NOTE_LATER);
}

/* An aging round, as ARP's, on a branch. */
static void branch(struct world *w)
{
	char name[TABLE_NAME_MAX];
	struct table *t = w->m.table[ARP].t;
	snprintf(name, sizeof(name), "expire_%llu", (unsigned long long)w->m.now);
	struct table_branch *b = table_branch(t, name);
	if (!b)
		return;
	struct address key = address(1 + (unsigned)random_below(&w->seed, KEYS - 1));
	table_branch_remove(b, &key);
	table_branch_commit(b, NOTE_EXPIRED);
	change(w, t);
	table_branch_merge(b, NOTE_MERGED);
}

static void mark_durable(struct world *w)
{
	uint64_t durable = disklog_durable(w->m.log);
	while (w->kept < w->promised && w->promises[w->kept].group <= durable) {
		disk_mark(&w->disk, TURN_DURABLE, w->promises[w->kept].turn);
		disk_mark(&w->disk, HEAD_DURABLE, w->promises[w->kept].head);
		w->kept++;
	}
}

/* One turn: changes, the promise, some work, perhaps a flush. */
static void turn(struct world *w)
{
	struct machine *m = &w->m;
	m->now += SECOND;
	for (size_t i = 0; i < STORES; i++)
		table_set_time(m->table[i].t, m->now);
	for (size_t n = random_below(&w->seed, 5); n > 0; n--)
		change(w, m->table[TCP].t);
	w->turn++;
	put(m->table[TCP].t, 0, (unsigned)w->turn, 60, w->turn % 9 ? NOTE_LATER : NOTE_ADDED);
	state_of(m->table[TCP].t, &w->turns[w->turn]);
	disk_mark(&w->disk, TURN_MADE, w->turn);
	uint64_t group = keep_turn(m->keep);
	change(w, m->table[ARP].t);
	if (random_below(&w->seed, 3) == 0)
		table_commit(m->table[ARP].t, NOTE_OTHER);
	else if (random_below(&w->seed, 5) == 0)
		branch(w);
	note_head(w);
	table_flush(m->table[TCP].t);
	size_t steps = random_below(&w->seed, 12);
	while (steps > 0 && keep_work(m->keep))
		steps--;
	if (!keep_is_behind(m->keep)) {
		w->logged = w->head;
		group = keep_turn(m->keep);
	}
	w->promises[w->promised++] = (struct promise){group, w->turn, w->logged};
	if (random_below(&w->seed, 2) == 0)
		disklog_flush(m->log);
	mark_durable(w);
}

/* ---- what comes back
 * --------------------------------------------------------------------------------- */

/* Everything that the refs reach is there, up to the boundary. */
static bool is_whole(struct table *t, const struct table_id *id, enum table_type expected)
{
	static uint8_t buffers[3][TABLE_OBJECT_MAX];
	uint8_t *p = buffers[expected - 1];
	enum table_type type;
	size_t n;
	struct table_id next;
	if (!table_read(t, id, &type, p, &n) || type != expected)
		return false;
	if (type == TABLE_BLOB)
		return true;
	if (type == TABLE_COMMIT)
		return table_id_parse((const char *)p + 5, 40, &next) &&
		       is_whole(t, &next, TABLE_TREE);
	/* A tree: the root has one folder, that one has files. */
	for (const uint8_t *at = p; at < p + n;) {
		const uint8_t *end = memchr(at, 0, (size_t)(p + n - at));
		memcpy(next.bytes, end + 1, 20);
		bool folder = at[0] == '4';
		at = end + 21;
		if (folder)
			return at == p + n && is_whole(t, &next, TABLE_TREE);
		if (!is_whole(t, &next, TABLE_BLOB))
			return false;
	}
	return true;
}

static bool history_is_whole(struct table *t)
{
	static uint8_t p[TABLE_OBJECT_MAX];
	enum table_type type;
	size_t n;
	struct table_id id;
	if (!head_of(t, &id))
		return true;
	while (is_whole(t, &id, TABLE_COMMIT)) {
		if (is_shallow(t, &id))
			return true;
		assert_true(table_read(t, &id, &type, p, &n));
		if (strncmp((const char *)p + 46, "parent ", 7) != 0)
			return true;
		assert_true(table_id_parse((const char *)p + 53, 40, &id));
	}
	return false;
}

static bool check_turn(struct world *w, const struct cutter *c, struct machine *m, size_t *turn)
{
	struct state s;
	state_of(m->table[TCP].t, &s);
	*turn = s.there[0] ? (size_t)s.value[0].mac[5] | (size_t)s.value[0].mac[4] << 8 : 0;
	if (*turn < c->marks[TURN_DURABLE])
		return wrong(w, "lost a turn", *turn, c->marks[TURN_DURABLE]);
	if (*turn > c->marks[TURN_MADE])
		return wrong(w, "a turn came to life again", *turn, c->marks[TURN_MADE]);
	return same_entries(&s, &w->turns[*turn]) || wrong(w, "half a turn", *turn, 0);
}

static bool check_head(struct world *w, const struct cutter *c, struct machine *m, size_t *head)
{
	struct state s;
	state_of(m->table[ARP].t, &s);
	*head = c->marks[HEAD_MADE];
	while (*head > 0 && !same_id(&w->heads[*head].head, &s.head))
		--*head;
	if (!same_id(&w->heads[*head].head, &s.head))
		return wrong(w, "a head of nobody's", *head, 0);
	if (*head < c->marks[HEAD_DURABLE])
		return wrong(w, "lost a commit", *head, c->marks[HEAD_DURABLE]);
	if (!same_entries(&s, &w->heads[*head]))
		return wrong(w, "a commit's entries differ", *head, 0);
	return history_is_whole(m->table[ARP].t) || wrong(w, "history has a hole", *head, 0);
}

static void check_git(struct world *w, struct machine *m)
{
	struct repo r;
	make_repo(&r);
	assert_git_agrees(m->table[ARP].t, &r);
	assert_git_agrees(m->table[TCP].t, &r);
	drop_repo(&r);
	w->fscked++;
}

static bool boot(struct world *w, struct machine *m, struct disk *disk)
{
	if (!machine_boot(m, disk, OBJECTS, 65536))
		return wrong(w, disklog_verdict_text(m->verdict), 0, 0);
	for (size_t i = 0; i < STORES; i++) {
		const char *why;
		enum keep_restored r = keep_result(m->keep, i, &why);
		if (r != KEEP_NEW && r != KEEP_RESTORED)
			return wrong(w, why, i, 0);
	}
	return true;
}

/* Boots from what a power cut left; TURN and HEAD are where it goes on. */
static bool check(struct world *w, const struct cutter *c, const uint8_t *image, size_t *turn,
	size_t *head, bool deep)
{
	struct disk disk = {.sectors = w->disk.sectors, .bytes = malloc(w->disk.sectors * SECTOR)};
	struct machine m;
	memcpy(disk.bytes, image, disk.sectors * SECTOR);
	w->checked++;
	bool good = boot(w, &m, &disk) && check_turn(w, c, &m, turn) && check_head(w, c, &m, head);
	if (good && deep) {
		check_git(w, &m);
		/* Once more, from what that boot has left. */
		size_t again_turn, again_head;
		machine_off(&m);
		good = boot(w, &m, &disk) && check_turn(w, c, &m, &again_turn) &&
		       check_head(w, c, &m, &again_head);
		if (good && (again_turn != *turn || again_head != *head))
			good = wrong(w, "two boots differ", again_turn, *turn);
	}
	machine_off(&m);
	disk_free(&disk);
	return good;
}

/* ---- lives
 * ------------------------------------------------------------------------------------------- */

static void live(struct world *w, unsigned turns)
{
	disk_forget(&w->disk);
	w->disk.recording = true;
	disk_mark(&w->disk, TURN_MADE, w->turn);
	disk_mark(&w->disk, TURN_DURABLE, w->turn);
	disk_mark(&w->disk, HEAD_MADE, w->head);
	disk_mark(&w->disk, HEAD_DURABLE, w->head);
	w->promised = w->kept = 0;
	w->logged = w->head;
	uint64_t now = w->m.now;
	assert_true(machine_boot(&w->m, &w->disk, OBJECTS, 65536));
	w->m.now = now > START ? now : START;
	w->disk.ignore_flush = w->ignore_flush;
	for (unsigned i = 0; i < turns; i++)
		turn(w);
	w->compactions += disklog_stats(w->m.log).compactions;
	machine_off(&w->m);
}

/* Cuts the power at all moments of a life, and goes on from one of them. */
static void cut(struct world *w, uint8_t *start, uint8_t *image, uint8_t *last, unsigned one_in)
{
	struct cutter c;
	size_t bytes = w->disk.sectors * SECTOR, turn = w->turn, head = w->head, seen = 0;
	cutter_start(&c, &w->disk, start);
	while (cutter_next(&c) && w->wrong == 0) {
		if (c.disk->events[c.at - 1].what == DISK_MARK)
			continue;
		for (int kind = 0; kind < CUT_KINDS && w->wrong == 0; kind++) {
			size_t t, h;
			if (random_below(&w->seed, one_in) != 0)
				continue;
			cutter_image(&c, (enum cut)kind, &w->seed, image);
			if (!check(w, &c, image, &t, &h, random_below(&w->seed, 100) == 0))
				break;
			if (random_below(&w->seed, ++seen) == 0) {
				memcpy(last, image, bytes);
				turn = t;
				head = h;
			}
		}
	}
	cutter_end(&c);
	w->turn = turn;
	w->head = head;
}

static unsigned run(struct world *w, unsigned lives, unsigned turns, unsigned one_in)
{
	disk_make(&w->disk, 2 * disklog_size(0) / SECTOR);
	size_t bytes = w->disk.sectors * SECTOR;
	uint8_t *start = malloc(bytes), *image = malloc(bytes), *last = malloc(bytes);
	w->turns = calloc(STATES, sizeof(*w->turns));
	w->heads = calloc(2 * STATES, sizeof(*w->heads));
	w->promises = calloc(STATES, sizeof(*w->promises));
	for (unsigned i = 0; i < lives && w->wrong == 0; i++) {
		memcpy(start, w->disk.bytes, bytes);
		memcpy(last, w->disk.bytes, bytes);
		live(w, turns);
		cut(w, start, image, last, one_in);
		memcpy(w->disk.bytes, last, bytes);
	}
	print_message("# %u boots, %u wrong %s; %u compactions, %u commits, %u by git fsck\n",
		w->checked, w->wrong, w->why, (unsigned)w->compactions, (unsigned)w->commits,
		w->fscked);
	disk_free(&w->disk);
	free(start);
	free(image);
	free(last);
	free(w->turns);
	free(w->heads);
	free(w->promises);
	return w->wrong;
}

static void power_cuts_lose_nothing_that_was_durable(void **state)
{
	(void)state;
	struct world w = {.seed = 1};
	assert_int_equal(run(&w, 6, 150, 2), 0);
	assert_true(w.compactions > 6);
	assert_true(w.fscked > 5);
}

static void a_disk_that_ignores_flushes_is_found_out(void **state)
{
	(void)state;
	struct world w = {.seed = 2, .ignore_flush = true};
	assert_true(run(&w, 2, 60, 1) > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cuts_lose_nothing_that_was_durable),
		cmocka_unit_test(a_disk_that_ignores_flushes_is_found_out),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_keep_crash", tests, NULL, NULL);
}
