/* test_debian_index.c - what dpkg and apt know: paragraphs, dependencies, what is installed, and
 * who depends on whom. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "debian/index.h"

/* ---- paragraphs ------------------------------------------------------------------------------ */

static void fields_come_with_their_lines(void **state)
{
	(void)state;
	struct deb822 r = {
		.rest = S("Package: one\nDescription: short\n long\n .\n more\nversion:  2 \r\n\n\n"
			  "# a comment\nno field\nPackage: two\n")};
	struct deb822_field f;
	assert_true(deb822_field(&r, &f));
	assert_true(deb822_is(&f, "package"));
	assert_str(f.value, "one");
	assert_true(deb822_field(&r, &f));
	assert_str(f.value, "short\n long\n .\n more");
	assert_true(deb822_field(&r, &f));
	assert_true(deb822_is(&f, "Version"));
	assert_str(f.value, "2");
	assert_false(deb822_field(&r, &f));
	assert_true(deb822_next(&r));
	assert_true(deb822_field(&r, &f));
	assert_str(f.value, "two");
	assert_false(deb822_field(&r, &f));
	assert_false(deb822_next(&r));
}

static void the_next_paragraph_is_found_from_anywhere(void **state)
{
	(void)state;
	struct deb822 r = {.rest = S("A: 1\nB: 2\n\nA: 3\n")};
	struct deb822_field f;
	assert_true(deb822_field(&r, &f));
	assert_true(deb822_next(&r));
	assert_true(deb822_field(&r, &f));
	assert_str(f.value, "3");
	assert_false(deb822_next(&r));
}

static void wanted_fields_are_read_at_once(void **state)
{
	(void)state;
	struct deb822 r = {.rest = S("A: 1\nodd\nb: 2\n go\nC: 3\n\n\nD: 4\n")};
	struct str a = S(""), b = S(""), d = S("none");
	const struct deb822_wanted wanted[] = {{"a", &a}, {"B", &b}, {"D", &d}};
	const char *start = r.rest.p;
	assert_true(deb822_read(&r, wanted, 3));
	assert_str(a, "1");
	assert_str(b, "2\n go");
	assert_str(d, "none");
	assert_int_equal(r.odd - start, 5);
	assert_true(deb822_next(&r));
	assert_true(deb822_read(&r, wanted, 3));
	assert_str(d, "4");
	assert_false(deb822_read(&r, wanted, 3));
}

/* ---- dependencies ---------------------------------------------------------------------------- */

static void relations_are_taken_apart(void **state)
{
	(void)state;
	struct relations r = {
		S("libc6 (>= 2.36), a:any | b (<< 2) [amd64 !i386] <!nocheck> <cross>,\n"
		  " , (none), c+d.e-f"),
		0};
	struct relation one;
	assert_true(relations_next(&r, &one));
	assert_str(one.name, "libc6");
	assert_str(one.version, ">= 2.36");
	assert_int_equal(one.group, 0);
	assert_true(relations_next(&r, &one));
	assert_str(one.name, "a");
	assert_int_equal(one.group, 1);
	assert_true(relations_next(&r, &one));
	assert_str(one.name, "b");
	assert_int_equal(one.group, 1);
	assert_str(one.version, "<< 2");
	assert_str(one.arch, "amd64 !i386");
	assert_str(one.profiles, "!nocheck> <cross");
	assert_true(relations_next(&r, &one));
	assert_str(one.name, "c+d.e-f");
	assert_false(relations_next(&r, &one));
}

static void brackets_within_brackets_are_no_names(void **state)
{
	static const char *const expected[] = {"libc6", "debconf", "debconf-2.0", "python3", "x"};
	(void)state;
	struct relations r = {S(" libc6 (>= 2.14), debconf (>= 0.5 (a)) | debconf-2.0, "
				"python3:any, x [amd64] <!nocheck>"),
		0};
	struct relation one;
	size_t n = 0;
	while (relations_next(&r, &one)) {
		assert_true(n < 5);
		assert_str(one.name, expected[n]);
		n++;
	}
	assert_int_equal(n, 5);
}

static bool holds(const char *text, const char *profile)
{
	defer(arena_free) struct arena a = {0};
	strings profiles = {0};
	struct relations r = {str_of(text), 0};
	struct relation one;
	if (profile)
		vec_push(&a, &profiles, profile);
	assert_true(relations_next(&r, &one));
	return relation_holds(&one, "amd64", &profiles);
}

static void relations_hold_on_this_machine_or_not(void **state)
{
	(void)state;
	assert_true(holds("a", NULL));
	assert_true(holds("a [amd64]", NULL));
	assert_false(holds("a [i386 arm64]", NULL));
	assert_true(holds("a [!i386]", NULL));
	assert_false(holds("a [!amd64]", NULL));
	assert_true(holds("a [linux-any]", NULL));
	assert_true(holds("a [any-amd64]", NULL));
	assert_false(holds("a [any-arm64]", NULL));
	assert_true(holds("a <!nocheck>", NULL));
	assert_false(holds("a <!nocheck>", "nocheck"));
	assert_false(holds("a <cross>", NULL));
	assert_true(holds("a <cross>", "cross"));
	assert_true(holds("a <!nocheck> <cross>", "cross"));
	assert_false(holds("a (>= 1) [amd64] <!nocheck !cross>", "cross"));
	assert_true(holds("a (<< 1)", "cross"));
}

/* ---- packages as they are written down --------------------------------------------------------
 */

static void installed_packages_are_read(void **state)
{
	(void)state;
	defer(arena_free) struct arena arena = {0};
	struct err e;
	dpkg_list p;
	assert_ok(dpkg_parse(&arena,
		S("Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\n"
		  "Source: zlib (1:1.2)\nVersion: 1:1.2+b1\nDepends: libc6 (>= 2.14)\n"
		  "Description: a library\n more: of it\n .\n the end\n\n\n"
		  "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
		  "Package: plain\nStatus: hold ok installed\nVersion: 2\nSource: other\n"),
		"status", &p, &e));
	assert_int_equal(p.n, 2);
	assert_string_equal(p.v[0].name, "zlib1g");
	assert_string_equal(p.v[0].arch, "amd64");
	assert_string_equal(p.v[0].version, "1:1.2+b1");
	assert_string_equal(p.v[0].source, "zlib");
	assert_string_equal(p.v[0].source_version, "1:1.2");
	assert_str(p.v[0].depends, "libc6 (>= 2.14)");
	assert_string_equal(p.v[1].name, "plain");
	assert_string_equal(p.v[1].source, "other");
	assert_string_equal(p.v[1].source_version, "2");
}

static void an_index_of_packages_has_no_status(void **state)
{
	(void)state;
	defer(arena_free) struct arena arena = {0};
	struct err e;
	dpkg_list p;
	assert_ok(dpkg_parse(&arena,
		S("Package: far\nVersion: 1\nSource: near\n\nPackage: versionless\n"), "Packages",
		&p, &e));
	assert_int_equal(p.n, 1);
	assert_string_equal(p.v[0].source, "near");
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
		defer(arena_free) struct arena arena = {0};
		struct err e = {0};
		dpkg_list p;
		assert_false(dpkg_parse(&arena, str_of(cases[i].text), "status", &p, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.where, cases[i].where);
		assert_non_null(strstr(e.text, cases[i].part));
	}
}

/* ---- files ------------------------------------------------------------------------------------
 */

static void a_status_with_a_nul_byte_is_an_error(void **state)
{
	(void)state;
	defer(arena_free) struct arena arena = {0};
	struct err e = {0};
	dpkg_list p;
	assert_false(dpkg_parse(
		&arena, S("Package: a\nVersion: 1\nSource: b (\0002)\n"), "status", &p, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_string_equal(e.where, "status:3");
}

static void files_are_known_by_their_paths(void **state)
{
	static const struct {
		const char *path;
		enum debian_file kind;
		const char *name;
	} cases[] = {
		{"/usr/include/zlib.h", DEBIAN_HEADER, "zlib.h"},
		{"/usr/include/netinet/tcp.h", DEBIAN_HEADER, "netinet/tcp.h"},
		{"/usr/include/x86_64-linux-gnu/curl/curl.h", DEBIAN_HEADER, "curl/curl.h"},
		{"/usr/include/c/include/c.h", DEBIAN_HEADER, "c/include/c.h"},
		{"/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h", DEBIAN_HEADER, "stddef.h"},
		{"/usr/lib/x86_64-linux-gnu/glib-2.0/include/glibconfig.h", DEBIAN_HEADER,
			"glibconfig.h"},
		{"/usr/lib/ocaml/caml/mlvalues.h", DEBIAN_HEADER, "caml/mlvalues.h"},
		{"/usr/lib/llvm-14/include/llvm-c/Core.h", DEBIAN_HEADER, "include/llvm-c/Core.h"},
		{"/usr/lib/x86_64-linux-gnu/perl/5.36/CORE/perl.h", DEBIAN_HEADER,
			"perl/5.36/CORE/perl.h"},
		{"/usr/lib/stray.h", DEBIAN_OTHER, NULL},
		{"/usr/i686-w64-mingw32/include/zlib.h", DEBIAN_OTHER, NULL},
		{"/usr/share/doc/x/include/zlib.h", DEBIAN_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", DEBIAN_SHARED, "libz"},
		{"/lib/x86_64-linux-gnu/libz.so", DEBIAN_SHARED, "libz"},
		{"/usr/lib/x86_64-linux-gnu/libz.a", DEBIAN_ARCHIVE, "libz"},
		{"/usr/lib/ocaml/libasmrun.a", DEBIAN_ARCHIVE, "libasmrun"},
		{"/usr/lib/x86_64-linux-gnu/gconv/libJIS.so", DEBIAN_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/zlib.so", DEBIAN_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/libz.sofa", DEBIAN_OTHER, NULL},
		{"/usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc", DEBIAN_PKGCONFIG, "zlib"},
		{"/usr/share/pkgconfig/x.pc", DEBIAN_PKGCONFIG, "x"},
		{"/usr/share/x.pc", DEBIAN_OTHER, NULL},
		{"/usr/bin/git", DEBIAN_PROGRAM, "git"},
		{"/usr/bin/folder/git", DEBIAN_OTHER, NULL},
		{"/usr/lib/ocaml/fmt/META", DEBIAN_OCAML, "META"},
		{"/usr/lib/ocaml/unix.cma", DEBIAN_OCAML, "unix.cma"},
		{"/", DEBIAN_OTHER, NULL},
		{"", DEBIAN_OTHER, NULL},
		{"usr/include/zlib.h", DEBIAN_OTHER, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str name;
		enum debian_file kind = debian_file_kind(str_of(cases[i].path), &name);
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
	assert_true(debian_contents_line(
		S("usr/a file\t  libdevel/zlib1g-dev,contrib/games/x,plain"), &path, &packages));
	assert_str(path, "usr/a file");
	assert_str(debian_contents_package(&packages), "zlib1g-dev");
	assert_str(debian_contents_package(&packages), "x");
	assert_str(debian_contents_package(&packages), "plain");
	assert_str(debian_contents_package(&packages), "");
	assert_false(debian_contents_line(S("alone"), &path, &packages));
	assert_false(debian_contents_line(S("  "), &path, &packages));
}

/* ---- what is installed ----------------------------------------------------------------------- */

#define INSTALLED "Status: install ok installed\nArchitecture: amd64\n"
static const char status[] =
	"Package: dpkg\n" INSTALLED "Version: 1\nEssential: yes\nPre-Depends: tar\n\n"
	"Package: tar\n" INSTALLED "Version: 2\n\n"
	"Package: zlib1g\n" INSTALLED "Source: zlib (1:1.2)\nVersion: 1:1.2+b1\n\n"
	"Package: zlib1g-dev\n" INSTALLED
	"Source: zlib\nVersion: 1:1.2\nDepends: zlib1g (= 1), libc-dev\n"
	"Provides: libz-dev (= 1)\n\n"
	"Package: gone\nStatus: deinstall ok config-files\nVersion: 3\n\n"
	"Package: libc6-dev\n" INSTALLED "Version: 4\nProvides: libc-dev\n\n"
	"Package: other\n" INSTALLED "Version: 5\n";

struct machine {
	struct arena a;
	const char *root;
	struct dpkg d;
};

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct err e;
	assert_ok(dir_make_temp(&m->a, "/tmp/respin-dpkg.", &m->root, &e));
	assert_ok(file_write(path_join(&m->a, m->root, "status"), str_of(status), 0644, &e));
	setenv("DPKG_ADMINDIR", m->root, 1);
	assert_ok(dpkg_open(&m->a, &m->d, &e));
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct machine *m = *state;
	struct err e;
	unsetenv("DPKG_ADMINDIR");
	assert_ok(tree_remove(m->root, &e));
	arena_free(&m->a);
	free(m);
	return 0;
}

static void installed_packages_are_known(void **state)
{
	struct machine *m = *state;
	dpkg_packages zlib = {0};
	assert_int_equal(m->d.packages.n, 6);
	assert_string_equal(m->d.arch, "amd64");
	dpkg_of_source(&m->a, &m->d, "zlib", &zlib);
	assert_int_equal(zlib.n, 2);
	assert_string_equal(zlib.v[0]->version, "1:1.2+b1");
	assert_string_equal(zlib.v[0]->source_version, "1:1.2");
	assert_string_equal(zlib.v[1]->source_version, "1:1.2");
	assert_null(dpkg_named(&m->d, S("gone")));
	const dpkg_packages *virtual = dpkg_named(&m->d, S("libz-dev"));
	assert_non_null(virtual);
	assert_string_equal(virtual->v[0]->name, "zlib1g-dev");
}

static void a_build_sees_what_it_names_and_their_needs(void **state)
{
	struct machine *m = *state;
	strings fields = {0};
	dpkg_packages seen;
	struct text names = {.a = &m->a};
	vec_push(&m->a, &fields, "libz-dev, absent | other <!nocheck>");
	strings nocheck = {0};
	vec_push(&m->a, &nocheck, "nocheck");
	dpkg_closure(&m->a, &m->d, &fields, &nocheck, &seen);
	vec_for(p, &seen)
		text_addf(&names, "%s ", (*p)->name);
	assert_string_equal(names.p, "dpkg libc6-dev tar zlib1g zlib1g-dev ");
	dpkg_closure(&m->a, &m->d, &fields, NULL, &seen);
	assert_int_equal(seen.n, 6);
}

static void put_list(struct machine *m, const char *name, const char *text)
{
	struct err e;
	const char *info = path_join(&m->a, m->root, "info");
	assert_ok(dir_make(info, &e));
	assert_ok(file_write(path_join(&m->a, info, name), str_of(text), 0644, &e));
}

struct taken {
	struct arena *a;
	struct text text;
};

static void take(void *ctx, const struct dpkg_package *package, struct str path)
{
	struct taken *t = ctx;
	text_addf(&t->text, "%s %.*s\n", package->name, STR(path));
}

static void installed_packages_have_files(void **state)
{
	struct machine *m = *state;
	struct taken t = {.a = &m->a, .text.a = &m->a};
	struct err e;
	put_list(m, "zlib1g:amd64.list", "/.\n/lib/libz.so.1\n");
	put_list(m, "other.list", "/usr/bin/other");
	put_list(m, "gone.list", "/usr/bin/gone\n");
	assert_ok(dpkg_each_file(&m->d, take, &t, &e));
	assert_string_equal(t.text.p, "zlib1g /.\nzlib1g /lib/libz.so.1\nother /usr/bin/other\n");
}

static void assert_means(struct machine *m, const char *name, const char *source, const char *why)
{
	struct debian_found found;
	struct err e;
	assert_ok(debian_find(&m->a, name, &found, &e));
	assert_string_equal(found.source, source);
	assert_string_equal(found.why, why);
}

static void a_library_is_found_by_its_files(void **state)
{
	struct machine *m = *state;
	struct debian_found found;
	struct err e = {0};
	put_list(m, "zlib1g:amd64.list", "/lib/x86_64-linux-gnu/libz.so.1.2\n/usr/share/a.h\n");
	put_list(m, "zlib1g-dev:amd64.list",
		"/usr/include/zlib.h\n/usr/include/sub/both.h\n/usr/lib/pkgconfig/z.pc\n");
	put_list(m, "other.list", "/usr/include/other/both.h\n/usr/include/o/zlib.h\n");
	assert_means(m, "zlib", "zlib", "zlib1g 1:1.2+b1 is installed");
	assert_means(m, "zlib.h", "zlib", "zlib1g-dev 1:1.2 is installed");
	assert_means(m, "z", "zlib", "zlib1g-dev 1:1.2 is installed");
	assert_means(m, "libz.so", "zlib", "zlib1g 1:1.2+b1 is installed");
	assert_false(debian_find(&m->a, "both.h", &found, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_string_equal(e.text, "both.h is in packages of several sources: zlib, other");
}

static void no_dpkg_is_said(void **state)
{
	struct machine *m = *state;
	struct dpkg d;
	struct err e = {0};
	setenv("DPKG_ADMINDIR", "/nowhere", 1);
	assert_false(dpkg_open(&m->a, &d, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_non_null(strstr(e.text, "/nowhere/status"));
	assert_true(e.hint[0]);
}

/* ---- the index ------------------------------------------------------------------------------- */

static const char packages[] = "Package: liba1\nSource: a\nProvides: a-api\n\n"
			       "Package: liba-dev\nSource: a (2)\nDepends: liba1 (= 1)\n\n"
			       "Package: b\nPre-Depends: liba1\nSuggests: never\n\n"
			       "Package: c\nDepends: x | b, liba1:any\n\n"
			       "Package: d\nDepends: c\n\n"
			       "Package: e\nDepends: a-api\n\n"
			       "Package: never\n";
static const char sources[] =
	"Package: a\nBinary: liba1, liba-dev,\n liba-udeb\n\n"
	"Package: b\nBinary: b\nBuild-Depends: liba-dev (>= 1)\n\n"
	"Package: f\nBinary: f\nBuild-Depends: zzz\nBuild-Depends-Indep: liba-dev [amd64]\n\n"
	"Package: g\nBinary: g\nBuild-Depends: liba-dev [i386], d\n\n"
	"Package: h\nBinary: h\nBuild-Depends-Arch: a-api\n";

static struct str pack(struct arena *a, bool with_sources)
{
	struct str p = str_of(packages), s = str_of(sources), out;
	strings marked = {0};
	vec_push(a, &marked, "/nowhere");
	debian_index_pack(a, "amd64", &p, 1, &s, with_sources, &marked, 1, &out);
	return out;
}

static void assert_names(const strings *list, const char *expected)
{
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	text_addz(&t, "");
	vec_for(name, list)
		text_addf(&t, "%s%s", t.n ? " " : "", *name);
	assert_string_equal(t.p, expected);
}

static void dependents_are_found(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct debian_index x;
	struct debian_dependents d;
	struct err e = {0};
	assert_true(debian_index_view(pack(&a, true), &x));
	assert_ok(debian_dependents(&a, &x, "a", false, &d, &e));
	assert_true(d.builds_known);
	assert_names(&d.binaries, "liba-dev liba1");
	assert_names(&d.runtime, "b c e");
	assert_names(&d.build, "b f h");
	assert_ok(debian_dependents(&a, &x, "a", true, &d, &e));
	assert_names(&d.runtime, "b c d e");
	assert_names(&d.build, "b f g h");
	assert_ok(debian_dependents(&a, &x, "never", true, &d, &e));
	assert_names(&d.runtime, "");
	assert_false(debian_dependents(&a, &x, "liba1", false, &d, &e));
	assert_int_equal(e.code, E_NOTFOUND);
}

static void without_lists_of_sources_that_is_known_to_be_unknown(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct debian_index x;
	struct debian_dependents d;
	struct err e = {0};
	assert_true(debian_index_view(pack(&a, false), &x));
	assert_ok(debian_dependents(&a, &x, "a", false, &d, &e));
	assert_false(d.builds_known);
	assert_names(&d.runtime, "b c e");
	assert_names(&d.build, "");
}

static void a_damaged_index_is_none(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct debian_index x;
	struct str whole = pack(&a, true);
	for (size_t n = 0; n < whole.n; n++)
		assert_false(debian_index_view((struct str){whole.p, n}, &x));
	char *bytes = str_copy(&a, whole);
	bytes[0] ^= 1;
	assert_false(debian_index_view((struct str){bytes, whole.n}, &x));
	bytes[0] ^= 1;
	bytes[whole.n - 1] = 'x';
	assert_false(debian_index_view((struct str){bytes, whole.n}, &x));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(fields_come_with_their_lines),
	cmocka_unit_test(the_next_paragraph_is_found_from_anywhere),
	cmocka_unit_test(wanted_fields_are_read_at_once),
	cmocka_unit_test(relations_are_taken_apart),
	cmocka_unit_test(brackets_within_brackets_are_no_names),
	cmocka_unit_test(relations_hold_on_this_machine_or_not),
	cmocka_unit_test(installed_packages_are_read),
	cmocka_unit_test(an_index_of_packages_has_no_status),
	cmocka_unit_test(a_wrong_status_is_an_error_with_its_line),
	cmocka_unit_test(a_status_with_a_nul_byte_is_an_error),
	cmocka_unit_test(files_are_known_by_their_paths),
	cmocka_unit_test(lines_of_contents),
	cmocka_unit_test_setup_teardown(installed_packages_are_known, set_up, tear_down),
	cmocka_unit_test_setup_teardown(
		a_build_sees_what_it_names_and_their_needs, set_up, tear_down),
	cmocka_unit_test_setup_teardown(installed_packages_have_files, set_up, tear_down),
	cmocka_unit_test_setup_teardown(a_library_is_found_by_its_files, set_up, tear_down),
	cmocka_unit_test_setup_teardown(no_dpkg_is_said, set_up, tear_down),
	cmocka_unit_test(dependents_are_found),
	cmocka_unit_test(without_lists_of_sources_that_is_known_to_be_unknown),
	cmocka_unit_test(a_damaged_index_is_none),
};
RUN_TESTS("debian_index")
