/* test_lab_taps.c - machines with a stack of their own at a tap: programs, and Solo5's images under
 * a tender, for which such a program stands in. SPDX-License-Identifier: ISC */
#include "lab_processes.h"
#include "machine_box.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "solo5_notes.h"

/* ---- programs -------------------------------------------------------------------------- */

static void a_tap_machine_answers(void **state)
{
	(void)state;
	struct run run = tap_machine("ap", ARP(2000) "," PING);
	assert_contains(run.checks.v[0].why, "it answered ARP after ");
	assert_passed(&run);
	assert_string_equal(run.end, "stopped by the lab");
	assert_string_equal(run.machine, "unix");
	assert_string_equal(kept(&run, "console.txt"), "ready ap\n"); /* the kernel is silent */
}

static void the_wire_delays_it(void **state)
{
	(void)state;
	struct run run =
		run_of(tapped, "unix", "$TAP $ADDRESS ap", "\"wire\":{\"delay_ms\":20},", PING);
	assert_passed(&run);
	assert_true(result(&run, "ping")->metrics.v[1].value >= 40);
}

/* More than a tap holds, while the machine sleeps: they wait, as at QEMU's socket. Ping itself may
 * miss some of the answers, when all of them come at once. */
static void nothing_is_lost_at_a_tap(void **state)
{
	(void)state;
#define COUNT_ICMP(name, type)                                                                     \
	"{\"name\":\"" name "\",\"type\":\"packets\",\"min\":3000,\"filter\":"                     \
	"\"icmp[icmptype] = " type "\"}"
	struct run run = tap_machine("apz",
		COMMAND("burst",
			"\"timeout_ms\":30000,\"run\":[\"sh\",\"-c\",\"ip neigh replace "
			"10.77.0.2 lladdr 02:00:00:00:00:02 dev respin0; ping -q -c 3000 -l 3000 "
			"-W 5 10.77.0.2; true\"]") "," COUNT_ICMP("asked",
			"8") "," COUNT_ICMP("answered", "0"));
	assert_passed(&run);
	assert_contains(kept(&run, "checks/1-burst.txt"), "3000 packets transmitted");
}

static void several_networks(void **state)
{
	(void)state;
	struct run run = run_of(tapped, "unix", "$TAP1 $ADDRESS1 ap",
		"\"networks\":[{},{\"address\":\"192.168.9.7/24\"}],",
		"{\"name\":\"up\",\"type\":\"boot\",\"expect\":\"ready ap\"},"
		"{\"name\":\"inside\",\"type\":\"arp\",\"at\":1}");
	assert_passed(&run);
}

static void several_machines(void **state)
{
	(void)state;
	struct run run = run_of(tapped, "unix", "$TAP $ADDRESS ap", "\"machines\":3,",
		AT_3("arp") "," AT_3("reboot") "," AT_3("ping"));
	assert_passed(&run);
	assert_contains(result(&run, "arp 3")->why, "10.77.0.4 replied");
	assert_contains(kept(&run, "console-3.txt"), "ready ap\nlab: power cut\nready ap\n");
}

static void a_tap_machine_is_up_when_it_speaks(void **state)
{
	(void)state;
	struct run run = tap_machine("s", ARP(300));
	assert_contains(result(&run, "boot")->why, "it sent frames, but answered no ARP after 3");
	assert_contains(result(&run, "boot")->why,
		" ms; where it has another address than 10.77.0.2, its recipe must say so: "
		"image.boot.address in recipes/NAME/recipe.json");
	assert_int_equal(result(&run, "boot")->verdict, PASS);
	assert_int_equal(result(&run, "arp")->verdict, FAIL);
	assert_contains(run.end, "hang: nothing came from the image during check 'arp'");
	assert_contains(run.end, "asked for its address; where it has another address than");
	run = tap_machine("-", SOON);
	assert_int_equal(run.verdict, FAIL);
	assert_string_equal(run.end, "hang: no frame, nor an answer to ARP for 10.77.0.2, within "
				     "0.3 s; its last line was 'ready -'");
	run = tap_machine("n", SOON);
	assert_contains(run.end, "within 0.3 s; it has not opened tap0; it printed nothing");
	/* Nobody's address: who asks is to leave no trace. */
	run = tap_machine("ap",
		"{\"name\":\"boot\",\"type\":\"boot\"},{\"name\":\"probes\",\"type\":\"packets\","
		"\"filter\":\"arp[6:2] = 1 and arp[14:4] = 0\",\"min\":1},{\"name\":\"others\","
		"\"type\":\"packets\",\"filter\":\"arp[6:2] = 1 and arp[14:4] != 0\",\"max\":0}");
	assert_passed(&run);
}

static void text_on_the_console_is_waited_for(void **state)
{
	(void)state;
	struct run run = tap_machine("ap", EXPECT("ready ap", 5000));
	assert_passed(&run);
}

static void a_hang_of_a_tap_machine(void **state)
{
	(void)state;
	struct run run = tap_machine("s", PING "," ARP(300));
	assert_contains(run.end, "hang: nothing came from the image during check 'ping'");
	assert_skipped(&run, "arp", "hang");
}

static void its_end_is_told(void **state)
{
	(void)state;
	struct run run = tap_machine("ax", PING);
	assert_string_equal(run.end, "exited with status 3: ready ax");
	assert_contains(result(&run, "ping")->why, "the machine came to its end: exited with");
}

static void a_power_cut_makes_the_tap_anew(void **state)
{
	(void)state;
	struct run run = tap_machine("ap", PING "," REBOOT "," ARP(2000));
	assert_passed(&run);
	assert_contains(result(&run, "cut")->why, "it answered ARP after ");
}

static void nothing_outlives_a_killed_respin(void **state)
{
	(void)state;
	static const int signals[] = {SIGKILL, SIGINT};
	for (size_t i = 0; i < 2; i++) {
		int fd;
		const struct recipe *r = image_of("unix", "$TAP $ADDRESS ap", "", WAIT);
		pid_t pid = start_lab_with(r, tapped, 0, &fd);
		assert_true(wait_for_processes("7142", 1));
		assert_int_equal(processes_with(tapped), 1);
		kill(pid, signals[i]);
		reply_of(pid, fd);
		assert_true(wait_for_processes(tapped, 0));
		assert_true(wait_for_processes("7142", 0));
	}
}

/* Where everybody may open /dev/net/tun: in a folder of devices of our own, if need be. */
static void taps_need_no_root(void **state)
{
	(void)state;
	const struct recipe *r = image_of("unix", "$TAP $ADDRESS ap", "", ARP(2000) "," PING);
	struct stat st;
	bool open_to_all = stat("/dev/net/tun", &st) == 0 && (st.st_mode & 6) == 6;
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		mode_t old = umask(0);
		if (!open_to_all &&
			(unshare(CLONE_NEWNS) ||
				mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
				mount("none", "/dev/net", "tmpfs", 0, NULL) ||
				mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200))))
			_exit(77);
		umask(old);
		run_as_nobody(r, tapped);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		print_message("# SKIP a folder of devices of our own can't be made here\n");
	else
		assert_int_equal(status, 0);
}

static void who_may_open_no_tap_is_told(void **state)
{
	(void)state;
	int fd;
	struct stat st;
	if (geteuid() != 0 || stat("/dev/net/tun", &st) < 0 || (st.st_mode & 6)) {
		print_message("# SKIP everybody may open /dev/net/tun here\n");
		return;
	}
	const struct recipe *r = image_of("unix", "$TAP $ADDRESS ap", "", ARP(2000));
	pid_t pid = start_lab_with(r, tapped, 65534, &fd);
	struct reply reply = reply_of(pid, fd);
	assert_false(reply.done);
	assert_contains(reply.e.text, "is made by /dev/net/tun: Permission denied");
	assert_contains(reply.e.hint, "mode 0666");
}

/* ---- under a tender -------------------------------------------------------------------- */

static void a_tender_gets_devices_and_words(void **state)
{
	(void)state;
	struct run run = run_of(
		one_card(SPT), "solo5-spt", "tap0 $ADDRESS ap", "", ARP(2000) "," PING "," REBOOT);
	assert_passed(&run);
	assert_string_equal(run.machine, "solo5-spt");
	assert_string_equal(run.accelerator, "native");
	assert_contains(kept(&run, "console.txt"),
		"option --mem=64\noption --net:service=tap0\n"
		"option --net-mac:service=52:54:00:12:34:56\nSolo5: Bindings version\nready ap\n");
}

static void disks_and_cards_by_their_names(void **state)
{
	(void)state;
	const char *image = notes_of(SPT, "-DENTRIES=3", "-DDISK=\"data\"", "-DCARD=\"net\"");
	struct run run = run_of(
		image, "solo5-spt", "tap0 $ADDRESS ap", "\"disk\":{\"size_mb\":1},", ARP(2000));
	assert_passed(&run);
	assert_contains(kept(&run, "console.txt"), "option --net:net=tap0\n");
	assert_contains(kept(&run, "console.txt"), "option --block:data=/proc/self/fd/");
	image = notes_of(SPT, "-DENTRIES=3", "-DCARD=\"a\"", "-DSECOND_CARD=\"b\"");
	run = run_of(image, "solo5-spt", "tap1 $ADDRESS1 ap", "\"networks\":[{},{}],",
		"{\"name\":\"up\",\"type\":\"boot\",\"expect\":\"ready\"},"
		"{\"name\":\"arp\",\"type\":\"arp\",\"at\":1}");
	assert_passed(&run);
	assert_contains(kept(&run, "console.txt"), "option --net:b=tap1\n");
}

static void a_tender_that_refuses_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	strings before = {0}, after = {0};
	const char *runs = path_join(&arena, workspace.state, "runs");
	const char *tender = path_join(&arena, root, "solo5-spt");
	assert_ok(dir_list(&arena, runs, &before, &e));
	assert_int_equal(rename(tender, path_join(&arena, root, "kept")), 0);
	assert_ok(file_write(
		tender, S("#!/bin/sh\necho solo5-spt: Out of memory >&2\nexit 1\n"), 0755, &e));
	struct lab_request q = request(image_of("solo5-spt", "", "", ""));
	q.image_path = one_card(SPT);
	bool done = lab_check(&arena, &q, &run, &e);
	assert_int_equal(rename(path_join(&arena, root, "kept"), tender), 0);
	assert_false(done);
	assert_int_equal(e.code, E_CHILD);
	assert_contains(e.text, "solo5-spt can't start ");
	assert_contains(e.text, "image: solo5-spt: Out of memory");
	assert_ok(dir_list(&arena, runs, &after, &e));
	assert_int_equal(before.n, after.n);
}

static void hvt_needs_kvm(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image_of("solo5-hvt", "tap0 $ADDRESS ap", "", ARP(2000)));
	q.image_path = one_card(HVT);
	setenv("RESPIN_ACCEL", "tcg", 1);
	/* Known before anything is built. */
	assert_false(lab_validate(q.image, workspace.state, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_contains(e.text, "solo5-hvt needs KVM");
	assert_contains(e.hint, "spt or virtio");
	setenv("RESPIN_ACCEL", "kvm", 1);
	bool done = lab_check(&arena, &q, &run, &e);
	setenv("RESPIN_ACCEL", "tcg", 1);
	assert_true(done);
	assert_passed(&run);
	assert_string_equal(run.accelerator, "kvm");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_tap_machine_answers),
	cmocka_unit_test(the_wire_delays_it),
	cmocka_unit_test(nothing_is_lost_at_a_tap),
	cmocka_unit_test(several_networks),
	cmocka_unit_test(several_machines),
	cmocka_unit_test(a_tap_machine_is_up_when_it_speaks),
	cmocka_unit_test(text_on_the_console_is_waited_for),
	cmocka_unit_test(a_hang_of_a_tap_machine),
	cmocka_unit_test(its_end_is_told),
	cmocka_unit_test(a_power_cut_makes_the_tap_anew),
	cmocka_unit_test(nothing_outlives_a_killed_respin),
	cmocka_unit_test(taps_need_no_root),
	cmocka_unit_test(who_may_open_no_tap_is_told),
	cmocka_unit_test(a_tender_gets_devices_and_words),
	cmocka_unit_test(disks_and_cards_by_their_names),
	cmocka_unit_test(a_tender_that_refuses_is_an_error),
	cmocka_unit_test(hvt_needs_kvm),
};

static int setup_all(void **state)
{
	return setup_with_tenders(state) || mark_processes();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return puts("1..0 # SKIP taps can't be made here: /dev/net/tun can't be opened"), 0;
	return cmocka_run_group_tests_name("lab_taps", tests, setup_all, teardown);
}
