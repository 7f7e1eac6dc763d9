/* test_guest_hash.c - the images' hash table of fixed size. SPDX-License-Identifier: ISC */
#include "hash.h"
#include "unit.h"

static const uint64_t secret[2] = {3, 4};

struct made_hash {
	struct hash *h;
	uint8_t *memory;
	size_t n;
};

/* In exactly as much memory as it asks for. */
static struct made_hash make(size_t entries, size_t key_size, size_t value_size)
{
	struct made_hash m = {.n = hash_memory(entries, key_size, value_size)};
	m.memory = calloc(1, m.n);
	m.h = hash_open(m.memory, entries, key_size, value_size, secret);
	return m;
}

static uint64_t *put(struct hash *h, uint32_t key, bool *fresh)
{
	return hash_put(h, &key, fresh);
}

static uint64_t *get(struct hash *h, uint32_t key)
{
	return hash_get(h, &key);
}

static void what_was_put_is_found(void **state)
{
	(void)state;
	struct made_hash m = make(10, 4, 8);
	bool fresh;
	assert_null(get(m.h, 7));
	uint64_t *v = put(m.h, 7, &fresh);
	assert_true(fresh);
	assert_int_equal(*v, 0);
	*v = 70;
	assert_ptr_equal(put(m.h, 7, &fresh), v);
	assert_false(fresh);
	assert_ptr_equal(get(m.h, 7), v);
	assert_int_equal(hash_count(m.h), 1);
	uint32_t key = 7;
	assert_true(hash_remove(m.h, &key));
	assert_false(hash_remove(m.h, &key));
	assert_null(get(m.h, 7));
	assert_int_equal(*put(m.h, 7, &fresh), 0);
	free(m.memory);
}

static void a_full_table_refuses_and_goes_on(void **state)
{
	(void)state;
	const size_t sizes[] = {1, 2, 3, 100};
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		struct made_hash m = make(sizes[s], 4, 8);
		bool fresh;
		for (uint32_t i = 0; i < sizes[s]; i++)
			*put(m.h, i, &fresh) = i;
		assert_null(put(m.h, 1000, &fresh));
		assert_int_equal(*put(m.h, 0, &fresh), 0);
		uint32_t key = 0;
		assert_true(hash_remove(m.h, &key));
		assert_non_null(put(m.h, 1000, &fresh));
		assert_null(put(m.h, 1001, &fresh));
		for (uint32_t i = 1; i < sizes[s]; i++)
			assert_int_equal(*get(m.h, i), i);
		free(m.memory);
	}
}

static void odd_sizes_are_kept_apart(void **state)
{
	(void)state;
	struct made_hash m = make(50, 5, 3);
	bool fresh;
	for (uint8_t i = 0; i < 50; i++) {
		uint8_t key[5] = {1, 2, 3, 4, i};
		memset(hash_put(m.h, key, &fresh), i, 3);
	}
	for (uint8_t i = 0; i < 50; i++) {
		uint8_t key[5] = {1, 2, 3, 4, i}, value[3] = {i, i, i};
		assert_memory_equal(hash_get(m.h, key), value, 3);
	}
	free(m.memory);
}

static void going_through_meets_each_entry_once(void **state)
{
	(void)state;
	enum { ALL = 1000 };
	struct made_hash m = make(ALL, 4, 8);
	unsigned char met[2 * ALL] = {0};
	bool fresh;
	for (uint32_t i = 0; i < ALL; i++)
		put(m.h, i, &fresh);
	size_t cursor = 0, steps = 0;
	const void *key;
	void *value;
	while (hash_next(m.h, &cursor, &key, &value)) {
		uint32_t k;
		memcpy(&k, key, sizeof(k));
		met[k]++;
		assert_ptr_equal(value, get(m.h, k));
		/* Every other one makes way for one that is new. */
		uint32_t gone = (uint32_t)(2 * steps), fresh_key = ALL + gone;
		if (steps++ < ALL / 2 && hash_remove(m.h, &gone))
			put(m.h, fresh_key, &fresh);
	}
	for (size_t i = 0; i < sizeof(met); i++)
		assert_true(met[i] == (i < ALL && i % 2 ? 1 : met[i] & 1));
	free(m.memory);
}

static void random_operations_agree_with_an_array(void **state)
{
	(void)state;
	enum { KEYS = 300, ENTRIES = 200 };
	struct made_hash m = make(ENTRIES, 4, 8);
	uint64_t model[KEYS] = {0}, random = 1;
	size_t count = 0;
	for (uint64_t step = 1; step < 200000; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		uint32_t key = (uint32_t)(random >> 33) % KEYS;
		bool fresh;
		if (random >> 62) {
			uint64_t *v = put(m.h, key, &fresh);
			assert_int_equal(v == NULL, !model[key] && count == ENTRIES);
			if (!v)
				continue;
			assert_int_equal(*v, model[key]);
			assert_int_equal(fresh, !model[key]);
			count += fresh;
			*v = model[key] = step;
		} else {
			assert_int_equal(hash_remove(m.h, &key), model[key] != 0);
			count -= model[key] != 0;
			model[key] = 0;
		}
		assert_int_equal(hash_count(m.h), count);
	}
	for (uint32_t i = 0; i < KEYS; i++)
		assert_int_equal(model[i], get(m.h, i) ? *get(m.h, i) : 0);
	free(m.memory);
}

/* Nothing of a removed entry is left in memory. */
static void removal_wipes(void **state)
{
	(void)state;
	struct made_hash m = make(10, 8, 8);
	bool fresh;
	memcpy(hash_put(m.h, "confiden", &fresh), "tialdata", 8);
	assert_true(hash_remove(m.h, "confiden"));
	assert_null(memmem(m.memory, m.n, "confiden", 8));
	assert_null(memmem(m.memory, m.n, "tialdata", 8));
	free(m.memory);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found),
		cmocka_unit_test(a_full_table_refuses_and_goes_on),
		cmocka_unit_test(odd_sizes_are_kept_apart),
		cmocka_unit_test(going_through_meets_each_entry_once),
		cmocka_unit_test(random_operations_agree_with_an_array),
		cmocka_unit_test(removal_wipes),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_hash", tests, NULL, NULL);
}
