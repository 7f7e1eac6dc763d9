/* test_guest_table_import.c - states that come from elsewhere: merged, restored, refused.
 * SPDX-License-Identifier: ISC */
#include "table_repo.h"

/* ---- making objects as somebody else would --------------------------------------------------- */

struct making {
	struct table_import *im;
	uint8_t tree[4096];
	size_t n;
};

static struct table_id add(struct table_import *im, enum table_type type, const void *p, size_t n)
{
	struct table_id id;
	assert_true(table_import_add(im, type, p, n, &id));
	return id;
}

static void entry(struct making *m, const char *mode, const char *name, struct table_id id)
{
	m->n += (size_t)sprintf((char *)m->tree + m->n, "%s %s", mode, name) + 1;
	memcpy(m->tree + m->n, id.bytes, 20);
	m->n += 20;
}

static void file(struct making *m, const char *name, const char *text)
{
	entry(m, "100644", name, add(m->im, TABLE_BLOB, text, strlen(text)));
}

static struct table_id tree(struct making *m)
{
	struct table_id id = add(m->im, TABLE_TREE, m->tree, m->n);
	m->n = 0;
	return id;
}

static size_t commit_text(char *out, const struct table_id *tree_id, const struct table_id *parents,
	size_t n, unsigned seconds, const char *message)
{
	char hex[41];
	table_id_text(tree_id, hex);
	size_t at = (size_t)sprintf(out, "tree %s\n", hex);
	for (size_t i = 0; i < n; i++) {
		table_id_text(&parents[i], hex);
		at += (size_t)sprintf(out + at, "parent %s\n", hex);
	}
	return at + (size_t)sprintf(out + at,
			    "author A. Operator <a@example.org> %u +0100\n"
			    "committer A. Operator <a@example.org> %u +0100\n\n%s\n",
			    seconds, seconds, message);
}

/* A commit of the kind's folder, which is the tree under way. */
static struct table_id commit(struct making *m, const struct table_id *parents, size_t n)
{
	char text[1024];
	entry(m, "40000", "arp", tree(m));
	struct table_id root = tree(m);
	return add(m->im, TABLE_COMMIT, text,
		commit_text(text, &root, parents, n, 1700000001, "by hand"));
}

static struct table_id head_of(struct table *t)
{
	struct table_ref ref;
	assert_true(table_ref(t, 0, &ref));
	return ref.id;
}

static void copy_object(struct table *from, struct table_import *im, const struct table_id *id);

static void copy_parts(struct table *from, struct table_import *im, const struct table_id *id,
	enum table_type type, const uint8_t *p, size_t n)
{
	struct table_id part;
	for (const uint8_t *at = p; type == TABLE_TREE && at < p + n; at += 21) {
		at = memchr(at, 0, n);
		memcpy(part.bytes, at + 1, 20);
		copy_object(from, im, &part);
	}
	if (type != TABLE_COMMIT)
		return;
	const char *text = (const char *)p;
	assert_true(table_id_parse(text + 5, 40, &part));
	copy_object(from, im, &part);
	for (text += 46; !is_shallow(from, id) && strncmp(text, "parent ", 7) == 0; text += 48) {
		assert_true(table_id_parse(text + 7, 40, &part));
		copy_object(from, im, &part);
	}
}

/* All that ID reaches, as a fetch brings it: what is there already does not come again. */
static void copy_object(struct table *from, struct table_import *im, const struct table_id *id)
{
	enum table_type type;
	size_t n;
	struct table_id same;
	uint8_t *p = malloc(TABLE_OBJECT_MAX);
	if (!table_import_read(im, id, &type, p, &n)) {
		assert_true(table_read(from, id, &type, p, &n));
		assert_true(table_import_add(im, type, p, n, &same));
		assert_memory_equal(&same, id, sizeof(same));
		copy_parts(from, im, id, type, p, n);
	}
	free(p);
}

static enum table_merge_result pull(struct table *from, struct table *to, char *why)
{
	struct table_import *im = table_import(to);
	assert_non_null(im);
	struct table_id head = head_of(from);
	copy_object(from, im, &head);
	enum table_merge_result result =
		table_import_merge(im, &head, NOTE_MERGED, NULL, NULL, why);
	table_import_close(im);
	return result;
}

static bool restore(struct table *from, struct table *to, char *why)
{
	struct table_import *im = table_import(to);
	struct table_id head = head_of(from);
	copy_object(from, im, &head);
	bool done = table_import_restore(im, &head, why);
	table_import_close(im);
	return done;
}

static void assert_same_tables(struct table *a, struct table *b)
{
	size_t cursor = 0;
	const void *key, *value;
	assert_int_equal(table_count(a), table_count(b));
	while (table_next(a, &cursor, &key, &value)) {
		assert_non_null(table_get(b, key));
		assert_memory_equal(value, table_get(b, key), sizeof(struct holder));
	}
}

static void assert_fsck(struct table *t)
{
	struct repo r;
	make_repo(&r);
	assert_git_agrees(t, &r);
	drop_repo(&r);
}

static const struct table_limits room = {.entries = 2000};

static struct made_table grown(const struct table_kind *kind, unsigned commits)
{
	struct made_table m = make_table(kind, room);
	for (unsigned i = 0; i < commits; i++) {
		table_set_time(m.t, START + i * SECOND);
		put(m.t, i * 31 % 700, i, i, NOTE_ADDED);
		if (i % 5 == 0)
			take_out(m.t, i * 17 % 700, NOTE_EXPIRED);
	}
	table_flush(m.t);
	return m;
}

/* ---- restoring --------------------------------------------------------------------------------
 */

static void a_restored_table_is_as_it_was(void **state)
{
	(void)state;
	const struct table_kind *kinds[] = {&flat_kind, &fanned_kind};
	for (size_t k = 0; k < 2; k++) {
		char why[TABLE_MESSAGE_MAX];
		struct made_table a = grown(kinds[k], 900), b = make_table(kinds[k], room);
		table_set_time(b.t, START + 1000 * SECOND);
		assert_true(restore(a.t, b.t, why));
		assert_same_tables(a.t, b.t);
		struct table_id one = head_of(a.t), other = head_of(b.t);
		assert_memory_equal(&one, &other, sizeof(one));
		assert_fsck(b.t);
		table_flush(b.t);
		put(b.t, 1, 77, 77, NOTE_ADDED);
		table_flush(b.t);
		assert_fsck(b.t);
		/* All but the head goes, and with it what only the past had. */
		table_set_time(a.t, START + 9999 * SECOND);
		table_set_time(b.t, START + 9999 * SECOND);
		put(a.t, 1, 77, 77, NOTE_ADDED);
		table_flush(a.t);
		table_flush(b.t);
		put(a.t, 3, 3, 3, NOTE_ADDED);
		put(b.t, 3, 3, 3, NOTE_ADDED);
		table_set_time(a.t, START + 99999 * SECOND);
		table_set_time(b.t, START + 99999 * SECOND);
		table_flush(a.t);
		table_flush(b.t);
		assert_int_equal(table_stats(a.t).objects, table_stats(b.t).objects);
		assert_false(restore(a.t, b.t, why));
		assert_string_equal(why, "the table is not empty");
		drop_table(&a);
		drop_table(&b);
	}
}

/* A text that another version wrote: taken, and written anew on top. */
static void other_text_is_written_anew(void **state)
{
	(void)state;
	char why[TABLE_MESSAGE_MAX];
	struct made_table m = make_table(&flat_kind, room);
	struct making k = {.im = table_import(m.t)};
	file(&k, "10.0.0.1", "mac 02:00:00:00:00:01\nexpires    60\n");
	file(&k, "10.0.0.2", "mac 02:00:00:00:00:02\nexpires 60\n");
	struct table_id c = commit(&k, NULL, 0);
	assert_true(table_import_restore(k.im, &c, why));
	table_import_close(k.im);
	assert_int_equal(get(m.t, 1)->expires, 60);
	struct repo r;
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --format=%s"), "update\nby hand");
	assert_string_equal(git(&r, "diff --stat HEAD~ HEAD | tail -1"),
		" 1 file changed, 1 insertion(+), 1 deletion(-)");
	drop_repo(&r);
	drop_table(&m);
}

/* ---- merging -----------------------------------------------------------------------------------
 */

struct told {
	char text[4096];
	const char *refused;
};

/* Adds a line to what was told; one path may be refused. */
static const char *tell(
	void *ctx, const char *path, enum table_won won, const void *key, const void *value)
{
	static const char *const words[] = {"ours", "theirs", "both"};
	struct told *t = ctx;
	snprintf(t->text + strlen(t->text), sizeof(t->text) - strlen(t->text), "%s %s\n", path,
		words[won]);
	const struct address *a = key;
	const struct holder *h = value;
	assert_non_null(strchr(path, '/'));
	if (!t->refused || strcmp(path, t->refused) != 0)
		return NULL;
	assert_int_equal(a->bytes[3], 3);
	assert_int_equal(h->expires, 900);
	return "no such neighbour";
}

/* One path that is refused is enough: all stays as it was. */
static void a_path_can_be_refused(void **state)
{
	(void)state;
	char why[TABLE_MESSAGE_MAX];
	struct made_table m = make_table(&flat_kind, room);
	put(m.t, 2, 2, 100, NOTE_ADDED);
	table_flush(m.t);
	struct table_id base = head_of(m.t);
	struct making k = {.im = table_import(m.t)};
	file(&k, "10.0.0.2", "mac 02:00:00:00:00:20\nexpires 900\n");
	file(&k, "10.0.0.3", "mac 02:00:00:00:00:30\nexpires 900\n");
	struct table_id c = commit(&k, &base, 1), after;
	struct told told = {.refused = "arp/10.0.0.3"};
	const struct holder before = *get(m.t, 2);
	assert_int_equal(
		table_import_merge(k.im, &c, NOTE_MERGED, tell, &told, why), TABLE_REFUSED);
	assert_string_equal(why, "arp/10.0.0.3: no such neighbour");
	table_import_close(k.im);
	assert_memory_equal(get(m.t, 2), &before, sizeof(before));
	assert_false(table_is_behind(m.t));
	after = head_of(m.t);
	assert_memory_equal(&after, &base, sizeof(base));
	drop_table(&m);
}

static void a_push_is_merged_by_the_rules(void **state)
{
	(void)state;
	char why[TABLE_MESSAGE_MAX];
	struct made_table m = make_table(&flat_kind, room);
	for (unsigned i = 1; i <= 6; i++)
		put(m.t, i, i, 100, NOTE_LATER);
	table_commit(m.t, NOTE_OTHER);
	table_flush(m.t);
	struct table_id base = head_of(m.t);
	put(m.t, 2, 0x22, 200, NOTE_ADDED);
	take_out(m.t, 3, NOTE_EXPIRED);
	put(m.t, 4, 0x44, 50, NOTE_LATER);
	struct making k = {.im = table_import(m.t)};
	assert_null(table_import(m.t));
	/* .1 removed, .2 earlier, .3 changed, .4 later, .5 changed, .6 as it was, .7 added */
	file(&k, "10.0.0.2", "mac 02:00:00:00:00:20\nexpires 150\n");
	file(&k, "10.0.0.3", "mac 02:00:00:00:00:30\nexpires 30\n");
	file(&k, "10.0.0.4", "mac 02:00:00:00:00:40\nexpires 60\n");
	file(&k, "10.0.0.5", "mac 02:00:00:00:00:50\nexpires 1\n");
	file(&k, "10.0.0.6", "mac 02:00:00:00:00:06\nexpires 100\n");
	file(&k, "10.0.0.7", "mac 02:00:00:00:00:07\nexpires 7\n");
	struct table_id c = commit(&k, &base, 1);
	struct told told = {.text = ""};
	assert_int_equal(table_import_merge(k.im, &c, NOTE_MERGED, tell, &told, why), TABLE_MERGED);
	table_flush(m.t);
	assert_int_equal(table_stats(m.t).commits_dropped, 0);
	table_import_close(k.im);
	assert_string_equal(told.text, "arp/10.0.0.1 theirs\narp/10.0.0.2 ours\n"
				       "arp/10.0.0.3 theirs\narp/10.0.0.4 theirs\n"
				       "arp/10.0.0.5 theirs\narp/10.0.0.7 theirs\n");
	assert_null(get(m.t, 1));
	assert_int_equal(get(m.t, 2)->expires, 200);
	assert_int_equal(get(m.t, 3)->expires, 30);
	assert_int_equal(get(m.t, 4)->expires, 60);
	assert_int_equal(get(m.t, 5)->expires, 1);
	assert_int_equal(get(m.t, 7)->expires, 7);
	struct repo r;
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --format=%s --first-parent"),
		"merge\nupdate\nexpired: 10.0.0.3 -> gone\n"
		"entry: 10.0.0.2 -> mac 02:00:00:00:00:22\nother");
	assert_string_equal(git(&r, "log -1 --format=%s HEAD^2"), "by hand");
	drop_repo(&r);
	/* Once more it is nothing new. */
	k.im = table_import(m.t);
	assert_int_equal(
		table_import_merge(k.im, &c, NOTE_MERGED, NULL, NULL, why), TABLE_UP_TO_DATE);
	table_import_close(k.im);
	drop_table(&m);
}

static void tables_that_pull_from_each_other_agree(void **state)
{
	(void)state;
	char why[TABLE_MESSAGE_MAX];
	struct made_table a = grown(&fanned_kind, 40), b = make_table(&fanned_kind, room);
	table_set_time(b.t, START + 50 * SECOND);
	assert_int_equal(pull(a.t, b.t, why), TABLE_MERGED);
	struct table_id one = head_of(a.t), other = head_of(b.t);
	assert_memory_equal(&one, &other, sizeof(one));
	for (unsigned round = 0; round < 30; round++) {
		table_set_time(a.t, START + (100 + round) * SECOND);
		table_set_time(b.t, START + (100 + round) * SECOND);
		put(a.t, round % 7, round * 3, round * 5 % 13, NOTE_ADDED);
		put(b.t, round % 5, round * 4, round * 7 % 11, NOTE_ADDED);
		take_out(round % 2 ? a.t : b.t, round % 6, NOTE_EXPIRED);
		table_flush(a.t);
		table_flush(b.t);
		assert_int_not_equal(pull(a.t, b.t, why), TABLE_REFUSED);
		assert_int_equal(pull(b.t, a.t, why), TABLE_MERGED);
		assert_same_tables(a.t, b.t);
		assert_int_equal(pull(a.t, b.t, why), TABLE_MERGED);
		assert_int_equal(pull(a.t, b.t, why), TABLE_UP_TO_DATE);
		assert_same_tables(a.t, b.t);
	}
	assert_fsck(a.t);
	assert_fsck(b.t);
	drop_table(&a);
	drop_table(&b);
}

/* Histories without a common commit: nothing is removed. */
static void strangers_are_joined(void **state)
{
	(void)state;
	char why[TABLE_MESSAGE_MAX];
	struct made_table a = make_table(&flat_kind, room), b = make_table(&flat_kind, room);
	put(a.t, 1, 1, 10, NOTE_ADDED);
	put(a.t, 2, 2, 10, NOTE_ADDED);
	put(b.t, 2, 3, 20, NOTE_ADDED);
	put(b.t, 4, 4, 10, NOTE_LATER);
	table_flush(a.t);
	assert_int_equal(pull(a.t, b.t, why), TABLE_MERGED);
	assert_int_equal(table_count(b.t), 3);
	assert_int_equal(get(b.t, 2)->expires, 20);
	assert_fsck(b.t);
	drop_table(&a);
	drop_table(&b);
}

/* ---- refusing
 * ------------------------------------------------------------------------------------ */

static void assert_refused(
	struct made_table *m, struct making *k, struct table_id id, const char *expected)
{
	char why[TABLE_MESSAGE_MAX];
	struct table_id before = head_of(m->t);
	size_t objects = 0;
	assert_int_equal(
		table_import_merge(k->im, &id, NOTE_MERGED, NULL, NULL, why), TABLE_REFUSED);
	assert_string_equal(why, expected);
	table_import_close(k->im);
	struct table_id after = head_of(m->t);
	assert_memory_equal(&before, &after, sizeof(before));
	objects = table_stats(m->t).objects;
	assert_int_equal(objects, 5); /* a commit, two trees, a blob, and the empty tree */
	k->im = table_import(m->t);
}

static void what_does_not_belong_is_refused(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.entries = 2});
	put(m.t, 1, 1, 10, NOTE_ADDED);
	table_flush(m.t);
	struct making k = {.im = table_import(m.t)};
	struct table_id c, root;
	char text[1024];
	file(&k, "10.0.0.01", "mac 02:00:00:00:00:01\nexpires 10\n");
	assert_refused(
		&m, &k, commit(&k, NULL, 0), "arp/10.0.0.01: expected a path like arp/10.0.0.1");
	file(&k, "10.0.0.9", "mac 02:00:00\n");
	assert_refused(&m, &k, commit(&k, NULL, 0),
		"arp/10.0.0.9: expected text like mac 02:00:00:00:00:01 expires 10 ");
	file(&k, "README", "hello\n");
	root = tree(&k);
	c = add(k.im, TABLE_COMMIT, text, commit_text(text, &root, NULL, 0, 1, "other folder"));
	assert_refused(&m, &k, c, "README: expected a path like arp/10.0.0.1");
	file(&k, "10.0.0.1", "mac 02:00:00:00:00:01\nexpires 10\n");
	file(&k, "10.0.0.2", "mac 02:00:00:00:00:01\nexpires 10\n");
	file(&k, "10.0.0.3", "mac 02:00:00:00:00:01\nexpires 10\n");
	assert_refused(&m, &k, commit(&k, NULL, 0), "more entries than the table has room for");
	struct table_id nowhere = {{1, 2, 3}};
	assert_refused(&m, &k, nowhere, "there is no such commit");
	entry(&k, "100644", "10.0.0.3", nowhere);
	assert_refused(&m, &k, commit(&k, NULL, 0),
		"arp/10.0.0.3: its object did not come, or is none that it can be");
	c = add(k.im, TABLE_COMMIT, text, commit_text(text, &nowhere, NULL, 0, 1, "no tree"));
	assert_refused(&m, &k, c, "the commit's tree did not come");
	table_import_close(k.im);
	drop_table(&m);
}

/* What comes may take memory from the past, never from what is. */
static void too_much_is_refused(void **state)
{
	(void)state;
	struct made_table m = make_table(
		&flat_kind, (struct table_limits){.entries = 16, .history_bytes = 100000});
	for (unsigned i = 0; i < 500; i++) {
		put(m.t, i % 16, i, i, NOTE_ADDED);
		table_flush(m.t);
	}
	struct table_import *im = table_import(m.t);
	size_t taken = 0;
	for (;; taken++) {
		struct table_id id;
		char text[200];
		memset(text, 'x', sizeof(text));
		sprintf(text, "%zu", taken);
		if (!table_import_add(im, TABLE_BLOB, (uint8_t *)text, sizeof(text), &id))
			break;
	}
	assert_in_range(taken, 100, 2000);
	put(m.t, 1, 1, 1, NOTE_ADDED);
	table_flush(m.t);
	assert_false(table_is_behind(m.t));
	assert_fsck(m.t);
	table_import_close(im);
	table_flush(m.t);
	assert_fsck(m.t);
	drop_table(&m);
}

static void put_range(struct table *t, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++)
		put(t, i, i, i, NOTE_LATER);
	table_commit(t, NOTE_OTHER);
	table_flush(t);
}

/* Two folders of 1,000 entries fit an object each, one of 2,000 does not. */
static void what_makes_a_folder_too_large_is_refused(void **state)
{
	(void)state;
	static const struct table_limits large = {.entries = 4096};
	struct made_table a = make_table(&flat_kind, large), b = make_table(&flat_kind, large);
	char why[TABLE_MESSAGE_MAX];
	put_range(a.t, 0, 1000);
	put_range(b.t, 2000, 3000);
	struct table_id head = head_of(b.t);
	assert_int_equal(pull(a.t, b.t, why), TABLE_REFUSED);
	assert_string_equal(why, "arp: the folder would be too large");
	assert_int_equal(table_count(b.t), 1000);
	assert_false(table_is_behind(b.t));
	struct table_id now = head_of(b.t);
	assert_memory_equal(&head, &now, sizeof(now));
	assert_int_equal(table_stats(b.t).commits_dropped, 0);
	drop_table(&a);
	drop_table(&b);
}

/* The same many in folders of 256 are taken, and so is a folder in which as many go as come. */
static void what_keeps_folders_small_is_taken(void **state)
{
	(void)state;
	static const struct table_limits large = {.entries = 4096};
	struct made_table a = make_table(&fanned_kind, large), b = make_table(&fanned_kind, large);
	char why[TABLE_MESSAGE_MAX];
	put_range(a.t, 0, 1000);
	put_range(b.t, 2000, 3000);
	assert_int_equal(pull(a.t, b.t, why), TABLE_MERGED);
	assert_int_equal(table_count(b.t), 2000);
	drop_table(&a);
	drop_table(&b);
	a = make_table(&flat_kind, large);
	b = make_table(&flat_kind, large);
	put_range(a.t, 0, 1500);
	assert_true(restore(a.t, b.t, why));
	for (unsigned i = 0; i < 800; i++)
		take_out(a.t, i, NOTE_LATER);
	put_range(a.t, 2000, 2800);
	put_range(b.t, 2900, 2950);
	assert_int_equal(pull(a.t, b.t, why), TABLE_MERGED);
	assert_int_equal(table_count(b.t), 1550);
	assert_false(table_is_behind(b.t));
	assert_fsck(b.t);
	drop_table(&a);
	drop_table(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restored_table_is_as_it_was),
		cmocka_unit_test(other_text_is_written_anew),
		cmocka_unit_test(a_push_is_merged_by_the_rules),
		cmocka_unit_test(a_path_can_be_refused),
		cmocka_unit_test(tables_that_pull_from_each_other_agree),
		cmocka_unit_test(strangers_are_joined),
		cmocka_unit_test(what_does_not_belong_is_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(what_makes_a_folder_too_large_is_refused),
		cmocka_unit_test(what_keeps_folders_small_is_taken),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_import", tests, NULL, NULL);
}
