/* test_overlay_crash.c - overlays whose program is killed at each step that changes the disk:
 * all or nothing has happened, and no edit is lost. SPDX-License-Identifier: ISC */
#include "killed.h"

static bool do_add(struct bench *b, struct err *e)
{
	struct overlay o;
	bool created;
	return overlay_add(&b->w, "lib", &o, &created, e);
}

static void check_add(struct bench *b, bool done)
{
	(void)done;
	struct overlay o = add(b);
	assert_int_equal(o.patches.n, 1);
	assert_true(o.saved);
	assert_str(git_tree(b, b->src), o.tree);
	sh(b, "diff -r -x .git w %s; test ! -e overlays/lib/.respin; cd %s; git fsck", b->src,
		b->src);
}

/* A fresh clone's series. */
static void killed_while_adding(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; rm kept.log; c one");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	sh(b, "rm -rf %s .respin", b->src);
	kill_everywhere(b, do_add, 11, check_add);
}

static bool do_apply(struct bench *b, struct err *e)
{
	struct overlay o;
	return overlay_apply(&b->w, "lib", in(b, "p.patch"), &o, e);
}

static void check_apply(struct bench *b, bool done)
{
	struct overlay o = list(b);
	assert_true(o.dirty);
	assert_true(o.patches.n == 0 || o.patches.n == 2);
	assert_true(!done || o.patches.n == 2);
	assert_str(git_tree(b, b->src), o.tree);
	assert_str(sh(b, "cd %s; git status --porcelain", b->src), "M src/b.c\n?? mine");
	if (o.patches.n == 0)
		apply(b, "p.patch");
	sh(b, "cp -a w x; cp %s/mine x; echo edit >>x/src/b.c; diff -r -x .git x %s", b->src,
		b->src);
}

static void killed_while_applying(void **state)
{
	struct bench *b = *state;
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; rm kept.log; mkdir new; echo 1 >new/f; c one\n"
		"rm -r doc; echo file >doc; ln -s doc link; chmod +x dos.txt; c two");
	add(b);
	sh(b, "echo edit >>%s/src/b.c; echo mine >%s/mine", b->src, b->src);
	kill_everywhere(b, do_apply, 2, check_apply);
}

static bool do_save(struct bench *b, struct err *e)
{
	struct overlay o;
	return overlay_save(&b->w, "lib", "the rest", &o, e);
}

/* The series is the old one or the new one, in both cases whole, and the edits are there. */
static void check_save(struct bench *b, bool done)
{
	struct err e;
	struct overlay o = list(b);
	assert_true(o.patches.n == 2 || o.patches.n == 3);
	assert_str(sh(b, "cat %s/loose", b->src), "loose");
	assert_true(o.saved || !done);
	const char *series = o.saved ? "0001-zero.patch 0002-one.patch 0003-the-rest.patch"
				     : "0001-one.patch 0002-gone.patch";
	assert_str(sh(b, "cd overlays/lib; echo *.patch"), series);
	assert_str(sh(b, "cd overlays/lib; for f in *.patch; do grep -c \"\\\"$f\\\"\" "
			 "overlay.json; done | sort -u"),
		"1");
	const char *tree = o.tree;
	assert_ok(overlay_save(&b->w, "lib", "the rest", &o, &e));
	sh(b, "rm -rf %s .respin", b->src);
	assert_string_equal(list(b).tree, tree);
}

static void killed_while_saving(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; c one; sed -i s/^60$/sixty/ src/a.c; c gone");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	sh(b,
		"cd %s; git checkout -q -b x upstream; echo 0 >zero; git add zero; git commit -qm "
		"zero; "
		"git cherry-pick main^ >/dev/null 2>&1; git checkout -q -B main; git branch -qD x; "
		"echo loose >loose",
		b->src);
	kill_everywhere(b, do_save, 2, check_save);
}

static bool do_drop(struct bench *b, struct err *e)
{
	return overlay_drop(&b->w, "lib", false, e);
}

static void check_drop(struct bench *b, bool done)
{
	struct err e;
	overlays all;
	assert_ok(overlay_list(&b->w, &all, &e));
	assert_true(all.n == 0 || all.v[0].saved);
	assert_true(!done || all.n == 0);
	if (all.n)
		assert_ok(overlay_drop(&b->w, "lib", false, &e));
	sh(b, "test ! -e overlays/lib");
	assert_int_equal(add(b).patches.n, 0);
}

static void killed_while_dropping(void **state)
{
	struct bench *b = *state;
	add(b);
	kill_everywhere(b, do_drop, 9, check_drop);
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(killed_while_adding),
	BENCH_TEST(killed_while_applying),
	BENCH_TEST(killed_while_saving),
	BENCH_TEST(killed_while_dropping),
};

RUN_TESTS("overlay_crash")
