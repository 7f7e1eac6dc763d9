/* test_store.c - objects, results and what is remembered of files. SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>

#include "store/store.h"

/* A store in a folder of its own. */
struct box {
	struct arena a;
	const char *dir;
	struct store *s;
};

static int set_up(void **state)
{
	struct err e;
	struct box *b = calloc(1, sizeof(*b));
	assert_ok(dir_make_temp(&b->a, "/tmp/respin-store.", &b->dir, &e));
	assert_ok(store_open(&b->a, path_join(&b->a, b->dir, "store"), &b->s, &e));
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct box *b = *state;
	assert_ok(tree_remove(b->dir, &e));
	arena_free(&b->a);
	free(b);
	return 0;
}

static void open_again(struct box *b)
{
	struct err e;
	assert_ok(store_save(b->s, &e));
	assert_ok(store_open(&b->a, path_join(&b->a, b->dir, "store"), &b->s, &e));
}

static const char *write_file(struct box *b, const char *name, const char *text)
{
	struct err e;
	const char *path = path_join(&b->a, b->dir, name);
	assert_ok(file_write_cache(path, str_of(text), 0666, &e));
	return path;
}

/* Changes PATH in place, with equal length and the time that it had. */
static void forge(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, 0644), 0);
	FILE *f = fopen(path, "r+");
	assert_non_null(f);
	fputc('#', f);
	fclose(f);
	const struct timespec times[2] = {st.st_atim, st.st_mtim};
	assert_int_equal(utimensat(-1, path, times, 0), 0);
	assert_int_equal(chmod(path, st.st_mode), 0);
}

static void objects_have_their_digest_as_name(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest d, expected = hash_bytes(S("hello"));
	struct str bytes;
	struct stat st;
	assert_false(store_has(b->s, &expected));
	assert_ok(store_put(b->s, S("hello"), &d, &e));
	assert_true(digest_eq(&d, &expected));
	assert_true(store_has(b->s, &d));
	const char *path = store_path(b->s, &b->a, &d);
	assert_ok(file_read(&b->a, path, 100, &bytes, &e));
	assert_str(bytes, "hello");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0444);
}

static void a_taken_file_moves(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest d, again;
	struct stamp first, second;
	assert_ok(store_take(b->s, write_file(b, "one", "object"), &d, &e));
	assert_false(file_exists(path_join(&b->a, b->dir, "one")));
	assert_true(file_stamp(store_path(b->s, &b->a, &d), &first));
	assert_ok(store_take(b->s, write_file(b, "two", "object"), &again, &e));
	assert_false(file_exists(path_join(&b->a, b->dir, "two")));
	assert_true(digest_eq(&d, &again));
	/* What is there already stays as it is. */
	assert_true(file_stamp(store_path(b->s, &b->a, &d), &second));
	assert_true(stamp_eq(&first, &second));
}

static void a_damaged_object_is_missing(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest d;
	assert_ok(store_put(b->s, S("precious"), &d, &e));
	forge(store_path(b->s, &b->a, &d));
	open_again(b);
	assert_false(store_has(b->s, &d));
	assert_false(file_exists(store_path(b->s, &b->a, &d)));
	assert_ok(store_put(b->s, S("precious"), &d, &e));
	assert_true(store_has(b->s, &d));
}

static void results_are_replaced_as_a_whole(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest key = hash_bytes(S("key"));
	struct str out;
	assert_false(store_get_result(b->s, &b->a, &key, &out));
	assert_ok(store_put_result(b->s, &key, S("first\n"), &e));
	assert_ok(store_put_result(b->s, &key, S("second\n\n"), &e));
	assert_true(store_get_result(b->s, &b->a, &key, &out));
	assert_str(out, "second\n\n");
	assert_ok(store_put_result(b->s, &key, S(""), &e));
	assert_true(store_get_result(b->s, &b->a, &key, &out));
	assert_str(out, "");
}

static const char *result_path(struct box *b, const struct digest *key)
{
	const char *hex = digest_hex(&b->a, key);
	return str_format(&b->a, "%s/store/results/%.2s/%s", b->dir, hex, hex + 2);
}

static void a_damaged_result_is_missing(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest key = hash_bytes(S("key"));
	struct str out;
	const off_t lengths[] = {0, 1, 64, 65, 68};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		assert_ok(store_put_result(b->s, &key, S("result"), &e));
		assert_int_equal(truncate(result_path(b, &key), lengths[i]), 0);
		assert_false(store_get_result(b->s, &b->a, &key, &out));
	}
	assert_ok(store_put_result(b->s, &key, S("result"), &e));
	forge(result_path(b, &key));
	assert_false(store_get_result(b->s, &b->a, &key, &out));
}

static void files_are_seen_as_they_were_first(void **state)
{
	struct box *b = *state;
	struct err e;
	const struct seen *seen;
	bool same;
	const char *path = write_file(b, "source", "one");
	struct digest one = hash_bytes(S("one")), two = hash_bytes(S("two"));
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_true(seen->exists);
	assert_true(digest_eq(&seen->digest, &one));
	write_file(b, "source", "two");
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_true(digest_eq(&seen->digest, &one));
	assert_ok(store_see_again(b->s, path, &same, &e));
	assert_false(same);
	assert_true(digest_eq(&seen->digest, &two));
	assert_ok(store_see_again(b->s, path, &same, &e));
	assert_true(same);
}

static void missing_files_and_folders_are_seen(void **state)
{
	struct box *b = *state;
	struct err e;
	const struct seen *seen;
	bool same;
	const char *path = path_join(&b->a, b->dir, "later");
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_false(seen->exists);
	write_file(b, "later", "");
	assert_ok(store_see_again(b->s, path, &same, &e));
	assert_false(same);
	assert_true(seen->exists);
	assert_ok(store_see(b->s, b->dir, &seen, &e));
	assert_true(seen->exists && S_ISDIR(seen->stamp.mode));
}

static const char *memory_path(struct box *b)
{
	return path_join(&b->a, b->dir, "store/seen");
}

/* An edit within the clock's granularity of the first look can leave the stamp as it was: what was
 * just written is not remembered. */
static void fresh_files_are_not_remembered(void **state)
{
	struct box *b = *state;
	struct err e;
	const struct seen *seen;
	assert_ok(store_see(b->s, write_file(b, "fresh", "one"), &seen, &e));
	assert_ok(store_save(b->s, &e));
	/* On a machine that took its time, the file was not fresh any more. */
	assert_true(seen->safe == file_exists(memory_path(b)));
}

static void old_files_are_remembered(void **state)
{
	struct box *b = *state;
	struct err e;
	const struct seen *seen;
	struct stamp before, after;
	struct digest old = hash_bytes(S("old"));
	const char *path = write_file(b, "old", "old");
	usleep(60 * 1000);
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_true(seen->safe);
	open_again(b);
	assert_true(file_stamp(memory_path(b), &before));
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_true(digest_eq(&seen->digest, &old));
	assert_ok(store_save(b->s, &e));
	/* Nothing was learned, so nothing was hashed. */
	assert_true(file_stamp(memory_path(b), &after));
	assert_true(stamp_eq(&before, &after));
	forge(path);
	open_again(b);
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_false(digest_eq(&seen->digest, &old));
}

static void a_damaged_memory_is_empty(void **state)
{
	struct box *b = *state;
	struct err e;
	const struct seen *seen;
	const char *path = write_file(b, "old", "old"), *memory = memory_path(b);
	usleep(60 * 1000);
	assert_ok(store_see(b->s, path, &seen, &e));
	assert_ok(store_save(b->s, &e));
	struct str whole;
	assert_ok(file_read(&b->a, memory, 1 << 20, &whole, &e));
	for (size_t n = 0; n < whole.n; n += 97) {
		assert_ok(file_write_cache(memory, (struct str){whole.p, n}, 0666, &e));
		assert_ok(store_open(&b->a, path_join(&b->a, b->dir, "store"), &b->s, &e));
		assert_ok(store_see(b->s, path, &seen, &e));
		struct digest d = hash_bytes(S("old"));
		assert_true(digest_eq(&seen->digest, &d));
	}
}

static bool keep_one(void *ctx, const struct digest *d)
{
	return digest_eq(ctx, d);
}

static void sweeping_keeps_what_is_wanted(void **state)
{
	struct box *b = *state;
	struct err e;
	struct digest wanted, other;
	uint64_t freed = 0;
	assert_ok(store_put(b->s, S("wanted"), &wanted, &e));
	assert_ok(store_put(b->s, S("not wanted"), &other, &e));
	const char *path = store_path(b->s, &b->a, &wanted);
	const char *leftover = str_format(&b->a, "%s.Xa4bQz", path);
	assert_ok(file_write_cache(leftover, S("half a fi"), 0600, &e));
	assert_ok(store_put_result(b->s, &other, S("result"), &e));
	assert_ok(store_sweep(b->s, keep_one, &wanted, &freed, &e));
	assert_true(store_has(b->s, &wanted));
	assert_false(store_has(b->s, &other));
	assert_false(file_exists(leftover));
	assert_false(file_exists(result_path(b, &other)));
	assert_int_equal(freed, strlen("not wanted") + strlen("half a fi") + 65 + strlen("result"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	TEST(objects_have_their_digest_as_name),
	TEST(a_taken_file_moves),
	TEST(a_damaged_object_is_missing),
	TEST(results_are_replaced_as_a_whole),
	TEST(a_damaged_result_is_missing),
	TEST(files_are_seen_as_they_were_first),
	TEST(missing_files_and_folders_are_seen),
	TEST(fresh_files_are_not_remembered),
	TEST(old_files_are_remembered),
	TEST(a_damaged_memory_is_empty),
	TEST(sweeping_keeps_what_is_wanted),
};

RUN_TESTS("store")
