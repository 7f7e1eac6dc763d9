/* test_debian_index.c - what dpkg and apt know: paragraphs, dependencies, what is installed, and
 * who depends on whom. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "debian/index.h"

/* ---- paragraphs ------------------------------------------------------------------------------ */

static void fields_come_with_their_lines(void **state)
{
	(void)state;
	struct deb822 r = {
		S("Package: one\nDescription: short\n long\n .\n more\nversion:  2 \r\n\n\n"
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
	struct deb822 r = {S("A: 1\nB: 2\n\nA: 3\n")};
	struct deb822_field f;
	assert_true(deb822_field(&r, &f));
	assert_true(deb822_next(&r));
	assert_true(deb822_field(&r, &f));
	assert_str(f.value, "3");
	assert_false(deb822_next(&r));
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

static void no_dpkg_is_said(void **state)
{
	struct machine *m = *state;
	struct dpkg d;
	struct err e = {0};
	setenv("DPKG_ADMINDIR", "/nowhere", 1);
	assert_false(dpkg_open(&m->a, &d, &e));
	assert_int_equal(e.code, E_NOTFOUND);
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
	cmocka_unit_test(relations_are_taken_apart),
	cmocka_unit_test(relations_hold_on_this_machine_or_not),
	cmocka_unit_test_setup_teardown(installed_packages_are_known, set_up, tear_down),
	cmocka_unit_test_setup_teardown(
		a_build_sees_what_it_names_and_their_needs, set_up, tear_down),
	cmocka_unit_test_setup_teardown(no_dpkg_is_said, set_up, tear_down),
	cmocka_unit_test(dependents_are_found),
	cmocka_unit_test(without_lists_of_sources_that_is_known_to_be_unknown),
	cmocka_unit_test(a_damaged_index_is_none),
};
RUN_TESTS("debian_index")
