/* test_debian.c - Debian source packages, from mirrors on loopback that a made-up apt names.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "archives.h"
#include "fetch/fetch.h"
#include "http_server.h"
#include "sys/sys.h"

/* A package of source format 3.0 (quilt), as it is put together before it is served. */
struct package {
	const char *format;
	const char *version;
	struct str orig, debian;
	const char *more; /* lines for Checksums-Sha256 */
};

struct place {
	struct arena a;
	const char *root, *bin, *old_path;
	struct server server;
	struct package pkg;
	struct str dsc;
};

static struct str orig_tar(struct place *p)
{
	struct text t = {.a = &p->a};
	tar_file(&t, "demo-1.0/hello.c", 0644, "int one;\nint two;\nint three;\n");
	tar_file(&t, "demo-1.0/debian/old", 0644, "upstream's own, which Debian's replaces");
	return packed(&p->a, ARCHIVE_FILTER_XZ, tar_end(&t), 0);
}

static const char good_patch[] = "--- a/hello.c\n+++ b/hello.c\n@@ -1,3 +1,3 @@\n int one;\n"
				 "-int two;\n+int zwei;\n int three;\n";
static const char second_patch[] =
	"--- a/hello.c\n+++ b/hello.c\n@@ -1,3 +1,3 @@\n-int one;\n+int eins;\n"
	" int zwei;\n int three;\n";
static const char unfit_patch[] = "--- a/hello.c\n+++ b/hello.c\n@@ -1,3 +1,3 @@\n int ONE;\n"
				  "-int two;\n+int zwei;\n int three;\n";

static struct str debian_tar(struct place *p, const char *series, const char *first)
{
	struct text t = {.a = &p->a};
	tar_file(&t, "debian/control", 0644, "Source: libdemo\n");
	tar_file(&t, "debian/patches/series", 0644, series);
	tar_file(&t, "debian/patches/first", 0644, first);
	tar_file(&t, "debian/patches/second", 0644, second_patch);
	return packed(&p->a, ARCHIVE_FILTER_GZIP, tar_end(&t), 0);
}

static const char *sum_line(struct place *p, struct str bytes, const char *name)
{
	struct digest d = hash_bytes(bytes);
	return str_format(&p->a, " %s %zu %s\n", digest_hex(&p->a, &d), bytes.n, name);
}

static struct str dsc_text(struct place *p)
{
	struct package *k = &p->pkg;
	return str_of(str_format(&p->a,
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nFormat: %s\nSource: libdemo\n"
		"Version: %s\nChecksums-Sha256:\n%s%s%s\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
		"-----END PGP SIGNATURE-----\n",
		k->format, k->version, sum_line(p, k->orig, "libdemo_1.0+x.orig.tar.xz"),
		sum_line(p, k->debian, "libdemo_1.0+x-1.debian.tar.gz"), k->more));
}

static void script(struct place *p, const char *name, const char *text)
{
	struct err e;
	assert_ok(file_write(path_join(&p->a, p->bin, name),
		str_of(str_format(&p->a, "#!/bin/sh\n%s", text)), 0755, &e));
}

/* Programs called apt-get and apt-config, first in PATH: two mirrors, no proxy. */
static void make_apt(struct place *p)
{
	p->bin = path_join(&p->a, p->root, "bin");
	struct err e;
	assert_ok(dir_make(p->bin, &e));
	script(p, "apt-get",
		str_format(&p->a,
			"[ \"$1 $2 $3 $4\" = 'indextargets --format $(SITE)|$(COMPONENT) "
			"Created-By: Packages' ] || exit 9\n"
			"echo 'http://127.0.0.1:%d/empty|main'\n"
			"echo 'http://127.0.0.1:%d/debian|main'\n",
			p->server.port, p->server.port));
	script(p, "apt-config", "echo \"$2='DIRECT'\"\n");
	p->old_path = str_copy(&p->a, str_of(getenv("PATH")));
	setenv("PATH", str_format(&p->a, "%s:%s", p->bin, p->old_path), 1);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err e;
	assert_ok(dir_make_temp(&p->a, "/tmp/respin-debian.", &p->root, &e));
	term_init(true, 0, false);
	http_open(&p->server);
	make_apt(p);
	p->pkg = (struct package){.format = "3.0 (quilt)",
		.version = "2:1.0+x-1",
		.orig = orig_tar(p),
		.debian = debian_tar(p, "first\nsecond\n", good_patch),
		.more = ""};
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	struct err e;
	setenv("PATH", p->old_path, 1);
	http_stop(&p->server);
	assert_ok(tree_remove(p->root, &e));
	arena_free(&p->a);
	free(p);
	return 0;
}

static void serve(struct place *p)
{
	static const char pool[] = "/debian/pool/main/libd/libdemo/libdemo_1.0%2bx";
	p->dsc = dsc_text(p);
	http_page(&p->server, str_format(&p->a, "%s-1.dsc", pool), WHOLE)->body = p->dsc;
	http_page(&p->server, str_format(&p->a, "%s.orig.tar.xz", pool), WHOLE)->body = p->pkg.orig;
	http_page(&p->server, str_format(&p->a, "%s-1.debian.tar.gz", pool), WHOLE)->body =
		p->pkg.debian;
	http_go(&p->server);
}

static bool ensure(struct place *p, struct tree *out, struct err *e)
{
	struct digest pin = hash_bytes(p->dsc);
	struct source place = {
		.debian = "libdemo", .version = "2:1.0+x-1", .sha256 = digest_hex(&p->a, &pin)};
	struct recipe r = {.name = "demo", .version = "1.0", .file = "recipe.json", .dir = p->root};
	r.source.v = &place;
	r.source.n = 1;
	struct workspace w = {.a = &p->a, .root = p->root, .state = p->root};
	return source_ensure(&w, &r, out, e);
}

static void assert_fails(struct place *p, enum code code, const char *text)
{
	struct tree t;
	struct err e = {0};
	assert_false(ensure(p, &t, &e));
	assert_string_equal(e.text, text);
	assert_int_equal(e.code, code);
	strings sources = {0};
	assert_ok(dir_list(&p->a, path_join(&p->a, p->root, "sources"), &sources, &e));
	assert_int_equal(sources.n, 0);
}

static void assert_holds(struct place *p, struct tree *t, const char *name, const char *text)
{
	struct str bytes;
	struct err e;
	assert_ok(file_read(&p->a, path_join(&p->a, t->dir, name), 4096, &bytes, &e));
	assert_str(bytes, text);
}

static void a_package_comes_with_its_patches(void **state)
{
	struct place *p = *state;
	serve(p);
	struct tree t;
	struct err e = {0};
	assert_ok(ensure(p, &t, &e));
	assert_string_equal(t.origin, "debian libdemo 2:1.0+x-1");
	assert_holds(p, &t, "hello.c", "int eins;\nint zwei;\nint three;\n");
	assert_holds(p, &t, "debian/control", "Source: libdemo\n");
	assert_false(file_exists(path_join(&p->a, t.dir, "debian/old")));
	assert_false(file_exists(path_join(&p->a, t.dir, "hello.c.orig")));
	assert_false(file_exists(path_join(&p->a, t.dir, "debian.raw")));
}

static void what_was_downloaded_needs_neither_net_nor_apt(void **state)
{
	struct place *p = *state;
	serve(p);
	struct tree t;
	struct err e = {0};
	assert_ok(ensure(p, &t, &e));
	assert_ok(tree_remove(path_join(&p->a, p->root, "sources"), &e));
	kill(p->server.pid, SIGSTOP);
	script(p, "apt-get", "exit 1\n");
	assert_ok(ensure(p, &t, &e));
	assert_holds(p, &t, "hello.c", "int eins;\nint zwei;\nint three;\n");
}

static void a_patch_that_does_not_apply_exactly_is_an_error(void **state)
{
	struct place *p = *state;
	p->pkg.debian = debian_tar(p, "first\nsecond\n", unfit_patch);
	serve(p);
	assert_fails(p, E_INPUT,
		"source of demo: debian/patches/first does not apply: patch exited with status 1:\n"
		"patching file hello.c\nHunk #1 FAILED at 1.\n1 out of 1 hunk FAILED");
}

static void a_tarball_that_does_not_match_its_dsc_is_not_taken(void **state)
{
	struct place *p = *state;
	struct str right = p->pkg.orig;
	serve(p);
	kill(p->server.pid, SIGKILL);
	waitpid(p->server.pid, NULL, 0);
	p->server.pid = 0;
	struct tree t;
	struct err e = {0};
	/* What a former run kept is looked at again, and the net is asked where it is rotten. */
	struct digest d = hash_bytes(right);
	assert_ok(dir_make(path_join(&p->a, p->root, "downloads"), &e));
	assert_ok(file_write(str_format(&p->a, "%s/downloads/%s", p->root, digest_hex(&p->a, &d)),
		S("rotten"), 0644, &e));
	d = hash_bytes(p->dsc);
	assert_ok(file_write(str_format(&p->a, "%s/downloads/%s", p->root, digest_hex(&p->a, &d)),
		p->dsc, 0644, &e));
	assert_false(ensure(p, &t, &e));
	assert_int_equal(e.code, E_NET);
	assert_non_null(strstr(e.text, "libdemo_1.0+x.orig.tar.xz: none of 2 mirrors gives it"));
}

static void every_url_that_was_tried_is_named(void **state)
{
	struct place *p = *state;
	p->dsc = dsc_text(p);
	http_go(&p->server);
	int port = p->server.port;
	assert_fails(p, E_NET,
		str_format(&p->a,
			"source of demo: libdemo_1.0+x-1.dsc: none of 2 mirrors gives it:\n"
			"  "
			"http://127.0.0.1:%d/empty/pool/main/libd/libdemo/libdemo_1.0%%2bx-1.dsc: "
			"the server answered 404\n"
			"  "
			"http://127.0.0.1:%d/debian/pool/main/libd/libdemo/libdemo_1.0%%2bx-1.dsc: "
			"the server answered 404",
			port, port));
}

static void other_source_formats_are_refused(void **state)
{
	struct place *p = *state;
	p->pkg.format = "2.0";
	serve(p);
	assert_fails(p, E_INPUT,
		"source of demo: libdemo 2:1.0+x-1: its source format '2.0' is not supported");
}

static const char old_diff[] =
	"--- demo-1.0.orig/hello.c\n+++ demo-1.0/hello.c\n@@ -1,3 +1,3 @@\n int one;\n-int two;\n"
	"+int deux;\n int three;\n--- demo-1.0.orig/debian/rules\n+++ demo-1.0/debian/rules\n"
	"@@ -0,0 +1 @@\n+#!/usr/bin/make -f\n";

/* Serves DIFF as the package's .diff.gz. */
static void serve_old(struct place *p, const char *diff)
{
	const char *file = path_join(&p->a, p->root, "diff");
	struct outcome o;
	struct err e;
	p->pkg.format = "1.0";
	assert_ok(file_write(file, str_of(diff), 0644, &e));
	const char *const argv[] = {"gzip", "-c", file, NULL};
	assert_ok(command_must(&p->a, &(struct command){.argv = argv}, &o, &e));
	p->pkg.more = sum_line(p, o.output, "libdemo_1.0+x-1.diff.gz");
	http_page(&p->server, "/debian/pool/main/libd/libdemo/libdemo_1.0%2bx-1.diff.gz", WHOLE)
		->body = o.output;
	serve(p);
}

static void format_1_0_is_upstream_and_a_diff(void **state)
{
	struct place *p = *state;
	struct tree t;
	struct err e = {0};
	serve_old(p, old_diff);
	assert_ok(ensure(p, &t, &e));
	assert_holds(p, &t, "hello.c", "int one;\nint deux;\nint three;\n");
	assert_holds(p, &t, "debian/rules", "#!/usr/bin/make -f\n");
	assert_int_equal(access(path_join(&p->a, t.dir, "debian/rules"), X_OK), 0);
}

static void a_diff_that_does_not_apply_is_an_error(void **state)
{
	struct place *p = *state;
	serve_old(p, unfit_patch);
	assert_fails(p, E_INPUT,
		"source of demo: the .diff.gz does not apply: patch exited with status 1:\n"
		"patching file hello.c\nHunk #1 FAILED at 1.\n1 out of 1 hunk FAILED");
}

static void a_dsc_of_another_version_is_refused(void **state)
{
	struct place *p = *state;
	p->pkg.version = "9";
	serve(p);
	assert_fails(p, E_INPUT,
		"source of demo: libdemo_1.0+x-1.dsc: is of libdemo 9, "
		"but the recipe says libdemo 2:1.0+x-1");
}

static void components_get_folders_of_their_own(void **state)
{
	struct place *p = *state;
	struct text t = {.a = &p->a};
	tar_file(&t, "extra-3/file", 0644, "extra");
	struct str extra = packed(&p->a, ARCHIVE_FILTER_BZIP2, tar_end(&t), 0);
	p->pkg.more =
		str_format(&p->a, "%s%s", sum_line(p, extra, "libdemo_1.0+x.orig-extra.tar.bz2"),
			sum_line(p, S("sig"), "libdemo_1.0+x.orig-extra.tar.bz2.asc"));
	http_page(&p->server, "/debian/pool/main/libd/libdemo/libdemo_1.0%2bx.orig-extra.tar.bz2",
		WHOLE)
		->body = extra;
	serve(p);
	struct tree tree;
	struct err e = {0};
	assert_ok(ensure(p, &tree, &e));
	assert_holds(p, &tree, "extra/file", "extra");
	assert_holds(p, &tree, "hello.c", "int eins;\nint zwei;\nint three;\n");
}

static void no_apt_is_said_with_what_to_do(void **state)
{
	struct place *p = *state;
	p->dsc = dsc_text(p);
	struct err e = {0};
	const char *empty = path_join(&p->a, p->root, "nothing");
	assert_ok(dir_make(empty, &e));
	setenv("PATH", empty, 1);
	struct tree t;
	assert_false(ensure(p, &t, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_non_null(strstr(e.text, "apt-get"));
	assert_non_null(strstr(e.hint, "url or git source"));
}

static void no_mirror_is_said_with_what_to_do(void **state)
{
	struct place *p = *state;
	p->dsc = dsc_text(p);
	script(p, "apt-get", "echo 'cdrom:disk|main'\n");
	assert_fails(p, E_NET, "source of demo: apt's configuration names no http or https mirror");
}

static void versions_of_upstream(void **state)
{
	static const char *const versions[][2] = {{"1.2-3", "1.2"}, {"2:1.2~rc1-3", "1.2~rc1"},
		{"1:1.2.13.dfsg-1", "1.2.13"}, {"2.1.3+dfsg1-2", "2.1.3"}, {"1.0-2-3", "1.0-2"},
		{"1.0", "1.0"}, {"4.1~ds1-1", "4.1"}, {"", ""}};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		assert_string_equal(debian_upstream(&p->a, versions[i][0]), versions[i][1]);
}

/* Makes apt-cache print INDEX. */
static void put_index(struct place *p, const char *index)
{
	struct err e;
	const char *script = str_format(&p->a, "#!/bin/sh\ncat <<'END'\n%s\nEND\n", index);
	assert_ok(file_write(path_join(&p->a, p->bin, "apt-cache"), str_of(script), 0755, &e));
}

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define STANZA(version, sum)                                                                       \
	"Package: demo\nVersion: " version "\nChecksums-Sha256:\n " SUM_A " 1 demo.tar.xz\n " sum  \
	" 2 demo.dsc\n\n"

static void apt_knows_checksums(void **state)
{
	struct place *p = *state;
	struct err e = {0};
	struct source s = {0};
	put_index(p, STANZA("1.0-1", SUM_A) STANZA("2.0-1", SUM_B) STANZA("2.0-1", SUM_B));
	assert_ok(source_find_debian(&p->a, "demo", "2.0", &s, &e));
	assert_string_equal(s.version, "2.0-1");
	assert_string_equal(s.sha256, SUM_B);
	assert_ok(source_find_debian(&p->a, "demo", "1.0-1", &s, &e));
	assert_string_equal(s.sha256, SUM_A);
	assert_false(source_find_debian(&p->a, "demo", "3.0", &s, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.text, "1.0-1, 2.0-1"));
	assert_false(source_find_debian(&p->a, "other", "1.0", &s, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	put_index(p, STANZA("2.0-1", SUM_A) STANZA("2.0-2", SUM_B));
	assert_false(source_find_debian(&p->a, "demo", "2.0", &s, &e));
	assert_int_equal(e.code, E_USAGE);
	put_index(p, "Package: demo\nVersion: 1.0-1\nChecksums-Sha256:\n 12 2 demo.dsc\n :\n:::");
	assert_false(source_find_debian(&p->a, "demo", "1.0", &s, &e));
}

/* A made recipe names no checksum: apt's is taken, and stays what it was. */
static void apt_pins_what_no_recipe_pins(void **state)
{
	struct place *p = *state;
	struct source place = {.debian = "libdemo", .version = "2:1.0+x-1"};
	struct recipe r = {.name = "demo", .version = "1.0", .file = "META", .dir = p->root};
	struct workspace w = {.a = &p->a, .root = p->root, .state = p->root};
	struct tree t, again;
	struct err e = {0};
	r.source.v = &place;
	r.source.n = 1;
	serve(p);
	struct digest pin = hash_bytes(p->dsc);
	assert_ok(source_locate(&w, &r, &t, &e));
	assert_null(t.dir);
	assert_null(t.sha256);
	put_index(p, "");
	assert_false(source_ensure(&w, &r, &t, &e));
	assert_int_equal(e.code, E_IO);
	assert_non_null(strstr(e.text, "source of demo: apt's index of sources has libdemo in no"));
	put_index(p, str_format(&p->a,
			     "Package: libdemo\nVersion: 2:1.0+x-1\nChecksums-Sha256:\n %s 1 x.dsc",
			     digest_hex(&p->a, &pin)));
	assert_ok(source_ensure(&w, &r, &t, &e));
	assert_string_equal(t.sha256, digest_hex(&p->a, &pin));
	assert_holds(p, &t, "hello.c", "int eins;\nint zwei;\nint three;\n");
	put_index(p, "Package: libdemo\nVersion: 2:1.0+x-1\nChecksums-Sha256:\n " SUM_A " 1 x.dsc");
	assert_ok(source_ensure(&w, &r, &again, &e));
	assert_string_equal(again.dir, t.dir);
	assert_ok(source_locate(&w, &r, &again, &e));
	assert_string_equal(again.sha256, t.sha256);
	assert_ok(file_write(path_join(&p->a, p->root, "pins"),
		S("libdemo 2:1.0+x-1 short\nlibdemo 2:1.0+x-12 " SUM_A "\nlibdemo\n"), 0644, &e));
	assert_ok(source_locate(&w, &r, &again, &e));
	assert_null(again.dir);
}

static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	CASE(a_package_comes_with_its_patches),
	CASE(versions_of_upstream),
	CASE(apt_knows_checksums),
	CASE(apt_pins_what_no_recipe_pins),
	CASE(what_was_downloaded_needs_neither_net_nor_apt),
	CASE(a_patch_that_does_not_apply_exactly_is_an_error),
	CASE(a_tarball_that_does_not_match_its_dsc_is_not_taken),
	CASE(every_url_that_was_tried_is_named),
	CASE(other_source_formats_are_refused),
	CASE(format_1_0_is_upstream_and_a_diff),
	CASE(a_diff_that_does_not_apply_is_an_error),
	CASE(a_dsc_of_another_version_is_refused),
	CASE(components_get_folders_of_their_own),
	CASE(no_apt_is_said_with_what_to_do),
	CASE(no_mirror_is_said_with_what_to_do),
};
RUN_TESTS("debian")
