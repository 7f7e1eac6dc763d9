/* test_guest_files.c - the archive of files in an image, whole and damaged.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unikernel/site/files.c"

#define ROOM 4096

/* An archive as cpio writes it, with room for damage. */
struct sample {
	char p[ROOM];
	size_t n;
};

static void add(struct sample *s, const char *name, unsigned mode, const char *data)
{
	char *to = s->p + s->n;
	int n = snprintf(to, ROOM - s->n,
		MAGIC "%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0,
		(unsigned)strlen(data), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
	assert_int_equal(n, HEADER);
	memcpy(to + HEADER, name, strlen(name) + 1);
	size_t at = padded(HEADER + strlen(name) + 1);
	memcpy(to + at, data, strlen(data));
	s->n += padded(at + strlen(data));
}

static struct sample sample_make(void)
{
	struct sample s = {.n = 0};
	add(&s, ".", 040755, "");
	add(&s, "index.html", 0100644, "<h1>hello</h1>");
	add(&s, "empty", 0100644, "");
	add(&s, "link", 0120777, "index.html");
	add(&s, "./a/b.txt", 0100644, "below");
	add(&s, LAST, 0, "");
	return s;
}

/* Walks a copy of exactly N bytes: a sanitizer sees each byte read beyond. */
static enum found walk(const char *p, size_t n, unsigned *count)
{
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	struct archive a = {copy, copy + n};
	struct file f;
	enum found found;
	for (*count = 0; (found = files_next(&a, &f)) == FOUND_FILE; ++*count) {
		assert_true(f.data >= copy && f.n <= (size_t)(copy + n - f.data));
		assert_true(f.path + strlen(f.path) < copy + n);
	}
	free(copy);
	return found;
}

static void regular_files_are_found(void **state)
{
	(void)state;
	struct sample s = sample_make();
	struct archive a = {s.p, s.p + s.n};
	struct file f;
	unsigned count;
	assert_int_equal(walk(s.p, s.n, &count), FOUND_END);
	assert_int_equal(count, 3);
	assert_true(files_find(a, "/index.html", &f));
	assert_int_equal(f.n, 14);
	assert_memory_equal(f.data, "<h1>hello</h1>", 14);
	assert_true(files_find(a, "/empty", &f));
	assert_int_equal(f.n, 0);
	assert_true(files_find(a, "/a/b.txt", &f));
	assert_memory_equal(f.data, "below", 5);
}

static void other_things_are_not(void **state)
{
	(void)state;
	struct sample s = sample_make();
	struct archive a = {s.p, s.p + s.n};
	struct file f;
	assert_false(files_find(a, "/", &f));
	assert_false(files_find(a, "/link", &f));
	assert_false(files_find(a, "/a", &f));
	assert_false(files_find(a, "/index.htm", &f));
	assert_false(files_find(a, "/index.html/", &f));
	assert_false(files_find(a, "/" LAST, &f));
}

static void an_archive_that_ends_early_is_damaged(void **state)
{
	(void)state;
	struct sample s = sample_make();
	unsigned count;
	for (size_t n = 0; n < s.n; n++)
		assert_int_equal(walk(s.p, n, &count), FOUND_DAMAGE);
}

/* Whatever byte is wrong, nothing outside is read. */
static void wrong_bytes_do_no_harm(void **state)
{
	(void)state;
	static const char bytes[] = {0, '0', '7', 'f', 'F', 'g', '\xff'};
	for (size_t i = 0; i < sample_make().n; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			struct sample s = sample_make();
			unsigned count;
			s.p[i] = bytes[j];
			enum found found = walk(s.p, s.n, &count);
			assert_true(found == FOUND_END || found == FOUND_DAMAGE);
		}
	}
}

static void wrong_headers_are_damage(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		const char *text;
	} wrong[] = {{0, "070707"}, {FILE_SIZE, "ffffffff"}, {NAME_SIZE, "ffffffff"},
		{NAME_SIZE, "00000000"}, {NAME_SIZE, "0000000b"}, {MODE, "0000 1a4"},
		{FILE_SIZE, "-0000001"}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sample s = {.n = 0};
		unsigned count;
		add(&s, "abcdefghijklmnop", 0100644, "data");
		add(&s, LAST, 0, "");
		assert_int_equal(walk(s.p, s.n, &count), FOUND_END);
		memcpy(s.p + wrong[i].at, wrong[i].text, strlen(wrong[i].text));
		assert_int_equal(walk(s.p, s.n, &count), FOUND_DAMAGE);
		assert_int_equal(count, 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_files_are_found),
		cmocka_unit_test(other_things_are_not),
		cmocka_unit_test(an_archive_that_ends_early_is_damaged),
		cmocka_unit_test(wrong_bytes_do_no_harm),
		cmocka_unit_test(wrong_headers_are_damage),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_files", tests, NULL, NULL);
}
