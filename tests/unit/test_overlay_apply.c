/* test_overlay_apply.c - patches as people send them: applied as git does it, or refused whole.
 * SPDX-License-Identifier: ISC */
#include "bench.h"

static void put(struct bench *b, const char *name, const char *text)
{
	struct err e;
	assert_ok(file_write_cache(in(b, name), str_of(text), 0644, &e));
}

static struct str state_of(struct bench *b)
{
	return sh(b,
		"cd %s; git rev-parse HEAD; git status --porcelain; git stash list; ls -a .git",
		b->src);
}

/* Applying the file PATCH must fail like this, and leave everything as it was. */
static void refuse(struct bench *b, const char *patch, enum code code, const char *part)
{
	struct err e = {0};
	struct overlay o;
	struct str before = state_of(b), tree = git_tree(b, b->src);
	assert_false(overlay_apply(&b->w, "lib", in(b, patch), &o, &e));
	assert_error(&e, code, part);
	assert_str(git_tree(b, b->src), tree.p);
	assert_str(state_of(b), before.p);
}

static void makes_the_commit_of_git_am(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; sed -i s/two/2/ dos.txt; printf 'b\\0b' "
		">doc/binary\n"
		"rm kept.log; echo n >src/new.c; chmod +x src/a.c; git mv src/b.c src/renamed.c\n"
		"ln -s a.c src/l; : >empty; c 'change it' -m 'Because.\n\nIt is better.'\n"
		"rm empty; printf 'no end' >src/new.c; : >e1; : >e2; c second\n"
		"printf 'no end\n' >src/new.c; rm src/l; echo file >src/l; c third\n"
		"rm src/l; mkdir src/l; echo x >src/l/x; git rm -q e1 e2; c fourth");
	sh(b, "cp -a %s am; cd am; git am -q --keep-cr --committer-date-is-author-date ../p.patch",
		b->src);
	struct overlay o = apply(b, "p.patch");
	assert_str(sh(b, "git -C am rev-parse HEAD^{tree}"), o.tree);
	assert_str(sh(b, "git -C am rev-parse HEAD"), sh(b, "git -C %s rev-parse HEAD", b->src).p);
	assert_int_equal(o.patches.n, 4);
	assert_string_equal(o.patches.v[0], "change it");
	assert_false(o.dirty);
	assert_false(o.saved);
	assert_str(sh(b, "git -C %s status --porcelain --ignored", b->src), "");
}

static void takes_plain_diffs(void **state)
{
	struct bench *b = *state;
	add(b);
	sh(b, "cp -a upstream n; sed -i s/^50$/fifty/ n/src/a.c; sed -i s/^7$/seven/ n/src/b.c\n"
	      "echo new >n/fresh.c; rm n/kept.log; diff -ruN --no-dereference upstream n "
	      ">my-fix.v2.diff || :");
	struct overlay o = apply(b, "my-fix.v2.diff");
	assert_string_equal(o.patches.v[0], "my-fix.v2");
	sh(b, "diff -r -x .git n %s; test -x %s/src/b.c", b->src, b->src);
	assert_str(
		sh(b, "git -C %s log -1 --format='%%an %%ae'", b->src), "A. Uthor a@example.org");
}

static void moved_lines_are_found(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; c one");
	sh(b, "cd %s; (seq 200 230; cat src/a.c) >x; mv x src/a.c; git commit -qam shift", b->src);
	apply(b, "p.patch");
	assert_str(sh(b, "grep -n fifty %s/src/a.c", b->src), "81:fifty");
}

static void one_bad_hunk_refuses_all(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch",
		"sed -i s/^5$/five/ src/b.c; c first; sed -i 's/^10$/ten/; s/^60$/sixty/' src/a.c\n"
		"c second; echo x >x; c third");
	sh(b, "sed -i 's/^ 61$/ 6l/' p.patch");
	refuse(b, "p.patch", E_CONFLICT,
		"mail 2 of 3, \"second\": src/a.c: hunk 2 of 2 (line 57) does not apply: expected "
		"\"6l\", but line 61 is \"61\"");
	sh(b, "sed -i 's/^ 6l$/ 61 /' p.patch");
	refuse(b, "p.patch", E_CONFLICT, "line 61 differs from it in white space");
}

static void says_what_is_missing(void **state)
{
	struct bench *b = *state;
	add(b);
	put(b, "p.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-1\n+2\n");
	refuse(b, "p.patch", E_CONFLICT, "there is src/a.c");
	put(b, "p.patch", "--- /dev/null\n+++ b/src/a.c\n@@ -0,0 +1 @@\n+2\n");
	refuse(b, "p.patch", E_CONFLICT, "it is there already");
	put(b, "p.patch", "--- a/src/b.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
	refuse(b, "p.patch", E_CONFLICT, "src/b.c");
	put(b, "p.patch", "--- a/src/b.c\n+++ b/src/b.c\n@@ -39,3 +39,3 @@\n 39\n 40\n-41\n+x\n");
	refuse(b, "p.patch", E_CONFLICT, "but the file ends at line 40");
}

static void binary_files_must_be_the_same(void **state)
{
	static const char *const edits[] = {"printf 'b\\0b' >doc/binary", "git rm -q doc/binary"};
	struct bench *b = *state;
	add(b);
	sh(b, "cd %s; printf 'z\\0z' >doc/binary; git commit -qam other", b->src);
	for (size_t i = 0; i < 2; i++) {
		make_patch(b, "p.patch", str_format(&b->a, "%s; c one", edits[i]));
		refuse(b, "p.patch", E_CONFLICT, "doc/binary: the binary patch does not apply");
	}
}

static void knows_what_is_applied(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; echo end >>src/b.c; c one");
	apply(b, "p.patch");
	refuse(b, "p.patch", E_CONFLICT, "already applied");
	sh(b, "rm -rf overlays .respin; cp -a w/src upstream");
	add(b);
	refuse(b, "p.patch", E_CONFLICT, "already in upstream 1.0");
}

/* One edit that reverts another is no news of upstream. */
static void a_revert_is_a_patch(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	add(b);
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; c one; sed -i s/^fifty$/50/ src/a.c; c back");
	o = apply(b, "p.patch");
	assert_int_equal(o.patches.n, 2);
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	sh(b, "rm -rf %s", b->src);
	assert_int_equal(list(b).patches.n, 2);
}

static void dirty_files_are_kept_apart(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; echo 1 >new; c one");
	sh(b, "echo edit >>%s/src/a.c; echo mine >%s/new", b->src, b->src);
	refuse(b, "p.patch", E_CONFLICT, "uncommitted changes are in the way: new, src/a.c");
	sh(b,
		"cd %s; git checkout -q src/a.c; rm new; echo edit >>src/b.c; echo s >staged; git "
		"add staged;"
		"echo edit >>src/a.c; git add src/a.c; git show HEAD:src/a.c >src/a.c",
		b->src);
	refuse(b, "p.patch", E_CONFLICT, "uncommitted changes are in the way: src/a.c");
	sh(b, "cd %s; git reset -q src/a.c", b->src);
	struct overlay o = apply(b, "p.patch");
	assert_true(o.dirty);
	assert_str(sh(b, "cd %s; git show --format= --name-only HEAD", b->src), "new\nsrc/a.c");
	assert_str(sh(b, "cd %s; git status --porcelain", b->src), "M src/b.c\nA  staged");
	sh(b, "grep edit %s/src/b.c", b->src);
}

static void refuses_during_a_rebase(void **state)
{
	struct bench *b = *state;
	add(b);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; c one");
	sh(b,
		"cd %s; git checkout -qb x; echo 1 >f; git add f; git commit -qm 1; git checkout "
		"-q main; "
		"echo 2 >f; git add f; git commit -qm 2; git rebase x >/dev/null 2>&1 || :",
		b->src);
	refuse(b, "p.patch", E_CONFLICT, "a rebase is under way");
}

static void unsafe_patches_write_nowhere(void **state)
{
	static const struct {
		const char *patch, *says;
	} samples[] = {
		{"--- /dev/null\n+++ b/../evil\n@@ -0,0 +1 @@\n+x\n", "../evil"},
		{"--- /dev/null\n+++ /etc/evil\n@@ -0,0 +1 @@\n+x\n", "/etc/evil"},
		{"--- /dev/null\n+++ b/.git/hooks/post-checkout\n@@ -0,0 +1 @@\n+x\n",
			".git/hooks"},
		{"--- /dev/null\n+++ b/src/.GIT/config\n@@ -0,0 +1 @@\n+x\n", ".GIT"},
		{"--- /dev/null\n+++ b/git~1/config\n@@ -0,0 +1 @@\n+x\n", "git~1"},
		{"diff --git a/../e b/../e\nnew file mode 100644\nindex 0000000..587be6b\n"
		 "--- /dev/null\n+++ b/../e\n@@ -0,0 +1 @@\n+x\n",
			"../e"},
		{"diff --git a/l b/l\nnew file mode 120000\nindex 0000000..587be6b\n"
		 "--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n",
			"leaves the tree"},
		{"diff --git a/s/l b/s/l\nnew file mode 120000\nindex 0000000..587be6b\n"
		 "--- /dev/null\n+++ b/s/l\n@@ -0,0 +1 @@\n+../../x\n\\ No newline at end of "
		 "file\n",
			"leaves the tree"},
		{"diff --git a/m b/m\nnew file mode 160000\nindex 0000000..587be6b\n"
		 "--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 587be6b\n",
			"mode 160000"},
	};
	struct bench *b = *state;
	add(b);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		put(b, "p.patch", samples[i].patch);
		refuse(b, "p.patch", E_UNSAFE, samples[i].says);
	}
	/* through a link that the user has made */
	sh(b, "mkdir out; ln -s ../../../out %s/src/way", b->src);
	put(b, "p.patch", "--- /dev/null\n+++ b/src/way/x\n@@ -0,0 +1 @@\n+x\n");
	struct err e;
	struct overlay o;
	assert_false(overlay_apply(&b->w, "lib", in(b, "p.patch"), &o, &e));
	assert_str(sh(b, "ls out"), "");
}

static void broken_patches_are_named(void **state)
{
	static const struct {
		const char *patch, *says;
	} samples[] = {
		{"", "no diff"},
		{"hello\n", "no diff"},
		{"From: a\nSubject: b\n\nc\n", "no diff"},
		{"--- a/x\n+++ b/x\n", "line 3"},
		{"--- a/src/a.c\n+++ b/src/a.c\n@@ -1,3 +1,3 @@\n 1\n-2\n", "middle of a hunk"},
		{"--- a/src/a.c\n+++ b/src/a.c\n@@ -1,1 +1,1 @@\n-1\n+2\n+3\n", "line 6"},
		{"--- a/src/a.c\n+++ b/src/a.c\n@@ nonsense @@\n-1\n+2\n", "line 3"},
		{"diff --git a/doc/binary b/doc/binary\nindex 1..2 100644\nBinary files differ\n",
			"binary"},
		{"From: a <a@b>\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		 "--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-1\n+2\n",
			"multipart/mixed"},
		{"From: a <a@b>\nSubject: x\nContent-Transfer-Encoding: rot13\n\n"
		 "--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-1\n+2\n",
			"rot13"},
	};
	struct bench *b = *state;
	add(b);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		put(b, "p.patch", samples[i].patch);
		refuse(b, "p.patch", E_INPUT, samples[i].says);
	}
}

static void mails_of_all_makes(void **state)
{
	static const char *const ways[] = {
		"cat p.patch", /* as git wrote it */
		"sed 's/$/\\r/' p.patch",
		"sed 's/^Subject: .*/Subject: Re: [PATCH v2 1\\/3]\\n one thing/' p.patch",
		"(echo 'From MAILER Thu Jan  1 00:00:00 1970'; sed 1d p.patch)",
		"(sed '/^$/,$d' p.patch; printf 'Content-Transfer-Encoding: base64\\n\\n'; sed "
		"'1,/^$/d' p.patch | base64)",
		"(sed '/^$/,$d' p.patch; printf 'Content-Transfer-Encoding: "
		"quoted-printable\\n\\n'; "
		"sed '1,/^$/d' p.patch | sed 's/=/=3D/g; s/thing/thi=\\nng/; s/ $/=20/')",
		"(printf 'From: Forwarder <f@f>\\nSubject: Fwd\\n\\n'; sed -n "
		"'/^From:/p;/^Date:/p;/^Subject:/p' p.patch; sed '1,/^$/d' p.patch | sed '1i\\\\')",
	};
	struct bench *b = *state;
	make_patch(b, "p.patch", "sed -i s/^50$/fifty=thing/ src/a.c; c 'one thing'");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		add(b);
		sh(b, "%s >q.patch", ways[i]);
		struct overlay o = apply(b, "q.patch");
		assert_string_equal(o.patches.v[0], "one thing");
		assert_str(sh(b, "git -C %s log -1 --format='%%an %%at'", b->src),
			sh(b, "git -C w log -1 --format='%%an %%at'").p);
		sh(b, "diff -r -x .git w %s; rm -rf overlays", b->src);
	}
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(makes_the_commit_of_git_am),
	BENCH_TEST(takes_plain_diffs),
	BENCH_TEST(moved_lines_are_found),
	BENCH_TEST(one_bad_hunk_refuses_all),
	BENCH_TEST(says_what_is_missing),
	BENCH_TEST(binary_files_must_be_the_same),
	BENCH_TEST(knows_what_is_applied),
	BENCH_TEST(a_revert_is_a_patch),
	BENCH_TEST(dirty_files_are_kept_apart),
	BENCH_TEST(refuses_during_a_rebase),
	BENCH_TEST(unsafe_patches_write_nowhere),
	BENCH_TEST(broken_patches_are_named),
	BENCH_TEST(mails_of_all_makes),
};

RUN_TESTS("overlay_apply")
