/* test_guest_table_delta.c - trees as differences from others. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "unit.h"

#define ROOM (TABLE_OBJECT_MAX + 64)

struct tree {
	uint8_t p[TABLE_OBJECT_MAX];
	size_t n;
};

static uint64_t random_state = 1;

static unsigned below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static void add_entry(struct tree *t, unsigned name, unsigned id)
{
	char text[16];
	struct table_id value;
	memset(value.bytes, (int)id, sizeof(value.bytes));
	int n = snprintf(text, sizeof(text), "n%05u", name);
	t->n += tree_entry_write(t->p + t->n, text, (size_t)n, name % 5 == 0, &value);
}

/* Of entries FROM to TO, so many of a hundred of them, changed as often. */
static void make(struct tree *t, unsigned from, unsigned to, unsigned kept, unsigned changed)
{
	t->n = 0;
	for (unsigned i = from; i < to; i++)
		if (below(100) < kept)
			add_entry(t, i, below(100) < changed ? 1 + below(200) : 0);
}

static void assert_made(const struct tree *from, const struct tree *to, size_t room, bool must)
{
	static uint8_t delta[ROOM], buffer[ROOM];
	size_t n = delta_make(from->p, from->n, to->p, to->n, delta, room);
	assert_true(n <= room);
	if (must)
		assert_true(n > 0 || (from->n == 0 && to->n == 0));
	if (!n)
		return;
	memset(buffer, 0xee, sizeof(buffer));
	memcpy(buffer, from->p, from->n);
	assert_int_equal(delta_apply(delta, n, buffer, from->n), to->n);
	assert_memory_equal(buffer, to->p, to->n);
	/* What was behind its end in between is zero; what is behind the room was never touched. */
	for (size_t i = to->n; i < sizeof(buffer); i++)
		assert_true(buffer[i] == 0 || buffer[i] == 0xee);
	for (size_t i = TABLE_OBJECT_MAX; i < sizeof(buffer); i++)
		assert_int_equal(buffer[i], 0xee);
}

static void any_tree_is_made_of_any_other(void **state)
{
	(void)state;
	static struct tree a, b;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned size = below(120);
		make(&a, below(10), size, 1 + below(100), below(100));
		make(&b, below(10), size, 1 + below(100), below(100));
		assert_made(&a, &b, ROOM, true);
		assert_made(&a, &b, below(500), false);
	}
}

/* Large ones, whose entries come and go at both ends: never more than the room on the way. */
static void the_largest_trees_fit_the_room(void **state)
{
	(void)state;
	static struct tree a, b;
	for (unsigned i = 0; i < 50; i++) {
		unsigned shift = below(1800);
		make(&a, shift, shift + 1900, 100, 0);
		make(&b, shift / 2, shift / 2 + 1900, 100, 1);
		assert_made(&a, &b, ROOM, false);
		assert_made(&b, &a, ROOM, false);
	}
}

static void changed_entries_take_some_bytes_each(void **state)
{
	(void)state;
	static struct tree a, b;
	static uint8_t delta[ROOM];
	make(&a, 0, 1000, 100, 0);
	b = a;
	b.p[b.n - 1] ^= 1; /* the last id's last byte */
	assert_in_range(delta_make(a.p, a.n, b.p, b.n, delta, ROOM), 1, 10);
	b.p[7 + 6 + 1] ^= 1; /* and the first id's first one */
	assert_in_range(delta_make(a.p, a.n, b.p, b.n, delta, ROOM), 1, 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_tree_is_made_of_any_other),
		cmocka_unit_test(the_largest_trees_fit_the_room),
		cmocka_unit_test(changed_entries_take_some_bytes_each),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_delta", tests, NULL, NULL);
}
