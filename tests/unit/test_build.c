/* test_build.c - the build engine: its parts, and what must hold when builds are disturbed. What an
 * edit rebuilds, and why, is in tests/plan. SPDX-License-Identifier: ISC */
#include "unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "build/depfile.h"
#include "build/engine.h"
#include "build/glob.h"

#define WORKSPACE "tests/plan/workspace"

/* ---- parts ---------------------------------------------------------------------------- */

static void paths_are_tidied(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"a/b", "a/b"}, {"./a//b/", "a/b"}, {"a/../b", "b"},
		{"a/b/../../c", "c"}, {"../a", "../a"}, {"../../a/../b", "../../b"},
		{"/a/../b", "/b"}, {"/", "/"}, {".", "."}, {"a/..", "."}, {"/a/./b/../c", "/a/c"}};
	defer(arena_free) struct arena a = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(path_tidy(&a, cases[i][0]), cases[i][1]);
}

static void places_name_paths_both_ways(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	places p = {0};
	places_add(&a, &p, "/w/recipes/net", "<recipe of net>");
	places_add(&a, &p, "/w/recipes/net/src", "<net>");
	places_add(&a, &p, "/w", "<w>");
	static const char *const cases[][2] = {{"/w/recipes/net/src/a.c", "<net>/a.c"},
		{"/w/recipes/net/config/a.h", "<recipe of net>/config/a.h"},
		{"/w/recipes/net/src", "<net>"}, {"/w/recipes/net/srcs", "<recipe of net>/srcs"},
		{"/usr/a.h", "/usr/a.h"}, {"/wx", "/wx"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(places_name(&a, &p, cases[i][0]), cases[i][1]);
		assert_string_equal(places_path(&a, &p, cases[i][1]), cases[i][0]);
	}
	assert_null(places_path(&a, &p, "<other>/a.h"));
}

static void depfiles_are_read(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	strings out;
	assert_true(depfile_read(&a,
		S("x.o: a.c inc/a.h \\\n  my\\ file.h \\\n c$$d.h e\\#f.h back\\slash.h\nb.h:\n"),
		&out));
	static const char *const expected[] = {
		"a.c", "inc/a.h", "my file.h", "c$d.h", "e#f.h", "back\\slash.h"};
	assert_int_equal(out.n, 6);
	for (size_t i = 0; i < out.n; i++)
		assert_string_equal(out.v[i], expected[i]);
	assert_true(depfile_read(&a, S("x.o: \\\n"), &out));
	assert_int_equal(out.n, 0);
	assert_false(depfile_read(&a, S(""), &out));
	assert_false(depfile_read(&a, S("no rule"), &out));
}

static void depfiles_of_the_linker_are_read(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	strings out;
	assert_true(depfile_read_linker(
		&a, S("out: \\\n  a b$#.o \\\n  /x/image.ld\n\na b$#.o:\n"), &out));
	assert_int_equal(out.n, 2);
	assert_string_equal(out.v[0], "a b$#.o");
	assert_string_equal(out.v[1], "/x/image.ld");
	assert_false(depfile_read_linker(&a, S(""), &out));
	assert_false(depfile_read_linker(&a, S("out: a"), &out));
}

static void probes_are_found(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	strings out = {0};
	probes_read(&a,
		S("#if __has_include(<a/b.h>) || __has_include ( \"c.h\" )\n"
		  "#elif __has_include_next(<d.h>)\n#if defined __has_include\n__has_include(MACRO)"
		  "__has_include(<open"),
		&out);
	assert_int_equal(out.n, 3);
	assert_string_equal(out.v[0], "a/b.h");
	assert_string_equal(out.v[1], "c.h");
	assert_string_equal(out.v[2], "d.h");
}

static struct record make_record(struct arena *a)
{
	struct record r = {0};
	struct digest d = hash_bytes(S("x"));
	input_add(a, &r.known, IN_SOURCE, "a file.c", &d);
	input_add(a, &r.known, IN_FLAG, "-DA= \n", NULL);
	struct variant *v = vec_add(a, &r.variants);
	v->object = d;
	v->day = 20000;
	input_add(a, &v->found, IN_HEADER, "<net>/a.h", &d);
	vec_push(a, &r.variants, ((struct variant){.object = d, .day = 1}));
	return r;
}

static void records_survive_being_written(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct record r = make_record(&a), back;
	struct text out = {.a = &a};
	record_write(&r, &out);
	assert_true(record_read(&a, text_str(&out), &back));
	assert_int_equal(back.known.n, 2);
	assert_int_equal(back.known.v[0].kind, IN_SOURCE);
	assert_string_equal(back.known.v[0].name, "a file.c");
	assert_true(digest_eq(&back.known.v[0].digest, &r.known.v[0].digest));
	assert_int_equal(back.variants.n, 2);
	assert_int_equal(back.variants.v[0].day, 20000);
	assert_string_equal(back.variants.v[0].found.v[0].name, "<net>/a.h");
	assert_int_equal(back.variants.v[1].found.n, 0);
	assert_false(record_read(&a, S("respin action 0\n"), &back));
	assert_false(record_read(&a, S("respin action 1\nh nonsense a.h\n"), &back));
	assert_false(record_read(&a, S("respin action 1\n= 12 x\n"), &back));
}

static void every_input_is_in_the_key(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct digest x = hash_bytes(S("x")), y = hash_bytes(S("y"));
	inputs one = {0}, two = {0}, three = {0}, four = {0};
	input_add(&a, &one, IN_FLAG, "-a", &x);
	input_add(&a, &two, IN_FLAG, "-b", &x);
	input_add(&a, &three, IN_TOOL, "-a", &x);
	input_add(&a, &four, IN_FLAG, "-a", &y);
	const inputs *const all[] = {&one, &two, &three, &four};
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++) {
			struct digest p = inputs_key(all[i]), q = inputs_key(all[j]);
			assert_true(digest_eq(&p, &q) == (i == j));
		}
}

/* A recipe as it might look one day: fields that fields.c doesn't know. */
struct later_inner {
	const char *level;
	strings flags;
};
struct later {
	const char *version, *colour;
	struct later_inner *objects;
	struct later_inner plain;
};
static const struct spec_field inner_fields[] = {
	{"level", SPEC_STRING, offsetof(struct later_inner, level), .help = ""},
	{"flags", SPEC_STRINGS, offsetof(struct later_inner, flags), .help = ""}};
static const struct spec inner_spec = {
	"inner", sizeof(struct later_inner), inner_fields, 2, .help = ""};
static const struct spec_field later_fields[] = {
	{"version", SPEC_STRING, offsetof(struct later, version), .help = ""},
	{"colour", SPEC_STRING, offsetof(struct later, colour), .help = ""},
	{"build", SPEC_POINTER, offsetof(struct later, objects), .sub = &inner_spec, .help = ""},
	{"plain", SPEC_STRUCT, offsetof(struct later, plain), .sub = &inner_spec, .help = ""}};
static const struct spec later_spec = {"later", sizeof(struct later), later_fields, 4, .help = ""};

static struct digest key_of(struct arena *a, const struct later *l, enum node_kind kind)
{
	inputs known = {0};
	fields_add(a, &later_spec, l, "", kind, &known);
	return inputs_key(&known);
}

static void a_new_field_is_in_every_key(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct later_inner in = {.level = "1"}, other = {.level = "2"};
	struct later base = {"1", "red", &in, in};
	struct later version = base, colour = base, inner = base, plain = base;
	version.version = "2";
	colour.colour = "blue";
	inner.objects = &other;
	plain.plain.level = "2";
	const enum node_kind kinds[] = {COMPILE, COMMANDS, JOIN, PACK, IMAGE};
	for (size_t i = 0; i < 5; i++) {
		struct digest key = key_of(&a, &base, kinds[i]);
		struct digest keys[] = {key_of(&a, &colour, kinds[i]), key_of(&a, &inner, kinds[i]),
			key_of(&a, &plain, kinds[i])};
		for (size_t j = 0; j < 3; j++)
			assert_false(digest_eq(&key, &keys[j]));
		struct digest same = key_of(&a, &version, kinds[i]);
		assert_true(digest_eq(&key, &same));
	}
}

static void today_s_fields_are_all_accounted_for(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct objects o = {0};
	struct commands c = {0};
	struct image_how image = {0};
	struct recipe r = {.build = {.objects = &o, .commands = &c}, .image = &image};
	inputs compile = {0}, commands = {0};
	fields_inputs(&a, &r, COMPILE, &compile);
	fields_inputs(&a, &r, COMMANDS, &commands);
	/* A field that shows here needs a thought, and then perhaps a line in fields.c. */
	assert_int_equal(compile.n, 0);
	assert_int_equal(commands.n, 2);
	assert_string_equal(commands.v[0].name, "build.commands.run");
	assert_string_equal(commands.v[1].name, "build.commands.output");
}

static bool note_folder(void *ctx, const char *path, struct err *e)
{
	(void)path, (void)e;
	++*(int *)ctx;
	return true;
}

static void globs_find_files(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct err e;
	strings out;
	int looked = 0;
	const char *tree = WORKSPACE "/recipes";
	assert_ok(glob_files(&a, tree, "net/src/core/*.c", &out, note_folder, &looked, &e));
	assert_int_equal(out.n, 2);
	assert_string_equal(out.v[0], "net/src/core/tcp.c");
	assert_string_equal(out.v[1], "net/src/core/udp.c");
	assert_true(looked > 0);
	assert_ok(glob_files(&a, tree, "*/src/[b]*.?", &out, note_folder, &looked, &e));
	assert_int_equal(out.n, 1);
	assert_string_equal(out.v[0], "base/src/base.c");
	assert_ok(glob_files(&a, tree, "net/src/core", &out, note_folder, &looked, &e));
	assert_int_equal(out.n, 0);
	assert_ok(glob_files(&a, tree, "nowhere/*.c", &out, note_folder, &looked, &e));
	assert_int_equal(out.n, 0);
}

/* ---- whole builds --------------------------------------------------------------------- */

/* A copy of the workspace in a folder of its own. */
struct lot {
	struct arena a;
	const char *dir;
};

static int set_up(void **state)
{
	struct err e;
	struct lot *l = calloc(1, sizeof(*l));
	assert_ok(dir_make_temp(&l->a, "/tmp/respin-build.", &l->dir, &e));
	const char *ws = path_join(&l->a, l->dir, "ws");
	assert_ok(dir_make(ws, &e));
	assert_ok(tree_remove(ws, &e));
	assert_ok(tree_copy(WORKSPACE, ws, ".respin", &e));
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct lot *l = *state;
	unsetenv("CC");
	assert_ok(tree_remove(l->dir, &e));
	arena_free(&l->a);
	free(l);
	return 0;
}

static const char *in_lot(struct lot *l, const char *name)
{
	return path_join(&l->a, l->dir, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	struct err e;
	assert_ok(file_write_cache(path, str_of(text), mode, &e));
}

static bool try_build(struct lot *l, const char *ws, const char *target, struct build_request *q,
	struct build_result *out, struct err *e)
{
	struct workspace *w = NEW(&l->a, struct workspace);
	q->w = w;
	return workspace_open(&l->a, in_lot(l, ws), w, e) && recipe_find(w, target, &q->image, e) &&
	       build_run(&l->a, q, out, e);
}

static struct build_result build_in(struct lot *l, const char *ws)
{
	struct err e;
	struct build_request q = {0};
	struct build_result out;
	assert_ok(try_build(l, ws, "site", &q, &out, &e));
	return out;
}

static void check_store(struct lot *l, const char *ws)
{
	struct err e;
	strings names;
	const char *objects = in_lot(l, str_format(&l->a, "%s/.respin/store/objects", ws));
	assert_ok(tree_list(&l->a, objects, NULL, &names, &e));
	assert_true(names.n > 0);
	vec_for(name, &names) {
		struct digest named, is;
		const char *hex = str_format(&l->a, "%.2s%s", *name, *name + 3);
		assert_true(digest_parse(str_of(hex), &named));
		assert_ok(hash_file(path_join(&l->a, objects, *name), &is, &e));
		assert_true(digest_eq(&named, &is));
	}
}

static void images_are_the_same_everywhere(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {.jobs = 3};
	struct build_result first = build_in(l, "ws"), second;
	const char *other = in_lot(l, "a much longer name, elsewhere");
	assert_ok(tree_copy(in_lot(l, "ws"), other, ".respin", &e));
	usleep(1100 * 1000); /* another second */
	setenv("TZ", "Asia/Kathmandu", 1);
	setenv("CPATH", WORKSPACE "/recipes/extra/src", 1);
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	mode_t mask = umask(077);
	assert_ok(try_build(l, path_base(other), "site", &q, &second, &e));
	umask(mask);
	unsetenv("TZ");
	unsetenv("CPATH");
	unsetenv("LC_ALL");
	assert_int_equal(second.ran.n, 10);
	assert_string_equal(first.sha256, second.sha256);
	struct digest d;
	assert_ok(hash_file(second.path, &d, &e));
	assert_string_equal(digest_hex(&l->a, &d), second.sha256);
}

static void no_path_of_this_machine_is_in_an_image(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_result r = build_in(l, "ws");
	struct str bytes;
	assert_ok(file_read(&l->a, r.path, 1 << 24, &bytes, &e));
	assert_true(str_find(bytes, str_of(path_base(l->dir))) < 0);
	assert_true(str_find(bytes, S("/net")) >= 0);
}

static void a_library_builds_alone(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {0};
	struct build_result r;
	assert_ok(try_build(l, "ws", "net", &q, &r, &e));
	assert_int_equal(r.ran.n, 3);
	assert_string_equal(r.ran.v[2].output, "net.o");
}

static void a_plan_changes_nothing(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {.plan_only = true};
	struct build_result r;
	strings objects;
	assert_ok(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(r.ran.n, 10);
	assert_null(r.path);
	assert_ok(tree_list(&l->a, in_lot(l, "ws/.respin/store/objects"), NULL, &objects, &e));
	assert_int_equal(objects.n, 0);
	assert_false(file_exists(in_lot(l, "ws/.respin/last")));
	build_in(l, "ws");
	assert_ok(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(r.ran.n, 0);
	assert_int_equal(r.reused, 10);
	assert_non_null(r.path);
}

static void failures_are_shown_whole(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {.jobs = 1, .keep_going = true};
	struct build_result r = {0};
	struct text bad = {.a = &l->a};
	for (int i = 0; i < 200; i++)
		text_addf(&bad, "int f%d(void) { return missing_%d; }\n", i, i);
	write_file(in_lot(l, "ws/recipes/net/src/core/tcp.c"), bad.p, 0666);
	assert_false(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(e.code, E_CHILD);
	assert_true(str_starts(str_of(e.text), S("net/core/tcp.o: the compiler exited with")));
	assert_non_null(strstr(e.text, "core/tcp.c:1:"));
	/* What does not need it was built. */
	write_file(in_lot(l, "ws/recipes/net/src/core/tcp.c"),
		"#include \"net/api.h\"\nint tcp(int x) { return x; }\n", 0666);
	r = build_in(l, "ws");
	assert_int_equal(r.ran.n, 3);
}

struct shown {
	size_t n, failed;
	size_t log;
};

static void count_action(void *ctx, const struct action *action)
{
	struct shown *s = ctx;
	s->n++;
	s->failed += action->failed;
	s->log += action->failed ? action->log.n : 0;
}

static void the_first_failure_ends_a_build(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct shown shown = {0};
	struct build_request q = {.jobs = 1, .on_action = count_action, .ctx = &shown};
	struct build_result r;
	struct text bad = {.a = &l->a};
	for (int i = 0; i < 200; i++)
		text_addf(&bad, "int f%d(void) { return missing_%d; }\n", i, i);
	write_file(in_lot(l, "ws/recipes/site/src/main.c"), bad.p, 0666);
	assert_false(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(shown.n, 1);
	assert_int_equal(shown.failed, 1);
	assert_true(shown.log > 200 * 40);
	assert_false(file_exists(in_lot(l, "ws/.respin/tmp")));
}

static void an_image_needs_one_linker_script(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {0};
	struct build_result r;
	const char *file = in_lot(l, "ws/recipes/base/recipe.json");
	struct str text;
	assert_ok(file_read(&l->a, file, 4096, &text, &e));
	ptrdiff_t at = str_find(text, S(", \"link\""));
	write_file(file, str_format(&l->a, "%.*s } }", (int)at, text.p), 0666);
	assert_false(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "no package that site needs provides a linker script"));
}

static void overlays_of_other_packages_are_refused(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct overlay one = {.package = "extra",
		.dir = in_lot(l, "ws/recipes/extra/src"),
		.version = "0.1",
		.tree = "0123456789012345678901234567890123456789"};
	overlays with = {&one, 1, 1};
	struct build_request q = {.with = &with};
	struct build_result r;
	assert_false(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_string_equal(
		e.text, "the overlay of extra has no effect on site, which does not contain it");
}

/* ---- disturbed builds ----------------------------------------------------------------- */

/* Compiles as cc does; BEFORE and AFTER are shell commands around it. */
static void wrap_compiler(struct lot *l, const char *before, const char *after)
{
	const char *path = in_lot(l, "cc");
	write_file(path,
		str_format(&l->a,
			"#!/bin/sh\ncase \"$*\" in *-print-*) exec cc \"$@\";; esac\n"
			"%s\ncc \"$@\" || exit\n%s\n",
			before, after),
		0777);
	setenv("CC", path, 1);
}

/* The compiler reads a source, and then it is edited: that must not pass for the new source. */
static void an_edit_while_it_compiles_is_built(void **state)
{
	struct lot *l = *state;
	struct err e;
	const char *source = in_lot(l, "ws/recipes/net/src/core/udp.c");
	const char *header = in_lot(l, "ws/recipes/net/src/inc/net/api.h");
	const char *once = in_lot(l, "once");
	usleep(60 * 1000);
	wrap_compiler(l, "",
		str_format(&l->a,
			"case \"$*\" in *udp.c*) [ -e %s ] || { touch %s; "
			"sed -i 's/x . 7/x * 11/' %s; echo 'extern int late;' >> %s; };; esac",
			once, once, source, header));
	struct build_result r = build_in(l, "ws");
	assert_true(file_exists(once));
	const char *fresh = in_lot(l, "fresh");
	assert_ok(tree_copy(in_lot(l, "ws"), fresh, ".respin", &e));
	assert_string_equal(r.sha256, build_in(l, "fresh").sha256);
	assert_int_equal(build_in(l, "ws").ran.n, 0);
}

static void sources_that_never_rest_are_an_error(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct build_request q = {.jobs = 1};
	struct build_result r;
	wrap_compiler(l, "",
		str_format(&l->a, "case \"$*\" in *udp.c*) echo >> %s;; esac",
			in_lot(l, "ws/recipes/net/src/core/udp.c")));
	assert_false(try_build(l, "ws", "site", &q, &r, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_non_null(strstr(e.text, "udp.c changed while it was built"));
}

static pid_t build_in_child(struct lot *l)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err e;
		struct build_request q = {.jobs = 2};
		struct build_result r;
		signals_catch();
		bool ok = try_build(l, "ws", "site", &q, &r, &e);
		_exit(ok ? 0 : (int)e.code);
	}
	assert_true(pid > 0);
	return pid;
}

static void kill_9_leaves_a_valid_store(void **state)
{
	struct lot *l = *state;
	struct err e;
	int killed = 0;
	for (useconds_t ms = 0; ms < 240; ms += 12) {
		pid_t pid = build_in_child(l);
		int status;
		usleep(ms * 1000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		killed += WIFSIGNALED(status);
		/* Something to do for the next one. */
		write_file(in_lot(l, "ws/recipes/net/src/core/udp.c"),
			str_format(&l->a, "int udp(int x);\nint udp(int x) { return x * %u; }\n",
				ms + 2),
			0666);
	}
	assert_true(killed > 0);
	struct build_result r = build_in(l, "ws");
	check_store(l, "ws");
	assert_false(file_exists(in_lot(l, "ws/.respin/tmp")));
	assert_ok(tree_copy(in_lot(l, "ws"), in_lot(l, "fresh"), ".respin", &e));
	assert_string_equal(r.sha256, build_in(l, "fresh").sha256);
}

static void an_interrupt_leaves_nothing_behind(void **state)
{
	struct lot *l = *state;
	const char *started = in_lot(l, "started");
	struct err e;
	struct str text;
	int status;
	wrap_compiler(l, str_format(&l->a, "echo $$ > %s; sleep 30", started), "");
	pid_t pid = build_in_child(l);
	for (int i = 0; i < 500 && !file_exists(started); i++)
		usleep(10 * 1000);
	usleep(50 * 1000);
	int64_t start = clock_ns();
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	assert_true(clock_ns() - start < (int64_t)5 * 1000000000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), E_INTERRUPTED);
	assert_ok(file_read(&l->a, started, 100, &text, &e));
	assert_int_equal(kill(atoi(text.p), 0), -1);
	assert_false(file_exists(in_lot(l, "ws/.respin/tmp")));
}

static void two_at_once_take_turns(void **state)
{
	struct lot *l = *state;
	pid_t one = build_in_child(l), two = build_in_child(l);
	int status;
	waitpid(one, &status, 0);
	assert_int_equal(status, 0);
	waitpid(two, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(build_in(l, "ws").ran.n, 0);
	check_store(l, "ws");
}

static void gc_removes_what_no_recent_build_used(void **state)
{
	struct lot *l = *state;
	struct err e;
	struct workspace w;
	uint64_t freed;
	const char *path = build_in(l, "ws").path;
	assert_ok(workspace_open(&l->a, in_lot(l, "ws"), &w, &e));
	assert_ok(build_gc(&w, 30, &freed, &e));
	assert_int_equal(freed, 0);
	assert_true(file_exists(path));
	assert_int_equal(build_in(l, "ws").ran.n, 0);
	assert_ok(build_gc(&w, 0, &freed, &e));
	assert_true(freed > 10000);
	assert_false(file_exists(path));
	struct build_result again = build_in(l, "ws");
	assert_int_equal(again.ran.n, 10);
	assert_string_equal(again.path, path);
}

#define BUILD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(paths_are_tidied),
	cmocka_unit_test(places_name_paths_both_ways),
	cmocka_unit_test(depfiles_are_read),
	cmocka_unit_test(depfiles_of_the_linker_are_read),
	cmocka_unit_test(probes_are_found),
	cmocka_unit_test(records_survive_being_written),
	cmocka_unit_test(every_input_is_in_the_key),
	cmocka_unit_test(a_new_field_is_in_every_key),
	cmocka_unit_test(today_s_fields_are_all_accounted_for),
	cmocka_unit_test(globs_find_files),
	BUILD(images_are_the_same_everywhere),
	BUILD(no_path_of_this_machine_is_in_an_image),
	BUILD(a_library_builds_alone),
	BUILD(a_plan_changes_nothing),
	BUILD(failures_are_shown_whole),
	BUILD(the_first_failure_ends_a_build),
	BUILD(an_image_needs_one_linker_script),
	BUILD(overlays_of_other_packages_are_refused),
	BUILD(an_edit_while_it_compiles_is_built),
	BUILD(sources_that_never_rest_are_an_error),
	BUILD(kill_9_leaves_a_valid_store),
	BUILD(an_interrupt_leaves_nothing_behind),
	BUILD(two_at_once_take_turns),
	BUILD(gc_removes_what_no_recent_build_used),
};

RUN_TESTS("build")
