/* test_resolve.c - from a name to the package behind it, in a workspace made for the test.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>

#include "resolve/resolve.h"
#include "sys/sys.h"

struct fixture {
	struct arena arena;
	const char *dir; /* the workspace */
	char *path;	 /* PATH before the test */
};

/* Line numbers and names matter to the tests below. */
static const struct {
	const char *name, *text;
} files[] = {
	{"respin.json", "{}"},
	{"recipes/tcpip/recipe.json",
		"{\"name\": \"tcpip\", \"version\": \"2.0\", \"license\": \"ISC\",\n"
		" \"source\": [{\"path\": \"../../tcpip\"}], \"needs\": [\"board\"],\n"
		" \"build\": {\"objects\": {\"sources\": [\"src/core/*.c\"],\n"
		"  \"include\": [\"src/private\"], \"config\": [\"config\"]}},\n"
		" \"provides\": {\"include\": [\"src/include\"]}}"},
	{"recipes/tcpip/config/options.h", "#define TCP_MSS 1024\n"},
	{"tcpip/src/core/tcp_out.c", "#include \"tcpip/tcp.h\"\n"
				     "static int tcp_split(int n)\n"
				     "{\n"
				     "	return n / 2;\n"
				     "}\n"
				     "int tcp_write(int n)\n"
				     "{\n"
				     "	return tcp_split(n);\n"
				     "}\n"},
	{"tcpip/src/core/.hidden.c", "int hidden_symbol;\n"},
	{"tcpip/src/include/tcpip/tcp.h", "#define TCP_MSS 536\n"
					  "#define TCP_MIN(a, b) ((a) < (b) ? (a) : (b))\n"
					  "struct tcp_pcb {\n"
					  "	int state;\n"
					  "};\n"
					  "typedef int err_t;\n"
					  "enum tcp_state { CLOSED, LISTEN };\n"
					  "int tcp_write(int n);\n"},
	{"tcpip/src/include/tcpip/prot/tcp.h", "struct tcp_hdr {\n	int port;\n};\n"},
	{"tcpip/src/private/internal.h", "extern int tcp_ticks;\n"},
	{"tcpip/test/fake.c", "int tcp_write(int n)\n{\n	return n;\n}\n"},
	{"tcpip/doc/notes.txt", "notes\n"},
	{"recipes/board/recipe.json",
		"{\"name\": \"board\", \"version\": \"1\", \"license\": \"ISC\",\n"
		" \"source\": [{\"path\": \"../../board\"}],\n"
		" \"build\": {\"objects\": {\"sources\": [\"*.S\"]}},\n"
		" \"provides\": {\"link\": \"board.ld\"}}"},
	{"board/start.S", "	.globl board_start\nboard_start:\n	hlt\n"},
	{"board/board.ld", "SECTIONS { }\n"},
	{"recipes/app/recipe.json",
		"{\"name\": \"app\", \"version\": \"1\", \"license\": \"ISC\",\n"
		" \"source\": [{\"path\": \".\"}], \"needs\": [\"tcpip\"],\n"
		" \"build\": {\"objects\": {\"sources\": [\"*.c\"], \"config\": [\"config\"]}}}"},
	{"recipes/app/main.c",
		"int tcp_write(int);\nint main(void)\n{\n	return tcp_write(1);\n}\n"},
	{"recipes/app/config/app_options.h", "#define APP_PORT 80\n"},
	{"recipes/made/recipe.json",
		"{\"name\": \"made\", \"version\": \"1\", \"license\": \"ISC\",\n"
		" \"source\": [{\"path\": \"../../made\"}],\n"
		" \"build\": {\"commands\": {\"run\": [[\"make\"]], \"output\": "
		"\"out/libmade.a\"}}}"},
	{"made/made.c", "int made(void)\n{\n	return 1;\n}\n"},
	{"recipes/zlib/recipe.json",
		"{\"name\": \"zlib\", \"version\": \"1.3\", \"license\": \"Zlib\",\n"
		" \"source\": [{\"path\": \"../../zlib\"}],\n"
		" \"build\": {\"objects\": {\"sources\": [\"*.c\"]}}}"},
	{"recipes/web/recipe.json",
		"{\"name\": \"web\", \"version\": \"3\", \"license\": \"ISC\",\n"
		" \"needs\": [\"app\"], \"image\": {}}"},
};

static const char *in(struct fixture *f, const char *name)
{
	return path_join(&f->arena, f->dir, name);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	struct err e;
	const char *path = in(f, name);
	assert_ok(dir_make(path_dir(&f->arena, path), &e));
	assert_ok(file_write(path, str_of(text), 0644, &e));
}

static void shell(struct fixture *f, const char *script)
{
	struct err e;
	struct outcome outcome;
	const char *const argv[] = {"/bin/sh", "-ec", script, NULL};
	const struct command c = {.argv = argv, .dir = f->dir};
	assert_ok(command_must(&f->arena, &c, &outcome, &e));
}

static int set_up(void **state)
{
	struct err e;
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f || !dir_make_temp(&f->arena, "/tmp/respin-test-resolve.", &f->dir, &e))
		return -1;
	f->path = strdup(getenv("PATH"));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(f, files[i].name, files[i].text);
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct fixture *f = *state;
	setenv("PATH", f->path, 1);
	bool removed = tree_remove(f->dir, &e);
	free(f->path);
	arena_free(&f->arena);
	free(f);
	return removed ? 0 : -1;
}

static bool try_resolve(
	struct fixture *f, const char *name, bool fetch, struct resolution *out, struct err *e)
{
	struct workspace w;
	return workspace_open(&f->arena, f->dir, &w, e) &&
	       resolve_name(&f->arena, &w, name, RESOLVE_OWN, fetch, out, e);
}

static struct resolution resolve(struct fixture *f, const char *name)
{
	struct err e;
	struct resolution r;
	assert_ok(try_resolve(f, name, false, &r, &e));
	assert_string_equal(r.query, name);
	return r;
}

/* The best candidate as "kind package module file:line". */
static const char *best(struct fixture *f, const char *name)
{
	struct resolution r = resolve(f, name);
	if (!r.candidates.n)
		return "nothing";
	const struct candidate *c = r.candidates.v;
	return str_format(&f->arena, "%s %s %s %s:%d", c->kind, c->package, c->module,
		c->file ? c->file : "-", c->line);
}

static bool has(const strings *list, const char *text)
{
	vec_for(z, list)
		if (!strcmp(*z, text))
			return true;
	return false;
}

/* Beyond the granularity of file times: what is older counts as read for good. */
static void settle(void)
{
	usleep(40000);
}

/* ---- what is found -------------------------------------------------------------------- */

static void every_kind_of_name_is_found(void **state)
{
	static const struct {
		const char *name, *best;
	} cases[] = {
		{"tcpip", "package tcpip tcpip -:0"},
		{"web", "package web web -:0"},
		{"tcpip.o", "library tcpip tcpip.o -:0"},
		{"libmade.a", "library made libmade.a -:0"},
		{"tcpip/tcp.h", "header tcpip tcpip/tcp.h src/include/tcpip/tcp.h:0"},
		{"tcp.h", "header tcpip tcpip/tcp.h src/include/tcpip/tcp.h:0"},
		{"prot/tcp.h", "header tcpip tcpip/prot/tcp.h src/include/tcpip/prot/tcp.h:0"},
		{"src/include/tcpip/tcp.h", "header tcpip tcpip/tcp.h src/include/tcpip/tcp.h:0"},
		{"include/tcpip/tcp.h", "header tcpip tcpip/tcp.h src/include/tcpip/tcp.h:0"},
		{"internal.h", "header tcpip internal.h src/private/internal.h:0"},
		{"options.h", "header tcpip options.h options.h:0"},
		{"tcp_out.c", "source file tcpip src/core/tcp_out.c src/core/tcp_out.c:0"},
		{"core/tcp_out.c", "source file tcpip src/core/tcp_out.c src/core/tcp_out.c:0"},
		{"src/core/tcp_out.c", "source file tcpip src/core/tcp_out.c src/core/tcp_out.c:0"},
		{"/tcpip/src/core/tcp_out.c",
			"source file tcpip src/core/tcp_out.c src/core/tcp_out.c:0"},
		{"board.ld", "source file board board.ld board.ld:0"},
		{"notes.txt", "source file tcpip doc/notes.txt doc/notes.txt:0"},
		{"tcp_write", "symbol tcpip tcp_write src/core/tcp_out.c:6"},
		{"tcp_split", "symbol tcpip tcp_split src/core/tcp_out.c:2"},
		{"TCP_MIN", "symbol tcpip TCP_MIN src/include/tcpip/tcp.h:2"},
		{"tcp_pcb", "symbol tcpip tcp_pcb src/include/tcpip/tcp.h:3"},
		{"err_t", "symbol tcpip err_t src/include/tcpip/tcp.h:6"},
		{"LISTEN", "symbol tcpip LISTEN src/include/tcpip/tcp.h:7"},
		{"tcp_ticks", "symbol tcpip tcp_ticks src/private/internal.h:1"},
		{"board_start", "symbol board board_start start.S:2"},
		{"made", "package made made -:0"},
		{"hidden_symbol", "nothing"},
		{"cp_out.c", "nothing"},
		{"ip/tcp.h", "nothing"},
		{"tcp_writ", "nothing"},
		{"/", "nothing"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(best(f, cases[i].name), cases[i].best);
}

static void a_file_on_disk_is_found_by_its_path(void **state)
{
	struct fixture *f = *state;
	struct resolution r = resolve(f, in(f, "tcpip/src/../src/core/tcp_out.c"));
	assert_int_equal(r.candidates.n, 1);
	assert_string_equal(r.candidates.v[0].file, "src/core/tcp_out.c");
	r = resolve(f, in(f, "respin.json"));
	assert_int_equal(r.candidates.n, 0);
}

static void each_step_has_its_evidence(void **state)
{
	struct fixture *f = *state;
	struct resolution r = resolve(f, "tcp_write");
	const struct candidate *c = r.candidates.v;
	assert_string_equal(c->library, "tcpip.o");
	assert_string_equal(c->version, "2.0");
	assert_string_equal(c->source, "path ../../tcpip");
	static const char *const expected[] = {
		"tcp_write is a function defined in src/core/tcp_out.c:6",
		"declared in src/include/tcpip/tcp.h:8",
		"the build of tcpip compiles src/core/tcp_out.c (by \"src/core/*.c\")",
		"package tcpip 2.0 builds the library tcpip.o (recipes/tcpip/recipe.json)",
		"its source is path ../../tcpip",
		"rank 160: exact name 100, in the build 40, definition 20"};
	assert_int_equal(c->evidence.n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(c->evidence.v[i], expected[i]);
	r = resolve(f, "tcp_split");
	assert_true(has(&r.candidates.v[0].evidence,
		"tcp_split is a file-local function defined in src/core/tcp_out.c:2"));
	r = resolve(f, "internal.h");
	assert_true(has(&r.candidates.v[0].evidence,
		"#include <internal.h> finds src/private/internal.h in tcpip itself, which "
		"searches "
		"the folder src/private"));
	r = resolve(f, "board.ld");
	assert_true(has(&r.candidates.v[0].evidence,
		"images with board are linked by the script board.ld"));
	r = resolve(f, "made.c");
	assert_true(has(&r.candidates.v[0].evidence,
		"made is built by its own commands: whether they use made.c is not known"));
}

static void dependents_and_images_are_transitive(void **state)
{
	struct resolution r = resolve(*state, "tcp_write");
	const struct candidate *c = r.candidates.v;
	assert_int_equal(c->dependents.n, 2);
	assert_string_equal(c->dependents.v[0], "app");
	assert_string_equal(c->dependents.v[1], "web");
	assert_int_equal(c->images.n, 1);
	assert_string_equal(c->images.v[0], "web");
	r = resolve(*state, "web");
	assert_null(r.candidates.v[0].library);
	assert_null(r.candidates.v[0].source);
	assert_true(has(&r.candidates.v[0].images, "web"));
}

/* ---- ranking -------------------------------------------------------------------------- */

static const char *order(struct fixture *f, const char *name)
{
	struct text t = {.a = &f->arena};
	struct resolution r = resolve(f, name);
	vec_for(c, &r.candidates)
		text_addf(&t, "%s:%s %d\n", c->package, c->file, c->rank);
	return t.n ? t.p : "";
}

static void better_candidates_come_first(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(order(f, "tcp_write"), "tcpip:src/core/tcp_out.c 160\n"
						   "app:main.c 140\n"
						   "tcpip:test/fake.c 120\n");
	assert_string_equal(order(f, "TCP_MSS"), "tcpip:options.h 165\n"
						 "tcpip:src/include/tcpip/tcp.h 160\n");
	assert_string_equal(order(f, "tcp.h"), "tcpip:src/include/tcpip/tcp.h 69\n"
					       "tcpip:src/include/tcpip/prot/tcp.h 68\n");
	put(f, "made/tcp.h", "");
	assert_string_equal(order(f, "tcp.h"), "made:tcp.h 120\n"
					       "tcpip:src/include/tcpip/tcp.h 69\n"
					       "tcpip:src/include/tcpip/prot/tcp.h 68\n");
}

static void a_config_folder_in_the_source_counts_once(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(order(f, "app_options.h"), "app:app_options.h 145\n");
	assert_string_equal(order(f, "APP_PORT"), "app:app_options.h 165\n");
}

/* ---- nothing found -------------------------------------------------------------------- */

static void near_misses_are_told(void **state)
{
	struct fixture *f = *state;
	struct resolution r = resolve(f, "tcp_wirte");
	assert_int_equal(r.candidates.n, 0);
	assert_string_equal(r.near_misses.v[0], "tcp_write");
	r = resolve(f, "TCP_WRITE");
	assert_string_equal(r.near_misses.v[0], "tcp_write");
	r = resolve(f, "tcpipp");
	assert_string_equal(r.near_misses.v[0], "tcpip");
	r = resolve(f, "tpcip/tcp.h");
	assert_int_equal(r.near_misses.n, 1);
	assert_string_equal(r.near_misses.v[0], "src/include/tcpip/tcp.h");
	r = resolve(f, "completely_different");
	assert_int_equal(r.near_misses.n, 0);
	r = resolve(f, "tcp_write");
	assert_int_equal(r.near_misses.n, 0);
}

static void places_searched_are_told(void **state)
{
	struct fixture *f = *state;
	struct resolution r = resolve(f, "completely_different");
	assert_true(has(&r.looked_in, "names of 6 packages"));
	assert_true(has(&r.looked_in, "tcpip 2.0, config: 1 file, 1 symbol"));
	assert_true(has(&r.looked_in, "tcpip 2.0: 6 files, 13 symbols"));
	assert_true(has(&r.looked_in, "zlib 1.3: source not fetched"));
	put(f, "zlib/inflate.c", "int inflate;\n");
	r = resolve(f, "completely_different");
	assert_true(has(&r.looked_in, "zlib 1.3: 1 file, 1 symbol"));
}

static void a_missing_source_is_fetched_where_it_may_matter(void **state)
{
	struct fixture *f = *state;
	struct resolution r;
	struct err e;
	assert_ok(try_resolve(f, "tcp_write", true, &r, &e));
	assert_false(try_resolve(f, "inflate", true, &r, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "zlib"));
	/* Only a declaration, or not in the build: the missing source could hold more. */
	assert_ok(try_resolve(f, "notes.txt", true, &r, &e));
	assert_int_equal(r.candidates.n, 1);
	assert_true(has(&r.looked_in, "zlib 1.3: source not fetched"));
	assert_false(try_resolve(f, "", true, &r, &e));
	assert_int_equal(e.code, E_USAGE);
}

/* ---- the index ------------------------------------------------------------------------ */

/* From here on ctags is one that writes down which files it is asked about. */
static void watch_ctags(struct fixture *f)
{
	put(f, "bin/ctags", "#!/bin/sh\ntee -a \"$WATCHED\" | PATH=$REAL_PATH ctags \"$@\"\n");
	shell(f, "chmod +x bin/ctags");
	setenv("REAL_PATH", f->path, 1);
	setenv("WATCHED", in(f, "asked"), 1);
	setenv("PATH", str_format(&f->arena, "%s:%s", in(f, "bin"), f->path), 1);
}

/* The files that ctags was asked about since the last call. */
static const char *asked(struct fixture *f)
{
	struct err e;
	struct str text = S("");
	if (file_exists(in(f, "asked"))) {
		assert_ok(file_read(&f->arena, in(f, "asked"), 1 << 20, &text, &e));
		shell(f, "rm asked");
	}
	return str_copy(&f->arena, text);
}

static void a_warm_look_up_starts_nothing(void **state)
{
	struct fixture *f = *state;
	settle();
	watch_ctags(f);
	best(f, "tcp_write");
	assert_non_null(strstr(asked(f), "src/core/tcp_out.c\n"));
	best(f, "TCP_MSS");
	best(f, "nothing_like_it");
	assert_string_equal(asked(f), "");
	setenv("PATH", "/nowhere", 1);
	assert_string_equal(best(f, "tcp_write"), "symbol tcpip tcp_write src/core/tcp_out.c:6");
}

static void only_what_changed_is_read_again(void **state)
{
	struct fixture *f = *state;
	watch_ctags(f);
	settle();
	best(f, "tcp_write");
	asked(f);
	shell(f, "printf 'int tcp_added;\\n' >>tcpip/src/core/tcp_out.c");
	assert_string_equal(best(f, "tcp_added"), "symbol tcpip tcp_added src/core/tcp_out.c:10");
	assert_string_equal(asked(f), "src/core/tcp_out.c\n");
	settle();
	best(f, "tcp_added");
	asked(f);
	put(f, "tcpip/src/core/new/tcp_new.c", "int tcp_new;\n");
	assert_string_equal(best(f, "tcp_new"), "symbol tcpip tcp_new src/core/new/tcp_new.c:1");
	assert_string_equal(asked(f), "src/core/new/tcp_new.c\n");
	settle();
	shell(f, "rm tcpip/src/core/tcp_out.c");
	assert_string_equal(best(f, "tcp_split"), "nothing");
	assert_string_equal(best(f, "tcp_out.c"), "nothing");
	assert_string_equal(best(f, "tcp_write"), "symbol app tcp_write main.c:1");
	assert_null(strstr(asked(f), "tcp.h"));
}

static void no_change_goes_unnoticed(void **state)
{
	static const struct {
		const char *change, *name, *best;
	} cases[] = {
		/* as many bytes, and the old time */
		{"touch -r tcpip/src/core/tcp_out.c old; sed -i s/tcp_split/tcp_spilt/ "
		 "tcpip/src/core/tcp_out.c; touch -r old tcpip/src/core/tcp_out.c",
			"tcp_spilt", "symbol tcpip tcp_spilt src/core/tcp_out.c:2"},
		{"mv tcpip/src/private tcpip/src/secret", "internal.h",
			"header tcpip src/secret/internal.h src/secret/internal.h:0"},
		{"mkdir tcpip/empty", "tcp_spilt", "symbol tcpip tcp_spilt src/core/tcp_out.c:2"},
		{"echo 'int late;' >tcpip/empty/late.c", "late",
			"symbol tcpip late empty/late.c:1"},
		{"echo '#define TCP_CONFIGURED' >recipes/tcpip/config/more.h", "TCP_CONFIGURED",
			"symbol tcpip TCP_CONFIGURED more.h:1"},
		{"sed -i 's/core/gone/' recipes/tcpip/recipe.json; mkdir tcpip/src/gone; "
		 "echo 'int tcp_write;' >tcpip/src/gone/x.c",
			"tcp_write", "symbol tcpip tcp_write src/gone/x.c:1"},
		{"rm -r tcpip", "tcp_spilt", "nothing"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		best(f, "tcp_write");
		settle();
		best(f, "tcp_write");
		shell(f, cases[i].change);
		assert_string_equal(best(f, cases[i].name), cases[i].best);
	}
}

static void an_overlay_stands_in_for_its_source(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(best(f, "tcp_mine"), "nothing");
	shell(f, "mkdir -p overlays/tcpip; cp -r tcpip overlays/tcpip/src; "
		 "echo 'int tcp_mine;' >>overlays/tcpip/src/src/core/tcp_out.c");
	struct resolution r = resolve(f, "tcp_mine");
	assert_int_equal(r.candidates.n, 1);
	assert_string_equal(
		r.candidates.v[0].source, "path ../../tcpip, edited in overlays/tcpip/src");
	assert_true(has(&r.candidates.v[0].evidence,
		"it is open for editing in overlays/tcpip/src: builds take that instead of its "
		"source"));
	assert_true(has(&r.looked_in, "tcpip 2.0, overlay: 6 files, 14 symbols"));
	shell(f, "rm -r overlays");
	assert_string_equal(best(f, "tcp_mine"), "nothing");
}

static void a_damaged_index_is_made_again(void **state)
{
	static const char *const damage[] = {": >$i", "echo rubbish >$i",
		"head -c 100 $i >x; mv x $i", "head -c -1 $i >x; mv x $i", "echo >>$i",
		"printf '\\377\\377\\377\\377' | dd of=$i bs=1 seek=24 conv=notrunc 2>/dev/null"};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
		best(f, "tcp_write");
		shell(f, str_format(&f->arena, "for i in .respin/index/*; do %s; done", damage[i]));
		assert_string_equal(
			best(f, "tcp_write"), "symbol tcpip tcp_write src/core/tcp_out.c:6");
	}
	shell(f, "rm -r .respin; echo >.respin");
	assert_string_equal(best(f, "tcp_write"), "symbol tcpip tcp_write src/core/tcp_out.c:6");
}

static void a_missing_ctags_is_told(void **state)
{
	struct fixture *f = *state;
	struct resolution r;
	struct err e;
	setenv("PATH", "/nowhere", 1);
	assert_false(try_resolve(f, "tcp_write", false, &r, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_non_null(strstr(e.hint, "universal-ctags"));
	setenv("PATH", in(f, "bin"), 1);
	put(f, "bin/ctags", "#!/bin/sh\necho 'no tag at all'\n");
	assert_int_equal(chmod(in(f, "bin/ctags"), 0755), 0);
	assert_false(try_resolve(f, "tcp_write", false, &r, &e));
	assert_int_equal(e.code, E_CHILD);
	assert_non_null(strstr(e.text, "no tag at all"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	TEST(every_kind_of_name_is_found),
	TEST(a_file_on_disk_is_found_by_its_path),
	TEST(each_step_has_its_evidence),
	TEST(dependents_and_images_are_transitive),
	TEST(better_candidates_come_first),
	TEST(a_config_folder_in_the_source_counts_once),
	TEST(near_misses_are_told),
	TEST(places_searched_are_told),
	TEST(a_missing_source_is_fetched_where_it_may_matter),
	TEST(a_warm_look_up_starts_nothing),
	TEST(only_what_changed_is_read_again),
	TEST(no_change_goes_unnoticed),
	TEST(an_overlay_stands_in_for_its_source),
	TEST(a_damaged_index_is_made_again),
	TEST(a_missing_ctags_is_told),
};
RUN_TESTS("resolve")
