/* test_lab_process.c - whatever ends the lab, nothing of it lives on; and it needs no root.
 * SPDX-License-Identifier: ISC */
#include "lab_processes.h"

#include <signal.h>
#include <sys/resource.h>

/* The program of the check, with a word on its command line that no other test has; it starts
 * one that would outlive it. */
#define LONG                                                                                       \
	"{\"name\":\"long\",\"type\":\"command\",\"timeout_ms\":60000,\"run\":[\"sh\",\"-c\","     \
	"\"setsid sleep 7131 & sleep 7131\"]}"

static pid_t start_lab_of(const struct recipe *r, uid_t uid, int *fd)
{
	return start_lab_with(r, NULL, uid, fd);
}

static pid_t start_lab(const char *mode, const char *checks, uid_t uid, int *fd)
{
	return start_lab_of(image(mode, checks), uid, fd);
}

static void nothing_outlives_a_killed_respin(void **state)
{
	(void)state;
	int fd;
	pid_t pid = start_lab("r", LONG, 0, &fd);
	assert_true(wait_for_processes("7131", 3));
	assert_int_equal(processes_with(guest), 1);
	kill(pid, SIGKILL);
	reply_of(pid, fd);
	assert_true(wait_for_processes(guest, 0));
	assert_true(wait_for_processes("7131", 0));
}

static void an_interrupt_ends_all_and_keeps_what_was_recorded(void **state)
{
	(void)state;
	int fd;
	struct err e = {0};
	struct str console;
	pid_t pid = start_lab("r", LONG, 0, &fd);
	assert_true(wait_for_processes("7131", 3));
	kill(pid, SIGINT);
	struct reply reply = reply_of(pid, fd);
	assert_false(reply.done);
	assert_int_equal(reply.e.code, E_INTERRUPTED);
	assert_int_equal(processes_with(guest), 0);
	assert_int_equal(processes_with("7131"), 0);
	const char *dir = strchr(reply.e.hint, '/');
	assert_non_null(dir);
	assert_ok(file_read(&arena, path_join(&arena, dir, "console.txt"), 1 << 20, &console, &e));
	assert_contains(console.p, "respin: ready");
	assert_false(file_exists(path_join(&arena, dir, "run.json")));
}

static void a_lab_that_is_killed_is_noticed(void **state)
{
	(void)state;
	int fd;
	pid_t pid = start_lab("r", LONG, 0, &fd), lab_pid = 0;
	assert_true(wait_for_processes("7131", 3));
	struct str children;
	struct err e = {0};
	const char *file = str_format(&arena, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	assert_ok(file_read(&arena, file, 4096, &children, &e));
	lab_pid = (pid_t)atoi(children.p);
	assert_true(lab_pid > 0);
	kill(lab_pid, SIGKILL);
	struct reply reply = reply_of(pid, fd);
	assert_false(reply.done);
	assert_contains(reply.e.text, "the lab's process ended");
	assert_true(wait_for_processes(guest, 0));
}

/* Three machines on two networks, one of which has a DHCP server, with a program at each. */
#define MANY "\"machines\":3,\"disk\":{\"size_mb\":1},\"networks\":[{\"address\":\"dhcp\"},{}],"
#define LONG_AT_1                                                                                  \
	"{\"name\":\"long\",\"type\":\"command\",\"at\":1,\"timeout_ms\":60000,\"run\":[\"sh\","   \
	"\"-c\",\"setsid nsenter --net=$RESPIN_SPACE0 sleep 7133 & sleep 7133\"]}"
#define DHCP "--interface=respin0"

static void several_machines_end_together(void **state)
{
	(void)state;
	static const int signals[] = {SIGKILL, SIGINT};
	for (size_t i = 0; i < 2; i++) {
		int fd;
		pid_t pid = start_lab_of(image_with("r", MANY, LONG_AT_1), 0, &fd);
		assert_true(wait_for_processes("7133", 3));
		assert_int_equal(processes_with(guest), 3);
		assert_int_equal(processes_with(DHCP), 1);
		kill(pid, signals[i]);
		reply_of(pid, fd);
		assert_true(wait_for_processes(guest, 0));
		assert_true(wait_for_processes("7133", 0));
		assert_true(wait_for_processes(DHCP, 0));
	}
}

static void a_disk_that_does_not_fit_leaves_nothing(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	strings before = {0}, after = {0};
	struct lab_request q = request(image_with("r", "\"disk\":{\"size_mb\":1},", BOOT));
	const char *runs = path_join(&arena, workspace.state, "runs");
	struct rlimit old, small = {65536, 0};
	assert_ok(dir_make(runs, &e));
	assert_ok(dir_list(&arena, runs, &before, &e));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool done = lab_check(&arena, &q, &run, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(done);
	assert_contains(e.text, "make the disk ");
	assert_contains(e.text, "File too large");
	assert_ok(dir_list(&arena, runs, &after, &e));
	assert_int_equal(before.n, after.n);
	assert_int_equal(processes_with(guest), 0);
}

static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	strings before = {0}, after = {0};
	struct lab_request q = request(image("f", BOOT));
	const char *runs = path_join(&arena, workspace.state, "runs");
	struct rlimit old, small = {65536, 0};
	assert_ok(dir_make(runs, &e));
	assert_ok(dir_list(&arena, runs, &before, &e));
	signal(SIGXFSZ, SIG_IGN); /* a file beyond the limit is like one on a full disk */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool done = lab_check(&arena, &q, &run, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(done);
	assert_string_equal(e.text, "keep the console: File too large");
	assert_int_equal(e.code, E_IO);
	assert_ok(dir_list(&arena, runs, &after, &e));
	assert_int_equal(before.n, after.n);
}

static void leftovers_of_a_check_end_with_it(void **state)
{
	(void)state;
	struct run run = lab("r", "{\"name\":\"left\",\"type\":\"command\",\"run\":[\"sh\",\"-c\","
				  "\"sleep 7132 & echo started\"]}");
	assert_string_equal(run.checks.v[1].why, "started");
	assert_int_equal(processes_with("7132"), 0);
}

static void no_root_is_needed(void **state)
{
	(void)state;
	run_as_nobody(image("a", BOOT "," ARP(3000)), NULL);
}

static void nor_for_several_networks(void **state)
{
	(void)state;
	run_as_nobody(
		image_with("c", "\"disk\":{},\"networks\":[{},{}],",
			BOOT ",{\"name\":\"in\",\"type\":\"arp\",\"at\":1},"
			     "{\"name\":\"cut\",\"type\":\"reboot\"}," COMMAND("all",
				     "\"at\":1,\"run\":[\"nsenter\",\"--net=/proc/self/ns/"
				     "net\",\"true\"]") "," COMMAND("other",
				     "\"run\":[\"sh\",\"-c\",\"nsenter --net=$RESPIN_SPACE1 ip -br "
				     "addr | grep 10.78.0.1\"]")),
		NULL);
}

static void addresses_by_dhcp_have_a_server(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct recipe *r = image("r", BOOT);
	struct lab_request q = request(r);
	r->image->boot.address = "dhcp";
	assert_ok(lab_check(&arena, &q, &run, &e));
	assert_int_equal(run.verdict, PASS);
	assert_contains(kept(&run, "console.txt"), "command line: ip=dhcp ");
	assert_contains(kept(&run, "checks/dhcp.txt"), "started, version");
}

static void other_networks_are_possible(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct recipe *r = image("a", BOOT "," ARP(3000));
	struct lab_request q = request(r);
	r->image->boot.address = "192.168.5.1/30";
	r->image->wire.mtu = 576;
	assert_ok(lab_check(&arena, &q, &run, &e));
	assert_contains(run.checks.v[1].why, "192.168.5.1 replied");
	assert_int_equal(run.verdict, PASS);
	assert_contains(kept(&run, "console.txt"), "ip=192.168.5.1/30 gateway=192.168.5.2");
	assert_contains(run.checks.v[1].why, "192.168.5.1 replied");
}

static void the_accelerator_can_be_chosen(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image("w", BOOT));
	setenv("RESPIN_ACCEL", "warp", 1);
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_USAGE);
	setenv("RESPIN_ACCEL", "tcg", 1);
	assert_ok(lab_check(&arena, &q, &run, &e));
	assert_string_equal(run.accelerator, "tcg");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_outlives_a_killed_respin),
	cmocka_unit_test(an_interrupt_ends_all_and_keeps_what_was_recorded),
	cmocka_unit_test(a_lab_that_is_killed_is_noticed),
	cmocka_unit_test(a_full_disk_is_an_error_and_leaves_nothing),
	cmocka_unit_test(leftovers_of_a_check_end_with_it),
	cmocka_unit_test(several_machines_end_together),
	cmocka_unit_test(a_disk_that_does_not_fit_leaves_nothing),
	cmocka_unit_test(no_root_is_needed),
	cmocka_unit_test(nor_for_several_networks),
	cmocka_unit_test(addresses_by_dhcp_have_a_server),
	cmocka_unit_test(other_networks_are_possible),
	cmocka_unit_test(the_accelerator_can_be_chosen),
};

static int setup_marked(void **state)
{
	return setup(state) || mark_processes();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_process", tests, setup_marked, teardown);
}
