/* test_overlay_facts.c - what patches say of their origin, and that it stays with them.
 * SPDX-License-Identifier: ISC */
#include "bench.h"

static struct patch_facts facts_of(struct bench *b, const char *body)
{
	struct patch_facts f;
	patch_facts(&b->a, body, &f);
	return f;
}

/* Each body has exactly this to complain of ("" is nothing). */
static void every_field_is_checked(void **state)
{
	static const struct {
		const char *body, *problem;
	} cases[] = {
		{"", ""},
		{"Only prose.", ""},
		{"Origin: upstream, https://example.org/1", ""},
		{"Origin: https://example.org/1", ""},
		{"Origin: vendor", ""},
		{"Origin: upstream", "Origin: expected a commit or URL behind the category"},
		{"Origin:", "Origin: it is empty"},
		{"Forwarded: not-needed", ""},
		{"Forwarded:", "Forwarded: it is empty"},
		{"Upstream-Status: Pending", ""},
		{"Upstream-Status: Submitted [https://example.org/pull/1]", ""},
		{"Upstream-Status: Submitted", "Upstream-Status: expected Submitted [where]"},
		{"Upstream-Status: Inappropriate []",
			"Upstream-Status: expected Inappropriate [why]"},
		{"Upstream-Status: Sent",
			"Upstream-Status: expected one of Pending, Submitted, Accepted, Backport, "
			"Denied, Inactive-Upstream, Inappropriate"},
		{"Last-Update: 2024-02-29", ""},
		{"Last-Update: 2023-02-29", "Last-Update: there is no such day"},
		{"Last-Update: 2100-02-29", "Last-Update: there is no such day"},
		{"Last-Update: 2023-13-01", "Last-Update: expected a date, YYYY-MM-DD"},
		{"Last-Update: 23-1-1", "Last-Update: expected a date, YYYY-MM-DD"},
		{"Last-Update: yesterday", "Last-Update: expected a date, YYYY-MM-DD"},
		{"Bug: https://example.org/7\nBug-Debian: https://example.org/8", ""},
		{"Bug: 12", "Bug: expected a URL"},
		{"Fixes-Check: image/answers ARP", ""},
		{"Fixes-Check: image", "Fixes-Check: expected IMAGE/CHECK"},
		{"Fixes-Check: /check", "Fixes-Check: expected IMAGE/CHECK"},
		{"Fixes-Chek: image/check", "Fixes-Chek: did you mean Fixes-Check?"},
		{"Forwarded: no\nForwarded: yes", "Forwarded: it is there twice"},
		{"Signed-off-by: A <a@example.org>\nForwarded: no", ""},
		{"Forwarded: no\n\nMore prose.",
			"Forwarded: it is not read: only the message's last paragraph is, where "
			"all of it is fields"},
		{"https://example.org/ has it.", ""},
	};
	struct bench *b = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct patch_facts f = facts_of(b, cases[i].body);
		const char *got = f.problems.n ? f.problems.v[0] : "";
		if (strcmp(got, cases[i].problem) != 0)
			print_error("%s:\n", cases[i].body);
		assert_string_equal(got, cases[i].problem);
		assert_int_equal(f.problems.n, cases[i].problem[0] != '\0');
	}
}

static void fields_are_read(void **state)
{
	struct bench *b = *state;
	struct patch_facts f = facts_of(b,
		"Prose: with a colon.\n\norigin: backport,\n https://example.org/c/1\n"
		"Forwarded: https://example.org/list\nUpstream-Status: Backport [2.1]\n"
		"Applied-Upstream: 2.2\nLast-Update: 2026-11-26\nBug: https://example.org/1\n"
		"Bug-Ubuntu: https://example.org/2\nFixes-Check: site/answers ARP\n"
		"Fixes-Check: nat/keeps a connection\n");
	assert_int_equal(f.problems.n, 0);
	assert_string_equal(f.origin, "backport, https://example.org/c/1");
	assert_string_equal(f.forwarded, "https://example.org/list");
	assert_string_equal(f.upstream_status, "Backport [2.1]");
	assert_string_equal(f.applied_upstream, "2.2");
	assert_string_equal(f.last_update, "2026-11-26");
	assert_int_equal(f.bugs.n, 2);
	assert_int_equal(f.bug_names.n, 2);
	assert_string_equal(f.bug_names.v[1], "Bug-Ubuntu");
	assert_string_equal(f.bugs.v[1], "https://example.org/2");
	assert_int_equal(f.checks.n, 2);
	assert_string_equal(f.checks.v[0], "site/answers ARP");
}

#define DIFF "--- a/src/a.c\n+++ b/src/a.c\n@@ -1,3 +1,3 @@\n-1\n+one\n 2\n 3\n"
#define BODY                                                                                       \
	"It counts from one.\n\nAnd on.\n\nOrigin: vendor, https://example.org/p\nForwarded: no\n" \
	"Bug-Debian: https://example.org/b\nLast-Update: 2020-01-01"

/* A patch of Debian's, whose header is DEP-3's and no mail's. */
static void headers_of_dep3_become_the_message(void **state)
{
	struct bench *b = *state;
	sh(b, "cat >p.patch <<'END'\nDescription: say one\n It counts from one.\n .\n And on.\n"
	      "Author: D. Veloper <d@example.org>\nOrigin: vendor, https://example.org/p\n"
	      "Forwarded: no\nBug-Debian: https://example.org/b\nLast-Update: 2020-01-01\n---\n"
	      "This is between.\n" DIFF "END\n");
	add(b);
	struct overlay o = apply(b, "p.patch");
	assert_string_equal(o.patches.v[0], "say one");
	assert_string_equal(o.bodies.v[0],
		"It counts from one.\n\nAnd on.\n\nThis is between.\n\nOrigin: vendor, "
		"https://example.org/p\nForwarded: no\nBug-Debian: https://example.org/b\n"
		"Last-Update: 2020-01-01");
	assert_str(
		sh(b, "git -C %s log -1 --format='%%an %%ae'", b->src), "D. Veloper d@example.org");
	sh(b, "cat >q.patch <<'END'\nDescription: say two\nOrigin: vendor\n--- a/src/b.c\n+++ "
	      "b/src/b.c\n@@ -1,3 +1,3 @@\n-1\n+two\n 2\n 3\nEND\n");
	o = apply(b, "q.patch");
	assert_string_equal(o.patches.v[1], "say two");
	assert_string_equal(o.bodies.v[1], "Origin: vendor");
	sh(b, "cat >r.patch <<'END'\nSubject: [PATCH] say three\nDescription: as it is\n in "
	      "French\nForwarded: no\n\n--- a/src/b.c\n+++ b/src/b.c\n@@ -2,3 +2,3 @@\n 2\n-3\n"
	      "+trois\n 4\nEND\n");
	o = apply(b, "r.patch");
	assert_string_equal(o.patches.v[2], "say three");
	assert_string_equal(o.bodies.v[2], "as it is\nin French\n\nForwarded: no");
}

/* Through save, a fresh clone, and a rebase. */
static void fields_stay_with_the_patch(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay o;
	struct overlay_rebase done;
	struct rebase_request q = {.package = "lib"};
	make_patch(b, "p.patch", "sed -i s/^10$/ten/ src/a.c; c 'ten' -m '" BODY "'");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_string_equal(o.bodies.v[0], BODY);
	sh(b, "rm -rf %s .respin", b->src);
	assert_string_equal(list(b).bodies.v[0], BODY);
	assert_string_equal(list(b).bodies.v[0], BODY); /* from the snapshot */
	sh(b, "sed -i '1s/^/new\\n/' upstream/src/a.c");
	write_recipe(b, "2.0");
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_string_equal(list(b).bodies.v[0], BODY);
	assert_string_equal(facts_of(b, list(b).bodies.v[0]).last_update, "2020-01-01");
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(every_field_is_checked),
	BENCH_TEST(fields_are_read),
	BENCH_TEST(headers_of_dep3_become_the_message),
	BENCH_TEST(fields_stay_with_the_patch),
};

RUN_TESTS("overlay_facts")
