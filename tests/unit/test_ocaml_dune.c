/* test_ocaml_dune.c - dune workspaces by their files alone: what is not in dune's description, and
 * what is wrong with them. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "ocaml/ocaml.h"
#include "tree_box.h"

static struct ocaml_workspace read_workspace(struct tree_box *box)
{
	struct ocaml_workspace w;
	struct err e = {0};
	assert_ok(ocaml_workspace_read(&box->a, box->dir, NULL, NULL, &w, &e));
	return w;
}

static const struct ocaml_library *library(const struct ocaml_workspace *w, const char *name)
{
	const struct ocaml_library *found = ocaml_find(&w->libraries, name);
	if (!found)
		print_error("no library %s\n", name);
	assert_non_null(found);
	return found;
}

static const struct ocaml_module *module(const struct ocaml_library *l, const char *path)
{
	vec_for(m, &l->modules) {
		if (!strcmp(m->path, path))
			return m;
	}
	print_error("no module %s in %s\n", path, l->name);
	_fail(__FILE__, __LINE__);
	return NULL;
}

static void libraries_know_their_package_and_place(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "dune-project", "(lang dune 3.0)\n(version 1.5)\n(package (name p))");
	tree_box_put(box, "q.opam", "opam-version: \"2.0\"");
	tree_box_put(box, "src/dune",
		"; first\n(library (name l) (public_name p.l)\n (optional)\n"
		" (enabled_if (= %{context_name} \"solo5\"))\n"
		" (preprocess (per_module ((pps a b -x -- c) m) ((pps d)))))\n"
		"(deprecated_library_name (old_public_name p.old)\n"
		" (new_public_name p.l))");
	tree_box_put(box, "src/m.ml", "");
	struct ocaml_workspace w = read_workspace(box);
	const struct ocaml_library *l = library(&w, "l");
	assert_ptr_equal(l, library(&w, "p.l"));
	assert_string_equal(l->package, "p");
	assert_string_equal(l->version, "1.5");
	assert_string_equal(l->dir, "src");
	assert_string_equal(l->file, "src/dune");
	assert_int_equal(l->line, 2);
	assert_true(l->is_optional && !l->is_vendored);
	assert_string_equal(l->enabled_if, "(= %{context_name} \"solo5\")");
	assert_int_equal(l->ppx.n, 3);
	assert_string_equal(l->ppx.v[2], "d");
	assert_string_equal(library(&w, "p.old")->redirect, "p.l");
	assert_int_equal(w.packages.n, 2);
	assert_string_equal(w.packages.v[0].opam, "q.opam");
	assert_string_equal(w.packages.v[1].name, "p");
	assert_int_equal(w.packages.v[1].line, 3);
	assert_null(w.packages.v[1].opam);
}

static void folders_can_be_modules(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "dune-project", "(lang dune 3.7)");
	tree_box_put(box, "dune", "(include_subdirs qualified)(library (name q))");
	static const char *const files[] = {"a.ml", "sub/b.ml", "sub/deep/c.ml", "own/own.ml",
		"own/d.ml", "apart/dune-project", "apart/e.ml"};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		tree_box_put(box, files[i], i == 5 ? "(lang dune 3.7)" : "");
	struct ocaml_workspace w = read_workspace(box);
	const struct ocaml_library *q = library(&w, "q");
	assert_int_equal(q->modules.n, 9);
	assert_string_equal(module(q, "Q.Sub.Deep.C")->unit, "Q__Sub__Deep__C");
	assert_string_equal(module(q, "Q.Own")->impl, "own/own.ml");
	assert_string_equal(module(q, "Q.Own.D")->unit, "Q__Own__D");
	assert_true(module(q, "Q.Sub.Deep")->is_alias);
	assert_true(module(q, "Q__Own__")->is_alias);
}

static void what_only_the_build_can_tell_is_a_guess(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "dune-project", "(lang dune 3.0)");
	tree_box_put(box, "a/dune", "(include made.inc)(library (name a))");
	tree_box_put(box, "b/dune", "(library (name b) (modules (:include mods)))");
	tree_box_put(box, "c/dune", "(library (name c)\n (libraries (select m.ml from (x -> y))))");
	tree_box_put(box, "d/dune", "(library (name d))");
	tree_box_put(box, "d/d.ml", "module Other = Shown");
	tree_box_put(box, "d/shown.ml", "");
	tree_box_put(box, "e/dune", "(library (name e) (implements nowhere))");
	struct ocaml_workspace w = read_workspace(box);
	assert_string_equal(library(&w, "a")->guess, "a/dune includes what is not there");
	assert_string_equal(
		library(&w, "b")->guess, "its modules are chosen by what the build makes");
	assert_string_equal(library(&w, "c")->guess, "what is installed decides on its (select)");
	assert_null(library(&w, "d")->guess);
	assert_true(module(library(&w, "d"), "D.Shown")->is_guess);
	assert_non_null(strstr(library(&w, "e")->guess, "nowhere"));
}

static void wrong_files_are_problems_of_their_folder_alone(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "dune-project", "(lang dune x)");
	tree_box_put(box, "a/dune", "(library\n (name a)");
	tree_box_put(box, "b/dune", "(* -*- tuareg -*- *)\nlet () = Jbuild_plugin.V1.send \"\"");
	tree_box_put(box, "c/dune", "(library (name c))");
	struct ocaml_workspace w = read_workspace(box);
	assert_int_equal(w.libraries.n, 1);
	assert_int_equal(w.problems.n, 2);
	assert_string_equal(w.problems.v[0], "dune-project:1:1: expected '(lang dune VERSION)'");
	assert_string_equal(w.problems.v[1], "a/dune:1:1: expected a ')' that closes this '('");
	assert_int_equal(w.programs.n, 1);
	assert_string_equal(w.programs.v[0], "b/dune");
	assert_string_equal(w.broken->where, "dune-project:1:1");
}

static void what_stops_dune_is_told_with_its_place(void **state)
{
	static const struct {
		const char *file, *text, *where, *expected; /* NULL: all is well */
	} cases[] = {{"dune", "(* -*- tuareg -*- *)\n)", NULL, NULL},
		{"dune", "(library (name x))\n(include none)", "dune:2:1",
			"expected the file none, which this includes"},
		{"dune", "(include ../../up)", "dune:1:1",
			"expected the name of a file of the workspace"},
		{"dune", "(include dune)", "dune:1:1",
			"expected an end: files include each other in a circle"},
		{"dune", "x", "dune:1:1", "expected a stanza: (NAME ...)"},
		{"dune", "()", "dune:1:1", "expected a stanza: (NAME ...)"},
		{"dune", "\n (library)", "dune:2:2", "expected a (name ...) or (public_name ...)"},
		{"dune", "(executables (modules))", "dune:1:1", "expected a (name ...)"},
		{"dune", "(library (name x) (synopsis \"\xc3\xa4\xe4\"))", NULL, NULL},
		{"dune", "(library (name \xc3\xa4))", "dune:1:16",
			"expected ASCII outside of \"strings\": other text is here"},
		{"dune", "", NULL, NULL}, {"dune-workspace", "", NULL, NULL},
		{"dune-workspace", "(lang", "dune-workspace:1:1",
			"expected a ')' that closes this '('"},
		{"dune-workspace", "(profile release)", "dune-workspace:1:1",
			"expected '(lang dune VERSION)'"},
		{"dune-project", "(name x) (lang dune 2.9)", "dune-project:1:1",
			"expected '(lang dune VERSION)'"}};
	struct tree_box *box = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tree_box_put(box, "dune-project", "(lang dune 2.9)");
		tree_box_put(box, "dune-workspace", "");
		tree_box_put(box, "dune", "");
		tree_box_put(box, cases[i].file, cases[i].text);
		struct ocaml_workspace w = read_workspace(box);
		assert_int_equal(w.broken != NULL, cases[i].where != NULL);
		if (!w.broken)
			continue;
		assert_string_equal(w.broken->where, cases[i].where);
		assert_string_equal(w.broken->text, cases[i].expected);
		assert_int_equal(w.broken->code, E_INPUT);
	}
}

static void another_name_of_dune_files_is_a_choice(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "dune-project", "(lang dune 3.0)");
	tree_box_put(box, "dune-file", "(library (name a)");
	assert_null(read_workspace(box).broken);
	tree_box_put(box, "dune-project", "(lang dune 3.0)(accept_alternative_dune_file_name)");
	assert_string_equal(read_workspace(box).broken->where, "dune-file:1:1");
}

static void files_that_include_each_other_end(void **state)
{
	struct tree_box *box = *state;
	tree_box_put(box, "a/dune", "(library (name a))(include b)(include b)");
	tree_box_put(box, "a/b", "(include dune)(library (name c))");
	tree_box_put(box, "d/dune", "(include 1)");
	for (int i = 1; i < 40; i++)
		tree_box_put(box, str_format(&box->a, "d/%d", i),
			str_format(&box->a, "(include %d)(include %d)", i + 1, i + 1));
	tree_box_put(box, "d/40", "");
	tree_box_put(box, "d/e/dune", "(library (name e))");
	struct ocaml_workspace w = read_workspace(box);
	assert_string_equal(library(&w, "a")->guess, "a/b includes files without end");
	assert_null(library(&w, "e")->guess);
}

static void folders_that_are_links_end(void **state)
{
	struct tree_box *box = *state;
	struct err e = {0};
	tree_box_put(box, "a/dune", "(library (name a))");
	tree_box_put(box, "apart/_real/dune", "(library (name linked))");
	assert_int_equal(symlink("..", tree_box_in(box, "a/up")), 0);
	assert_int_equal(symlink("apart/_real", tree_box_in(box, "link")), 0);
	assert_int_equal(symlink("nowhere", tree_box_in(box, "broken")), 0);
	struct ocaml_workspace w = read_workspace(box);
	assert_int_equal(w.libraries.n, 2);
	assert_string_equal(library(&w, "linked")->dir, "link");
	assert_false(
		ocaml_workspace_read(&box->a, tree_box_in(box, "nowhere"), NULL, NULL, &w, &e));
	assert_int_equal(e.code, E_ABSENT);
}

static const char DESCRIBED[] =
	"((root /x) (build_context _build/default)\n"
	" (executables ((names (main)) (requires (u1)) (modules (((name Main)\n"
	"  (impl (_build/default/bin/main.ml)) (intf ())\n"
	"  (cmt (_build/default/bin/.main.eobjs/byte/dune__exe__Main.cmt)) (cmti ()))))\n"
	"  (include_dirs (_build/default/bin/.main.eobjs/byte))))\n"
	" (library ((name p.l) (uid u1) (local true) (requires (u2 u3))\n"
	"  (source_dir _build/default/src) (modules (((name M) (impl (_build/default/src/m.ml))\n"
	"   (intf ()) (cmt (_build/default/src/.l.objs/byte/l__M.cmt)) (cmti ()))\n"
	"  ((name L) (impl (_build/default/src/l.ml-gen)) (intf ())\n"
	"   (cmt (_build/default/src/.l.objs/byte/l.cmt)) (cmti ()))))))\n"
	" (library ((name re) (uid u2) (local false) (requires ()) (source_dir /r) (modules ()))))";

static void dunes_description_confirms(void **state)
{
	struct tree_box *box = *state;
	struct ocaml_workspace described;
	struct err e = {0};
	tree_box_put(box, "p.opam", "");
	tree_box_put(box, "src/dune",
		"(include gone)(library (name l) (public_name p.l) (private_modules m))");
	tree_box_put(box, "src/m.ml", "");
	assert_ok(ocaml_describe_parse(&box->a, box->dir, str_of(DESCRIBED), &described, &e));
	assert_int_equal(described.libraries.n, 1);
	struct ocaml_workspace w = read_workspace(box);
	assert_non_null(library(&w, "l")->guess);
	ocaml_workspace_confirm(&box->a, &w, &described);
	const struct ocaml_library *l = library(&w, "l");
	assert_string_equal(l->guess, "dune does not describe all that it requires");
	assert_int_equal(l->line, 1);
	assert_true(module(l, "L.M")->is_private);
	assert_true(module(l, "L")->is_alias);
	assert_int_equal(w.executables.n, 1);
	assert_string_equal(w.executables.v[0].dir, "bin");
	assert_string_equal(w.executables.v[0].modules.v[0].path, "Main");
	assert_true(w.executables.v[0].modules.v[0].is_generated);
	assert_string_equal(w.executables.v[0].requires.v[0], "p.l");
}

static void wrong_descriptions_are_errors(void **state)
{
	struct tree_box *box = *state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "expected one list of libraries and executables"},
		{"((library ((uid x))))", "expected a library with '(name ...)' and '(uid ...)'"},
		{"((library ((name a) (uid u) (local true))))",
			"expected a library with '(source_dir ...)'"},
		{"((library ((name a) (uid u) (local true) (source_dir s) (modules ((x))))))",
			"expected a module with '(name ...)'"},
		{"((executables ((requires ()))))", "expected executables with '(names (...))'"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ocaml_workspace w;
		struct err e = {0};
		assert_false(
			ocaml_describe_parse(&box->a, box->dir, str_of(cases[i].text), &w, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.text, cases[i].error);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_box_open, tree_box_close)
static const struct CMUnitTest tests[] = {
	TEST(libraries_know_their_package_and_place),
	TEST(folders_can_be_modules),
	TEST(what_only_the_build_can_tell_is_a_guess),
	TEST(wrong_files_are_problems_of_their_folder_alone),
	TEST(what_stops_dune_is_told_with_its_place),
	TEST(another_name_of_dune_files_is_a_choice),
	TEST(files_that_include_each_other_end),
	TEST(folders_that_are_links_end),
	TEST(dunes_description_confirms),
	TEST(wrong_descriptions_are_errors),
};
RUN_TESTS("ocaml_dune")
