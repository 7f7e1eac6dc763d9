/* test_guest_table_random.c - random histories of puts, removals, commits, branches and merges
 * against a plain model, whose commits git itself makes: the ids must be the same.
 * TABLE_HISTORIES says how many (10,000). SPDX-License-Identifier: ISC */
#include "table_repo.h"

#define KEYS 24u
#define OPERATIONS 40u
#define IN_A_BATCH 2500u

/* What a table holds, plainly. */
struct state {
	bool has[KEYS];
	struct holder value[KEYS];
};

struct model_branch {
	struct table_branch *b;
	struct state base, state, committed;
	int base_mark, tip_mark;
	char name[TABLE_NAME_MAX];
};

/* One history: the table, and the model that writes each commit for git fast-import. */
struct history {
	const struct table_kind *kind;
	struct made_table m;
	uint64_t now, random;
	struct state live, committed;
	bool changed;
	int head;
	struct model_branch branch[TABLE_BRANCHES];
	size_t branches;
	unsigned named;
};

/* An id that git must give to a mark. */
struct expected {
	int mark;
	char hex[41];
};

/* What one fast-import gets. */
static struct batch {
	FILE *stream;
	int marks;
	struct expected *expected;
	size_t n, room;
} batch;

static unsigned below(struct history *h, unsigned n)
{
	h->random = h->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(h->random >> 33) % n;
}

static bool same(const struct state *a, const struct state *b, unsigned i)
{
	if (a->has[i] != b->has[i])
		return false;
	return !a->has[i] || memcmp(&a->value[i], &b->value[i], sizeof(*a->value)) == 0;
}

static bool all_same(const struct state *a, const struct state *b)
{
	unsigned i = 0;
	while (i < KEYS && same(a, b, i))
		i++;
	return i == KEYS;
}

static struct address key_of(unsigned i)
{
	return address(i * 30011);
}

/* ---- the model ----------------------------------------------------------------------------- */

static void write_state(const struct table_kind *kind, const struct state *s)
{
	char path[TABLE_PATH_MAX], text[TABLE_TEXT_MAX];
	fprintf(batch.stream, "deleteall\n");
	for (unsigned i = 0; i < KEYS; i++) {
		if (!s->has[i])
			continue;
		struct address key = key_of(i);
		int path_n = (int)kind->path(&key, path), n = (int)kind->text(&s->value[i], text);
		fprintf(batch.stream, "M 100644 inline arp/%.*s\ndata %d\n%.*s\n", path_n, path, n,
			n, text);
	}
}

/* A commit with these parents (0: none); its mark. */
static int write_commit(const struct history *h, const struct state *s, unsigned note,
	const void *key, const void *value, int first, int second)
{
	char message[TABLE_MESSAGE_MAX] = "update";
	unsigned long long seconds = h->now / SECOND;
	size_t said = write_message(note, key, value, message);
	int n = said ? (int)said : 6;
	if (!first)
		fprintf(batch.stream, "reset refs/heads/x\n\n");
	fprintf(batch.stream,
		"commit refs/heads/x\nmark :%d\nauthor arp <arp@respin> %llu +0000\n"
		"committer arp <arp@respin> %llu +0000\ndata %d\n%.*s\n\n",
		++batch.marks, seconds, seconds, n + 1, n, message);
	if (first)
		fprintf(batch.stream, "from :%d\n", first);
	if (second)
		fprintf(batch.stream, "merge :%d\n", second);
	write_state(h->kind, s);
	return batch.marks;
}

static void model_commit(struct history *h, unsigned note, const void *key, const void *value)
{
	h->changed = false;
	if (h->head && all_same(&h->live, &h->committed))
		return;
	h->head = write_commit(h, &h->live, note, key, value, h->head, 0);
	h->committed = h->live;
}

/* What a branch or a merge begins with. */
static void model_settle(struct history *h)
{
	if (h->changed || !h->head)
		model_commit(h, NOTE_LATER, NULL, NULL);
}

static void model_change(struct history *h, unsigned i, const struct holder *value, unsigned note)
{
	struct address key = key_of(i);
	h->live.has[i] = value != NULL;
	if (value)
		h->live.value[i] = *value;
	h->changed = true;
	if (note != NOTE_LATER)
		model_commit(h, note, &key, value);
}

static bool model_branch_commit(struct history *h, struct model_branch *m, unsigned note)
{
	if (all_same(&m->state, &m->committed))
		return false;
	int parent = m->tip_mark ? m->tip_mark : m->base_mark;
	m->tip_mark = write_commit(h, &m->state, note, NULL, NULL, parent, 0);
	m->committed = m->state;
	return true;
}

static void model_merge_key(struct history *h, const struct model_branch *m, unsigned i)
{
	struct state *ours = &h->live;
	const struct state *theirs = &m->state;
	if (same(theirs, &m->base, i) || same(ours, theirs, i))
		return;
	if (same(ours, &m->base, i) || !ours->has[i]) {
		ours->has[i] = theirs->has[i];
		ours->value[i] = theirs->value[i];
	} else if (theirs->has[i]) {
		later_holder(NULL, NULL, &ours->value[i], &theirs->value[i], &ours->value[i]);
	}
}

static void model_merge(struct history *h, struct model_branch *m, unsigned note)
{
	model_branch_commit(h, m, note);
	if (!m->tip_mark)
		return;
	model_settle(h);
	for (unsigned i = 0; i < KEYS; i++)
		model_merge_key(h, m, i);
	if (h->head == m->base_mark)
		h->head = m->tip_mark;
	else
		h->head = write_commit(h, &h->live, note, NULL, NULL, h->head, m->tip_mark);
	h->committed = h->live;
}

/* ---- operations on both --------------------------------------------------------------------- */

static struct holder some_holder(struct history *h)
{
	return holder(below(h, 4), below(h, 5));
}

static void change_primary(struct history *h)
{
	unsigned i = below(h, KEYS), note = below(h, 3);
	struct address key = key_of(i);
	struct holder value = some_holder(h);
	if (below(h, 3) == 0) {
		bool there = h->live.has[i];
		assert_int_equal(
			table_remove(h->m.t, &key, note), there ? TABLE_CHANGED : TABLE_SAME);
		if (there)
			model_change(h, i, NULL, note);
		return;
	}
	bool differs = !h->live.has[i] || memcmp(&h->live.value[i], &value, sizeof(value)) != 0;
	assert_int_equal(
		table_put(h->m.t, &key, &value, note), differs ? TABLE_CHANGED : TABLE_SAME);
	if (differs)
		model_change(h, i, &value, note);
}

static void change_branch(struct history *h, struct model_branch *m)
{
	unsigned i = below(h, KEYS);
	struct address key = key_of(i);
	struct holder value = some_holder(h);
	const struct holder *former = table_branch_get(m->b, &key);
	assert_int_equal(former != NULL, m->state.has[i]);
	if (former)
		assert_memory_equal(former, &m->state.value[i], sizeof(*former));
	if (below(h, 3) == 0) {
		table_branch_remove(m->b, &key);
		m->state.has[i] = false;
	} else {
		table_branch_put(m->b, &key, &value);
		m->state.has[i] = true;
		m->state.value[i] = value;
	}
}

static void open_branch(struct history *h)
{
	struct model_branch *m = &h->branch[h->branches];
	if (h->branches == TABLE_BRANCHES)
		return;
	memset(m, 0, sizeof(*m));
	snprintf(m->name, sizeof(m->name), "b%u", h->named++);
	m->b = table_branch(h->m.t, m->name);
	assert_non_null(m->b);
	model_settle(h);
	m->base = m->state = m->committed = h->live;
	m->base_mark = h->head;
	h->branches++;
}

static void expect_ref(struct history *h, size_t ref, int mark)
{
	struct table_ref r;
	assert_true(table_ref(h->m.t, ref, &r));
	if (batch.n == batch.room) {
		batch.room = batch.room ? 2 * batch.room : 1024;
		batch.expected = realloc(batch.expected, batch.room * sizeof(*batch.expected));
		assert_non_null(batch.expected);
	}
	batch.expected[batch.n].mark = mark;
	table_id_text(&r.id, batch.expected[batch.n++].hex);
}

static void close_branch(struct history *h, size_t i)
{
	struct model_branch *m = &h->branch[i];
	unsigned note = NOTE_ADDED + below(h, 4);
	if (below(h, 5) == 0) {
		table_branch_drop(m->b);
	} else {
		table_branch_merge(m->b, note);
		model_merge(h, m, note);
	}
	*m = h->branch[--h->branches];
}

static void work_on_branch(struct history *h)
{
	if (!h->branches)
		return;
	size_t i = below(h, (unsigned)h->branches);
	struct model_branch *m = &h->branch[i];
	unsigned what = below(h, 8);
	if (what == 0) {
		close_branch(h, i);
	} else if (what == 1) {
		assert_int_equal(table_branch_commit(m->b, NOTE_OTHER),
			model_branch_commit(h, m, NOTE_OTHER));
	} else {
		change_branch(h, m);
	}
}

static void operate(struct history *h)
{
	unsigned what = below(h, 20);
	h->now += SECOND;
	table_set_time(h->m.t, h->now);
	if (what < 9) {
		change_primary(h);
	} else if (what < 11) {
		bool due = h->changed || !h->head;
		assert_int_equal(table_commit(h->m.t, NOTE_OTHER), due);
		if (due)
			model_commit(h, NOTE_OTHER, NULL, NULL);
	} else if (what < 12) {
		open_branch(h);
	} else if (what < 18) {
		work_on_branch(h);
	} else {
		for (unsigned steps = below(h, 4); steps; steps--)
			table_work(h->m.t);
	}
}

/* ---- what must hold -------------------------------------------------------------------------- */

static void assert_same_entries(const struct history *h)
{
	size_t n = 0;
	for (unsigned i = 0; i < KEYS; i++) {
		struct address key = key_of(i);
		const struct holder *v = table_get(h->m.t, &key);
		assert_int_equal(v != NULL, h->live.has[i]);
		if (v)
			assert_memory_equal(v, &h->live.value[i], sizeof(*v));
		n += v != NULL;
	}
	assert_int_equal(table_count(h->m.t), n);
}

/* When all but the head is too old, what is left is what one commit needs: nothing leaks. */
static void assert_nothing_leaks(struct history *h)
{
	struct made_table fresh = make_table(h->kind, (struct table_limits){.entries = KEYS});
	table_set_time(h->m.t, h->now + 3600 * SECOND);
	while (h->branches)
		table_branch_drop(h->branch[--h->branches].b);
	table_flush(h->m.t);
	for (unsigned i = 0; i < KEYS; i++) {
		struct address key = key_of(i);
		if (h->committed.has[i])
			table_put(fresh.t, &key, &h->committed.value[i], NOTE_LATER);
	}
	if (h->head)
		table_commit(fresh.t, NOTE_OTHER);
	table_flush(fresh.t);
	if (!h->changed)
		assert_int_equal(table_stats(h->m.t).objects, table_stats(fresh.t).objects);
	drop_table(&fresh);
}

static void run_history(unsigned seed, struct repo *r, bool exported)
{
	const struct table_limits limits = {.entries = KEYS,
		.log_records = 4 * OPERATIONS,
		.history_ns = seed % 3 ? 0 : 10 * SECOND,
		.history_bytes = seed % 5 ? 100000 : 20000};
	struct history h = {.kind = seed & 1 ? &flat_kind : &fanned_kind,
		.now = START,
		.random = seed * UINT64_C(0x9e3779b97f4a7c15)};
	h.m = make_table(h.kind, limits);
	for (unsigned i = 0; i < OPERATIONS; i++)
		operate(&h);
	table_flush(h.m.t);
	assert_same_entries(&h);
	if (h.head)
		expect_ref(&h, 0, h.head);
	if (exported)
		export_table(h.m.t, r);
	assert_nothing_leaks(&h);
	drop_table(&h.m);
}

static void assert_marks(const char *path)
{
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char(*hex)[41] = calloc((size_t)batch.marks + 1, sizeof(*hex));
	int mark;
	char id[41];
	while (fscanf(f, ":%d %40s\n", &mark, id) == 2)
		memcpy(hex[mark], id, sizeof(id));
	fclose(f);
	for (size_t i = 0; i < batch.n; i++)
		assert_string_equal(batch.expected[i].hex, hex[batch.expected[i].mark]);
	free(hex);
}

static void run_batch(unsigned from, unsigned to)
{
	struct repo r, made;
	char path[128], command[256];
	make_repo(&r);
	make_repo(&made);
	batch = (struct batch){0};
	snprintf(path, sizeof(path), "%s/stream", made.dir);
	batch.stream = fopen(path, "w");
	assert_non_null(batch.stream);
	for (unsigned seed = from; seed < to; seed++)
		run_history(seed, &r, seed % 200 == 0);
	assert_int_equal(fclose(batch.stream), 0);
	snprintf(command, sizeof(command),
		"fast-import --quiet --force --export-marks=%s/marks <%s", made.dir, path);
	git(&made, command);
	snprintf(path, sizeof(path), "%s/marks", made.dir);
	assert_marks(path);
	git(&r, "fsck --strict --full --no-dangling");
	free(batch.expected);
	drop_repo(&r);
	drop_repo(&made);
}

static void histories_agree_with_a_model_and_with_git(void **state)
{
	(void)state;
	const char *given = getenv("TABLE_HISTORIES"), *first = getenv("TABLE_FIRST");
	unsigned n = given ? (unsigned)strtoul(given, NULL, 10) : 10000, from = 0;
	if (first)
		from = (unsigned)strtoul(first, NULL, 10);
	for (unsigned i = 0; i < n; i += IN_A_BATCH)
		run_batch(from + i, from + (n - i < IN_A_BATCH ? n : i + IN_A_BATCH));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories_agree_with_a_model_and_with_git),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_random", tests, NULL, NULL);
}
