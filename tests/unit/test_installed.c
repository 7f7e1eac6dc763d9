/* test_installed.c - what files of installed libraries say: pkg-config's, and the libraries
 * themselves. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "resolve/exports.h"
#include "resolve/pc.h"

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* ---- pkg-config -------------------------------------------------------------------------------
 */

static void fields_of_pkgconfig(void **state)
{
	(void)state;
	struct err e;
	struct pc pc;
	assert_ok(pc_parse(&arena,
		S("# a comment\nprefix = /usr\nlib=${prefix}/lib # more\n\n"
		  "Name: z\nDescription: costs $$1, ${unknown}nothing\nVersion: 1.2\n"
		  "Libs: -L${lib} \\\n -lz\nCflags: -I${prefix}/include\nURL: x\n"),
		"z.pc", &pc, &e));
	assert_str(pc.name, "z");
	assert_str(pc.description, "costs $1, nothing");
	assert_str(pc.version, "1.2");
	assert_str(pc.libs, "-L/usr/lib  -lz");
	assert_str(pc.cflags, "-I/usr/include");
	assert_str(pc.requires, "");
}

static void a_wrong_pkgconfig_file_is_an_error(void **state)
{
	static const struct {
		const char *text, *where, *part;
	} cases[] = {
		{"Name: a\nnothing\n", "pc:2", "variable=value"},
		{"Name: ${a\n", "pc:1", "'}'"},
		{"a=${b}\nb=${a}\nName: ${a}\n", "pc:3", "too deeply"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = {0};
		struct pc pc;
		assert_false(pc_parse(&arena, str_of(cases[i].text), "pc", &pc, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.where, cases[i].where);
		assert_non_null(strstr(e.text, cases[i].part));
	}
}

/* Doubled again and again, a value would fill the memory. */
static void a_value_that_explodes_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	struct pc pc;
	struct text t = {.a = &arena};
	text_addz(&t, "a0=xxxxxxxxxxxxxxxx\n");
	for (int i = 1; i < 15; i++)
		text_addf(&t, "a%d=${a%d}${a%d}${a%d}${a%d}\n", i, i - 1, i - 1, i - 1, i - 1);
	text_addz(&t, "Name: ${a14}\n");
	assert_false(pc_parse(&arena, text_str(&t), "pc", &pc, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "too long"));
}

/* ---- symbols ----------------------------------------------------------------------------------
 */

static const char *exported(const char *file)
{
	struct err e;
	struct exports x;
	struct text t = {.a = &arena};
	assert_ok(exports_read(&arena, file, &x, &e));
	text_addf(&t, "%s:", x.soname ? x.soname : "-");
	vec_for(symbol, &x.symbols)
		text_addf(&t, " %s", *symbol);
	return t.p;
}

static void libraries_tell_what_they_export(void **state)
{
	(void)state;
	assert_string_equal(exported("tests/fuzz/corpus/exports/archive"), "-: seed use visible");
	const char *shared = exported("tests/fuzz/corpus/exports/shared");
	assert_non_null(strstr(shared, "libseed.so.1:"));
	assert_non_null(strstr(shared, " seed"));
	assert_non_null(strstr(shared, " visible"));
	assert_null(strstr(shared, "hidden"));
}

static void what_is_no_library_is_an_error(void **state)
{
	static const char *const files[] = {"tests/fuzz/corpus/exports/script",
		"tests/fuzz/corpus/exports/cut", "tests/fuzz/corpus/exports/cut_archive"};
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct err e = {0};
		struct exports x;
		if (!exports_read(&arena, files[i], &x, &e))
			assert_int_equal(e.code, E_INPUT);
		else
			assert_int_equal(x.symbols.n, 0);
	}
	struct err e = {0};
	struct exports x;
	assert_false(exports_read(&arena, files[0], &x, &e));
	assert_string_equal(e.where, files[0]);
	assert_false(exports_read(&arena, "/nowhere", &x, &e));
	assert_int_equal(e.code, E_ABSENT);
}

#define TEST(test) cmocka_unit_test_teardown(test, free_arena)

static const struct CMUnitTest tests[] = {
	TEST(fields_of_pkgconfig),
	TEST(a_wrong_pkgconfig_file_is_an_error),
	TEST(a_value_that_explodes_is_an_error),
	TEST(libraries_tell_what_they_export),
	TEST(what_is_no_library_is_an_error),
};
RUN_TESTS("installed")
