/* test_records.c - files of sorted records, and stamps that still hold.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stddef.h>

#include "tree_box.h"

struct head {
	char magic[8];
	uint64_t size;
	uint32_t count[2];
};
static const size_t sizes[] = {sizeof(uint32_t), 1};
static const struct records_format format = {
	"testrec1", sizeof(struct head), offsetof(struct head, count), 2, sizes};

struct file {
	struct head head;
	uint32_t names[3];
	char text[8];
};
static struct file whole(void)
{
	return (struct file){.head = {"testrec1", sizeof(struct head) + 12 + 6, {3, 6}},
		.names = {0, 2, 4},
		.text = "a\0b\0b"};
}

static bool finds(const struct file *f, size_t n)
{
	const char *at[2];
	return records_find(&format, (struct str){(const char *)f, n}, at) &&
	       at[0] == (const char *)f->names && at[1] == f->text;
}

static void sections_are_where_the_header_says(void **state)
{
	(void)state;
	struct file f = whole();
	size_t n = (size_t)f.head.size;
	assert_true(finds(&f, n));
	for (size_t cut = 0; cut < n; cut++)
		assert_false(finds(&f, cut));
	f.head.count[0] = UINT32_MAX;
	assert_false(finds(&f, n));
	f = whole();
	f.head.magic[7] = '2';
	assert_false(finds(&f, n));
	f = whole();
	f.text[5] = 'x';
	assert_false(finds(&f, n));
	f = whole();
	f.head.count[0] = 2;
	assert_false(finds(&f, n));
	assert_false(records_find(&format, (struct str){NULL, 0}, (const char *[2]){0}));
}

static const char *name_of(const void *list, size_t i)
{
	const struct file *f = list;
	return f->text + f->names[i];
}

static void records_are_found_by_name(void **state)
{
	(void)state;
	struct file f = whole();
	size_t first;
	assert_int_equal(records_named(&f, 3, name_of, S("b"), &first), 2);
	assert_int_equal(first, 1);
	assert_int_equal(records_named(&f, 3, name_of, S("a"), &first), 1);
	assert_int_equal(first, 0);
	assert_int_equal(records_named(&f, 3, name_of, S("aa"), &first), 0);
	assert_int_equal(records_named(&f, 3, name_of, S("c"), &first), 0);
	assert_int_equal(records_named(&f, 0, name_of, S("a"), &first), 0);
}

static void a_file_is_mapped(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "file", "bytes");
	tree_box_put(box, "empty", "");
	struct str bytes = file_map(tree_box_in(box, "file"));
	assert_str(bytes, "bytes");
	file_unmap(bytes);
	assert_null(file_map(tree_box_in(box, "empty")).p);
	assert_null(file_map(tree_box_in(box, "nothing")).p);
	assert_null(file_map(box->dir).p);
	file_unmap((struct str){NULL, 0});
}

static void a_stamp_holds_until_the_file_changes(void **state)
{
	struct tree_box *box = *state;
	struct stamp then, none = {0};
	tree_box_put(box, "file", "one");
	const char *file = tree_box_in(box, "file"), *other = tree_box_in(box, "other");
	assert_true(file_stamp(file, &then));
	int64_t later = then.mtime_ns + 1000000000;
	assert_true(stamp_holds(&then, file, later));
	assert_false(stamp_holds(&then, file, then.mtime_ns));
	assert_false(stamp_holds(&then, other, later));
	assert_true(stamp_holds(&none, other, later));
	assert_false(stamp_holds(&none, file, later));
	tree_box_put(box, "file", "three");
	assert_false(stamp_holds(&then, file, later));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_box_open, tree_box_close)
static const struct CMUnitTest tests[] = {
	TEST(sections_are_where_the_header_says),
	TEST(records_are_found_by_name),
	TEST(a_file_is_mapped),
	TEST(a_stamp_holds_until_the_file_changes),
};
RUN_TESTS("records")
