/* test_project.c - dune and MirageOS projects as they stand: where they are, and the recipes that
 * are made of them. No OCaml is needed: installed libraries are files of the test.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <utime.h>

#include "project/project.h"
#include "sys/sys.h"

static const char *root;
static struct arena arena;

static const char *at(const char *name)
{
	return path_join(&arena, root, name);
}

static void put(const char *name, const char *text)
{
	struct err e = {0};
	assert_ok(dir_make(path_dir(&arena, at(name)), &e));
	assert_ok(file_write_cache(at(name), str_of(text), 0644, &e));
}

/* Each test has a folder of its own, and the same libraries are installed for all. */
static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-project.", &root, &e));
	put("findlib.conf",
		str_format(&arena, "path=\"%s/lib\"\nstdlib=\"%s/stdlib\"\n", root, root));
	put("stdlib/stdlib.cmi", "");
	put("lib/fmt/META", "version = \"0.9\"\nrequires = \"unix\"\n");
	setenv("OCAMLFIND_CONF", at("findlib.conf"), 1);
	setenv("HOME", at("home"), 1);
	unsetenv("OCAMLPATH");
	unsetenv("OCAMLLIB");
	unsetenv("OPAMROOT");
	unsetenv("OPAMSWITCH");
	unsetenv("OPAM_SWITCH_PREFIX");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(tree_remove(root, &e));
	arena_free(&arena);
	return 0;
}

static struct workspace opened(const char *name)
{
	struct workspace w;
	struct err e = {0};
	assert_ok(project_open(&arena, at(name), &w, &e));
	return w;
}

static struct err refused(const char *name, enum code code)
{
	struct workspace w;
	struct err e = {0};
	assert_false(project_open(&arena, at(name), &w, &e));
	assert_int_equal(e.code, code);
	return e;
}

static struct recipe *recipe(const struct workspace *w, const char *name)
{
	struct recipe *r;
	struct err e = {0};
	assert_ok(recipe_find(w, name, &r, &e));
	return r;
}

static const char *joined(const strings *list)
{
	struct text t = {.a = &arena};
	text_addz(&t, "");
	vec_for(z, list)
		text_addf(&t, "%s%s", t.n ? " " : "", *z);
	return t.p;
}

static const char *names(const recipes *list)
{
	strings all = {0};
	vec_for(r, list)
		vec_push(&arena, &all, (*r)->name);
	return joined(&all);
}

static const char *opened_names(const char *name)
{
	struct workspace w = opened(name);
	return names(&w.all);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *needs(const struct recipe *r)
{
	strings sorted = r->needs;
	if (sorted.n)
		qsort(sorted.v, sorted.n, sizeof(*sorted.v), by_bytes);
	return joined(&sorted);
}

/* ---- projects of the tests ---------------------------------------------------------------------
 */

/* A folder of vendored sources: a library of that name. */
static void put_unit(const char *dir, const char *package, const char *libraries)
{
	put(str_format(&arena, "%s/dune-project", dir), "(lang dune 2.9)\n");
	put(str_format(&arena, "%s/%s.opam", dir, package),
		"opam-version: \"2.0\"\nlicense: \"ISC\"\nsynopsis: \"a library\"\n");
	put(str_format(&arena, "%s/src/dune", dir),
		str_format(&arena, "(library (name %s) (public_name %s) (libraries %s))\n", package,
			package, libraries));
	put(str_format(&arena, "%s/src/%s.ml", dir, package), "let x = 1\n");
}

static void put_plain(void)
{
	put("p/dune-project", "(lang dune 2.9)\n(package (name shop) (version 1.2))\n");
	put("p/dune", "(vendored_dirs vendor)\n");
	put("p/bin/dune", "(executable (name main) (public_name shop) (package shop)\n"
			  " (libraries shelf alpha))\n");
	put("p/bin/main.ml", "let () = ()\n");
	put("p/lib/dune", "(library (name shelf) (libraries fmt))\n");
	put("p/lib/shelf.ml", "let y = 1\n");
	put("p/gen/dune", "(executable (name gen))\n");
	put("p/gen/gen.ml", "let () = ()\n");
	put("p/test/dune", "(test (name t) (libraries alpha))\n");
	put("p/test/t.ml", "let () = ()\n");
	put_unit("p/vendor/ocaml-alpha", "alpha", "beta");
	put_unit("p/vendor/beta", "beta", "");
	put_unit("p/vendor/unused", "unused", "");
	put("p/vendor/unused/example/sub.opam", "opam-version: \"2.0\"\n");
	put("p/vendor/ocaml-alpha/alpha-more.opam", "opam-version: \"2.0\"\nversion: \"7\"\n");
}

#define MAIN                                                                                       \
	"let a = Mirage_runtime_network.V4.network (x)\nlet b = Mirage_runtime_network.V4.gateway" \
	" None\nlet c = Mirage_runtime_network.interface \"tap0\"\nlet d = Netif.connect c\n"

static void put_mirage(const char *target, const char *image)
{
	put("m/config.ml", "open Mirage\nlet () = register \"site\" []\n");
	put("m/mirage/context", str_format(&arena, "configure\n-t\n%s\n", target));
	put("m/mirage/main.ml", MAIN);
	put("m/mirage/manifest.json",
		"{\"devices\":[{\"name\":\"service\",\"type\":\"NET_BASIC\"}]}\n");
	put(str_format(&arena, "m/mirage/site-%s.opam", target), "opam-version: \"2.0\"\n");
	put("m/dune", "(include dune.build)\n");
	put("m/dune.build",
		"(copy_files# ./mirage/main.ml)\n(executable (name main) (libraries tcpip)"
		" (enabled_if (= %{context_name} \"default\")))\n");
	put("m/dune.config", "(executable (name config) (libraries mirage))\n");
	put("m/dune-project", "(lang dune 2.9)\n(name site)\n");
	put("m/dune-workspace", "(lang dune 2.9)\n(context (default))\n");
	put("m/unikernel.ml", "let start _ = ()\n");
	put("m/dist/dune", str_format(&arena,
				   "(rule (mode (promote (until-clean))) (target %s)\n"
				   " (action (copy ../%s %%{target})))\n",
				   image, image));
	put("m/duniverse/dune", "(vendored_dirs *)\n");
	put_unit("m/duniverse/mirage-tcpip", "tcpip", "lwt");
	put_unit("m/duniverse/lwt", "lwt", "");
}

/* ---- where it is -------------------------------------------------------------------------------
 */

static void finds_the_root_as_dune_does(void **state)
{
	(void)state;
	put_plain();
	put_mirage("unix", "site");
	put("w/dune-workspace", "(lang dune 2.9)\n");
	put("w/in/dune-workspace", "(lang dune 2.9)\n");
	put("w/in/dune-project", "(lang dune 2.9)\n");
	put("q/dune-project", "(lang dune 2.9)\n");
	put("q/duniverse/x/dune-workspace", "(lang dune 2.9)\n");
	put("q/overlays/x/src/dune-workspace", "(lang dune 2.9)\n");
	put("q/example/config.ml", "open Mirage\n");
	static const char *const places[][2] = {{"p", "p"}, {"p/bin", "p"},
		{"p/vendor/beta/src", "p"}, {"m", "m"}, {"m/duniverse/lwt/src", "m"}, {"w/in", "w"},
		{"q/duniverse/x", "q"}, {"q/overlays/x/src", "q"}, {"q/example", "q"}};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		assert_string_equal(opened(places[i][0]).root, at(places[i][1]));
}

static void nothing_there_is_a_wrong_use(void **state)
{
	(void)state;
	put("empty/config.ml", "let answer = 42\n");
	struct err e = refused("empty", E_USAGE);
	assert_non_null(strstr(e.text, "no respin.json, dune-project, dune-workspace or MirageOS"));
	refused("there/is/none", E_ABSENT);
}

static void what_is_not_configured_says_what_to_run(void **state)
{
	(void)state;
	put("m/config.ml", "open Mirage\n");
	struct err e = refused("m", E_INPUT);
	assert_non_null(strstr(e.hint, "mirage configure -t TARGET"));
	assert_string_equal(e.where, at("m/config.ml"));
	put_mirage("spt", "site.spt");
	opened("m");
	put("m/dune", "(include dune.config)\n");
	e = refused("m", E_INPUT);
	assert_non_null(strstr(e.text, "includes dune.config"));
	assert_string_equal(e.hint, "run: mirage configure -t spt");
	put("m/dune", "(include dune.build)\n");
	put("m/dist/dune", "(rule (target other))\n");
	e = refused("m", E_INPUT);
	assert_non_null(strstr(e.text, "dist/dune names no image"));
	assert_int_equal(unlink(at("m/dist/dune")), 0);
	e = refused("m", E_INPUT);
	assert_non_null(strstr(e.text, "there is no dist/dune"));
}

static void respin_json_wins(void **state)
{
	(void)state;
	put("r/respin.json", "{}");
	put("r/recipes/own/recipe.json", "{\"name\":\"own\",\"version\":\"1\",\"license\":\"ISC\","
					 "\"source\":[{\"path\":\".\"}],"
					 "\"build\":{\"objects\":{\"sources\":[\"*.c\"]}}}");
	put("r/inner/dune-project", "(lang dune 2.9)\n");
	struct workspace w = opened("r/inner");
	assert_string_equal(w.root, at("r"));
	assert_string_equal(names(&w.all), "own");
	assert_false(w.is_dune);
	put("r/dune-project", "(lang dune 2.9)\n(package (name thing))\n");
	w = opened("r/inner");
	assert_string_equal(names(&w.all), "own thing");
	assert_true(w.is_dune);
	put("r/config.ml", "open Mirage\n");
	assert_string_equal(opened_names("r"), "own");
}

static void a_mirage_project_in_a_workspace_is_its_own(void **state)
{
	(void)state;
	put_mirage("unix", "site");
	put("respin.json", "{\"recipes\":[\"none\"]}");
	put("none/README", "");
	assert_string_equal(opened("m").root, at("m"));
	assert_string_equal(opened("m/duniverse/lwt").root, at("m"));
	put("overlays/x/src/config.ml", "open Mirage\n");
	assert_string_equal(opened("overlays/x/src").root, root);
	put("new/config.ml", "open Mirage\n");
	refused("new", E_INPUT);
}

/* ---- what is made ------------------------------------------------------------------------------
 */

static void a_recipe_for_each_vendored_source(void **state)
{
	(void)state;
	put_plain();
	struct workspace w = opened("p");
	assert_string_equal(names(&w.all), "beta ocaml-alpha shop shop-project unused");
	struct recipe *alpha = recipe(&w, "ocaml-alpha");
	assert_string_equal(alpha->build.dune->place, "vendor/ocaml-alpha");
	assert_string_equal(joined(&alpha->build.dune->packages), "alpha-more alpha");
	assert_string_equal(alpha->version, "7");
	assert_string_equal(alpha->license, "ISC");
	assert_string_equal(alpha->summary, "a library");
	assert_int_equal(alpha->source.n, 1);
	assert_string_equal(alpha->source.v[0].path, "vendor/ocaml-alpha");
	assert_string_equal(alpha->dir, w.root);
	assert_string_equal(needs(alpha), "beta");
	assert_true(alpha->is_made);
	assert_string_equal(joined(&recipe(&w, "unused")->build.dune->packages), "unused");
	assert_string_equal(recipe(&w, "unused")->version, "dev");
	assert_string_equal(recipe(&w, "shop-project")->version, "1.2");
}

static void an_image_for_each_program(void **state)
{
	(void)state;
	put_plain();
	struct workspace w = opened("p");
	struct recipe *shop = recipe(&w, "shop");
	recipes closure;
	struct err e = {0};
	assert_non_null(shop->image);
	assert_string_equal(shop->image->machine, "process");
	assert_int_equal(shop->image->checks.n, 1);
	assert_string_equal(shop->image->checks.v[0].type, "boot");
	assert_string_equal(shop->build.dune->target, "bin/main.exe");
	assert_null(shop->build.dune->profile);
	assert_string_equal(needs(shop), "beta ocaml-alpha shop-project");
	assert_ok(recipe_closure(&w, shop, &closure, &e));
	assert_int_equal(closure.n, 4);
	assert_ptr_equal(closure.v[0], shop);
	assert_int_equal(w.missing.n, 0);
	put("p/bin/dune", "(executable (name main) (libraries nowhere.sub threads.posix))\n");
	w = opened("p");
	assert_string_equal(names(&w.all), "beta gen ocaml-alpha shop shop-project unused");
	assert_string_equal(joined(&w.missing), "nowhere.sub");
}

static void a_mirage_project_has_one_image(void **state)
{
	(void)state;
	static const struct {
		const char *target, *image, *machine, *words;
	} cases[] = {{"unix", "site", "unix",
			     "--interface=$TAP --ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST"},
		{"spt", "site.spt", "solo5-spt", "--ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST"},
		{"hvt", "site.hvt", "solo5-hvt", "--ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST"},
		{"virtio", "site.virtio", "solo5-virtio",
			"--ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST"}};
	for (size_t i = 0; i < 4; i++) {
		put_mirage(cases[i].target, cases[i].image);
		struct workspace w = opened("m");
		struct recipe *site = recipe(&w, "site");
		assert_string_equal(site->image->machine, cases[i].machine);
		assert_string_equal(site->image->boot.command_line, cases[i].words);
		assert_int_equal(site->image->checks.n, 3);
		assert_int_equal(site->image->checks.v[2].count, 3);
		assert_string_equal(
			site->build.dune->target, str_format(&arena, "dist/%s", cases[i].image));
		assert_string_equal(site->build.dune->profile, "release");
		assert_non_null(strstr(needs(site), "lwt mirage-tcpip site-"));
	}
	put("m/mirage/main.ml",
		"let a = Mirage_runtime_network.V4.optional_network ~group:\"out\" ()\n"
		"let b = Mirage_runtime_network.V4.gateway ~docs:\"x\" None\n");
	struct workspace grouped = opened("m");
	assert_string_equal(recipe(&grouped, "site")->image->boot.command_line,
		"--out-ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST");
	put("m/mirage/manifest.json", "[{\"type\":\"NET_BASIC\"},{\"type\":\"NET_BASIC\"}]");
	grouped = opened("m");
	assert_int_equal(recipe(&grouped, "site")->image->networks.n, 2);
	put("m/mirage/context", "configure\n--target=xen\n");
	struct err e = refused("m", E_INPUT);
	assert_non_null(strstr(e.text, "'xen'"));
	put("m/mirage/context", "configure\n");
	put("m/mirage/main.ml", "let () = ()\n");
	struct workspace w = opened("m");
	assert_string_equal(recipe(&w, "site")->image->machine, "process");
	assert_int_equal(recipe(&w, "site")->image->checks.n, 1);
}

static void lock_files_tell_versions_and_sources(void **state)
{
	(void)state;
	put_mirage("unix", "site");
	put("m/mirage/site-unix.opam.locked",
		"opam-version: \"2.0\"\n"
		"depends: [ \"tcpip\" {= \"9.0.1\" & ?vendor} \"lwt\" {= \"5.9\" & ?vendor} ]\n"
		"x-opam-monorepo-duniverse-dirs: [\n"
		" [ \"https://example.org/tcpip.tbz\" \"mirage-tcpip\" [ \"md5=0123456789abcdef"
		"0123456789abcdef\" \"sha256=bad\" ] ]\n"
		" [ \"git+file:///store/lwt#0123456789012345678901234567890123456789\" \"lwt\" ]\n"
		" [ \"git+ssh://host/x#0123456789012345678901234567890123456789\" \"gone\" ] ]\n");
	put("m/mirage/site-spt.opam.locked",
		"opam-version: \"2.0\"\ndepends: [ \"tcpip\" {= \"1\" & ?vendor} ]\n");
	struct workspace w = opened("m");
	struct recipe *tcpip = recipe(&w, "tcpip"), *lwt = recipe(&w, "lwt");
	assert_string_equal(tcpip->name, "mirage-tcpip");
	assert_string_equal(tcpip->version, "9.0.1");
	assert_int_equal(tcpip->source.n, 2);
	assert_string_equal(tcpip->source.v[0].path, "duniverse/mirage-tcpip");
	assert_string_equal(tcpip->source.v[1].url, "https://example.org/tcpip.tbz");
	assert_string_equal(tcpip->source.v[1].md5, "0123456789abcdef0123456789abcdef");
	assert_null(tcpip->source.v[1].sha256);
	assert_string_equal(lwt->source.v[1].git, "/store/lwt");
	assert_int_equal(strlen(lwt->source.v[1].commit), 40);
	put("m/mirage/site-unix.opam.locked", "depends: [ \"tcpip\" {= ]\n");
	struct err e = refused("m", E_INPUT);
	assert_non_null(strstr(e.where, "site-unix.opam.locked:1:"));
}

static void the_target_names_the_project(void **state)
{
	(void)state;
	put_mirage("spt", "site.spt");
	put_mirage("unix", "site");
	put("m/mirage/x.opam", "opam-version: \"2.0\"\nsynopsis: \"another\"\n");
	struct workspace w = opened("m");
	assert_string_equal(recipe(&w, "site")->image->machine, "unix");
	const struct recipe *self = recipe(&w, "site-unix");
	assert_int_equal(self->build.dune->packages.n, 1);
	assert_string_equal(self->build.dune->packages.v[0], "site-unix");
	assert_null(self->summary);
	assert_null(recipe_of_package(&w, "x"));
	assert_null(recipe_of_package(&w, "site-spt"));
	/* The project was called otherwise when it was configured before. */
	put("m/mirage/a-unix.opam", "opam-version: \"2.0\"\n");
	put("m/mirage/a-unix.opam.locked",
		"opam-version: \"2.0\"\ndepends: [ \"tcpip\" {= \"1\" & ?vendor} ]\n");
	put("m/dune-project", "(lang dune 2.9)\n\n(name site-unix)\n");
	w = opened("m");
	assert_string_equal(recipe_of_package(&w, "site-unix")->name, "site-unix");
	assert_string_equal(recipe(&w, "tcpip")->version, "dev");
	put("m/dune-project", "(lang dune 2.9)\n(name a-unix)\n");
	w = opened("m");
	assert_string_equal(recipe_of_package(&w, "a-unix")->name, "a-unix");
	assert_string_equal(recipe(&w, "tcpip")->version, "1");
}

/* Gives a file of the project m another time. */
static void date(const char *name, time_t when)
{
	const struct timespec times[] = {{.tv_sec = when}, {.tv_sec = when}};
	assert_int_equal(utimensat(AT_FDCWD, at(name), times, 0), 0);
}

static const char *stale(void)
{
	return opened("m").stale;
}

static void a_config_that_changed_is_told(void **state)
{
	(void)state;
	const char *edited = "open Mirage\nlet edited = 1\n";
	put_mirage("unix", "site");
	date("m/config.ml", 1000);
	date("m/mirage/main.ml", 2000);
	struct str first;
	struct err e;
	assert_ok(file_read(&arena, at("m/config.ml"), 4096, &first, &e));
	assert_null(stale());
	/* Times alone say nothing: touch, checkout. */
	date("m/config.ml", 3000);
	assert_null(stale());
	put("m/config.ml", edited);
	date("m/config.ml", 1000);
	assert_non_null(strstr(stale(), "config.ml has changed since mirage made"));
	assert_non_null(strstr(stale(), "in no build before mirage configure -t unix"));
	/* Taken back. */
	put("m/config.ml", str_copy(&arena, first));
	assert_null(stale());
	/* Configured with the edit. */
	put("m/config.ml", edited);
	date("m/config.ml", 4000);
	assert_non_null(stale());
	date("m/mirage/main.ml", 5000);
	assert_null(stale());
	put("m/config.ml", str_copy(&arena, first));
	assert_non_null(stale());
	/* Configured, and touched before respin looked. */
	put("m/config.ml", edited);
	date("m/mirage/main.ml", 6000);
	date("m/config.ml", 7000);
	assert_null(stale());
	/* Seen for the first time: that one is newer is all there is. */
	assert_int_equal(unlink(at("m/.respin/configured")), 0);
	assert_non_null(strstr(stale(), "config.ml is newer than what mirage made of it"));
	assert_non_null(stale());
	date("m/mirage/main.ml", 7000);
	assert_null(stale());
	put("m/.respin/configured", "damaged\n");
	assert_null(stale());
	put_plain();
	assert_null(opened("p").stale);
}

static void repositories_may_need_each_other(void **state)
{
	(void)state;
	put_plain();
	put("p/vendor/beta/more/dune", "(library (name more) (public_name beta.more)"
				       " (libraries alpha))\n");
	put("p/bin/dune", "(executable (name main) (public_name shop) (package shop)"
			  " (libraries beta.more))\n");
	struct workspace w = opened("p");
	recipes closure;
	struct err e = {0};
	assert_string_equal(needs(recipe(&w, "beta")), "ocaml-alpha");
	assert_ok(recipe_closure(&w, recipe(&w, "beta"), &closure, &e));
	assert_int_equal(closure.n, 2);
	assert_ok(recipe_dependents(&w, recipe(&w, "beta"), &closure, &e));
	assert_string_equal(names(&closure), "ocaml-alpha shop shop-project");
}

static void an_image_contains_only_what_it_links(void **state)
{
	(void)state;
	put_plain();
	put("p/gen/dune", "(executable (name gen) (public_name gen) (package shop)"
			  " (libraries beta))\n");
	struct workspace w = opened("p");
	recipes closure;
	struct err e = {0};
	assert_ok(recipe_closure(&w, recipe(&w, "gen"), &closure, &e));
	assert_string_equal(names(&closure), "gen shop-project beta");
}

static void virtual_libraries_and_preprocessors_count(void **state)
{
	(void)state;
	put_plain();
	put_unit("p/vendor/real", "real", "");
	put_unit("p/vendor/ppx", "ppx", "");
	put("p/vendor/real/src/dune",
		"(library (name real) (public_name real) (implements unused))\n");
	put("p/vendor/unused/src/dune",
		"(library (name unused) (public_name unused) (virtual_modules unused)"
		" (default_implementation real))\n");
	put("p/bin/dune", "(executable (name main) (public_name shop) (package shop)"
			  " (libraries unused) (preprocess (pps ppx)))\n");
	struct workspace w = opened("p");
	assert_string_equal(needs(recipe(&w, "shop")), "ppx real shop-project unused");
}

static void a_version_is_of_its_own_source(void **state)
{
	(void)state;
	put_plain();
	put("p/dune-project", "(lang dune 2.9)\n(package (name shop))\n");
	put("p/lib/apart.opam", "opam-version: \"2.0\"\nversion: \"5\"\n");
	put_unit("p/duniverse/ocaml-delta", "delta", "nothing-here");
	put("p/duniverse/ocaml-delta/bin/dune", "(executable (name tool) (public_name tool))\n");
	put("p/duniverse/ocaml-delta/delta.opam", "opam-version: \"2.0\"\nversion: \"9.0.1\"\n");
	put_unit("p/overlays/beta/src", "omega", "");
	put("p/overlays/beta/src/omega.opam", "opam-version: \"2.0\"\nversion: \"6\"\n");
	put("p/overlays/beta/src/src/dune", "(library");
	struct workspace w = opened("p");
	const struct recipe *self = recipe(&w, "shop-project");
	assert_string_equal(self->version, "dev");
	assert_string_equal(joined(&self->build.dune->packages), "shop apart");
	assert_string_equal(recipe(&w, "ocaml-delta")->version, "9.0.1");
	assert_string_equal(recipe(&w, "shop")->build.dune->target, "bin/main.exe");
	assert_string_equal(joined(&w.missing), "");
}

/* ---- opam's switch ------------------------------------------------------------------------------
 */

static void put_switch(void)
{
	put("root/config", "opam-version: \"2.0\"\nswitch: \"sw\"\n");
	put("root/sw/.opam-switch/switch-state",
		"opam-version: \"2.0\"\ncompiler: [\"ocaml.4.13.1\"]\n"
		"installed: [\"one.1\" \"two.1\" \"odd.3\" \"pin.2\" \"ocaml.4.13.1\"]\n"
		"pinned: [\"pin.2\"]\n");
	static const char *const packages[][3] = {{"one", "one.1", "one"}, {"two", "two.1", "one"},
		{"other", "odd.3", "odd"}, {"pin", "pin.2", "pin"}};
	for (size_t i = 0; i < 4; i++) {
		put(str_format(&arena, "root/sw/lib/%s/META", packages[i][0]), "version = \"1\"\n");
		put(str_format(&arena, "root/sw/.opam-switch/packages/%s/opam", packages[i][1]),
			str_format(&arena,
				"opam-version: \"2.0\"\nlicense: \"MIT\"\n"
				"dev-repo: \"git+https://example.org/x/ocaml-%s.git\"\n"
				"url { src: \"https://example.org/%s.tbz\" checksum: "
				"\"sha512=%0128d\" }\n",
				packages[i][2], packages[i][2], 1));
	}
	put("root/sw/.opam-switch/install/odd.changes",
		"opam-version: \"2.0\"\nadded: [\n  \"lib/other/META\" {\"F:1\"}\n]\n");
	put("root/sw/.opam-switch/sources/pin/pin.opam", "opam-version: \"2.0\"\n");
	put("s/dune-project", "(lang dune 2.9)\n");
	put("s/bin/dune", "(executable (name run) (libraries one two other pin fmt))\n");
	put("s/bin/run.ml", "let () = ()\n");
	setenv("OCAMLPATH", at("root/sw/lib"), 1);
}

static void packages_of_the_switch_are_sources(void **state)
{
	(void)state;
	put_switch();
	setenv("OPAMROOT", at("root"), 1);
	struct workspace w = opened("s");
	assert_string_equal(w.opam_switch, at("root/sw"));
	assert_string_equal(names(&w.all), "ocaml-odd ocaml-one ocaml-pin run s");
	struct recipe *one = recipe(&w, "two");
	assert_string_equal(one->name, "ocaml-one");
	assert_string_equal(joined(&one->build.dune->packages), "one two");
	assert_string_equal(one->build.dune->place, PROJECT_VENDOR "/ocaml-one");
	assert_string_equal(one->source.v[0].url, "https://example.org/one.tbz");
	assert_int_equal(strlen(one->source.v[0].sha512), 128);
	assert_string_equal(recipe(&w, "odd")->version, "3");
	assert_string_equal(
		recipe(&w, "pin")->source.v[0].path, at("root/sw/.opam-switch/sources/pin"));
	assert_string_equal(needs(recipe(&w, "run")), "ocaml-odd ocaml-one ocaml-pin s");
}

/* What is kept of them is the same. */
static void opam_adds_files_and_patches(void **state)
{
	(void)state;
	put_switch();
	setenv("OPAMROOT", at("root"), 1);
	static const char packages[] = "root/sw/.opam-switch/packages";
	put(str_format(&arena, "%s/one.1/opam", packages),
		str_format(&arena,
			"opam-version: \"2.0\"\n"
			"url { src: \"https://example.org/one.tbz\" checksum: \"md5=%032d\" }\n"
			"extra-source \"far\" { src: \"https://example.org/far\" checksum: "
			"\"sha256=%064d\" }\n"
			"patches: [ \"z\" {two:version = \"1\"} \"a\" {!two:installed} \"far\" "
			"\"b\" "
			"{no-such-variable} ]\n",
			1, 2));
	put(str_format(&arena, "%s/one.1/files/z", packages), "z\n");
	put(str_format(&arena, "%s/one.1/files/a", packages), "a\n");
	put(str_format(&arena, "%s/one.1/files/deep/file", packages), "file\n");
	struct digest z = hash_bytes(S("z\n"));
	for (int i = 0; i < 2; i++) {
		struct workspace w = opened("s");
		const struct source *s = recipe(&w, "one")->source.v;
		assert_int_equal(s->added.n, 3);
		assert_string_equal(s->added.v[0].name, "deep/file");
		assert_false(s->added.v[0].is_patch);
		assert_string_equal(s->added.v[1].name, "z");
		assert_true(s->added.v[1].is_patch);
		assert_string_equal(s->added.v[1].sha256, digest_hex(&arena, &z));
		assert_string_equal(s->added.v[2].name, "far");
		assert_string_equal(s->added.v[2].url, "https://example.org/far");
		assert_null(s->added.v[2].file);
	}
}

static void the_switch_is_the_one_that_is_set(void **state)
{
	(void)state;
	put_switch();
	assert_null(opened("s").opam_switch);
	put("home/.opam/sw2/.opam-switch/switch-state", "opam-version: \"2.0\"\n");
	setenv("OPAMSWITCH", "sw2", 1);
	assert_string_equal(opened("s").opam_switch, at("home/.opam/sw2"));
	unsetenv("OPAMSWITCH");
	put("_opam/.opam-switch/switch-state", "opam-version: \"2.0\"\n");
	assert_string_equal(opened("s").opam_switch, at("_opam"));
	setenv("OPAM_SWITCH_PREFIX", at("root/sw"), 1);
	assert_string_equal(opened("s").opam_switch, at("root/sw"));
}

static void libraries_are_those_of_the_switch(void **state)
{
	(void)state;
	struct workspace w = {.a = &arena, .opam_switch = at("sw")};
	struct ocaml_site site;
	struct err e = {0};
	unsetenv("OCAMLFIND_CONF");
	put("sw/lib/findlib.conf",
		"path=\"/of-switch\"\npath(cross)=\"/of-cross\"\nstdlib=\"/std\"\n");
	assert_ok(project_site(&arena, &w, NULL, &site, &e));
	assert_string_equal(joined(&site.path), "/of-switch");
	assert_ok(project_site(&arena, &w, "cross", &site, &e));
	assert_string_equal(joined(&site.path), "/of-cross");
	w.opam_switch = NULL;
	setenv("OPAM_SWITCH_PREFIX", at("sw"), 1);
	assert_ok(project_site(&arena, &w, NULL, &site, &e));
	assert_string_equal(joined(&site.path), "/of-switch");
}

static void programs_run_in_the_switch(void **state)
{
	(void)state;
	struct workspace w = {.a = &arena, .opam_switch = at("sw")};
	const char *path = str_copy(&arena, str_of(getenv("PATH")));
	put("sw/.opam-switch/environment",
		str_format(&arena,
			"OPAM_SWITCH_PREFIX\t=\t%s\tPrefix\nMANPATH\t=:\t/m\\ an\t\n"
			"PATH\t=+=\t/sw/bin\t\nRESPIN_TEST_A\t+=\t/one\t\nRESPIN_TEST_A\t=+\t/"
			"end\t\n"
			"RESPIN_TEST_A\t+=\t/one\t\nRESPIN_TEST_B\t:=\tx\nnothing\n\n",
			at("sw")));
	unsetenv("MANPATH");
	unsetenv("RESPIN_TEST_A");
	project_environment(&w);
	assert_string_equal(getenv("OPAM_SWITCH_PREFIX"), at("sw"));
	assert_string_equal(getenv("MANPATH"), ":/m an");
	assert_string_equal(getenv("PATH"), str_format(&arena, "/sw/bin:%s", path));
	assert_string_equal(getenv("RESPIN_TEST_A"), "/one:/end");
	assert_string_equal(getenv("RESPIN_TEST_B"), "x:");
	setenv("PATH", path, 1);
	project_environment(&w); /* set already */
	assert_string_equal(getenv("PATH"), path);
}

/* ---- hand-written recipes -----------------------------------------------------------------------
 */

static void hand_written_recipes_win(void **state)
{
	(void)state;
	put_mirage("unix", "site");
	put("m/recipes/site/recipe.json",
		"{\"name\":\"site\",\"version\":\"1\",\"license\":\"ISC\",\"image\":{\"checks\":"
		"[{\"name\":\"page\",\"type\":\"http\",\"path\":\"/\"}]}}");
	put("m/recipes/mirage-tcpip/recipe.json",
		"{\"name\":\"mirage-tcpip\",\"version\":\"9\",\"license\":\"ISC\"}");
	struct workspace w = opened("m");
	struct recipe *site = recipe(&w, "site"), *tcpip = recipe(&w, "tcpip");
	assert_false(site->is_made);
	assert_int_equal(site->image->checks.n, 1);
	assert_string_equal(site->image->checks.v[0].name, "page");
	assert_string_equal(site->image->machine, "unix");
	assert_non_null(site->image->boot.command_line);
	assert_string_equal(site->build.dune->target, "dist/site");
	assert_string_equal(needs(site), "lwt mirage-tcpip site-unix");
	assert_string_equal(site->source.v[0].path, "../../.");
	assert_string_equal(site->source.v[0].in_root, ".");
	assert_string_equal(tcpip->version, "9");
	assert_string_equal(tcpip->build.dune->place, "duniverse/mirage-tcpip");
	assert_string_equal(tcpip->source.v[0].path, "../../duniverse/mirage-tcpip");
	assert_string_equal(tcpip->source.v[0].in_root, "duniverse/mirage-tcpip");
	put("m/recipes/nothing/recipe.json",
		"{\"name\":\"nothing\",\"version\":\"1\",\"license\":\"ISC\"}");
	struct err e = refused("m", E_INPUT);
	assert_non_null(strstr(e.text, "expected \"build\" or \"image\""));
}

static void a_recipe_by_hand_may_have_another_name(void **state)
{
	(void)state;
	put_plain();
	put("p/recipes/page/recipe.json",
		"{\"name\":\"page\",\"version\":\"1\",\"license\":\"ISC\",\"source\":[{\"path\":\"."
		"./..\"}],"
		"\"build\":{\"dune\":{\"place\":\".\",\"target\":\"bin/main.exe\"}},\"image\":{}}");
	put("p/recipes/own/recipe.json", "{\"name\":\"own\",\"version\":\"1\",\"license\":\"ISC\","
					 "\"source\":[{\"path\":\"../..\"}],"
					 "\"build\":{\"dune\":{\"place\":\"vendor/beta\"}}}");
	put("p/recipes/two/recipe.json",
		"{\"name\":\"two\",\"version\":\"1\",\"license\":\"ISC\",\"source\":[{\"path\":\".."
		"/..\"}],"
		"\"build\":{\"dune\":{\"place\":\"elsewhere\",\"packages\":[\"alpha\"]}}}");
	struct workspace w = opened("p");
	recipes closure;
	struct err e = {0};
	assert_string_equal(names(&w.all), "own page shop-project two unused");
	assert_string_equal(needs(recipe(&w, "page")), "own shop-project two");
	assert_string_equal(recipe(&w, "page")->image->machine, "process");
	assert_string_equal(needs(recipe(&w, "two")), "own");
	assert_ok(recipe_closure(&w, recipe(&w, "page"), &closure, &e));
	assert_int_equal(closure.n, 4);
}

static void names_of_packages_and_folders_find_the_unit(void **state)
{
	(void)state;
	put_mirage("unix", "site");
	struct workspace w = opened("m");
	struct recipe *r;
	struct err e = {0};
	assert_string_equal(recipe_of_package(&w, "tcpip")->name, "mirage-tcpip");
	assert_null(recipe_of_package(&w, "tcp"));
	static const char *const places[][2] = {{"duniverse/lwt/src/lwt.ml", "lwt"},
		{"duniverse/lwt", "lwt"}, {"duniverse/lwt2", "site-unix"}, {".", "site-unix"},
		{"unikernel.ml", "site-unix"}};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *full = path_join(&arena, w.root, places[i][0]);
		assert_string_equal(recipe_of_place(&w, places[i][0])->name, places[i][1]);
		assert_string_equal(recipe_of_place(&w, full)->name, places[i][1]);
	}
	assert_null(recipe_of_place(&w, "/elsewhere"));
	assert_false(recipe_find(&w, "tcpi", &r, &e));
	assert_string_equal(e.hint, "did you mean 'tcpip'?");
}

/* ---- kept ---------------------------------------------------------------------------------------
 */

static int64_t written(const char *name)
{
	struct stat st;
	assert_int_equal(stat(at(name), &st), 0);
	return st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
}

static void settle(void)
{
	usleep(50000); /* what changed just now is read once more, by its bytes */
}

static void what_was_read_is_kept(void **state)
{
	(void)state;
	put_plain();
	settle();
	opened("p");
	int64_t first = written("p/.respin/project.json");
	settle();
	assert_string_equal(opened_names("p"), "beta ocaml-alpha shop shop-project unused");
	assert_int_equal(written("p/.respin/project.json"), first);
	assert_string_equal(recipe(&(struct workspace){.a = &arena, .all = opened("p").all}, "shop")
				    ->image->checks.v[0]
				    .name,
		"boots");
	assert_int_equal(utime(at("p/bin/dune"), NULL), 0);
	opened("p");
	assert_int_equal(written("p/.respin/project.json"), first);
}

static void what_changed_is_read_again(void **state)
{
	(void)state;
	put_plain();
	settle();
	opened("p");
	put("p/vendor/gamma/gamma.opam", "opam-version: \"2.0\"\n");
	assert_non_null(recipe_of_package(&(struct workspace){.all = opened("p").all}, "gamma"));
	put("p/vendor/gamma/gamma.opam", "opam-version: \"2.0\"\nversion: \"8\"\n");
	struct workspace w = opened("p");
	assert_string_equal(recipe(&w, "gamma")->version, "8");
	struct err e = {0};
	assert_ok(tree_remove(at("p/vendor/gamma"), &e));
	assert_null(recipe_of_package(&(struct workspace){.all = opened("p").all}, "gamma"));
	put("lib/nowhere/META", "version = \"1\"\n");
	put("p/bin/dune", "(executable (name main) (libraries nowhere))\n");
	assert_int_equal(opened("p").missing.n, 0);
	assert_ok(tree_remove(at("lib/nowhere"), &e));
	assert_int_equal(opened("p").missing.n, 1);
}

static void what_is_kept_may_be_damaged_or_impossible(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "{", "[]", "{\"format\":\"respin project 1\"}",
		"{\"format\":\"other\",\"world\":\"\",\"marks\":[],\"recipes\":[]}"};
	put_plain();
	settle();
	opened("p");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		put("p/.respin/project.json", texts[i]);
		assert_int_equal(opened("p").all.n, 5);
	}
	struct err e = {0};
	assert_ok(tree_remove(at("p/.respin"), &e));
	put("p/.respin", "a file in the way");
	assert_int_equal(opened("p").all.n, 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {TEST(finds_the_root_as_dune_does),
	TEST(nothing_there_is_a_wrong_use), TEST(what_is_not_configured_says_what_to_run),
	TEST(respin_json_wins), TEST(a_mirage_project_in_a_workspace_is_its_own),
	TEST(a_recipe_for_each_vendored_source), TEST(an_image_for_each_program),
	TEST(a_version_is_of_its_own_source), TEST(a_mirage_project_has_one_image),
	TEST(lock_files_tell_versions_and_sources), TEST(the_target_names_the_project),
	TEST(a_config_that_changed_is_told), TEST(repositories_may_need_each_other),
	TEST(an_image_contains_only_what_it_links), TEST(virtual_libraries_and_preprocessors_count),
	TEST(packages_of_the_switch_are_sources), TEST(opam_adds_files_and_patches),
	TEST(the_switch_is_the_one_that_is_set), TEST(libraries_are_those_of_the_switch),
	TEST(programs_run_in_the_switch), TEST(hand_written_recipes_win),
	TEST(a_recipe_by_hand_may_have_another_name),
	TEST(names_of_packages_and_folders_find_the_unit), TEST(what_was_read_is_kept),
	TEST(what_changed_is_read_again), TEST(what_is_kept_may_be_damaged_or_impossible)};

RUN_TESTS("project")
