/* test_lab_machines.c - machines that are programs with the kernel's sockets.
 * SPDX-License-Identifier: ISC */
#include "lab_processes.h"
#include "machine_box.h"

#include <fcntl.h>
#include <pty.h>

/* ---- what they are reached by ---------------------------------------------------------- */

static void a_process_serves_over_the_wire(void **state)
{
	(void)state;
	struct run run = process("serve 80", ARP(2000) "," PING "," TCP "," HTTP);
	assert_contains(run.checks.v[0].why, "it listens at TCP port 80 after ");
	assert_passed(&run);
	assert_string_equal(run.end, "stopped by the lab");
	assert_string_equal(run.machine, "process");
	assert_string_equal(run.accelerator, "native");
	assert_contains(kept(&run, "console.txt"), "serving\nfrom 10.77.0.1\n");
	assert_contains(kept(&run, "run.json"), "\"machine\": \"process\"");
}

/* The sum of RFC 1071 over N bytes. */
static unsigned add_up(const unsigned char *p, size_t n, unsigned sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (unsigned)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A TCP packet over IPv4 whose two checksums must be right. */
static void assert_sums(const unsigned char *frame, size_t n)
{
	const unsigned char *ip = frame + 14;
	size_t header = (size_t)(ip[0] & 15) * 4, size = (size_t)ip[2] << 8 | ip[3];
	assert_true(size <= n - 14);
	assert_int_equal(add_up(ip, header, 0), 0xffff);
	unsigned pseudo = add_up(ip + 12, 8, 6 + (unsigned)(size - header));
	assert_int_equal(add_up(ip + header, size - header, pseudo), 0xffff);
}

/* Looks at all recorded frames; returns how many are TCP. */
static size_t count_sound_packets(const struct run *run)
{
	struct err e = {0};
	struct str bytes;
	size_t tcp = 0;
	assert_ok(file_read(&arena, path_join(&arena, run->dir, "wire.pcap"), 1 << 26, &bytes, &e));
	for (bytes = str_from(bytes, 24); bytes.n >= 16;) {
		uint32_t n;
		memcpy(&n, bytes.p + 8, sizeof(n));
		const unsigned char *frame = (const unsigned char *)bytes.p + 16;
		assert_true(n <= 1514);
		if (frame[12] == 8 && frame[13] == 0 && frame[23] == 6) {
			assert_sums(frame, n);
			tcp++;
		}
		bytes = str_from(bytes, 16 + (size_t)n);
	}
	return tcp;
}

static void frames_look_as_on_a_real_cable(void **state)
{
	(void)state;
	struct run run = process("serve 80 1000000", HTTP);
	assert_passed(&run);
	assert_contains(result(&run, "http")->why, "1000000 bytes");
	assert_true(count_sound_packets(&run) > 700);
}

static void the_wire_delays_them(void **state)
{
	(void)state;
	struct run run = run_of(server, "process", "serve 80", "\"wire\":{\"delay_ms\":20},", TCP);
	assert_passed(&run);
	assert_true(result(&run, "tcp")->metrics.v[0].value >= 40);
}

static void several_networks(void **state)
{
	(void)state;
	static const char two[] =
		"\"networks\":[{},{\"address\":\"192.168.9.7/24\",\"delay_ms\":5}],";
	struct run run = run_of(server, "process", "serve 80", two,
		HTTP ",{\"name\":\"inside\",\"type\":\"tcp\",\"at\":1}");
	assert_passed(&run);
	assert_true(result(&run, "inside")->metrics.v[0].value >= 10);
}

static void several_machines(void **state)
{
	(void)state;
	struct run run = run_of(
		server, "process", "serve 80", "\"machines\":3,", AT_3("arp") "," AT_3("tcp"));
	assert_passed(&run);
}

/* ---- when they are up ------------------------------------------------------------------ */

static void a_process_is_up_when_it_listens(void **state)
{
	(void)state;
	struct run run = process("late", TCP);
	assert_passed(&run);
	assert_true(result(&run, "boot")->metrics.v[0].value >= 400);
	run = process("udp 53", "");
	assert_contains(run.checks.v[0].why, "it listens at UDP port 53 after ");
	run = process("idle", "");
	assert_passed(&run);
	assert_contains(run.checks.v[0].why, "it runs, and listens nowhere after ");
	assert_true(run.checks.v[0].metrics.v[0].value >= 1000);
	run = process("idle", SOON);
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "hang: it listened nowhere within 0.3 s; it printed nothing");
}

static void text_on_the_console_is_waited_for(void **state)
{
	(void)state;
	struct run run = process("serve 80", EXPECT("serving", 5000));
	assert_passed(&run);
	assert_contains(run.checks.v[0].why, "'serving' after ");
	run = process("serve 80", EXPECT("frogs", 200) "," TCP);
	assert_contains(
		run.end, "hang: no 'frogs' on the console within 0.2 s; its last line was 'serv");
	assert_skipped(&run, "tcp", "hang");
}

/* ---- how they end ---------------------------------------------------------------------- */

static void an_end_is_told_in_words(void **state)
{
	(void)state;
	struct run run = process("exit 0", TCP);
	assert_int_equal(run.verdict, FAIL);
	assert_string_equal(run.end, "ended by itself");
	assert_contains(result(&run, "boot")->why, "came to its end before it was up: ended by");
	assert_skipped(&run, "tcp", "ended by itself");
	run = process("exit 3", "");
	assert_string_equal(run.end, "exited with status 3: it was nice");
	run = process("crash", "");
	assert_string_equal(run.end, "was ended by SIGSEGV");
	run = process("exception", "");
	assert_string_equal(run.end,
		"panic: exception Failure(\"no biscuits\"); in Stdlib.failwith at stdlib.ml:29, "
		"called from Unikernel.Main.start at unikernel.ml:14, called from "
		"Lwt_main.run.run_loop at src/unix/lwt_main.ml:34");
	run = process("flood", WAIT);
	assert_string_equal(run.end, "flood: printed more than 1024 KiB on the console");
}

/* One that has nothing left to do, and did it well. */
static void an_end_behind_the_last_check_is_fine(void **state)
{
	(void)state;
	struct run run = process("exit 0", EXPECT("it was nice", 5000));
	assert_passed(&run);
}

static void a_process_is_asked_to_end_first(void **state)
{
	(void)state;
	int64_t started = clock_ns();
	struct run run = process("polite", EXPECT("ready", 5000));
	assert_true(clock_ns() - started < (int64_t)1900000000);
	assert_string_equal(kept(&run, "console.txt"), "ready\ngoodbye\n");
	assert_string_equal(run.end, "stopped by the lab");
	assert_passed(&run);
	/* Two that don't listen to it get two seconds, together. */
	started = clock_ns();
	run = run_of(server, "process", "deaf", "\"machines\":2,", EXPECT("ready", 5000));
	assert_true(clock_ns() - started > (int64_t)2000000000);
	assert_true(clock_ns() - started < (int64_t)3900000000);
	assert_passed(&run);
}

static void a_power_cut_asks_nobody(void **state)
{
	(void)state;
	struct run run = process("serve 80", HTTP "," REBOOT "," TCP);
	assert_passed(&run);
	assert_contains(result(&run, "cut")->why, "it listens at TCP port 80 after ");
	assert_contains(kept(&run, "console.txt"), "serving\nfrom 10.77.0.1\nlab: power cut\nserv");
	run = process("polite",
		EXPECT("ready",
			5000) ",{\"name\":\"cut\",\"type\":\"reboot\",\"expect\":\"ready\"}");
	assert_string_equal(kept(&run, "console.txt"), "ready\nlab: power cut\nready\ngoodbye\n");
}

static void what_it_started_ends_with_it(void **state)
{
	(void)state;
	struct run run = process("children", REBOOT "," TCP);
	assert_passed(&run);
	assert_true(wait_for_processes("7141", 0));
	run = process("orphan", "");
	assert_string_equal(run.end, "ended by itself");
	assert_true(wait_for_processes("7141", 0));
}

static void nothing_outlives_a_killed_respin(void **state)
{
	(void)state;
	static const int signals[] = {SIGKILL, SIGINT};
	for (size_t i = 0; i < 2; i++) {
		int fd;
		const struct recipe *r = image_of("process", "children", "", WAIT);
		pid_t pid = start_lab_with(r, server, 0, &fd);
		assert_true(wait_for_processes("7142", 1));
		assert_true(processes_with(server) > 0);
		kill(pid, signals[i]);
		reply_of(pid, fd);
		assert_true(wait_for_processes(server, 0));
		assert_true(wait_for_processes("7142", 0));
		assert_true(wait_for_processes("7141", 0));
	}
}

/* ---- whose they are -------------------------------------------------------------------- */

static void no_root_is_needed(void **state)
{
	(void)state;
	run_as_nobody(image_of("process", "serve 80", "", TCP "," HTTP), server);
}

static void an_image_need_not_be_executable(void **state)
{
	(void)state;
	assert_int_equal(chmod(server, 0444), 0);
	struct run run = process("serve 80", HTTP "," REBOOT "," TCP);
	assert_int_equal(chmod(server, 0755), 0);
	assert_passed(&run);
}

static void its_world_is_small(void **state)
{
	(void)state;
	setenv("http_proxy", "http://proxy.invalid", 1);
	setenv("RESPIN_SECRET", "1", 1);
	struct err e = {0};
	const char *script = path_join(&arena, root, "script");
	assert_ok(file_write(script,
		S("#!/bin/sh\nenv | grep -E '^(TERM|http_proxy|RESPIN|OCAMLRUNPARAM)' | sort\n"
		  "pwd\nip -br -4 addr | grep -v ^wire | sed 's/ *$//'\nip route | sed 's/ *$//'\n"
		  "test -t 1 && echo terminal\n"),
		0755, &e));
	struct run run = run_of(script, "process", "", "", EXPECT("terminal", 5000));
	unsetenv("http_proxy");
	unsetenv("RESPIN_SECRET");
	const char *expected = str_format(&arena,
		"OCAMLRUNPARAM=b\nTERM=dumb\n%s/recipes/box\n"
		"lo               UNKNOWN        127.0.0.1/8\n"
		"eth0@wire0       UP             10.77.0.2/24\n"
		"default via 10.77.0.1 dev eth0\n"
		"10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.2\nterminal\n",
		root);
	assert_string_equal(kept(&run, "console.txt"), expected);
	assert_passed(&run);
}

static void words_of_the_command_line(void **state)
{
	(void)state;
	struct run run = process("words a  'b c' $ADDRESS/$PREFIX \\\"$HOST d\\\" ${ADDRESS0} '' $",
		EXPECT("<$>", 5000));
	assert_string_equal(kept(&run, "console.txt"),
		"<a>\n<b c>\n<10.77.0.2/24>\n<10.77.0.1 d>\n<10.77.0.2>\n<>\n<$>\n");
	run = run_of(server, "process", "words $ADDRESS $ADDRESS1",
		"\"machines\":2,\"networks\":[{},{}],", EXPECT("<10.78.", 5000));
	assert_string_equal(kept(&run, "console-2.txt"), "<10.77.0.3>\n<10.78.0.3>\n");
}

/* ---- on the terminal --------------------------------------------------------------------- */

/* Runs the image with its console on our standard output, which is a file for the time. */
static int console_of(const char *program, const struct recipe *r, const char **text)
{
	struct err e = {0};
	struct str bytes;
	int status = -1, out = dup(STDOUT_FILENO);
	const char *file = path_join(&arena, root, "terminal.txt");
	struct lab_request q = request(r);
	q.image_path = program;
	fflush(stdout);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	dup2(fd, STDOUT_FILENO);
	bool ran = lab_console(&arena, &q, &status, &e);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(fd);
	assert_ok(ran);
	assert_ok(file_read(&arena, file, 1 << 20, &bytes, &e));
	*text = bytes.p;
	return status;
}

static void consoles_on_the_terminal(void **state)
{
	(void)state;
	const char *text;
	assert_int_equal(console_of(server, image_of("process", "exit 0", "", ""), &text), 0);
	assert_string_equal(text, "it was nice\n");
	assert_int_equal(console_of(server, image_of("process", "exit 3", "", ""), &text), 1);
	assert_int_equal(
		console_of(server, image_of("process", "exit 0", "\"machines\":2,", ""), &text), 0);
	assert_contains(text, "1: it was nice\n");
	assert_contains(text, "2: it was nice\n");
}

/* ^C on a terminal of its own, whose foreground the program is, too. */
static void an_interrupt_ends_a_program_well(void **state)
{
	(void)state;
	int terminal, status;
	char seen[256] = "";
	size_t n = 0;
	struct lab_request q = request(image_of("process", "polite", "\"machines\":2,", ""));
	q.image_path = server;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		struct err e = {0};
		signals_catch();
		_exit(lab_console(&arena, &q, &status, &e) ? status : 9);
	}
	while (n < sizeof(seen) - 1 && !(strstr(seen, "1: ready") && strstr(seen, "2: ready"))) {
		ssize_t got = read(terminal, seen + n, sizeof(seen) - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
		seen[n] = '\0';
	}
	assert_int_equal(write(terminal, "\x03", 1), 1);
	while (read(terminal, seen, sizeof(seen)) > 0)
		continue;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(terminal);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(wait_for_processes(server, 0));
}

static void a_program_of_the_users_beside_it(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	int status = -1;
	static const char *const program[] = {
		"sh", "-c", "curl -s -o \"$0\" http://$RESPIN_ADDRESS/ && exit 5", NULL, NULL};
	const char *argv[5];
	memcpy(argv, program, sizeof(argv));
	argv[3] = path_join(&arena, root, "page");
	struct lab_request q = request(image_of("process", "serve 80", "", TCP));
	q.image_path = server;
	q.program = argv;
	q.at = -1;
	assert_ok(lab_visit(&arena, &q, &run, &status, &e));
	assert_int_equal(status, 5);
	assert_contains(run.checks.v[0].why, "it listens at TCP port 80");
	assert_string_equal(result(&run, run.checks.v[1].name)->why, "exited with status 5");
	assert_true(file_exists(argv[3]));
}

/* ---- what is refused -------------------------------------------------------------------- */

static void assert_refused(
	const struct recipe *r, const char *program, const char *place, const char *text)
{
	struct err e = {0};
	struct run run;
	struct lab_request q = request(r);
	q.image_path = program;
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_contains(e.where, str_format(&arena, "recipes/box/recipe.json:/image/%s", place));
	assert_contains(e.text, text);
}

static void what_a_machine_has_not_is_refused(void **state)
{
	(void)state;
	static const char reset[] = "{\"name\":\"x\",\"type\":\"reboot\",\"how\":\"reset\"}";
	static const char *const kinds[] = {"process", "unix"};
	for (size_t i = 0; i < 2; i++) {
		assert_refused(image_of(kinds[i], "", "\"disk\":{},", ""), server, "disk",
			str_format(&arena, "a machine of kind %s has no disk", kinds[i]));
		assert_refused(image_of(kinds[i], "", "", reset), server, "checks/0/how",
			"has no reset button");
		assert_refused(image_of(kinds[i], "a $FROG", "", ""), server, "boot/command_line",
			"$FROG stands for nothing here");
		assert_refused(image_of(kinds[i], "'a", "", ""), server, "boot/command_line",
			"a quote (') has no end");
	}
	assert_refused(image_of("process", "$TAP", "", ""), server, "boot/command_line", "$TAP");
	assert_refused(image_of("process", "", "\"networks\":[{\"address\":\"dhcp\"}],", ""),
		server, "networks/0/address", "gets its address from the lab");
	struct recipe *r = image_of("process", "", "", "");
	r->image->boot.address = "dhcp";
	assert_refused(r, server, "boot/address", "found dhcp");
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image_of("process", "", "", ""));
	q.image_path = server;
	q.disk = "disk.img";
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_contains(e.text, "box has no disk");
}

static void what_is_no_program_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image_of("process", "", "", TCP));
	q.image_path = path_join(&arena, root, "none");
	assert_ok(file_write(q.image_path, S("\177ELF"), 0755, &e));
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_contains(e.text, "none: Exec format error");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_process_serves_over_the_wire),
	cmocka_unit_test(frames_look_as_on_a_real_cable),
	cmocka_unit_test(the_wire_delays_them),
	cmocka_unit_test(several_networks),
	cmocka_unit_test(several_machines),
	cmocka_unit_test(a_process_is_up_when_it_listens),
	cmocka_unit_test(text_on_the_console_is_waited_for),
	cmocka_unit_test(an_end_is_told_in_words),
	cmocka_unit_test(an_end_behind_the_last_check_is_fine),
	cmocka_unit_test(a_process_is_asked_to_end_first),
	cmocka_unit_test(a_power_cut_asks_nobody),
	cmocka_unit_test(what_it_started_ends_with_it),
	cmocka_unit_test(nothing_outlives_a_killed_respin),
	cmocka_unit_test(no_root_is_needed),
	cmocka_unit_test(an_image_need_not_be_executable),
	cmocka_unit_test(its_world_is_small),
	cmocka_unit_test(words_of_the_command_line),
	cmocka_unit_test(consoles_on_the_terminal),
	cmocka_unit_test(an_interrupt_ends_a_program_well),
	cmocka_unit_test(a_program_of_the_users_beside_it),
	cmocka_unit_test(what_a_machine_has_not_is_refused),
	cmocka_unit_test(what_is_no_program_is_an_error),
};

static int setup_all(void **state)
{
	return setup_machines(state) || mark_processes();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_machines", tests, setup_all, teardown);
}
