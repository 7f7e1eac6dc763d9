/* test_guest_table_forget.c - what is cut off is gone from memory, byte for byte: values, texts,
 * paths and ids. SPDX-License-Identifier: ISC */
#include <nettle/sha1.h>

#include "table_repo.h"

/* A value as it may lie in memory: its bytes, its text, the id of that text's blob. */
struct traces {
	struct holder value;
	char text[64];
	size_t text_n;
	uint8_t id[20];
};

static struct traces traces_of(unsigned mac)
{
	struct traces t = {.value = holder(mac, 77)};
	char text[TABLE_TEXT_MAX], head[32];
	struct sha1_ctx sha;
	size_t n = write_holder(&t.value, text);
	t.text_n = strcspn(text, "\n");
	memcpy(t.text, text, t.text_n);
	sha1_init(&sha);
	sha1_update(&sha, (size_t)sprintf(head, "blob %zu", n) + 1, (uint8_t *)head);
	sha1_update(&sha, n, (uint8_t *)text);
	sha1_digest(&sha, sizeof(t.id), t.id);
	return t;
}

static bool has(const struct made_table *m, const void *p, size_t n)
{
	return memmem(m->memory, m->n, p, n) != NULL;
}

/* How many of the three are there. */
static int found(const struct made_table *m, unsigned mac)
{
	struct traces t = traces_of(mac);
	return has(m, t.value.mac, 6) + has(m, t.text, t.text_n) + has(m, t.id, 20);
}

static void advance(struct made_table *m, uint64_t seconds)
{
	table_set_time(m->t, START + seconds * SECOND);
	put(m->t, 1, 1, seconds, NOTE_ADDED);
	table_flush(m->t);
}

static void an_expired_value_is_gone(void **state)
{
	(void)state;
	struct made_table m =
		make_table(&flat_kind, (struct table_limits){.history_ns = 100 * SECOND});
	for (unsigned i = 0; i < 100; i++)
		put(m.t, 10 + i, i, 60, NOTE_ADDED);
	put(m.t, 200, 0xabcdef, 77, NOTE_ADDED);
	table_flush(m.t);
	assert_int_equal(found(&m, 0xabcdef), 3);
	advance(&m, 10);
	take_out(m.t, 200, NOTE_LATER);
	assert_int_equal(found(&m, 0xabcdef), 3);
	advance(&m, 20);
	advance(&m, 109);
	assert_int_equal(found(&m, 0xabcdef), 3);
	advance(&m, 119); /* the state of second 10 is there still, but what a message says */
	assert_int_equal(found(&m, 0xabcdef), 2);
	advance(&m, 121);
	assert_int_equal(found(&m, 0xabcdef), 0);
	assert_false(has(&m, "10.0.0.200", 10));
	drop_table(&m);
}

static void a_value_that_only_a_branch_had_is_gone(void **state)
{
	(void)state;
	struct made_table m =
		make_table(&flat_kind, (struct table_limits){.history_ns = 100 * SECOND});
	struct address key = address(7);
	struct holder value = holder(0xabcdef, 77);
	advance(&m, 0);
	struct table_branch *b = table_branch(m.t, "b");
	table_branch_put(b, &key, &value);
	assert_true(table_branch_commit(b, NOTE_OTHER));
	table_branch_remove(b, &key);
	advance(&m, 1);
	table_branch_merge(b, NOTE_MERGED);
	assert_int_equal(found(&m, 0xabcdef), 2);
	b = table_branch(m.t, "c");
	value = holder(0xfedcba, 77);
	table_branch_put(b, &key, &value);
	table_branch_drop(b);
	assert_int_equal(found(&m, 0xfedcba), 0);
	advance(&m, 200);
	advance(&m, 400);
	assert_int_equal(found(&m, 0xabcdef), 0);
	drop_table(&m);
}

static void what_was_imported_in_vain_is_gone(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	struct traces t = traces_of(0xabcdef);
	struct table_id id;
	char text[TABLE_TEXT_MAX];
	struct table_import *im = table_import(m.t);
	assert_true(table_import_add(
		im, TABLE_BLOB, (uint8_t *)text, write_holder(&t.value, text), &id));
	assert_memory_equal(id.bytes, t.id, 20);
	assert_int_equal(found(&m, 0xabcdef), 2); /* a text is kept as its value */
	table_import_close(im);
	assert_int_equal(found(&m, 0xabcdef), 0);
	drop_table(&m);
}

/* Random histories whose values are all different: of those that nothing has any more, nothing is
 * left, whatever way they took. */
static void no_history_leaves_traces(void **state)
{
	(void)state;
	uint64_t random = 3;
	for (unsigned round = 0; round < 60; round++) {
		struct made_table m = make_table(round & 1 ? &flat_kind : &fanned_kind,
			(struct table_limits){.entries = 64,
				.history_ns = 100 * SECOND,
				.history_bytes = 60000,
				.log_records = round % 3 ? 100 : 5});
		struct table_branch *b = NULL;
		unsigned mac = 0x700000;
		for (unsigned step = 0; step < 150; step++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned what = (unsigned)(random >> 60), k = (unsigned)(random >> 33) % 20;
			struct address key = address(k);
			struct holder value = holder(mac++, 77);
			table_set_time(m.t, START + step * 3 * SECOND);
			if (what < 5)
				table_put(m.t, &key, &value, what % 3);
			else if (what < 7)
				table_remove(m.t, &key, what % 3);
			else if (what < 9)
				table_work(m.t);
			else if (!b)
				b = table_branch(m.t, "branch");
			else if (what < 13)
				table_branch_put(b, &key, &value);
			else if (what < 15)
				table_branch_commit(b, NOTE_OTHER);
			else
				table_branch_merge(b, NOTE_MERGED), b = NULL;
		}
		if (b)
			table_branch_merge(b, NOTE_MERGED);
		table_flush(m.t);
		advance(&m, 1000);
		advance(&m, 2000);
		advance(&m, 3000);
		for (unsigned i = 0x700000; i < mac; i++) {
			bool live = false;
			for (unsigned k = 0; k < 20; k++)
				live |= get(m.t, k) && get(m.t, k)->mac[5] == (uint8_t)i &&
					get(m.t, k)->mac[4] == (uint8_t)(i >> 8);
			if (!live)
				assert_int_equal(found(&m, i), 0);
		}
		drop_table(&m);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expired_value_is_gone),
		cmocka_unit_test(a_value_that_only_a_branch_had_is_gone),
		cmocka_unit_test(what_was_imported_in_vain_is_gone),
		cmocka_unit_test(no_history_leaves_traces),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_forget", tests, NULL, NULL);
}
