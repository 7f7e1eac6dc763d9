/* test_dune.c - what builds by dune are made of, without dune. SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "dune/inner.h"

/* A build that has a root, a shadow and mounts, as far as a test needs them. */
struct scene {
	struct arena a;
	const char *root;
	struct workspace w;
	struct recipe image, unit;
	struct dune_how image_how, unit_how;
	struct dune_request q;
	struct dune_result result;
	struct build b;
};

static int set_up(void **state)
{
	struct err e;
	struct scene *s = calloc(1, sizeof(*s));
	struct build *b = &s->b;
	assert_ok(dir_make_temp(&s->a, "/tmp/respin-dune-", &s->root, &e));
	s->image_how = (struct dune_how){.place = "bin", .target = "bin/main.exe"};
	s->unit_how = (struct dune_how){.place = "vendor/re"};
	s->image = (struct recipe){.name = "app", .build.dune = &s->image_how};
	s->unit = (struct recipe){.name = "re", .build.dune = &s->unit_how};
	s->w = (struct workspace){.a = &s->a, .root = s->root};
	s->q = (struct dune_request){.w = &s->w, .image = &s->image};
	*b = (struct build){.a = &s->a, .out = &s->a, .q = &s->q, .root = s->root};
	b->state = path_join(&s->a, s->root, ".respin");
	b->side = "with";
	b->dir = path_join(&s->a, b->state, "dune/with");
	b->result = &s->result;
	b->vendored = "respin-vendor";
	assert_ok(dir_make(b->state, &e));
	struct map *const maps[] = {
		&b->real, &b->own, &b->opam, &b->way, &b->included, &b->last.by_path};
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		maps[i]->a = &s->a;
	vec_push(&s->a, &b->closure, &s->image);
	vec_push(&s->a, &b->closure, &s->unit);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct scene *s = *state;
	assert_ok(tree_remove(s->root, &e));
	arena_free(&s->a);
	free(s);
	return 0;
}

static const char *in(struct scene *s, const char *name)
{
	return path_join(&s->a, s->root, name);
}

static void put(struct scene *s, const char *name, const char *text)
{
	struct err e;
	assert_ok(dir_make(path_dir(&s->a, in(s, name)), &e));
	assert_ok(file_write(in(s, name), str_of(text), 0644, &e));
}

/* ---- lines ---------------------------------------------------------------------------- */

static void expect_line(
	const char *line, const char *program, const char *target, const char *context, bool failed)
{
	struct dune_line l;
	if (!dune_line_parse(str_of(line), &l)) {
		print_error("not a line: %s\n", line);
		_fail(__FILE__, __LINE__);
	}
	assert_str(l.program, program);
	assert_str(l.target, target);
	assert_str(l.context, context);
	assert_int_equal(l.failed, failed);
}

static void lines_of_dune(void **state)
{
	(void)state;
	expect_line(
		"    ocamldep lib/.foo.objs/a.ml.d", "ocamldep", "lib/.foo.objs/a.ml.d", "", false);
	expect_line("x86_64-linux-gnu-gcc lib/st.o", "x86_64-linux-gnu-gcc", "lib/st.o", "", false);
	expect_line("    ocamlopt main.exe [solo5]", "ocamlopt", "main.exe", "solo5", false);
	expect_line("      ocamlc lib/a.{cmi,cmo} (exit 2)", "ocamlc", "lib/a.{cmi,cmo}", "", true);
	expect_line("    ocamlopt a b.exe [x] (got signal KILL)", "ocamlopt", "a b.exe", "x", true);
	expect_line("x86_64-linux-gnu-gcc lib/st_stubs.o (exit 1)", "x86_64-linux-gnu-gcc",
		"lib/st_stubs.o", "", true);
	expect_line("  ocamlmklib lib/dllst_stubs.so,lib/libst_stubs.a", "ocamlmklib",
		"lib/dllst_stubs.so,lib/libst_stubs.a", "", false);
	expect_line("x86_64-linux-gnu-gcc .dune/cc_vendor/cc_vendor", "x86_64-linux-gnu-gcc",
		".dune/cc_vendor/cc_vendor", "", false);
	expect_line("          sh alias lib/runtest (had unexpected output on stdout)", "sh",
		"alias lib/runtest", "", true);
}

static void other_lines(void **state)
{
	(void)state;
	static const char *const lines[] = {"", " ",
		"File \"bin/main.ml\", line 1:", "1 | let () = print_int", "Error: Unbound value a",
		"       int", "            ^^^^^^^^", "ocamlopt main.exe", "    ocamlopt",
		"    ocamlopt ",
		/* the C compiler and the linker */
		"cstruct_stubs.c:82:2: error: #error \"stop here\"",
		"st_stubs.c: In function 'st_f':",
		"st_stubs.c:2:30: note: each undeclared identifier is reported only once",
		"   82 | #error \"stop here\"", "      |  ^~~~~",
		"                 from st_stubs.c:1:", "In file included from st_stubs.c:1:",
		"/usr/bin/ld: lib/libst_stubs.a(st_stubs.o): in function `st_f':",
		"/tmp/with/_build/default/lib/st_stubs.c:3: undefined reference to `nowhere'",
		"collect2: error: ld returned 1 exit status",
		/* what dune 3 says of its cache */
		"Warning: cache store error [57f78b57bf20d4265b271f1d7034f71e]: ((in_cache",
		"((tcp__Window.cmx 4d120b948335f022c4327527a120aba7) (tcp__Window.o",
		"5b54aeb24dfaf460584a597160e0448c))) (computed ((tcp__Window.cmx",
		"(mkdir -p _build/default;cd _build/default;",
		"/usr/bin/ocamlopt.opt -w -40 -w -a -alert -all -g -I",
		"  vendor/tcpip/src/tcp/.tcp.objs/byte -I", "  -intf-suffix .ml -no-alias-deps -o",
		"  -impl vendor/tcpip/src/tcp/window.ml)"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct dune_line l;
		assert_false(dune_line_parse(str_of(lines[i]), &l));
	}
}

static bool holds(struct scene *s, const char *line)
{
	struct dune_line l;
	return dune_line_parse(str_of(line), &l) && dune_line_holds(&s->b, &l);
}

static void a_target_is_where_dune_builds(void **state)
{
	struct scene *s = *state;
	put(s, ".respin/dune/with/_build/default/lib/.foo.objs/byte/x", "");
	put(s, ".respin/dune/with/_build/default/odd name/x", "");
	put(s, ".respin/dune/with/_build/default/image", "");
	put(s, ".respin/dune/with/_build/solo5/src/x", "");
	assert_true(holds(s, "      ocamlc lib/.foo.objs/byte/foo.{cmi,cmo,cmt}"));
	assert_true(holds(s, "  ocamlmklib lib/dllst_stubs.so,lib/libst_stubs.a"));
	assert_true(holds(s, "    ocamlopt odd name/odd.{a,cmxa}"));
	assert_true(holds(s, "    ocamlopt main.exe") && holds(s, "          cp image"));
	assert_true(holds(s, "    ocamlopt src/foo.o [solo5]"));
	assert_true(holds(s, "          sh alias lib/runtest"));
	assert_true(holds(s, "          sh (internal)"));
	assert_true(holds(s, "          sh made (exit 1)"));
	assert_false(holds(s, "    ocamlopt src/foo.o") || holds(s, "    ocamlopt foo.o [lib]"));
	assert_false(holds(s, "configuration done") || holds(s, "configuration is done."));
	assert_false(holds(s, "       Types do not match:"));
	assert_false(holds(s, "successfully done."));
}

/* ---- special folders ------------------------------------------------------------------ */

static void read_special(struct scene *s, const char *dir, const char *text)
{
	special_read(&s->b, dir, in(s, dir), str_of(text), 0);
}

static bool has(const struct map *m, const char *key)
{
	return map_has(m, str_of(key));
}

static void plain_dune_file_is_linked(void **state)
{
	struct scene *s = *state;
	read_special(s, "lib", "(library (name a))");
	assert_int_equal(s->b.real.entries.n, 0);
}

static void promotion_makes_folders_own(void **state)
{
	struct scene *s = *state;
	read_special(s, "a/b", "(rule (mode (promote (into ../gen) (until-clean))) (targets x))");
	assert_true(has(&s->b.own, "a/b") && has(&s->b.own, "a/gen"));
	assert_true(has(&s->b.real, "a") && has(&s->b.real, "a/b") && has(&s->b.real, "a/gen"));
	read_special(s, "c", "(subdir deep (rule (mode promote) (targets x)))");
	assert_true(has(&s->b.own, "c/deep"));
	read_special(s, "d", "(rule (mode (promote (into ../../..))))");
	assert_true(has(&s->b.own, "d"));
}

static void programs_and_opam_files_make_folders_real(void **state)
{
	struct scene *s = *state;
	read_special(s, "a/b", "(* -*- tuareg -*- *) let () = ()");
	assert_true(has(&s->b.real, "a/b") && !has(&s->b.own, "a/b"));
	read_special(s, "c", "(lang dune 2.9)\n(generate_opam_files true)");
	assert_true(has(&s->b.opam, "c") && has(&s->b.real, "c"));
}

static void included_files_are_read(void **state)
{
	struct scene *s = *state;
	put(s, "a/rules.inc", "(include more.inc)");
	put(s, "a/more.inc", "(rule (mode promote) (targets x))");
	read_special(s, "a", "(include rules.inc)");
	assert_true(has(&s->b.own, "a"));
	assert_true(has(&s->b.included, "a/rules.inc") && has(&s->b.included, "a/more.inc"));
	put(s, "b/circle", "(include circle)");
	read_special(s, "b", "(include circle)");
	assert_false(has(&s->b.own, "b"));
}

/* ---- mounts --------------------------------------------------------------------------- */

static struct overlay overlay_at(struct scene *s, const char *package)
{
	const char *dir = str_format(&s->a, "overlays/%s/src", package);
	put(s, path_join(&s->a, dir, "dune"), "(library (name re))");
	return (struct overlay){.package = package, .dir = in(s, dir), .version = "1", .tree = "t"};
}

static void overlay_takes_the_place(void **state)
{
	struct scene *s = *state;
	struct err e;
	overlays with = {0};
	vec_push(&s->a, &with, overlay_at(s, "re"));
	s->q.with = &with;
	put(s, "vendor/re/dune", "(library (name re))");
	put(s, "bin/main.ml", "");
	assert_ok(mounts_find(&s->b, &e));
	assert_string_equal(unit_of(&s->b, "vendor/re/lib/a.ml"), "re");
	assert_string_equal(unit_of(&s->b, "vendor/rest.ml"), "app");
	assert_string_equal(user_path(&s->b, "vendor/re/lib/a.ml"), "overlays/re/src/lib/a.ml");
	assert_string_equal(user_path(&s->b, "bin/main.ml"), "bin/main.ml");
	assert_string_equal(short_path(&s->b, "vendor/re/lib/a.ml"), "lib/a.ml");
	struct str said = str_of(str_format(&s->a,
		"File \"vendor/re/a.ml\", line 1\n%s/bin/x.ml "
		"xvendor/re/b.ml\n",
		s->b.dir));
	assert_str(user_log(&s->b, said),
		"File \"overlays/re/src/a.ml\", line 1\nbin/x.ml xvendor/re/b.ml\n");
}

static void two_overlays_of_one_place(void **state)
{
	struct scene *s = *state;
	struct err e = {0};
	overlays with = {0};
	struct recipe other = {.name = "re2", .build.dune = &s->unit_how};
	vec_push(&s->a, &s->b.closure, &other);
	vec_push(&s->a, &with, overlay_at(s, "re"));
	vec_push(&s->a, &with, overlay_at(s, "re2"));
	s->q.with = &with;
	assert_false(mounts_find(&s->b, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_non_null(strstr(e.text, "re and re2 would take the same folder, 'vendor/re'"));
}

static void overlay_of_everything(void **state)
{
	struct scene *s = *state;
	struct err e;
	overlays with = {0};
	s->image_how.place = ".";
	vec_push(&s->a, &with, overlay_at(s, "app"));
	s->q.with = &with;
	put(s, "vendor/re/dune", "");
	put(s, "notes", "");
	assert_ok(mounts_find(&s->b, &e));
	assert_ok(scan(&s->b, &e));
	assert_ok(shadow_sync(&s->b, &e));
	assert_true(file_exists(path_join(&s->a, s->b.dir, "vendor/re/dune")));
	assert_true(file_exists(path_join(&s->a, s->b.dir, "dune")));
	assert_false(file_exists(path_join(&s->a, s->b.dir, "notes")));
	assert_str(user_log(&s->b, S("File \"dune\", line 1\nFile \"vendor/re/dune\", line 2")),
		"File \"overlays/app/src/dune\", line 1\nFile \"vendor/re/dune\", line 2");
}

/* ---- the shadow ----------------------------------------------------------------------- */

static void make_shadow(struct scene *s)
{
	struct err e;
	s->b.inputs.n = s->b.mounts.n = 0;
	assert_ok(mounts_find(&s->b, &e));
	assert_ok(scan(&s->b, &e));
	assert_ok(shadow_sync(&s->b, &e));
}

static bool is_link(struct scene *s, const char *name)
{
	struct stat st;
	return lstat(path_join(&s->a, s->b.dir, name), &st) == 0 && S_ISLNK(st.st_mode);
}

static void shadow_follows_the_user(void **state)
{
	struct scene *s = *state;
	put(s, "bin/main.ml", "");
	put(s, "vendor/re/a.ml", "");
	put(s, ".git/config", "");
	put(s, "_build/log", "");
	make_shadow(s);
	assert_true(is_link(s, "bin") && is_link(s, "vendor"));
	assert_false(is_link(s, ".git") || is_link(s, "_build") || is_link(s, "overlays"));
	put(s, "vendor/re/dune", "(rule (mode promote) (targets a.ml))");
	make_shadow(s);
	assert_false(
		is_link(s, "vendor") || is_link(s, "vendor/re") || is_link(s, "vendor/re/a.ml"));
	assert_true(file_exists(path_join(&s->a, s->b.dir, "vendor/re/a.ml")));
	struct err e;
	assert_ok(tree_remove(in(s, "vendor"), &e));
	put(s, "vendor", "a file now");
	make_shadow(s);
	assert_true(is_link(s, "vendor"));
}

static void what_dune_promoted_is_not_the_users(void **state)
{
	struct scene *s = *state;
	put(s, "gen/dune", "(rule (mode promote) (targets a.ml))");
	put(s, "gen/a.ml", "the user's");
	make_shadow(s);
	put(s, ".respin/dune/with/gen/a.ml", "promoted");
	put(s, ".respin/dune/with/gen/b.ml", "promoted");
	make_shadow(s);
	struct str text;
	struct err e;
	assert_ok(file_read(&s->a, in(s, ".respin/dune/with/gen/a.ml"), 100, &text, &e));
	assert_str(text, "the user's");
	assert_false(file_exists(in(s, ".respin/dune/with/gen/b.ml")));
	assert_ok(file_read(&s->a, in(s, "gen/a.ml"), 100, &text, &e));
	assert_str(text, "the user's");
}

/* ---- what is kept --------------------------------------------------------------------- */

static void trail_is_read_back(void **state)
{
	struct scene *s = *state;
	struct err e;
	struct trail r;
	put(s, "bin/main.ml", "let x = 1");
	make_shadow(s);
	struct digest d = hash_bytes(S("image"));
	vec_for(in, &s->b.inputs)
		in->safe = true;
	assert_ok(trail_write(&s->b, &d, &e));
	const char *file = trail_file(&s->b, "with");
	assert_true(trail_read(&s->a, file, &r));
	assert_true(digest_eq(&r.object, &d));
	assert_true(trail_holds(&r));
	const struct entry *main = map_get(&r.by_path, S("bin/main.ml"));
	struct digest text = hash_bytes(S("let x = 1"));
	assert_true(main && main->kind == ENTRY_FILE && digest_eq(&main->digest, &text));
	put(s, "bin/more.ml", "");
	assert_false(trail_holds(&r));
	assert_int_equal(truncate(file, 300), 0);
	assert_false(trail_read(&s->a, file, &r));
}

static void changes_have_words(void **state)
{
	struct scene *s = *state;
	struct err e;
	put(s, "bin/main.ml", "1");
	put(s, "bin/gone.ml", "1");
	make_shadow(s);
	struct digest d = {{0}};
	assert_ok(trail_write(&s->b, &d, &e));
	s->b.has_base = trail_read(&s->a, trail_file(&s->b, "with"), &s->b.last);
	assert_true(s->b.has_base);
	put(s, "bin/main.ml", "2");
	put(s, "bin/new.ml", "2");
	assert_ok(tree_remove(in(s, "bin/gone.ml"), &e));
	make_shadow(s);
	assert_ok(changes_find(&s->b, &e));
	assert_int_equal(s->b.changes.n, 3);
	assert_string_equal(s->b.changes.v[0].words, "main.ml changed");
	assert_string_equal(s->b.changes.v[1].words, "new.ml is new");
	assert_string_equal(s->b.changes.v[2].words, "gone.ml is gone");
}

static void add_value(struct scene *s, const char *name, const char *value)
{
	struct entry *entry = vec_add(&s->a, &s->b.inputs);
	*entry = (struct entry){.kind = ENTRY_FACT, .safe = true, .path = name};
	entry->digest = hash_bytes(str_of(value));
}

static const char *facts(struct scene *s, const char *const names[])
{
	struct err e;
	make_shadow(s);
	for (; *names; names++)
		add_value(s, *names, "x");
	assert_ok(changes_find(&s->b, &e));
	return changes_facts(&s->b);
}

static void facts_have_words(void **state)
{
	struct scene *s = *state;
	struct err e;
	struct digest d = {{0}};
	put(s, "bin/main.ml", "1");
	s->w.overlays = in(s, "overlays");
	make_shadow(s);
	add_value(s, OVERLAY_OF "re", "x");
	add_value(s, PLACE_OF "re", "x");
	add_value(s, OVERLAY_OF "fmt", "x");
	add_value(s, ORIGIN_OF "lwt", "x");
	add_value(s, "a recipe", "x");
	assert_ok(trail_write(&s->b, &d, &e));
	s->b.has_base = trail_read(&s->a, trail_file(&s->b, "with"), &s->b.last);
	assert_null(facts(s, (const char *const[]){OVERLAY_OF "re", PLACE_OF "re", OVERLAY_OF "fmt",
				     ORIGIN_OF "lwt", "a recipe", NULL}));
	assert_string_equal(facts(s, (const char *const[]){ORIGIN_OF "lwt", NULL}),
		"the overlay of re was dropped; the overlay of fmt was dropped");
	assert_string_equal(facts(s, (const char *const[]){OVERLAY_OF "re", PLACE_OF "re",
					     OVERLAY_OF "fmt", OVERLAY_OF "uri", PLACE_OF "uri",
					     ORIGIN_OF "lwt", "a recipe", NULL}),
		"the overlay of uri was added");
	put(s, "overlays/lwt/src/a", "");
	assert_string_equal(facts(s, (const char *const[]){OVERLAY_OF "re", PLACE_OF "re",
					     OVERLAY_OF "fmt", ORIGIN_OF "uri", "a recipe", NULL}),
		"uri is built from source; lwt is not built from source any more");
	assert_string_equal(facts(s, (const char *const[]){OVERLAY_OF "re", PLACE_OF "re",
					     OVERLAY_OF "fmt", ORIGIN_OF "lwt", NULL}),
		"a recipe is gone");
}

/* The words of the one change of a build in which R's folder is added. */
static const char *added(struct scene *s, const struct recipe *r, const struct overlay *over)
{
	struct err e;
	s->b.mounts.n = 0;
	vec_push(&s->a, &s->b.mounts, ((struct mount){.at = "", .from = s->root, .shown = ""}));
	vec_push(&s->a, &s->b.mounts,
		((struct mount){.at = "respin-vendor/re",
			.from = in(s, ".respin/else"),
			.unit = r,
			.over = over,
			.added = true}));
	s->b.inputs.n = 0;
	assert_ok(scan(&s->b, &e));
	assert_ok(changes_find(&s->b, &e));
	assert_int_equal(s->b.changes.n, 1);
	assert_int_equal(s->b.changes.v[0].kind, ENTRY_MOUNT);
	return s->b.changes.v[0].words;
}

static void a_folder_that_is_new_is_one_change(void **state)
{
	struct scene *s = *state;
	struct err e;
	struct overlay over = {.package = "re", .dir = in(s, ".respin/else")};
	struct source debian = {.debian = "ocaml-re", .version = "1.10.4-1"};
	struct recipe r = {.name = "re", .version = "1.11", .file = "/sw/re/opam"};
	put(s, "bin/main.ml", "1");
	make_shadow(s);
	struct digest d = {{0}};
	assert_ok(trail_write(&s->b, &d, &e));
	s->b.has_base = trail_read(&s->a, trail_file(&s->b, "with"), &s->b.last);
	put(s, ".respin/else/a.ml", "1");
	put(s, ".respin/else/b.ml", "1");
	assert_string_equal(added(s, &r, NULL), "re is built from source now; it was installed");
	r.is_made = true;
	assert_string_equal(added(s, &r, &over), "re is overlaid now; it was installed");
	s->w.opam_switch = "/sw";
	assert_string_equal(
		added(s, &r, &over), "re is overlaid now; it was 1.11 of the opam switch");
	vec_push(&s->a, &r.source, debian);
	assert_string_equal(added(s, &r, NULL),
		"re is built from source now; it was Debian's ocaml-re 1.10.4-1");
}

static void graph_is_kept(void **state)
{
	struct scene *s = *state;
	struct err e;
	put(s, "vendor/re/dune", "(library (name re) (libraries seq))");
	put(s, "vendor/re/re.ml", "");
	put(s, "bin/dune", "(executable (name main) (libraries re))");
	put(s, "bin/main.ml", "");
	make_shadow(s);
	assert_ok(graph_read(&s->b, &e));
	assert_false(s->b.is_kept);
	assert_ok(graph_complete(&s->b, &e));
	s->b.graph = (struct ocaml_workspace){0};
	assert_ok(graph_read(&s->b, &e));
	assert_true(s->b.is_kept);
	const struct ocaml_library *re = graph_library(&s->b, S("vendor/re/.re.objs/byte/re.cmo"));
	assert_non_null(re);
	assert_string_equal(re->requires.v[0], "seq");
	assert_ptr_equal(graph_library(&s->b, S("vendor/re/re.{a,cmxa}")), re);
	assert_null(graph_library(&s->b, S("bin/.main.eobjs/native/main.{cmx,o}")));
	assert_ptr_equal(graph_owner(&s->b, "vendor/re/re.ml"), re);
	put(s, "vendor/re/other.ml", "");
	make_shadow(s);
	s->b.graph = (struct ocaml_workspace){0};
	assert_ok(graph_read(&s->b, &e));
	assert_false(s->b.is_kept);
}

static void overlay_of_everything_has_other_packages(void **state)
{
	struct scene *s = *state;
	struct err e;
	overlays with = {0};
	s->image_how.place = ".";
	vec_push(&s->a, &with, overlay_at(s, "app"));
	s->q.with = &with;
	put(s, "vendor/re/dune", "the user's");
	put(s, "overlays/app/src/vendor/re/dune", "edited");
	assert_ok(mounts_find(&s->b, &e));
	assert_ok(scan(&s->b, &e));
	assert_ok(shadow_sync(&s->b, &e));
	struct str text;
	assert_ok(file_read(&s->a, path_join(&s->a, s->b.dir, "vendor/re/dune"), 99, &text, &e));
	assert_str(text, "edited");
	assert_string_equal(user_path(&s->b, "vendor/re/dune"), "overlays/app/src/vendor/re/dune");
	assert_string_equal(unit_of(&s->b, "vendor/re/dune"), "re");
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static const struct CMUnitTest tests[] = {cmocka_unit_test(lines_of_dune),
	cmocka_unit_test(other_lines), SCENE(a_target_is_where_dune_builds),
	SCENE(plain_dune_file_is_linked), SCENE(promotion_makes_folders_own),
	SCENE(programs_and_opam_files_make_folders_real), SCENE(included_files_are_read),
	SCENE(overlay_takes_the_place), SCENE(two_overlays_of_one_place),
	SCENE(overlay_of_everything), SCENE(overlay_of_everything_has_other_packages),
	SCENE(shadow_follows_the_user), SCENE(what_dune_promoted_is_not_the_users),
	SCENE(trail_is_read_back), SCENE(changes_have_words), SCENE(facts_have_words),
	SCENE(a_folder_that_is_new_is_one_change), SCENE(graph_is_kept)};

RUN_TESTS("dune")
