/* test_fetch.c - the small readers of fetch: .dsc, series, apt's mirrors, names and links.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "fetch/dsc.h"
#include "fetch/mirrors.h"
#include "fetch/quilt.h"
#include "fetch/rules.h"

/* ---- .dsc --------------------------------------------------------------------------------------
 */

#define SUM "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24"
#define FIELDS "Format: 3.0 (quilt)\nSource: demo\nVersion: 1:1.0-1\n"
#define FILES                                                                                      \
	"Checksums-Sha256:\n " SUM " 42 demo_1.0.orig.tar.xz\n " SUM " 7 "                         \
	"demo_1.0-1.debian.tar.xz\n"
#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
#define SIGNATURE "\n-----BEGIN PGP SIGNATURE-----\n\niQJL\n-----END PGP SIGNATURE-----\n"

static void assert_demo(struct str text)
{
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	struct dsc d = {0};
	assert_ok(dsc_read(&a, text, &d, &e));
	assert_string_equal(d.format, "3.0 (quilt)");
	assert_string_equal(d.source, "demo");
	assert_string_equal(d.version, "1:1.0-1");
	assert_int_equal(d.files.n, 2);
	assert_string_equal(d.files.v[0].name, "demo_1.0.orig.tar.xz");
	assert_int_equal(d.files.v[0].size, 42);
	assert_string_equal(digest_hex(&a, &d.files.v[0].sha256), SUM);
	assert_int_equal(d.files.v[1].size, 7);
}

static void dsc_is_read_signed_and_plain(void **state)
{
	(void)state;
	assert_demo(S(FIELDS FILES));
	assert_demo(S(BEGIN FIELDS FILES SIGNATURE));
	assert_demo(S(FIELDS "Files:\n abc 1 other\n" FILES));
	assert_demo(S("Format: 3.0 (quilt)\r\nSource: demo\r\nVersion: 1:1.0-1\r\n" FILES));
	assert_demo(S(BEGIN FIELDS "- -Odd: x\n" FILES SIGNATURE));
}

static void bad_dsc_says_where(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", ".dsc: it lacks one of Format, Source, Version and Checksums-Sha256"},
		{FIELDS, ".dsc: it lacks one of Format, Source, Version and Checksums-Sha256"},
		{FIELDS "Checksums-Sha256:\n " SUM " 42 ../evil\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256:\n " SUM " 42 a/b\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256:\n " SUM " 42 .hidden\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256:\n " SUM " -1 name\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256:\n " SUM " 99999999999999999999 name\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256:\n 0a8276 42 name\n",
			".dsc, line 5: expected a SHA-256, a size and a plain file name"},
		{FIELDS "Checksums-Sha256: " SUM " 42 name\n",
			".dsc, line 4: expected the files in lines of their own"},
		{FIELDS FILES " " SUM " 42 demo_1.0.orig.tar.xz\n",
			".dsc, line 7: a file that is listed twice"},
		{FIELDS "Version: 2\n" FILES, ".dsc, line 4: a field that is there already"},
		{FIELDS "no colon\n" FILES, ".dsc, line 4: expected 'Field: value'"},
		{" " FIELDS, ".dsc, line 1: a continuation of nothing"},
		{FIELDS FILES "\nSource: other\n", ".dsc, line 8: a second paragraph"},
		{BEGIN FIELDS FILES, ".dsc, line 9: the signature is missing: the file is cut off"},
		{"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n",
			".dsc, line 2: the signed message has no text"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		struct err e = {0};
		struct dsc d;
		assert_false(dsc_read(&a, str_of(cases[i].text), &d, &e));
		assert_string_equal(e.text, cases[i].error);
		assert_int_equal(e.code, E_INPUT);
	}
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	struct dsc d;
	assert_false(dsc_read(&a, S("Format: 3.0\0(quilt)\n"), &d, &e));
	assert_string_equal(e.text, ".dsc, line 1: a NUL byte");
}

/* ---- series
 * -------------------------------------------------------------------------------------- */

static void assert_patch(const struct quilt_patch *p, const char *name, int strip, bool reverse)
{
	assert_string_equal(p->name, name);
	assert_int_equal(p->strip, strip);
	assert_int_equal(p->reverse, reverse);
}

static void series_has_comments_and_options(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	quilt_patches p = {0};
	assert_ok(quilt_series(&a,
		S("# first\none.patch\n\n  two.patch -p0\r\nsub/three\t-R  # why\n#four -x\n"
		  "f#ive -p 2 -R\nsix"),
		&p, &e));
	assert_int_equal(p.n, 5);
	assert_patch(&p.v[0], "one.patch", 1, false);
	assert_patch(&p.v[1], "two.patch", 0, false);
	assert_patch(&p.v[2], "sub/three", 1, true);
	assert_patch(&p.v[3], "f#ive", 2, true);
	assert_patch(&p.v[4], "six", 1, false);
}

static void series_options_are_known_or_refused(void **state)
{
	static const char *const lines[][2] = {{"-x", "-x"}, {"-p", ""}, {"-p -R", "-R"},
		{"-p1x", "1x"}, {"-p65", "65"}, {"-R other", "other"}};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		defer(arena_free) struct arena a = {0};
		struct err e = {0};
		quilt_patches p = {0};
		struct str text = str_of(str_format(&a, "good\nbad %s\n", lines[i][0]));
		assert_false(quilt_series(&a, text, &p, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_non_null(strstr(e.text, "debian/patches/series, line 2: "));
		assert_non_null(strstr(e.hint, "-pN"));
	}
}

static void series_stays_in_its_folder(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	quilt_patches names = {0};
	assert_false(quilt_series(&a, S("fine\n../../../etc/passwd\n"), &names, &e));
	assert_string_equal(
		e.text, "debian/patches/series: '../../../etc/passwd' refused: '..' in its path");
	assert_false(quilt_series(&a, S("/etc/passwd\n"), &names, &e));
	assert_string_equal(
		e.text, "debian/patches/series: '/etc/passwd' refused: an absolute path");
	assert_int_equal(e.code, E_UNSAFE);
}

/* ---- mirrors
 * --------------------------------------------------------------------------------------- */

static void mirrors_come_once_and_in_order(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	strings pools = {0};
	mirrors_parse(&a,
		S("http://one/debian|main\nhttp://one/debian|contrib\nhttps://two/d-security/"
		  "|main\n"
		  "http://one/debian|main\nfile:/srv/mirror|main\ncdrom:disk|main\nhttp://"
		  "flat|\nhttp://flat/|$(COMPONENT)\n\n"),
		&pools);
	assert_int_equal(pools.n, 4);
	assert_string_equal(pools.v[0], "http://one/debian/pool/main");
	assert_string_equal(pools.v[1], "http://one/debian/pool/contrib");
	assert_string_equal(pools.v[2], "https://two/d-security/pool/main");
	assert_string_equal(pools.v[3], "https://two/d-security/pool/updates/main");
}

static void the_index_names_files_by_their_urls(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	mirrors_files files = {0};
	mirrors_parse_files(&a,
		S("Reading package lists...\n'http://m/./odd/nat_7.dsc' nat_7.dsc 12 SHA256:00\n"
		  "'file:/srv/x.dsc' x.dsc 1 \n'http://m/y.dsc'\n'http://m/z\n'\n"
		  "'https://m/nat_7.tar.xz' nat_7.tar.xz"),
		&files);
	assert_int_equal(files.n, 2);
	assert_string_equal(files.v[0].name, "nat_7.dsc");
	assert_string_equal(files.v[0].url, "http://m/./odd/nat_7.dsc");
	assert_string_equal(files.v[1].name, "nat_7.tar.xz");
	assert_string_equal(files.v[1].url, "https://m/nat_7.tar.xz");
}

static void pool_urls_are_as_debian_lays_them_out(void **state)
{
	static const struct {
		const char *source, *file, *url;
	} cases[] = {
		{"lwip", "lwip_2.1.3+dfsg1-2.dsc",
			"http://m/pool/main/l/lwip/lwip_2.1.3%2bdfsg1-2.dsc"},
		{"libpcap", "libpcap_1.dsc", "http://m/pool/main/libp/libpcap/libpcap_1.dsc"},
		{"lib", "lib_1.dsc", "http://m/pool/main/l/lib/lib_1.dsc"},
		{"g++", "g++_1~rc1.dsc", "http://m/pool/main/g/g%2b%2b/g%2b%2b_1~rc1.dsc"},
	};
	(void)state;
	defer(arena_free) struct arena a = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
			pool_url(&a, "http://m/pool/main", cases[i].source, cases[i].file),
			cases[i].url);
}

static void https_has_a_proxy_of_its_own_or_that_of_http(void **state)
{
	(void)state;
	const struct mirrors both = {.proxy = {"http://p:1", ""}};
	const struct mirrors one = {.proxy = {"http://p:1", NULL}};
	assert_string_equal(mirrors_proxy(&both, "http://x"), "http://p:1");
	assert_string_equal(mirrors_proxy(&both, "https://x"), "");
	assert_string_equal(mirrors_proxy(&one, "https://x"), "http://p:1");
	assert_null(mirrors_proxy(&(struct mirrors){.proxy = {NULL}}, "http://x"));
}

/* ---- names and links
 * --------------------------------------------------------------------------------- */

static void ordinary_names_are_let_through(void **state)
{
	static const char *const names[] = {"a", "./a", "a/", "a//b", "-rf", ".gitignore",
		".gitattributes", "a/.github/x", "git~2", "..a", "a..", "...", "gits",
		"caf\xc3\xa9", "latin1-\xe9", "a b", "a\\b", "./", "."};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_null(name_refused(str_of(names[i]), 64));
	assert_null(name_refused(S("a/b/c"), 3));
	assert_string_equal(name_refused(S("a/b/c/d"), 3), "too many folders deep");
	assert_string_equal(name_refused(S(""), 3), "it has no name");
	assert_string_equal(name_refused(S("a\0b"), 3), "control characters in its name");
}

static void names_are_cleaned(void **state)
{
	static const char *const pairs[][2] = {
		{"./a//b/./c/", "a/b/c"}, {"./", ""}, {".", ""}, {"a", "a"}, {"...", "..."}};
	(void)state;
	defer(arena_free) struct arena a = {0};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_string_equal(name_clean(&a, str_of(pairs[i][0])), pairs[i][1]);
}

static void links_know_their_height(void **state)
{
	static const struct {
		const char *name, *target;
		size_t height;
	} cases[] = {{"a", "b", 0}, {"a/b", "c", 1}, {"a/b/c", "../d", 1}, {"a/b/c", "../../d", 0},
		{"a/b", "./.././c", 0}, {"a/b/c/d", "x/y", 3}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t height = 99;
		assert_null(link_refused(str_of(cases[i].name), str_of(cases[i].target), &height));
		assert_int_equal(height, cases[i].height);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(dsc_is_read_signed_and_plain),
	cmocka_unit_test(bad_dsc_says_where),
	cmocka_unit_test(series_has_comments_and_options),
	cmocka_unit_test(series_options_are_known_or_refused),
	cmocka_unit_test(series_stays_in_its_folder),
	cmocka_unit_test(mirrors_come_once_and_in_order),
	cmocka_unit_test(the_index_names_files_by_their_urls),
	cmocka_unit_test(pool_urls_are_as_debian_lays_them_out),
	cmocka_unit_test(https_has_a_proxy_of_its_own_or_that_of_http),
	cmocka_unit_test(ordinary_names_are_let_through),
	cmocka_unit_test(names_are_cleaned),
	cmocka_unit_test(links_know_their_height),
};
RUN_TESTS("fetch")
