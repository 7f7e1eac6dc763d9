/* test_unpack.c - what becomes of archives, good ones and hostile ones.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "archives.h"
#include "fetch/confine.h"
#include "fetch/unpack.h"
#include "sys/sys.h"

/* The folder that unpacking may write to, and around it a canary that nothing may touch. */
struct place {
	struct arena a;
	const char *root, *dir;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err e;
	assert_ok(dir_make_temp(&p->a, "/tmp/respin-unpack.", &p->root, &e));
	p->dir = path_join(&p->a, p->root, "out");
	assert_ok(file_write(path_join(&p->a, p->root, "canary"), S("alive"), 0600, &e));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	struct err e;
	assert_ok(tree_remove(p->root, &e));
	arena_free(&p->a);
	free(p);
	return 0;
}

static const struct limits usual = LIMITS_DEFAULT;

static bool unpack_within(
	struct place *p, struct str bytes, const struct limits *limits, struct err *e)
{
	assert_true(tree_remove(p->dir, e));
	assert_true(dir_make(p->dir, e));
	struct unpacker u;
	assert_true(unpack_start(&u, "x.tar", p->dir, limits, e));
	unpack_feed(&u, bytes);
	return unpack_end(&u, e);
}

static bool unpack(struct place *p, struct str bytes, struct err *e)
{
	return unpack_within(p, bytes, &usual, e);
}

static struct text new_text(struct place *p)
{
	return (struct text){.a = &p->a};
}

static const char *read_back(struct place *p, const char *name)
{
	struct str bytes;
	struct err e;
	assert_ok(file_read(&p->a, path_join(&p->a, p->dir, name), 1 << 20, &bytes, &e));
	return bytes.p;
}

static mode_t mode_of(struct place *p, const char *name)
{
	struct stat st;
	assert_int_equal(lstat(path_join(&p->a, p->dir, name), &st), 0);
	return st.st_mode;
}

/* Nothing beside the folder, and in it only files, folders and links without special bits. */
static void assert_contained(struct place *p)
{
	struct err e;
	strings around = {0}, inside = {0};
	assert_ok(dir_list(&p->a, p->root, &around, &e));
	assert_int_equal(around.n, 2);
	assert_ok(tree_list(&p->a, p->dir, NULL, &inside, &e));
	vec_for(name, &inside) {
		mode_t mode = mode_of(p, *name);
		assert_true(S_ISREG(mode) || S_ISLNK(mode));
		assert_int_equal(mode & (S_ISUID | S_ISGID | S_ISVTX), 0);
	}
	struct str canary;
	assert_ok(file_read(&p->a, path_join(&p->a, p->root, "canary"), 100, &canary, &e));
	assert_string_equal(canary.p, "alive");
}

static void assert_refused(struct place *p, struct str bytes, enum code code, const char *text)
{
	struct err e = {0};
	assert_false(unpack(p, bytes, &e));
	assert_string_equal(e.text, text);
	assert_int_equal(e.code, code);
	assert_contained(p);
}

/* ---- good archives --------------------------------------------------------------------------- */

static struct str good_tar(struct place *p)
{
	struct text t = new_text(p);
	tar_other(&t, "./", '5', "");
	tar_other(&t, "./top/", '5', "");
	tar_file(&t, "top/-rf", 0644, "dash");
	tar_file(&t, "top//./configure", 04755, "#!/bin/sh");
	tar_other(&t, "top/link", '2', "configure");
	tar_other(&t, "top/src/up", '2', "../configure");
	tar_other(&t, "top/hard", '1', "top/configure");
	tar_pax(&t, "path", "top/na\xc3\xafve.c");
	tar_file(&t, "top/x", 0400, "int x;");
	tar_header(&t, S("top/dir"), '5', "", 0, 0);
	tar_file(&t, "top/dir/file", 0, "");
	return tar_end(&t);
}

static void assert_good(struct place *p)
{
	assert_string_equal(read_back(p, "top/-rf"), "dash");
	assert_string_equal(read_back(p, "top/src/up"), "#!/bin/sh");
	assert_string_equal(read_back(p, "top/hard"), "#!/bin/sh");
	assert_string_equal(read_back(p, "top/na\xc3\xafve.c"), "int x;");
	assert_int_equal(mode_of(p, "top/configure"), S_IFREG | 0755);
	assert_int_equal(mode_of(p, "top/na\xc3\xafve.c"), S_IFREG | 0644);
	assert_int_equal(mode_of(p, "top/dir"), S_IFDIR | 0755);
	assert_int_equal(mode_of(p, "top/dir/file"), S_IFREG | 0644);
	assert_contained(p);
}

static void tar_unpacks_under_every_codec(void **state)
{
	static const int codecs[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
		ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		struct err e = {0};
		assert_ok(unpack(p, packed(&p->a, codecs[i], good_tar(p), 0), &e));
		assert_good(p);
	}
}

static void zip_unpacks_with_modes_and_links(void **state)
{
	struct place *p = *state;
	const struct zip_entry entries[] = {{"top/", AE_IFDIR | 0700, "", 0},
		{"top/run", AE_IFREG | 0755, "#!", 0}, {"top/link", AE_IFLNK | 0777, "run", 0},
		{"top/plain", AE_IFREG | 0600, "text", 0}};
	struct err e = {0};
	assert_ok(unpack(p, zipped(&p->a, entries, 4), &e));
	assert_int_equal(mode_of(p, "top/run"), S_IFREG | 0755);
	assert_int_equal(mode_of(p, "top/link") & S_IFMT, S_IFLNK);
	assert_string_equal(read_back(p, "top/link"), "#!");
	assert_string_equal(read_back(p, "top/plain"), "text");
	assert_contained(p);
}

static void times_are_kept(void **state)
{
	struct place *p = *state;
	struct err e;
	assert_ok(unpack(p, good_tar(p), &e));
	struct stamp s;
	assert_true(file_stamp(path_join(&p->a, p->dir, "top/-rf"), &s));
	assert_int_equal(s.mtime_ns / 1000000000, 1000000000);
}

/* ---- names ------------------------------------------------------------------------------------
 */

static void hostile_names_are_refused(void **state)
{
	static const struct {
		const char *name, *shown, *rule;
	} cases[] = {
		{"/tmp/evil", "/tmp/evil", "an absolute path"},
		{"//tmp/evil", "//tmp/evil", "an absolute path"},
		{"../evil", "../evil", "'..' in its path"},
		{"a/../../evil", "a/../../evil", "'..' in its path"},
		{"a/..", "a/..", "'..' in its path"},
		{"./../evil", "./../evil", "'..' in its path"},
		{".git/hooks/post-checkout", ".git/hooks/post-checkout",
			"git's own folder in its path"},
		{"a/.GIT/config", "a/.GIT/config", "git's own folder in its path"},
		{"a/.git", "a/.git", "git's own folder in its path"},
		{"GIT~1/config", "GIT~1/config", "git's own folder in its path"},
		{".git. ./config", ".git. ./config", "git's own folder in its path"},
		{".git::$INDEX_ALLOCATION/x", ".git::$INDEX_ALLOCATION/x",
			"git's own folder in its path"},
		{"a\nb", "a\\x0ab", "control characters in its name"},
		{"a\x1b[31mb", "a\\x1b[31mb", "control characters in its name"},
		{"a\xc2\x9b\x33mb", "a\\xc2\\x9b3mb", "control characters in its name"},
		{"a\x7f", "a\\x7f", "control characters in its name"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text t = new_text(p);
		tar_file(&t, "before", 0644, "x");
		tar_file(&t, cases[i].name, 0644, "evil");
		assert_refused(p, tar_end(&t), E_UNSAFE,
			str_format(&p->a, "x.tar: entry '%s' refused: %s", cases[i].shown,
				cases[i].rule));
		assert_string_equal(read_back(p, "before"), "x");
	}
}

static void pax_headers_get_no_name_past_the_rules(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	tar_pax(&t, "path", "a/../../evil");
	tar_file(&t, "harmless", 0644, "x");
	assert_refused(
		p, tar_end(&t), E_UNSAFE, "x.tar: entry 'a/../../evil' refused: '..' in its path");
	struct text u = new_text(p);
	tar_pax(&u, "linkpath", "/etc/passwd");
	tar_other(&u, "link", '2', "harmless");
	assert_refused(p, tar_end(&u), E_UNSAFE,
		"x.tar: entry 'link' refused: a link to an absolute path");
}

static const char *repeated(struct place *p, const char *part, size_t n)
{
	struct text t = new_text(p);
	while (n--)
		text_addz(&t, part);
	return t.p;
}

static void long_and_deep_names_are_refused(void **state)
{
	struct place *p = *state;
	struct text deep = new_text(p), wide = new_text(p), whole = new_text(p);
	tar_pax(&deep, "path", repeated(p, "d/", 65));
	tar_other(&deep, "x", '5', "");
	assert_refused(p, tar_end(&deep), E_UNSAFE,
		str_format(&p->a, "x.tar: entry '%s' refused: too many folders deep",
			repeated(p, "d/", 65)));
	tar_pax(&wide, "path", repeated(p, "n", 256));
	tar_file(&wide, "x", 0644, "");
	assert_refused(p, tar_end(&wide), E_UNSAFE,
		str_format(&p->a, "x.tar: entry '%s...' refused: a name of more than 255 bytes",
			repeated(p, "n", 200)));
	tar_pax(&whole, "path", repeated(p, "0123456789abcdef/", 61));
	tar_file(&whole, "x", 0644, "");
	struct err e;
	assert_false(unpack(p, tar_end(&whole), &e));
	assert_non_null(strstr(e.text, "refused: a path of more than 1024 bytes"));
}

static void names_come_once(void **state)
{
	static const struct {
		char first, second;
		const char *later, *rule;
	} cases[] = {
		{'0', '0', "name", "its name is there already"},
		{'0', '5', "name", "its name is there already"},
		{'5', '2', "name", "its name is there already"},
		{'2', '0', "name", "its name is there already"},
		{'2', '0', "name/below", "it lies below what is no folder"},
		{'0', '0', "name/below", "it lies below what is no folder"},
		{'5', '0', ".//name/", "its name is there already"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text t = new_text(p);
		tar_file(&t, "elsewhere", 0644, "kept");
		tar_other(&t, "name", cases[i].first, cases[i].first == '2' ? "elsewhere" : "");
		tar_other(&t, cases[i].later, cases[i].second, "elsewhere");
		/* A regular file whose name ends with a slash is a folder to old tars. */
		if (i == sizeof(cases) / sizeof(*cases) - 1) {
			struct err e;
			assert_ok(unpack(p, tar_end(&t), &e));
			continue;
		}
		assert_refused(p, tar_end(&t), E_UNSAFE,
			str_format(&p->a, "x.tar: entry '%s' refused: %s", cases[i].later,
				cases[i].rule));
		assert_string_equal(read_back(p, "elsewhere"), "kept");
	}
}

/* ---- links and special files --------------------------------------------------------------------
 */

static void links_that_leave_the_tree_are_refused(void **state)
{
	static const struct {
		const char *name;
		char type;
		const char *target, *rule;
	} cases[] = {
		{"l", '2', "/etc/shadow", "a link to an absolute path"},
		{"l", '2', "../canary", "a link that leads out of the tree"},
		{"top/l", '2', "../../canary", "a link that leads out of the tree"},
		{"top/l", '2', "./.././/../canary", "a link that leads out of the tree"},
		{"top/l", '2', "dir/../../..", "a link with '..' behind a name"},
		{"top/l", '2', "..",
			"a link that leads out of the tree"}, /* once top/ is stripped */
		{"top/l", '2', "a\nb", "control characters in the link's target"},
		{"l", '2', "", "a link to nothing"},
		{"l", '1', "../canary", "a hard link that leaves the tree"},
		{"l", '1', "/etc/passwd", "a hard link that leaves the tree"},
		{"l", '1', "missing", "a hard link to what is no file of the archive before it"},
		{"top/l", '1', "top/dir",
			"a hard link to what is no file of the archive before it"},
		{"dev", '3', "", "a character device"},
		{"dev", '4', "", "a block device"},
		{"dev", '6', "", "a fifo"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text t = new_text(p);
		tar_other(&t, "top/dir", '5', "");
		tar_other(&t, cases[i].name, cases[i].type, cases[i].target);
		assert_refused(p, tar_end(&t), E_UNSAFE,
			str_format(&p->a, "x.tar: entry '%s' refused: %s", cases[i].name,
				cases[i].rule));
	}
}

static void a_hard_link_to_a_link_is_refused(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	tar_other(&t, "soft", '2', "nowhere");
	tar_other(&t, "hard", '1', "soft");
	assert_refused(p, tar_end(&t), E_UNSAFE,
		"x.tar: entry 'hard' refused: "
		"a hard link to what is no file of the archive before it");
}

static void a_link_to_the_root_is_fine_where_nothing_is_stripped(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	tar_file(&t, "file", 0644, "x");
	tar_other(&t, "dir/up", '2', "../file");
	struct err e = {0};
	assert_ok(unpack(p, tar_end(&t), &e));
	assert_string_equal(read_back(p, "dir/up"), "x");
}

static void zip_is_held_to_the_same_rules(void **state)
{
	struct place *p = *state;
	const struct zip_entry up[] = {{"../evil", AE_IFREG | 0644, "x", 0}};
	const struct zip_entry link[] = {{"l", AE_IFLNK | 0777, "/etc/shadow", 0}};
	const struct zip_entry git[] = {{"a/.git/config", AE_IFREG | 0644, "x", 0}};
	assert_refused(p, zipped(&p->a, up, 1), E_UNSAFE,
		"x.tar: entry '../evil' refused: '..' in its path");
	assert_refused(p, zipped(&p->a, link, 1), E_UNSAFE,
		"x.tar: entry 'l' refused: a link to an absolute path");
	assert_refused(p, zipped(&p->a, git, 1), E_UNSAFE,
		"x.tar: entry 'a/.git/config' refused: git's own folder in its path");
}

/* ---- what is no archive
 * ---------------------------------------------------------------------------- */

static const char not_known[] =
	"x.tar: is neither a tar (plain or under gzip, bzip2, xz or zstd) nor a zip archive";

static void other_formats_are_refused(void **state)
{
	struct place *p = *state;
	const struct str no_archives[] = {
		S("<!DOCTYPE html><html>404</html>"),
		S("7z\xbc\xaf\x27\x1c...."),
		S("Rar!\x1a\x07\x01...."),
		S("070701000000010000000100000000000000000000000000000000000000000000000000000000"),
		S("LRZI\x00\x06"),
		S("PK no zip after all"),
	};
	for (size_t i = 0; i < sizeof(no_archives) / sizeof(*no_archives); i++) {
		assert_refused(p, no_archives[i], E_INPUT, not_known);
	}
	assert_refused(p, packed(&p->a, ARCHIVE_FILTER_LZMA, good_tar(p), 0), E_INPUT, not_known);
}

static void an_empty_archive_is_an_error(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	assert_refused(p, tar_end(&t), E_INPUT, "x.tar: the archive is empty");
	assert_refused(p, S(""), E_INPUT, not_known);
}

static void a_cut_archive_is_an_error_wherever_it_is_cut(void **state)
{
	struct place *p = *state;
	struct str whole = packed(&p->a, ARCHIVE_FILTER_XZ, good_tar(p), 0);
	for (size_t n = 1; n + 32 < whole.n; n += 37) {
		struct err e = {0};
		assert_false(unpack(p, (struct str){whole.p, n}, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_contained(p);
	}
}

/* ---- sizes
 * ------------------------------------------------------------------------------------------ */

static void too_many_entries_are_refused(void **state)
{
	struct place *p = *state;
	struct limits few = usual;
	few.entries = 10;
	struct text t = new_text(p);
	for (int i = 0; i < 11; i++)
		tar_file(&t, str_format(&p->a, "f%d", i), 0644, "");
	struct err e;
	assert_false(unpack_within(p, tar_end(&t), &few, &e));
	assert_string_equal(
		e.text, "x.tar: entry 'f10' refused: the archive has more than 10 entries");
}

static void too_many_bytes_are_refused(void **state)
{
	struct place *p = *state;
	struct limits small = usual;
	small.bytes = 1000;
	struct text t = new_text(p);
	tar_file(&t, "a", 0644, repeated(p, "0123456789", 60));
	tar_file(&t, "b", 0644, repeated(p, "0123456789", 60));
	struct err e;
	assert_false(unpack_within(p, tar_end(&t), &small, &e));
	assert_string_equal(
		e.text, "x.tar: entry 'b' refused: the archive unpacks to more than 1000 bytes");
}

static void holes_count_as_bytes(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	tar_pax(&t, "GNU.sparse.realsize", "1099511627776");
	tar_header(&t, S("huge"), '0', "", 0644, 0);
	assert_refused(p, tar_end(&t), E_UNSAFE,
		"x.tar: entry 'huge' refused: the archive unpacks to more than 536870912 bytes");
}

/* What the files take of the disk; their sizes may be those that headers claimed. */
static uint64_t bytes_in(struct place *p)
{
	struct err e;
	strings names = {0};
	assert_ok(tree_list(&p->a, p->dir, NULL, &names, &e));
	uint64_t sum = 0;
	vec_for(name, &names) {
		struct stat st;
		assert_int_equal(lstat(path_join(&p->a, p->dir, *name), &st), 0);
		sum += (uint64_t)st.st_blocks * 512;
	}
	return sum;
}

/* Hexadecimal noise packs by half: nothing is wrong with 48 MiB of it. */
static void a_large_file_is_fine(void **state)
{
	enum { LARGE = 48 << 20 };
	struct place *p = *state;
	struct text t = new_text(p);
	tar_header(&t, S("large"), '0', "", 0644, LARGE);
	char *noise = arena_alloc(&p->a, LARGE);
	uint32_t random = 1;
	for (size_t i = 0; i < LARGE; i++) {
		random = random * 1664525 + 1013904223;
		noise[i] = "0123456789abcdef"[random >> 28];
	}
	text_add(&t, (struct str){noise, LARGE});
	struct err e = {0};
	assert_ok(unpack(p, packed(&p->a, ARCHIVE_FILTER_ZSTD, tar_end(&t), 0), &e));
	assert_true(bytes_in(p) >= LARGE);
}

static void bombs_are_stopped_under_every_codec(void **state)
{
	static const int codecs[] = {
		ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
	enum { BOMB = 64 << 20 };
	struct place *p = *state;
	struct text t = new_text(p);
	tar_header(&t, S("bomb"), '0', "", 0644, BOMB);
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		assert_refused(p, packed(&p->a, codecs[i], text_str(&t), BOMB + 1024), E_UNSAFE,
			"x.tar: entry 'bomb' refused: "
			"the archive unpacks to more than 200 times its size");
		assert_true(bytes_in(p) <= 17 << 20);
	}
}

/* A bomb that lies where no entry's data is: in the padding before the archive's end. */
static void bombs_in_headers_are_stopped(void **state)
{
	struct place *p = *state;
	struct text t = new_text(p);
	tar_file(&t, "file", 0644, "x");
	tar_header(&t, S("long"), 'x', "", 0644, 64 << 20);
	struct err e = {0};
	assert_false(unpack(p, packed(&p->a, ARCHIVE_FILTER_ZSTD, text_str(&t), 64 << 20), &e));
	assert_true(e.code == E_INPUT || e.code == E_UNSAFE);
	assert_contained(p);
}

static void a_zip_bomb_is_stopped(void **state)
{
	struct place *p = *state;
	const struct zip_entry entries[] = {{"bomb", AE_IFREG | 0644, "x", 64 << 20}};
	assert_refused(p, zipped(&p->a, entries, 1), E_UNSAFE,
		"x.tar: entry 'bomb' refused: the archive unpacks to more than 200 times its size");
}

/* Of all children of this program until now: runs after the bombs. */
static void memory_stayed_within_bounds(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	print_message("# not measured: most of a sanitizer's memory is its own\n");
#else
	struct rusage children;
	getrusage(RUSAGE_CHILDREN, &children);
	assert_true(children.ru_maxrss <= 128 << 10);
#endif
}

/* ---- the child
 * ---------------------------------------------------------------------------------------- */

/* What a parser that was taken over would try; the exit status is the first that works. */
static int try_to_break_out(struct place *p)
{
	struct err e;
	char program[] = "true", *const argv[] = {program, NULL};
	if (chdir(p->dir) || !confine(CONFINE_FOLDER, 1 << 20, &e))
		return 90;
	if (open("/etc/passwd", O_RDONLY) >= 0)
		return 1;
	if (open("../canary", O_WRONLY) >= 0)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return 3;
	execv("/bin/true", argv);
	if (fork() >= 0)
		return 4;
	if (kill(getppid(), 0) == 0)
		return 5;
	if (mkfifo("fifo", 0644) == 0)
		return 6;
	if (link("../canary", "canary") == 0)
		return 7;
	int file = open("file", O_WRONLY | O_CREAT, 0644);
	if (file < 0 || write(file, "x", 1) != 1)
		return 91;
	return 0;
}

/* execv() of what works ends with 0 too, but then without the file. */
static void the_child_can_reach_nothing_but_its_folder(void **state)
{
	struct place *p = *state;
	struct err e;
	assert_ok(dir_make(p->dir, &e));
	pid_t child = fork();
	if (child == 0)
		_exit(try_to_break_out(p));
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(read_back(p, "file"), "x");
	assert_contained(p);
}

static void stopping_early_leaves_no_process(void **state)
{
	struct place *p = *state;
	struct err e;
	assert_ok(dir_make(p->dir, &e));
	struct unpacker u;
	assert_ok(unpack_start(&u, "x.tar", p->dir, &usual, &e));
	pid_t child = u.child;
	unpack_feed(&u, (struct str){good_tar(p).p, 700});
	unpack_stop(&u);
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(u.child, 0);
}

static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	CASE(tar_unpacks_under_every_codec),
	CASE(zip_unpacks_with_modes_and_links),
	CASE(times_are_kept),
	CASE(hostile_names_are_refused),
	CASE(pax_headers_get_no_name_past_the_rules),
	CASE(long_and_deep_names_are_refused),
	CASE(names_come_once),
	CASE(links_that_leave_the_tree_are_refused),
	CASE(a_hard_link_to_a_link_is_refused),
	CASE(a_link_to_the_root_is_fine_where_nothing_is_stripped),
	CASE(zip_is_held_to_the_same_rules),
	CASE(other_formats_are_refused),
	CASE(an_empty_archive_is_an_error),
	CASE(a_cut_archive_is_an_error_wherever_it_is_cut),
	CASE(too_many_entries_are_refused),
	CASE(too_many_bytes_are_refused),
	CASE(holes_count_as_bytes),
	CASE(bombs_are_stopped_under_every_codec),
	CASE(bombs_in_headers_are_stopped),
	cmocka_unit_test(memory_stayed_within_bounds),
	CASE(a_zip_bomb_is_stopped),
	CASE(a_large_file_is_fine),
	CASE(the_child_can_reach_nothing_but_its_folder),
	CASE(stopping_early_leaves_no_process),
};
RUN_TESTS("unpack")
