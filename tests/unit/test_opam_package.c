/* test_opam_package.c - filters, dependencies, packages, lock files and switches.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "opam/opam.h"

struct fixture {
	struct arena arena;
	struct opam_env env;
};

static bool only_foo(void *ctx, struct str package)
{
	(void)ctx;
	return str_is(package, "foo");
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f)
		return -1;
	f->env = (struct opam_env){.variables.a = &f->arena, .installed = only_foo};
	opam_env_set(&f->env, "os", S("linux"));
	opam_env_set(&f->env, "version", S("2.0"));
	opam_env_set(&f->env, "build", S("true"));
	opam_env_set(&f->env, "with-test", S("false"));
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* The value of the field "a" of TEXT. */
static const struct opam_value *value_of(struct fixture *f, const char *text)
{
	struct err e;
	struct opam_file file;
	const char *whole = str_format(&f->arena, "a: %s", text);
	assert_ok(opam_parse(&f->arena, str_of(whole), "f", &file, &e));
	assert_null(file.items->next);
	return file.items->value;
}

static void filters_are_evaluated_as_opam_does(void **state)
{
	static const struct {
		const char *filter, *result; /* NULL: undefined */
	} cases[] = {
		{"true", "true"},
		{"os", "linux"},
		{"nope", NULL},
		{"os = \"linux\"", "true"},
		{"os != \"linux\"", "false"},
		{"!(os = \"linux\")", "false"},
		{"!nope", NULL},
		{"?nope", "false"},
		{"!?nope", "true"},
		{"nope = \"x\"", NULL},
		{"nope | true", "true"},
		{"nope | false", NULL},
		{"nope & false", "false"},
		{"nope & true", NULL},
		{"\"foo\" & true", NULL},
		{"!\"foo\"", NULL},
		{"version >= \"1.10\"", "true"},
		{"2 < 10", "true"},
		{"\"%{os}%-%{version}%\"", "linux-2.0"},
		{"\"%{nope}%\"", ""},
		{"\"%{build?yes:no}%%{with-test?yes:no}%%{nope?yes:no}%\"", "yesnono"},
		{"\"%{build?yes}%%{nope?yes}%\"", "yes"},
		{"\"a%%b %{os 5%\"", "a%b %{os 5%"},
		{"foo:installed", "true"},
		{"bar:installed", "false"},
		{"foo+bar:installed", "false"},
		{"foo:enable", "enable"},
		{"foo:version", NULL},
		{"foo+bar:version", NULL},
		{"_:version", "2.0"},
		{"(os)", "linux"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct opam_result r = opam_eval(&f->arena, value_of(f, cases[i].filter), &f->env);
		if (r.defined != !!cases[i].result ||
			(r.defined && !str_is(r.text, cases[i].result)))
			print_error("%s: %.*s\n", cases[i].filter, STR(r.text));
		assert_int_equal(r.defined, !!cases[i].result);
		if (r.defined)
			assert_str(r.text, cases[i].result);
	}
	assert_true(opam_eval_bool(value_of(f, "nope"), &f->env, true));
	assert_false(opam_eval_bool(value_of(f, "nope"), &f->env, false));
	assert_false(opam_eval_bool(value_of(f, "with-test"), &f->env, true));
	assert_true(opam_eval_bool(NULL, &f->env, false));
}

static void environments_stand_on_others(void **state)
{
	struct fixture *f = *state;
	struct opam_env inner = {.variables.a = &f->arena, .above = &f->env};
	opam_env_set(&inner, "with-test", S("true"));
	const struct opam_value *v = value_of(f, "with-test & build & foo:installed");
	assert_true(opam_eval_bool(v, &inner, false));
	assert_false(opam_eval_bool(v, &f->env, false));
	struct opam_env machine = {.variables.a = &f->arena};
	opam_env_machine(&machine);
	opam_env_roles(&machine);
	assert_true(opam_eval_bool(
		value_of(f, "os = \"linux\" & ?arch & build & !dev"), &machine, false));
}

static const char *reduced(struct fixture *f, const char *formula, bool conjunction)
{
	struct text t = {.a = &f->arena};
	opam_print_formula(
		&t, opam_reduce(&f->arena, value_of(f, formula), conjunction, &f->env, false));
	return t.p ? t.p : "";
}

static void formulas_lose_their_filters(void **state)
{
	static const struct {
		const char *formula, *left;
	} cases[] = {
		{"[]", ""},
		{"\"a\"", "\"a\""},
		{"[\"a\" \"b\"]", "\"a\" & \"b\""},
		{"[\"a\" {with-test} \"b\" {build}]", "\"b\""},
		{"\"a\" {>= \"1\" & < \"2\" & os = \"linux\"}", "\"a\" {>= \"1\" & < \"2\"}"},
		{"\"a\" {>= \"1\" < \"2\"}", "\"a\" {>= \"1\" & < \"2\"}"},
		{"\"a\" {= version}", "\"a\" {= \"2.0\"}"},
		{"\"a\" {= \"%{version}%+x\"}", "\"a\" {= \"2.0+x\"}"},
		{"\"a\" {with-test | >= \"1\"}", "\"a\" {>= \"1\"}"},
		{"\"a\" {build | >= \"1\"}", "\"a\""},
		{"\"a\" {!(>= \"1\" & < \"2\")}", "\"a\" {< \"1\" | >= \"2\"}"},
		{"\"a\" {!(= \"1\" | != \"2\" | <= \"3\" | > \"4\")}",
			"\"a\" {!= \"1\" & = \"2\" & > \"3\" & <= \"4\"}"},
		{"\"a\" {= \"1\" & (< \"2\" | > \"3\")}", "\"a\" {= \"1\" & (< \"2\" | > \"3\")}"},
		{"\"a\" {?nope}", ""},
		{"\"a\" {nope}", ""},
		{"\"a\" {!nope}", ""},
		{"\"a\" {= nope}", ""},
		{"\"a\" {with-test} | \"b\"", "\"b\""},
		{"[(\"a\" | \"b\") & \"c\" {> \"1\"}]", "(\"a\" | \"b\") & \"c\" {> \"1\"}"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(reduced(f, cases[i].formula, true), cases[i].left);
	assert_string_equal(reduced(f, "[\"a\" \"b\"]", false), "\"a\" | \"b\"");
	assert_null(opam_reduce(&f->arena, NULL, true, &f->env, false));
}

static void count_atom(void *ctx, struct str name, const struct opam_bound *bound)
{
	struct text *t = ctx;
	text_addf(t, "%.*s%s ", STR(name), opam_bound_holds(bound, S("1.5")) ? "+" : "-");
}

static void atoms_and_bounds(void **state)
{
	struct fixture *f = *state;
	struct text t = {.a = &f->arena};
	const char *formula = "[\"a\" {> \"1\" & < \"2\"} \"b\" {= \"1\" | = \"1.50\"} (\"c\" | "
			      "\"d\" {!= \"1.5\"})]";
	opam_atoms(
		opam_reduce(&f->arena, value_of(f, formula), true, &f->env, false), count_atom, &t);
	assert_string_equal(t.p, "a+ b- c+ d- ");
}

/* ---- packages ------------------------------------------------------------------------------- */

static bool read_package(struct fixture *f, const char *path, const char *text,
	struct opam_package *out, struct err *e)
{
	struct opam_file file;
	*e = (struct err){0};
	return opam_parse(&f->arena, str_of(text), path, &file, e) &&
	       opam_package_read(&f->arena, &file, out, e);
}

static void packages_have_all_fields(void **state)
{
	static const char text[] =
		"opam-version: \"2.0\"\n"
		"synopsis: \" short \" description: \"\"\"\nlong\n\"\"\"\n"
		"license: [\"ISC\" \"MIT\"] tags: \"t\" homepage: \"https://h\"\n"
		"depends: [\"a\" {>= \"1\"}] depopts: [\"b\"] conflicts: [\"c\" {< \"2\"} \"d\"]\n"
		"conflict-class: \"k\" available: [os = \"linux\"] flags: [conf avoid-version]\n"
		"dev-repo: \"git+https://github.com/x/Y.git\" x-commit-hash: \"abc\"\n"
		"extra-files: [\"f\" \"md5=1\"] pin-depends: [[\"a.1\" \"git+https://a\"]]\n"
		"patches: [\"p1\" {os = \"win32\"} \"p2\"] substs: \"s\"\n"
		"depexts: [[\"libx-dev\" \"y\"] {os-family = \"debian\"} [\"x\"] {os = "
		"\"macos\"}]\n"
		"url { src: \"https://u/x.tbz\" checksum: [\"sha256=1\" \"md5=2\"]\n"
		"      mirrors: \"https://m\" subpath: \"sub\" }\n"
		"extra-source \"e.patch\" { src: \"https://e\" checksum: \"md5=3\" }\n"
		"x-unknown: [1 2] unknown { }\n";
	struct fixture *f = *state;
	struct opam_package p;
	struct err e;
	assert_ok(read_package(f, "r/packages/n/n.1.0~x/opam", text, &p, &e));
	assert_str(p.name, "n");
	assert_str(p.version, "1.0~x");
	assert_str(p.synopsis, "short");
	assert_str(p.description, "long");
	assert_int_equal(p.licenses.n, 2);
	assert_str(p.tags.v[0], "t");
	assert_non_null(p.depends);
	assert_non_null(p.depopts);
	assert_non_null(p.conflicts);
	assert_str(p.conflict_class.v[0], "k");
	assert_true(opam_eval_bool(p.available, &f->env, false));
	assert_str(p.flags.v[1], "avoid-version");
	assert_str(p.dev_repo, "git+https://github.com/x/Y.git");
	assert_str(p.commit_hash, "abc");
	assert_str(p.extra_files.v[0].second, "md5=1");
	assert_str(p.pin_depends.v[0].first, "a.1");
	assert_int_equal(p.patches.n, 2);
	assert_false(opam_eval_bool(p.patches.v[0].filter, &f->env, true));
	assert_str(p.patches.v[1].words.v[0], "p2");
	assert_str(p.substs.v[0].words.v[0], "s");
	assert_int_equal(p.depexts.n, 2);
	assert_int_equal(p.depexts.v[0].words.n, 2);
	assert_str(p.url.src, "https://u/x.tbz");
	assert_str(p.url.checksums.v[1], "md5=2");
	assert_str(p.url.mirrors.v[0], "https://m");
	assert_str(p.url.subpath, "sub");
	assert_str(p.extra_sources.v[0].name, "e.patch");
	assert_str(p.extra_sources.v[0].checksums.v[0], "md5=3");
}

static void names_come_from_fields_or_paths(void **state)
{
	struct fixture *f = *state;
	struct opam_package p;
	struct err e;
	assert_ok(read_package(f, "d/n.opam", "", &p, &e));
	assert_str(p.name, "n");
	assert_str(p.version, "");
	assert_ok(read_package(f, "a.2/opam", "version: \"3\" name: \"b\"", &p, &e));
	assert_str(p.name, "b");
	assert_str(p.version, "3");
	assert_ok(read_package(f, "opam", "", &p, &e));
	assert_str(p.name, "");
}

static void old_depexts_are_read(void **state)
{
	struct fixture *f = *state;
	struct opam_package p;
	struct err e;
	assert_ok(read_package(f, "opam", "depexts: [[[\"debian\"] [\"x\" \"y\"]]]", &p, &e));
	assert_str(p.depexts.v[0].words.v[1], "y");
	assert_false(opam_eval_bool(p.depexts.v[0].filter, &f->env, false));
}

static void wrong_fields_are_named(void **state)
{
	static const struct {
		const char *text, *where, *error;
	} cases[] = {
		{"depends: [a]", "1:11", "field 'depends': expected a package's name in quotes"},
		{"depends: [\"a b\"]", "1:11", "field 'depends': expected a package's name"},
		{"depends: [[\"a\"]]", "1:11",
			"field 'depends': expected a package's name in quotes"},
		{"\n depends: [\"a\" {[b]}]", "2:17", "field 'depends': expected a condition"},
		{"depends: \"a\" {>= 1}", "1:15",
			"field 'depends': expected a version behind the sign"},
		{"available: >= \"1\"", "1:12", "field 'available': expected a condition"},
		{"available: [a b]", "1:12", "field 'available': expected one condition"},
		{"available: (a b)", "1:12",
			"field 'available': expected one condition within the parentheses"},
		{"synopsis: [\"a\" \"b\"]", "1:11", "field 'synopsis': expected a string"},
		{"flags: 3", "1:8", "field 'flags': expected a name"},
		{"pin-depends: \"a\"", "1:14", "field 'pin-depends': expected a list of pairs"},
		{"pin-depends: [[\"a\"]]", "1:15",
			"field 'pin-depends': expected a list of two strings"},
		{"patches: [\"a\" {b c}]", "1:11", "field 'patches': expected one condition"},
		{"url { checksum: \"x\" }", "1:1",
			"field 'url': expected a field 'src' in the section"},
		{"extra-source { src: \"x\" }", "1:1",
			"field 'extra-source': expected the name of a file behind 'extra-source'"},
	};
	struct fixture *f = *state;
	struct opam_package p;
	struct err e;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(read_package(f, "f", cases[i].text, &p, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.text, cases[i].error);
		assert_string_equal(e.where + 2, cases[i].where);
	}
}

static void formats_are_checked(void **state)
{
	static const struct {
		const char *text, *where, *error; /* NULL: it is fine */
	} cases[] = {
		{"# c\n\nopam-version: \"2.0\"\nx: 1", NULL, NULL},
		{"opam-version: \"1.2\"", NULL, NULL},
		{"opam-version: \"2.1\"", NULL, NULL},
		{"x: 1 opam-version: \"2.0\"", NULL, NULL},
		{"", "1:1",
			"no format version: expected opam-version: \"2.0\" before all other "
			"fields"},
		{"# c\n\n x: 1", "3:2",
			"no format version: expected opam-version: \"2.0\" before all other "
			"fields"},
		{"x: 1\nopam-version: \"2.1\"", "2:1",
			"field 'opam-version': expected it before all other fields"},
		{"opam-version: \"2.0\"\nopam-version: \"2.0\"", "2:1",
			"field 'opam-version': expected it once"},
		{"opam-version: \"3.0\"", "1:15",
			"field 'opam-version': expected \"2.0\", or \"2.1\""},
		{"opam-version: 2", "1:15", "field 'opam-version': expected a string"},
		{"opam-version { }", "1:1",
			"no format version: expected opam-version: \"2.0\" before all other "
			"fields"},
	};
	struct fixture *f = *state;
	struct opam_file file;
	struct err e;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_ok(opam_parse(&f->arena, str_of(cases[i].text), "f", &file, &e));
		assert_int_equal(opam_format_check(&file, &e), !cases[i].error);
		if (!cases[i].error)
			continue;
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.text, cases[i].error);
		assert_string_equal(e.where + 2, cases[i].where);
	}
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static void urls_are_taken_apart(void **state)
{
	static const struct {
		const char *url, *address, *fragment;
		enum opam_backend backend;
	} cases[] = {
		{"git+https://h/x.git#v1", "https://h/x.git", "v1", OPAM_GIT},
		{"git://h/x", "git://h/x", "", OPAM_GIT},
		{"https://h/x.git", "https://h/x.git", "", OPAM_GIT},
		{"https://h/x.tbz", "https://h/x.tbz", "", OPAM_ARCHIVE},
		{"hg+ssh://h/x", "ssh://h/x", "", OPAM_HG},
		{"darcs+https://h/x", "https://h/x", "", OPAM_DARCS},
		{"file:///x", "file:///x", "", OPAM_FOLDER},
		{"../x", "../x", "", OPAM_FOLDER},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct opam_url u = opam_url_parse(str_of(cases[i].url));
		assert_int_equal(u.backend, cases[i].backend);
		assert_str(u.address, cases[i].address);
		assert_str(u.fragment, cases[i].fragment);
	}
}

static void repositories_are_the_same_however_written(void **state)
{
	static const char *const same[] = {"git+https://github.com/mirage/ocaml-ipaddr.git",
		"git+https://github.com/mirage/ocaml-ipaddr/",
		"git://github.com/mirage/ocaml-ipaddr",
		"https://GitHub.com/mirage/ocaml-ipaddr.git/#main",
		"git+ssh://git@github.com/mirage/ocaml-ipaddr.git",
		"git@github.com:mirage/ocaml-ipaddr.git"};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_str(opam_repository_key(&f->arena, str_of(same[i])),
			"github.com/mirage/ocaml-ipaddr");
	assert_str(opam_repository_key(&f->arena, S("https://h:80/X/y")), "h:80/X/y");
	assert_str(opam_repository_key(&f->arena, S("")), "");
}

static void names_are_checked(void **state)
{
	struct str name, version;
	(void)state;
	assert_true(opam_name_split(S("a.1.0~b+c"), &name, &version));
	assert_str(name, "a");
	assert_str(version, "1.0~b+c");
	assert_true(opam_name_split(S("0install.2"), &name, &version));
	assert_false(opam_name_split(S("a"), &name, &version));
	assert_false(opam_name_split(S("a."), &name, &version));
	assert_false(opam_name_split(S(".1"), &name, &version));
	assert_false(opam_name_split(S("12.1"), &name, &version));
	assert_false(opam_name_split(S("a.1/2"), &name, &version));
	assert_false(opam_version_valid(S("1:2")));
}

/* ---- lock files and switches ------------------------------------------------------------------
 */

static void lock_files_are_read(void **state)
{
	static const char text[] =
		"opam-version: \"2.0\"\n"
		"depends: [\"tcpip\" {= \"9.0.1\" & ?vendor} \"dune\" {= \"3.22\"}\n"
		"  \"loose\" {>= \"1\"}]\n"
		"pin-depends: [[\"alcotest.1.7.0\" \"https://a.tbz\"]]\n"
		"x-opam-monorepo-duniverse-dirs: [\n"
		"  [\"https://t.tbz\" \"mirage-tcpip\" [\"sha256=1\" \"sha512=2\"]]\n"
		"  [\"git+https://g#abc\" \"dune_\"] ]\n"
		"x-opam-monorepo-root-packages: [\"site\"]\n"
		"x-opam-monorepo-version: \"0.3\"\n";
	struct fixture *f = *state;
	struct opam_file file;
	struct opam_lock lock;
	struct err e;
	assert_ok(opam_parse(&f->arena, str_of(text), "l", &file, &e));
	assert_ok(opam_lock_read(&f->arena, &file, &lock, &e));
	assert_int_equal(lock.packages.n, 2);
	assert_str(lock.packages.v[0].name, "dune");
	assert_false(lock.packages.v[0].vendored);
	assert_str(lock.packages.v[1].name, "tcpip");
	assert_str(lock.packages.v[1].version, "9.0.1");
	assert_true(lock.packages.v[1].vendored);
	assert_str(lock.pins.v[0].second, "https://a.tbz");
	assert_int_equal(lock.dirs.n, 2);
	assert_str(lock.dirs.v[0].dir, "mirage-tcpip");
	assert_str(lock.dirs.v[0].hashes.v[1], "sha512=2");
	assert_int_equal(lock.dirs.v[1].hashes.n, 0);
	assert_str(lock.roots.v[0], "site");
	assert_str(lock.format, "0.3");
}

static void folders_of_lock_files_stay_in_the_duniverse(void **state)
{
	static const char *const bad[] = {"[[\"u\" \"../x\" []]]", "[[\"u\" \"a/b\" []]]",
		"[[\"u\" \"\" []]]", "[[\"u\"]]", "[\"u\"]", "[[\"u\" \"d\" [1]]]"};
	struct fixture *f = *state;
	struct opam_file file;
	struct opam_lock lock;
	struct err e;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *text =
			str_format(&f->arena, "x-opam-monorepo-duniverse-dirs: %s", bad[i]);
		assert_ok(opam_parse(&f->arena, str_of(text), "l", &file, &e));
		assert_false(opam_lock_read(&f->arena, &file, &lock, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_true(str_starts(str_of(e.where), S("l:1:")));
	}
}

static void switches_are_read(void **state)
{
	static const char text[] =
		"opam-version: \"2.0\"\n"
		"roots: [\"dune.3.24.2\"]\n"
		"installed: [\"ocaml.4.13.1\" \"base-unix.base\" \"dune.3.24.2\"]\n"
		"pinned: \"x.dev\"\n";
	struct fixture *f = *state;
	struct opam_file file;
	struct opam_switch s;
	struct err e;
	assert_ok(opam_parse(&f->arena, str_of(text), "s", &file, &e));
	assert_ok(opam_switch_read(&f->arena, &file, &s, &e));
	assert_int_equal(s.installed.n, 3);
	assert_str(s.installed.v[0].first, "base-unix");
	assert_str(opam_switch_version(&s, S("dune")), "3.24.2");
	assert_true(opam_switch_has(&s, S("ocaml")));
	assert_false(opam_switch_has(&s, S("lwt")));
	assert_str(s.pinned.v[0].second, "dev");
	assert_int_equal(s.compiler.n, 0);
	assert_ok(opam_parse(&f->arena, S("installed: [\"dune\"]"), "s", &file, &e));
	assert_false(opam_switch_read(&f->arena, &file, &s, &e));
	assert_string_equal(e.text, "field 'installed': expected \"name.version\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
	TEST(filters_are_evaluated_as_opam_does),
	TEST(environments_stand_on_others),
	TEST(formulas_lose_their_filters),
	TEST(atoms_and_bounds),
	TEST(packages_have_all_fields),
	TEST(names_come_from_fields_or_paths),
	TEST(old_depexts_are_read),
	TEST(wrong_fields_are_named),
	TEST(formats_are_checked),
	TEST(urls_are_taken_apart),
	TEST(repositories_are_the_same_however_written),
	TEST(names_are_checked),
	TEST(lock_files_are_read),
	TEST(folders_of_lock_files_stay_in_the_duniverse),
	TEST(switches_are_read),
};
RUN_TESTS("opam_package")
