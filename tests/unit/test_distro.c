/* test_distro.c - what a Debian system's own files say. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "distro/distro.h"

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static void installed_packages_are_read(void **state)
{
	(void)state;
	struct err e;
	distro_packages p;
	assert_ok(distro_status_parse(&arena,
		S("Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\n"
		  "Source: zlib (1:1.2)\nVersion: 1:1.2+b1\nDepends: libc6 (>= 2.14)\n"
		  "Description: a library\n more: of it\n .\n the end\n\n\n"
		  "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
		  "Package: plain\nStatus: hold ok installed\nVersion: 2\nSource: other\n"),
		"status", &p, &e));
	assert_int_equal(p.n, 2);
	assert_str(p.v[0].name, "zlib1g");
	assert_str(p.v[0].arch, "amd64");
	assert_str(p.v[0].version, "1:1.2+b1");
	assert_str(p.v[0].source, "zlib");
	assert_str(p.v[0].source_version, "1:1.2");
	assert_str(p.v[0].depends[1], "libc6 (>= 2.14)");
	assert_str(p.v[1].name, "plain");
	assert_str(p.v[1].source, "other");
	assert_str(p.v[1].source_version, "2");
}

static void an_index_of_packages_has_no_status(void **state)
{
	(void)state;
	struct err e;
	distro_packages p;
	assert_ok(distro_status_parse(&arena,
		S("Package: far\nVersion: 1\nSource: near\n\nPackage: versionless\n"), "Packages",
		&p, &e));
	assert_int_equal(p.n, 1);
	assert_str(p.v[0].source, "near");
}

static void a_wrong_status_is_an_error_with_its_line(void **state)
{
	static const struct {
		const char *text, *where, *part;
	} cases[] = {
		{"Package: a\nno field\n", "status:2", "Field: value"},
		{"\n: nameless\n", "status:2", "Field: value"},
		{"Status: install ok installed\nVersion: 1\n\n", "status:3", "'Package'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = {0};
		distro_packages p;
		assert_false(distro_status_parse(&arena, str_of(cases[i].text), "status", &p, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.where, cases[i].where);
		assert_non_null(strstr(e.text, cases[i].part));
	}
}

static void names_of_a_dependency_field(void **state)
{
	static const char *const expected[] = {"libc6", "debconf", "debconf-2.0", "python3", "x"};
	(void)state;
	struct str rest = S(" libc6 (>= 2.14), debconf (>= 0.5 (a)) | debconf-2.0, python3:any, "
			    "x [amd64] <!nocheck>"),
		   name;
	size_t n = 0;
	while ((name = distro_next_name(&rest)).n) {
		assert_true(n < 5);
		assert_str(name, expected[n]);
		n++;
	}
	assert_int_equal(n, 5);
}

/* ---- files ------------------------------------------------------------------------------------
 */

static void files_are_known_by_their_paths(void **state)
{
	static const struct {
		const char *path;
		enum distro_file kind;
		const char *name;
	} cases[] = {
		{"/usr/include/zlib.h", DISTRO_HEADER, "zlib.h"},
		{"/usr/include/netinet/tcp.h", DISTRO_HEADER, "netinet/tcp.h"},
		{"/usr/include/x86_64-linux-gnu/curl/curl.h", DISTRO_HEADER, "curl/curl.h"},
		{"/usr/include/c/include/c.h", DISTRO_HEADER, "c/include/c.h"},
		{"/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h", DISTRO_HEADER, "stddef.h"},
		{"/usr/lib/x86_64-linux-gnu/glib-2.0/include/glibconfig.h", DISTRO_HEADER,
			"glibconfig.h"},
		{"/usr/i686-w64-mingw32/include/zlib.h", DISTRO_OTHER, NULL},
		{"/usr/share/doc/x/include/zlib.h", DISTRO_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", DISTRO_SHARED, "libz"},
		{"/lib/x86_64-linux-gnu/libz.so", DISTRO_SHARED, "libz"},
		{"/usr/lib/x86_64-linux-gnu/libz.a", DISTRO_ARCHIVE, "libz"},
		{"/usr/lib/ocaml/libasmrun.a", DISTRO_ARCHIVE, "libasmrun"},
		{"/usr/lib/x86_64-linux-gnu/gconv/libJIS.so", DISTRO_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/zlib.so", DISTRO_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/libz.sofa", DISTRO_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc", DISTRO_PKGCONFIG, "zlib"},
		{"/usr/share/pkgconfig/x.pc", DISTRO_PKGCONFIG, "x"},
		{"/usr/share/x.pc", DISTRO_OTHER, NULL},
		{"/usr/bin/git", DISTRO_PROGRAM, "git"},
		{"/usr/bin/folder/git", DISTRO_OTHER, NULL},
		{"/usr/lib/ocaml/fmt/META", DISTRO_META, "META"},
		{"/", DISTRO_OTHER, NULL},
		{"", DISTRO_OTHER, NULL},
		{"usr/include/zlib.h", DISTRO_OTHER, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str name;
		enum distro_file kind = distro_file_kind(str_of(cases[i].path), &name);
		if (kind != cases[i].kind)
			print_error("%s\n", cases[i].path);
		assert_int_equal(kind, cases[i].kind);
		if (cases[i].name)
			assert_str(name, cases[i].name);
	}
}

static void lines_of_contents(void **state)
{
	struct str path, packages;
	(void)state;
	assert_true(distro_contents_line(
		S("usr/a file\t  libdevel/zlib1g-dev,contrib/games/x,plain"), &path, &packages));
	assert_str(path, "usr/a file");
	assert_str(distro_contents_package(&packages), "zlib1g-dev");
	assert_str(distro_contents_package(&packages), "x");
	assert_str(distro_contents_package(&packages), "plain");
	assert_str(distro_contents_package(&packages), "");
	assert_false(distro_contents_line(S("alone"), &path, &packages));
	assert_false(distro_contents_line(S("  "), &path, &packages));
}

/* ---- pkg-config -------------------------------------------------------------------------------
 */

static void fields_of_pkgconfig(void **state)
{
	(void)state;
	struct err e;
	struct distro_pc pc;
	assert_ok(distro_pc_parse(&arena,
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
		struct distro_pc pc;
		assert_false(distro_pc_parse(&arena, str_of(cases[i].text), "pc", &pc, &e));
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
	struct distro_pc pc;
	struct text t = {.a = &arena};
	text_addz(&t, "a0=xxxxxxxxxxxxxxxx\n");
	for (int i = 1; i < 15; i++)
		text_addf(&t, "a%d=${a%d}${a%d}${a%d}${a%d}\n", i, i - 1, i - 1, i - 1, i - 1);
	text_addz(&t, "Name: ${a14}\n");
	assert_false(distro_pc_parse(&arena, text_str(&t), "pc", &pc, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "too long"));
}

/* ---- symbols ----------------------------------------------------------------------------------
 */

static const char *exported(const char *file)
{
	struct err e;
	struct distro_exports x;
	struct text t = {.a = &arena};
	assert_ok(distro_exports_read(&arena, file, &x, &e));
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
		struct distro_exports x;
		if (!distro_exports_read(&arena, files[i], &x, &e))
			assert_int_equal(e.code, E_INPUT);
		else
			assert_int_equal(x.symbols.n, 0);
	}
	struct err e = {0};
	struct distro_exports x;
	assert_false(distro_exports_read(&arena, files[0], &x, &e));
	assert_string_equal(e.where, files[0]);
	assert_false(distro_exports_read(&arena, "/nowhere", &x, &e));
	assert_int_equal(e.code, E_NOTFOUND);
}

#define TEST(test) cmocka_unit_test_teardown(test, free_arena)

static const struct CMUnitTest tests[] = {
	TEST(installed_packages_are_read),
	TEST(an_index_of_packages_has_no_status),
	TEST(a_wrong_status_is_an_error_with_its_line),
	TEST(names_of_a_dependency_field),
	TEST(files_are_known_by_their_paths),
	TEST(lines_of_contents),
	TEST(fields_of_pkgconfig),
	TEST(a_wrong_pkgconfig_file_is_an_error),
	TEST(a_value_that_explodes_is_an_error),
	TEST(libraries_tell_what_they_export),
	TEST(what_is_no_library_is_an_error),
};
RUN_TESTS("distro")
