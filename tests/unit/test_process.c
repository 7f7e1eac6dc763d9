/* test_process.c - programs that we start: where their output goes, and what went wrong.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "sys/sys.h"

static struct arena arena;

static struct outcome run(const struct command *c)
{
	struct err e = {0};
	struct outcome out = {0};
	assert_ok(command_run(&arena, c, &out, &e));
	return out;
}

static void a_terminal_of_its_own(void **state)
{
	(void)state;
	const char *const argv[] = {"sh", "-c",
		"test -t 1 && test -t 2 && ! test -t 0 && printf 'a\\nb\\tc\\n' && echo error >&2",
		NULL};
	struct command c = {.argv = argv, .tty = true};
	struct outcome out = run(&c);
	assert_int_equal(out.exit_code, 0);
	assert_str(out.output, "a\nb\tc\nerror\n");
	/* All of it arrives, however much the terminal itself can hold. */
	const char *const many[] = {"seq", "100000", NULL};
	c.argv = many;
	out = run(&c);
	assert_int_equal(out.output.n, 588895);
	assert_true(str_ends(out.output, S("\n99999\n100000\n")));
	c.output_limit = 1000;
	out = run(&c);
	assert_true(out.cut);
	assert_int_equal(out.output.n, 1000);
}

/* One that closes its output goes on without it, and is waited for. */
static void a_terminal_that_is_let_go(void **state)
{
	(void)state;
	const char *const argv[] = {
		"sh", "-c", "echo bye; exec >/dev/null 2>&1; sleep 0.2; exit 3", NULL};
	const struct command c = {.argv = argv, .tty = true};
	struct outcome out = run(&c);
	assert_int_equal(out.exit_code, 3);
	assert_str(out.output, "bye\n");
	assert_true(out.ns > 200000000);
}

static void another_name_than_its_file(void **state)
{
	(void)state;
	const char *const argv[] = {"frog", "-c", "echo $0", NULL};
	const struct command c = {.argv = argv, .program = "/bin/sh"};
	assert_str(run(&c).output, "frog\n");
}

static void what_can_not_be_run_is_told(void **state)
{
	(void)state;
	struct err e = {0};
	struct outcome out;
	const char *dir;
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-process.", &dir, &e));
	const char *const argv[] = {path_join(&arena, dir, "program"), NULL};
	const struct command c = {.argv = argv};
	assert_ok(file_write(argv[0], S("\177ELF"), 0755, &e));
	assert_false(command_run(&arena, &c, &out, &e));
	assert_non_null(strstr(e.text, "program: Exec format error"));
	const struct command lost = {.argv = argv, .dir = "/nonexistent"};
	assert_false(command_run(&arena, &lost, &out, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_non_null(strstr(e.text, "/nonexistent: No such file or directory"));
	assert_ok(tree_remove(dir, &e));
	assert_false(command_run(&arena, &c, &out, &e));
	assert_int_equal(e.code, E_ABSENT);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_terminal_of_its_own),
	cmocka_unit_test(a_terminal_that_is_let_go),
	cmocka_unit_test(another_name_than_its_file),
	cmocka_unit_test(what_can_not_be_run_is_told),
};

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("process", tests, NULL, teardown);
}
