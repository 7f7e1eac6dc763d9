/* test_guest_table_check.c - what is refused of others' objects: never less than git fsck --strict
 * finds fault with. SPDX-License-Identifier: ISC */
#include "table_repo.h"

#define MUTANTS 3000

static struct made_table m;
static struct table_import *im;

static bool takes(enum table_type type, const void *p, size_t n)
{
	struct table_id id;
	return table_import_add(im, type, p, n, &id);
}

static int set_up(void **state)
{
	(void)state;
	m = make_table(&flat_kind, (struct table_limits){.history_bytes = 8 << 20});
	im = table_import(m.t);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	table_import_close(im);
	drop_table(&m);
	return 0;
}

/* An entry of a tree, "MODE NAME"; its id is of twenty letters. */
static size_t entries(uint8_t *out, const char *const *list)
{
	size_t n = 0;
	for (; *list; list++) {
		size_t name_n = strlen(*list) + 1;
		memcpy(out + n, *list, name_n);
		memset(out + n + name_n, 'i', 20);
		n += name_n + 20;
	}
	return n;
}

static void trees_are_sorted_and_plain(void **state)
{
	(void)state;
	static const struct {
		bool good;
		const char *list[4];
	} cases[] = {
		{true, {NULL}},
		{true, {"100644 a", NULL}},
		{true, {"40000 a", "100644 b", NULL}},
		{true, {"100644 a.b", "40000 a", "100644 a0", NULL}},
		{true, {"100644 a", "100644 a.b", "100644 ab", NULL}},
		{true, {"100644 10.0.0.1:80-10.0.0.2:99", NULL}},
		{false, {"100644 b", "100644 a", NULL}},
		{false, {"100644 a", "100644 a", NULL}},
		{false, {"40000 a", "100644 a.b", NULL}},
		{false, {"100644 a", "40000 a", NULL}},
		{false, {"100644 a", "100644 a.b", "40000 a", NULL}},
		{false, {"100755 a", NULL}},
		{false, {"100664 a", NULL}},
		{false, {"120000 a", NULL}},
		{false, {"160000 a", NULL}},
		{false, {"040000 a", NULL}},
		{false, {"100644  a", NULL}},
		{false, {"100644 ", NULL}},
		{false, {"100644 .", NULL}},
		{false, {"100644 ..", NULL}},
		{false, {"40000 .git", NULL}},
		{false, {"100644 .GIT", NULL}},
		{false, {"100644 .gitmodules", NULL}},
		{false, {"40000 git~1", NULL}},
		{false, {"100644 a/b", NULL}},
		{false, {"100644 a\\b", NULL}},
		{false, {"100644 a\nb", NULL}},
		{false, {"100644 a\x1b", NULL}},
		{false, {"100644 \xc3\xa4", NULL}},
		{false, {"644 a", NULL}},
		{false, {"a", NULL}},
	};
	uint8_t tree[512];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = entries(tree, cases[i].list);
		if (takes(TABLE_TREE, tree, n) != cases[i].good)
			print_error("case %zu: %s\n", i, cases[i].list[0]);
		assert_int_equal(takes(TABLE_TREE, tree, n), cases[i].good);
		if (n)
			assert_false(takes(TABLE_TREE, tree, n - 1));
	}
	memcpy(tree, "100644 a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 29);
	assert_false(takes(TABLE_TREE, tree, 29));
}

#define TREE "tree 68216f368216f368216f368216f368216f368216\n"
#define PARENT "parent 68216f368216f368216f368216f368216f368217\n"
#define AUTHOR "author A <a@b> 1 +0000\n"
#define COMMITTER "committer A <a@b> 1 +0000\n"

static void commits_have_their_form(void **state)
{
	(void)state;
	static const struct {
		bool good;
		const char *text;
	} cases[] = {
		{true, TREE AUTHOR COMMITTER "\nsubject\n"},
		{true, TREE PARENT AUTHOR COMMITTER "\nsubject"},
		{true, TREE PARENT PARENT AUTHOR COMMITTER "\n"},
		{true, TREE AUTHOR COMMITTER "encoding UTF-8\n\nsubject\n"},
		{true, TREE "author A B <> 0 -0130\n" COMMITTER "\n"},
		{false, ""},
		{false, TREE},
		{false, TREE AUTHOR},
		{false, TREE AUTHOR COMMITTER},
		{false, TREE COMMITTER AUTHOR "\n"},
		{false, PARENT TREE AUTHOR COMMITTER "\n"},
		{false, TREE AUTHOR PARENT COMMITTER "\n"},
		{false, TREE AUTHOR AUTHOR COMMITTER "\n"},
		{false, "tree 68216f\n" AUTHOR COMMITTER "\n"},
		{false, "tree 68216F368216f368216f368216f368216f368216\n" AUTHOR COMMITTER "\n"},
		{false, TREE "parent 68216f3\n" AUTHOR COMMITTER "\n"},
		{false, TREE "author <a@b> 1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A<a@b> 1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A> <a@b> 1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a<b> 1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b>1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 01 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> -1 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 99999999999999999999 +0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 1 0000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 1 +000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 1 +00000\n" COMMITTER "\n"},
		{false, TREE "author A <a@b> 1 +0000 \n" COMMITTER "\n"},
		{false, TREE "author A <a@b\n" COMMITTER "\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool taken = takes(TABLE_COMMIT, cases[i].text, strlen(cases[i].text));
		if (taken != cases[i].good)
			print_error("case %zu: %s\n", i, cases[i].text);
		assert_int_equal(taken, cases[i].good);
	}
	static const char nul[] = TREE AUTHOR COMMITTER "\nsub\0ject\n";
	assert_false(takes(TABLE_COMMIT, nul, sizeof(nul) - 1));
}

static void what_is_too_large_or_of_no_type_is_refused(void **state)
{
	(void)state;
	uint8_t *p = calloc(1, TABLE_OBJECT_MAX + 1);
	assert_true(takes(TABLE_BLOB, p, TABLE_OBJECT_MAX));
	assert_false(takes(TABLE_BLOB, p, TABLE_OBJECT_MAX + 1));
	assert_false(takes((enum table_type)4, p, 10));
	assert_false(takes((enum table_type)0, p, 10));
	free(p);
}

/* ---- against git -------------------------------------------------------------------------------
 */

static uint64_t random_state = 1;

static unsigned below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static size_t mutate(uint8_t *p, size_t n)
{
	static const uint8_t likely[] = "\0\n <>/.0147gitGIT~ae+-";
	for (unsigned times = 1 + below(2); times && n; times--) {
		size_t at = below((unsigned)n);
		uint8_t c = likely[below(sizeof(likely) - 1)];
		switch (below(4)) {
		case 0:
			p[at] = c;
			break;
		case 1:
			memmove(p + at + 1, p + at, n++ - at);
			p[at] = c;
			break;
		case 2:
			memmove(p + at, p + at + 1, n-- - at - 1);
			break;
		default:
			n = at;
		}
	}
	return n;
}

/* Has git fsck written "error in TYPE ID"? What the object refers to is not its own fault. */
static bool finds_fault(const char *report, const char *type, const struct table_id *id)
{
	static const char not_its_own[] = ": broken links";
	char line[80], hex[41];
	table_id_text(id, hex);
	int n = snprintf(line, sizeof(line), "error in %s %s", type, hex);
	for (const char *at = report; (at = strstr(at, line)); at += n)
		if (strncmp(at + n, not_its_own, sizeof(not_its_own) - 1) != 0)
			return true;
	snprintf(line, sizeof(line), "%s: object corrupt or missing", hex);
	return strstr(report, line) != NULL;
}

static char *fsck(struct repo *r)
{
	char command[256], *report = calloc(1, 4 << 20);
	snprintf(command, sizeof(command), "git -C %s fsck --strict --full 2>&1", r->dir);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_true(fread(report, 1, (4 << 20) - 1, f) > 0);
	pclose(f);
	return report;
}

static void git_finds_no_fault_with_what_is_taken(void **state)
{
	(void)state;
	static const char commit[] = TREE PARENT AUTHOR COMMITTER "\nsubject\n";
	static const char *const list[] = {"100644 a", "100644 a.b", "40000 b", NULL};
	static struct table_id taken[MUTANTS];
	static bool tree[MUTANTS];
	struct repo r;
	size_t n_taken = 0, n_refused = 0;
	make_repo(&r);
	for (size_t i = 0; i < MUTANTS; i++) {
		uint8_t p[512];
		enum table_type type = i % 2 ? TABLE_TREE : TABLE_COMMIT;
		size_t n = i % 2 ? entries(p, list) : sizeof(commit) - 1;
		if (i % 2 == 0)
			memcpy(p, commit, n);
		n = mutate(p, n);
		if (!table_import_add(im, type, p, n, &taken[n_taken])) {
			n_refused++;
			continue;
		}
		tree[n_taken] = type == TABLE_TREE;
		write_loose(&r, &taken[n_taken++], type, p, n);
	}
	assert_true(n_taken > MUTANTS / 20 && n_refused > MUTANTS / 4);
	char *report = fsck(&r);
	for (size_t i = 0; i < n_taken; i++) {
		bool fault = finds_fault(report, tree[i] ? "tree" : "commit", &taken[i]);
		if (fault)
			print_error("%s\n", strstr(report, "error in"));
		assert_false(fault);
	}
	free(report);
	drop_repo(&r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(trees_are_sorted_and_plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(commits_have_their_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_too_large_or_of_no_type_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			git_finds_no_fault_with_what_is_taken, set_up, tear_down),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_check", tests, NULL, NULL);
}
