/* test_accel.c - the probe that tells a real KVM. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "lab/accel.h"

static struct arena arena;
static const char *state_dir;

static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-accel.", &state_dir, &e));
	unsetenv("RESPIN_ACCEL");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(tree_remove(state_dir, &e));
	arena_free(&arena);
	return 0;
}

/* The guest itself is right: where nothing hurries it, it ends with its status. */
static void the_guest_ends_under_tcg(void **state)
{
	(void)state;
	struct err e = {0};
	bool works = false;
	assert_ok(accel_probe("tcg", 20000, &works, &e));
	assert_true(works);
}

static void what_does_not_end_in_time_does_not_work(void **state)
{
	(void)state;
	struct err e = {0};
	bool works = true;
	assert_ok(accel_probe("tcg", 1, &works, &e));
	assert_false(works);
	assert_ok(accel_probe("no-such-accelerator", 20000, &works, &e));
	assert_false(works);
}

static const char *answer(void)
{
	struct str text;
	struct err e = {0};
	assert_ok(file_read(&arena, path_join(&arena, state_dir, "kvm"), 4096, &text, &e));
	return str_copy(&arena, text);
}

static void an_answer_holds_for_this_boot(void **state)
{
	(void)state;
	struct err e = {0};
	const char *first, *again;
	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		assert_ok(accel_choose(&arena, state_dir, &first, &e));
		assert_string_equal(first, "tcg");
		return;
	}
	assert_ok(accel_choose(&arena, state_dir, &first, &e));
	const char *kept = answer(), *path = path_join(&arena, state_dir, "kvm");
	/* The kept answer is believed, even where it is the other one: no second probe. */
	const char *other = str_format(
		&arena, "%s%s", strcmp(first, "kvm") ? "real" : "fake", strchr(kept, ':'));
	assert_ok(file_write(path, str_of(other), 0644, &e));
	assert_ok(accel_choose(&arena, state_dir, &again, &e));
	assert_string_not_equal(again, first);
	/* Of another boot it is not. */
	assert_ok(file_write(path, S("real: another-boot 1 2\n"), 0644, &e));
	assert_ok(accel_choose(&arena, state_dir, &again, &e));
	assert_string_equal(again, first);
	assert_string_equal(answer(), kept);
}

static void the_environment_overrides(void **state)
{
	(void)state;
	struct err e = {0};
	const char *chosen;
	setenv("RESPIN_ACCEL", "kvm", 1);
	assert_ok(accel_choose(&arena, state_dir, &chosen, &e));
	assert_string_equal(chosen, "kvm");
	setenv("RESPIN_ACCEL", "tcg", 1);
	assert_ok(accel_choose(&arena, state_dir, &chosen, &e));
	assert_string_equal(chosen, "tcg");
	setenv("RESPIN_ACCEL", "warp", 1);
	assert_false(accel_choose(&arena, state_dir, &chosen, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_false(file_exists(path_join(&arena, state_dir, "kvm")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {TEST(the_guest_ends_under_tcg),
	TEST(what_does_not_end_in_time_does_not_work), TEST(an_answer_holds_for_this_boot),
	TEST(the_environment_overrides)};
RUN_TESTS("accel")
