/* test_ocaml.c - where findlib looks, what META files and folders make of libraries, and dune
 * workspaces without dune. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "ocaml/objects.h"
#include "ocaml/ocaml.h"
#include "tree_box.h"

static struct ocaml_site site_of(struct tree_box *box, const struct ocaml_env *env)
{
	struct ocaml_site site;
	struct err e = {0};
	assert_ok(ocaml_site_find(&box->a, env, &site, &e));
	return site;
}

static const char *path_of(struct tree_box *box, const struct ocaml_site *site)
{
	struct text t = {.a = &box->a};
	vec_for(dir, &site->path)
		text_addf(&t, "%s%s", t.n ? ":" : "", *dir);
	return t.p;
}

static void the_configuration_says_where_to_look(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "f.conf", "path=\"/a:/b/\" stdlib=\"/std\" path(cross)=\"/c\"");
	tree_box_put(box, "f.conf.d/solo5.conf", "path(solo5)=\"/solo\" stdlib(solo5)=\"/sstd\"");
	tree_box_put(box, "f.conf.d/README", "this is no configuration");
	struct ocaml_env env = {.ocamlfind_conf = tree_box_in(box, "f.conf"), .ocamlpath = "/z:/a"};
	struct ocaml_site site = site_of(box, &env);
	assert_string_equal(path_of(box, &site), "/z:/a:/b");
	assert_string_equal(site.stdlib, "/std");
	env.ocamlfind_toolchain = "solo5";
	env.ocamllib = "/own";
	site = site_of(box, &env);
	assert_string_equal(path_of(box, &site), "/z:/a:/solo");
	assert_string_equal(site.stdlib, "/own");
}

static void a_switch_brings_its_own_configuration(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "lib/findlib.conf", "path=\"/switch/lib\"");
	tree_box_put(box, "lib/ocaml/stdlib.cmi", "");
	struct ocaml_env env = {.switch_prefix = box->dir};
	struct ocaml_site site = site_of(box, &env);
	assert_string_equal(path_of(box, &site), "/switch/lib");
	assert_string_equal(site.stdlib, tree_box_in(box, "lib/ocaml"));
}

static void a_switch_without_findlib_has_its_libraries(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "lib/fmt/META", "");
	struct ocaml_env env = {.switch_prefix = box->dir, .ocamlpath = "/own"};
	struct ocaml_site site = site_of(box, &env);
	assert_string_equal(site.path.v[0], "/own");
	assert_string_equal(site.path.v[1], tree_box_in(box, "lib"));
	tree_box_put(box, "f.conf", "path = \"/a\"");
	env.ocamlfind_conf = tree_box_in(box, "f.conf");
	site = site_of(box, &env);
	assert_string_equal(path_of(box, &site), "/own:/a");
}

static void a_wrong_configuration_is_an_error(void **state)
{
	struct tree_box *box = *state;
	struct ocaml_site site;
	struct err e = {0};
	tree_box_put(box, "f.conf", "path = \"/a\"\nstdlib /b");
	struct ocaml_env env = {.ocamlfind_conf = tree_box_in(box, "f.conf")};
	assert_false(ocaml_site_find(&box->a, &env, &site, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.where, "f.conf:2:8"));
	env.ocamlfind_conf = tree_box_in(box, "nothing");
	assert_false(ocaml_site_find(&box->a, &env, &site, &e));
	assert_int_equal(e.code, E_ABSENT);
}

static bool same(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

/* What is said without the modules is the same. */
static void assert_names(
	struct tree_box *box, const struct ocaml_site *site, const ocaml_libraries *all)
{
	struct ocaml_installed out;
	struct err e = {0};
	assert_ok(ocaml_installed_names(&box->a, site, &out, &e));
	assert_int_equal(out.libraries.n, all->n);
	for (size_t i = 0; i < all->n; i++) {
		const struct ocaml_library *x = &out.libraries.v[i], *y = &all->v[i];
		assert_true(same(x->name, y->name) && same(x->version, y->version) &&
			    same(x->dir, y->dir) && same(x->file, y->file) &&
			    same(x->implements, y->implements) && same(x->redirect, y->redirect) &&
			    same(x->default_implementation, y->default_implementation) &&
			    x->is_virtual == y->is_virtual);
		assert_int_equal(x->requires.n, y->requires.n);
		for (size_t k = 0; k < x->requires.n; k++)
			assert_string_equal(x->requires.v[k], y->requires.v[k]);
		assert_int_equal(x->modules.n, 0);
	}
}

static struct ocaml_installed installed(struct tree_box *box)
{
	struct ocaml_installed out;
	struct ocaml_site site = {.stdlib = tree_box_in(box, "std")};
	struct err e = {0};
	vec_push(&box->a, &site.path, tree_box_in(box, "first"));
	vec_push(&box->a, &site.path, tree_box_in(box, "second"));
	assert_ok(ocaml_installed_read(&box->a, &site, &out, &e));
	assert_names(box, &site, &out.libraries);
	return out;
}

static const struct ocaml_library *library(const ocaml_libraries *all, const char *name)
{
	const struct ocaml_library *found = ocaml_find(all, name);
	if (!found)
		print_error("no library %s\n", name);
	assert_non_null(found);
	return found;
}

static void packages_are_found_as_findlib_finds_them(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "first/a/META",
		"version=\"1\" package \"up\" (directory=\"sub\" "
		"package \"w\" (directory=\"deep\"))\n"
		"package \"lost\" (exists_if=\"no,where\")\n"
		"package \"here\" (exists_if=\"no META\")");
	tree_box_put(box, "second/a/META", "version=\"2\"");
	tree_box_put(box, "second/a.here/META", "version=\"nobody sees this\"");
	tree_box_put(box, "second/META.beside", "directory=\"+b\" version=\"3\"");
	tree_box_put(box, "second/old/META", "requires=\"a.here\"");
	tree_box_put(box, "second/broken/META", "requires=\n\n oops");
	struct ocaml_installed all = installed(box);
	assert_int_equal(all.libraries.n, 6);
	assert_string_equal(library(&all.libraries, "a")->version, "1");
	assert_string_equal(
		library(&all.libraries, "a.up.w")->dir, tree_box_in(box, "first/a/sub/deep"));
	assert_null(ocaml_find(&all.libraries, "a.lost"));
	assert_string_equal(library(&all.libraries, "beside")->dir, tree_box_in(box, "std/b"));
	assert_string_equal(library(&all.libraries, "old")->redirect, "a.here");
	assert_int_equal(all.problems.n, 1);
	assert_non_null(strstr(all.problems.v[0], "second/broken/META:3:2: expected a value"));
	const struct err *broken = map_get(&all.broken, S("broken"));
	assert_non_null(strstr(broken->where, "second/broken/META:3:2"));
	assert_int_equal(all.broken.entries.n, 1);
}

static void modules_come_from_interfaces_where_nothing_else_tells(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "first/tcp/META", "");
	static const char *const files[] = {"tcp.cmi", "tcp__Flow.cmi", "flow.ml", "flow.mli",
		"tcp__.cmi", "tcp__Flow.cmt", ".private/tcp__Secret.cmi"};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		tree_box_put(box, path_join(&box->a, "first/tcp", files[i]), "");
	struct ocaml_installed all = installed(box);
	const struct ocaml_library *tcp = library(&all.libraries, "tcp");
	assert_int_equal(tcp->modules.n, 4);
	assert_int_equal(tcp->wrapping, OCAML_WRAPPED);
	assert_string_equal(tcp->main_module, "Tcp");
	assert_true(tcp->modules.v[1].is_alias);
	const struct ocaml_module *flow = &tcp->modules.v[2];
	assert_string_equal(flow->path, "Tcp.Flow");
	assert_string_equal(flow->impl, "flow.ml");
	assert_string_equal(flow->intf, "flow.mli");
	assert_true(flow->has_cmt && !flow->has_cmti && !flow->is_private && !flow->is_guess);
	assert_true(tcp->modules.v[3].is_private);
}

static void notes_of_dune_go_before_archives(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "first/v/META", "package \"a\" () package \"b\" ()");
	tree_box_put(box, "first/v/dune-package",
		"(lang dune 3.0)(library (name v.a)(default_implementation v.b)(main_module_name V)"
		"(modules (wrapped (modules ((obj_name v__M)(visibility public)(kind "
		"virtual)(intf)) "
		"((obj_name v)(visibility public)(kind alias))))))"
		"(library (name v.b)(implements v.a)(main_module_name V)(modules (wrapped "
		"((module (obj_name v__v_b____H) (visibility private))))))");
	tree_box_put(box, "first/v/v.cmi", "");
	tree_box_put(box, "first/v/v__M.cmi", "");
	struct ocaml_installed all = installed(box);
	const struct ocaml_library *a = library(&all.libraries, "v.a"),
				   *b = library(&all.libraries, "v.b");
	assert_true(a->is_virtual);
	assert_string_equal(a->default_implementation, "v.b");
	assert_string_equal(b->implements, "v.a");
	assert_int_equal(a->modules.n, 2);
	assert_string_equal(a->modules.v[1].path, "V.M");
	assert_true(a->modules.v[1].is_virtual);
	assert_true(b->modules.v[0].is_private);
}

static void libraries_with_damaged_archives_are_guesses(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "first/a/META", "archive(byte)=\"a.cma\"");
	tree_box_put(box, "first/a/a.cma", "Caml1999A030");
	tree_box_put(box, "first/a/m.cmi", "");
	tree_box_put(box, "first/b/META", "archive(byte)=\"b.cma -flag x\"");
	tree_box_put(box, "first/b/b.cma", "Caml1999A030zzzzwhatever");
	tree_box_put(box, "first/c/META", "archive(native)=\"c.cmxa\"");
	struct ocaml_installed all = installed(box);
	const struct ocaml_library *a = library(&all.libraries, "a");
	assert_string_equal(a->guess, "its archives can't be read");
	assert_string_equal(a->modules.v[0].path, "M");
	assert_non_null(library(&all.libraries, "b")->guess);
	assert_int_equal(library(&all.libraries, "b")->archives.n, 1);
	assert_non_null(library(&all.libraries, "c")->guess);
	assert_int_equal(all.problems.n, 2);
	assert_non_null(strstr(all.problems.v[0], "first/a/a.cma: it is cut off"));
	assert_non_null(strstr(all.problems.v[1], "first/b/b.cma: its table is beyond its end"));
}

static void closures_have_requirements_first(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "first/a/META", "requires=\"b c\"");
	tree_box_put(box, "first/b/META", "requires=\"c a gone\"");
	tree_box_put(box, "first/c/META", "");
	struct ocaml_installed all = installed(box);
	strings names = {0}, missing = {0};
	ocaml_library_list closure = {0};
	vec_push(&box->a, &names, "a");
	ocaml_closure(&box->a, &all.libraries, &names, &closure, &missing);
	assert_int_equal(closure.n, 3);
	assert_string_equal(closure.v[0]->name, "c");
	assert_string_equal(closure.v[2]->name, "a");
	assert_int_equal(missing.n, 1);
}

static void damaged_objects_are_errors(void **state)
{
	(void)state;
	static const struct {
		struct str bytes;
		const char *error;
	} cases[] = {
		{{"", 0}, "it is no archive of the OCaml compiler"},
		{{"Caml1999I030x", 13}, "it is no archive of the OCaml compiler"},
		{{"Caml1999A030\0", 13}, "it is cut off"},
		{{"Caml1999A030\0\0\1\0", 16}, "its table is beyond its end: it is cut off"},
		{{"Caml1999Z030\x84\x95\xa6\xbd....", 20},
			"byte 4: expected a value that is not compressed"},
		{{"Caml1999Z030\x84\x95\xa6\xbe\0\0\0\x09", 20},
			"byte 8: expected more bytes: it is cut off"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		strings units = {0};
		struct err e = {0};
		assert_false(object_units(&a, cases[i].bytes, &units, &e));
		assert_string_equal(e.text, cases[i].error);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_box_open, tree_box_close)
static const struct CMUnitTest tests[] = {
	TEST(the_configuration_says_where_to_look),
	TEST(a_switch_brings_its_own_configuration),
	TEST(a_switch_without_findlib_has_its_libraries),
	TEST(a_wrong_configuration_is_an_error),
	TEST(packages_are_found_as_findlib_finds_them),
	TEST(modules_come_from_interfaces_where_nothing_else_tells),
	TEST(notes_of_dune_go_before_archives),
	TEST(libraries_with_damaged_archives_are_guesses),
	TEST(closures_have_requirements_first),
	TEST(damaged_objects_are_errors),
};
RUN_TESTS("ocaml")
