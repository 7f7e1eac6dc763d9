/* test_lab_machines.c - machines that are programs, with the kernel's sockets or a stack of their
 * own. SPDX-License-Identifier: ISC */
#include "machine_box.h"

static void a_process_serves_over_the_wire(void **state)
{
	(void)state;
	struct run run = process("serve 80", ARP(2000) "," PING "," TCP "," HTTP);
	assert_contains(run.checks.v[0].why, "it listens at TCP port 80 after ");
	assert_int_equal(run.verdict, PASS);
	assert_string_equal(run.end, "stopped by the lab");
	assert_string_equal(run.accelerator, "native");
	assert_contains(kept(&run, "console.txt"), "serving\nfrom 10.77.0.1\n");
}

static void a_tap_machine_answers(void **state)
{
	(void)state;
	struct run run = tap_machine("ap", ARP(2000) "," PING);
	assert_contains(run.checks.v[0].why, "it answered ARP after ");
	assert_int_equal(run.verdict, PASS);
	assert_string_equal(run.end, "stopped by the lab");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_process_serves_over_the_wire),
	cmocka_unit_test(a_tap_machine_answers),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_machines", tests, setup_machines, teardown);
}
