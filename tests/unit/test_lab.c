/* test_lab.c - the lab's verdicts, each by a machine that really behaves so.
 * SPDX-License-Identifier: ISC */
#include "lab_box.h"

#include "lab/options.h"

static void boots(void **state)
{
	(void)state;
	struct run run = lab("r", BOOT);
	assert_int_equal(run.verdict, PASS);
	assert_string_equal(run.end, "stopped by the lab");
	assert_int_equal(run.checks.n, 1);
	assert_contains(run.checks.v[0].why, "'respin: ready' after ");
	assert_string_equal(run.checks.v[0].metrics.v[0].name, "time");
	assert_true(run.checks.v[0].metrics.v[0].value > 1);
	assert_contains(kept(&run, "console.txt"),
		"command line: ip=10.77.0.2/24 gateway=10.77.0.1 mode=r time=");
	/* The time at the start of the machine, to the nanosecond. */
	const char *time = strstr(kept(&run, "console.txt"), " time=") + 6;
	assert_true(strtod(time, NULL) > (double)clock_wall_ns() / 1e9 - 60);
	assert_int_equal(strspn(strchr(time, '.') + 1, "0123456789"), 9);
	assert_contains(kept(&run, "run.json"), "\"result\": \"pass\"");
}

static void a_panic_is_told_with_its_places(void **state)
{
	(void)state;
	struct run run = lab("p", BOOT "," ARP(2000) "," ARP_NAMED(again));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "panic: out of biscuits; in panic at ");
	assert_contains(run.end, "tests/guest/lab_guest.c:");
	assert_contains(run.end, ", called from guest at ");
	assert_contains(kept(&run, "console.txt"), " is in panic at ");
	assert_skipped(&run, "again", "end: panic");
}

static void a_panic_before_it_is_ready(void **state)
{
	(void)state;
	struct run run = lab("q", BOOT "," ARP(2000));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(result(&run, "boot")->why, "before it printed 'respin: ready': panic: ");
	assert_skipped(&run, "arp", "panic");
}

static void a_hang_at_boot(void **state)
{
	(void)state;
	struct run run =
		lab("h", "{\"name\":\"up\",\"type\":\"boot\",\"timeout_ms\":300}," ARP(2000));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "hang: no 'respin: ready' on the console within 0.3 s; its last "
				 "line was 'command line: ip=");
	assert_skipped(&run, "arp", "hang");
}

static void a_hang_later(void **state)
{
	(void)state;
	struct run run = lab("r", BOOT "," ARP(300) "," ARP_NAMED(again));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(result(&run, "arp")->why,
		"no ARP reply from 10.77.0.2 within 0.3 s: 1 request sent, no reply seen");
	assert_contains(run.end, "hang: nothing came from the image during check 'arp'");
	assert_skipped(&run, "again", "hang");
}

static void a_flood_on_the_console(void **state)
{
	(void)state;
	struct run run = lab("f", BOOT "," ARP(2000));
	assert_int_equal(run.verdict, FAIL);
	assert_string_equal(run.end, "flood: printed more than 1024 KiB on the console");
	assert_skipped(&run, "arp", "flood");
	assert_int_equal(strlen(kept(&run, "console.txt")), 1024 * 1024);
}

static void a_flood_on_the_wire(void **state)
{
	(void)state;
	struct run run =
		lab("n", BOOT "," COMMAND("wait",
				 "\"timeout_ms\":20000,\"run\":[\"sleep\",\"20\"]") "," ARP(2000));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "flood: sent 20000 frames in a row");
	assert_contains(result(&run, "wait")->why, "flood");
	assert_skipped(&run, "arp", "flood");
}

static void an_end_by_itself(void **state)
{
	(void)state;
	struct run run = lab("e", BOOT "," ARP(2000));
	assert_int_equal(run.verdict, FAIL);
	assert_string_equal(run.end, "ended by itself");
	assert_contains(result(&run, "boot")->why, "before it printed 'respin: ready': ended");
	assert_skipped(&run, "arp", "ended by itself");
	run = lab("t", BOOT "," ARP(2000) "," ARP_NAMED(again));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "reset itself");
	/* What it has to say is said: nothing is left to check, and it ends well. */
	run = lab("w", BOOT);
	assert_int_equal(run.verdict, PASS);
}

static void arp_by_its_opcode(void **state)
{
	(void)state;
	const char *count = ",{\"name\":\"replies\",\"type\":\"packets\",\"during\":\"arp\","
			    "\"filter\":\"arp[6:2] = 2\",\"min\":1,\"max\":1},"
			    "{\"name\":\"order\",\"type\":\"packets\",\"order\":["
			    "\"arp[6:2] = 1\",\"arp[6:2] = 2\"]}";
	struct run run = lab("a", str_format(&arena, "%s,%s%s", BOOT, ARP(2000), count));
	assert_int_equal(run.verdict, PASS);
	assert_contains(result(&run, "arp")->why, "10.77.0.2 replied after ");
	assert_true(result(&run, "arp")->metrics.v[0].value > 0);
	assert_true(result(&run, "replies")->metrics.v[0].value == 1);
	assert_string_equal(result(&run, "replies")->metrics.v[0].unit, "packets");
	assert_contains(kept(&run, "checks/2-arp.txt"), "ARPING 10.77.0.2");

	run = lab("b", str_format(&arena, "%s,%s%s", BOOT, ARP(1500), count));
	assert_int_equal(run.verdict, FAIL);
	assert_string_equal(run.end, "stopped by the lab");
	const char *why = result(&run, "arp")->why; /* one request a second, or less often */
	assert_contains(why, "no ARP reply from 10.77.0.2 within 1.5 s: ");
	assert_contains(why, " sent, ");
	assert_contains(why, " with opcode 3 seen on the wire");
	assert_contains(result(&run, "replies")->why, "match 'arp[6:2] = 2': expected 1");
	assert_contains(result(&run, "order")->why,
		"behind the packet that matches 'arp[6:2] = 1', no packet matches");
}

static void a_deaf_port_is_no_hang(void **state)
{
	(void)state;
	struct run run = lab("a",
		"{\"name\":\"tcp\",\"type\":\"tcp\",\"timeout_ms\":300},"
		"{\"name\":\"ping\",\"type\":\"ping\",\"count\":2,\"timeout_ms\":500},"
		"{\"name\":\"http\",\"type\":\"http\",\"path\":\"/\",\"timeout_ms\":300}," ARP(
			2000));
	assert_string_equal(run.checks.v[0].name, "boot"); /* it comes first, also unasked */
	assert_contains(result(&run, "tcp")->why,
		"no connection to 10.77.0.2 port 80 within 0.3 s: 1 SYN sent, 0 TCP packets");
	assert_contains(result(&run, "ping")->why,
		"0 of 2 echo requests were answered: 2 echo requests and 0 replies");
	assert_contains(result(&run, "http")->why, "no whole answer to GET / within 0.3 s");
	assert_int_equal(result(&run, "arp")->verdict, PASS);
	assert_string_equal(run.end, "stopped by the lab");
}

static void programs_run_in_the_private_network(void **state)
{
	(void)state;
	struct run run = lab(
		"a", COMMAND("env", "\"run\":[\"sh\",\"-c\",\"echo $RESPIN_ADDRESS $RESPIN_HOST; "
				    "test -e $RESPIN_RUN/wire.pcap; ls /sys/class/net/ "
				    ">/dev/null\"]") "," COMMAND("bad", "\"run\":[\"sh\",\"-c\","
									"\"echo no luck; exit "
									"3\"]") "," COMMAND("slow",
			     "\"timeout_ms\":200,\"run\":[\"sh\",\"-c\",\"sleep 77 & "
			     "wait\"]") "," COMMAND("lonely",
			     "\"run\":[\"sh\",\"-c\",\"ip -br link | cut -d@ -f1 | "
			     "xargs\"]"));
	assert_string_equal(result(&run, "env")->why, "10.77.0.2 10.77.0.1");
	assert_int_equal(result(&run, "env")->verdict, PASS);
	assert_string_equal(result(&run, "bad")->why, "sh exited with status 3: no luck");
	assert_int_equal(result(&run, "bad")->verdict, FAIL);
	assert_string_equal(result(&run, "slow")->why, "sh did not end within 0.2 s");
	assert_contains(result(&run, "lonely")->why, "respin0");
	assert_contains(kept(&run, "checks/2-bad.txt"), "no luck");
}

static void tap_becomes_results(void **state)
{
	(void)state;
#define PRINTS(name, text) COMMAND(name, "\"tap\":true,\"run\":[\"printf\",\"" text "\"]")
	struct run run = lab("a",
		PRINTS("good", "1..2\\nok 1 - opens\\nok 2 - closes # SKIP no lid\\n") "," PRINTS(
			"bad", "ok 1 - opens\\nnot ok 2 - closes\\n1..2\\n") "," PRINTS("planless",
			"ok 1 - opens\\n") "," PRINTS("short", "1..3\\nok 1\\n") "," PRINTS("none",
			"1..0 # SKIP no lid here\\n") "," PRINTS("bail",
			"1..2\\nok 1\\nBail out! fire\\n") "," PRINTS("fast",
			"1..4\\nok 1 - 4 MiB # 18 MB/s\\nnot ok 2 - a #2 # 3 MB/s\\nok 3 # "
			"quick\\nok 4 "
			"- C# # 1 MB/s # SKIP far\\n"));
	assert_int_equal(result(&run, "good")->verdict, PASS);
	assert_int_equal(result(&run, "good/opens")->verdict, PASS);
	assert_skipped(&run, "good/closes", "no lid");
	assert_string_equal(result(&run, "bad")->why, "1 of 2 tests failed, the first: closes");
	assert_int_equal(result(&run, "bad/closes")->verdict, FAIL);
	assert_contains(result(&run, "planless")->why, "no plan");
	assert_int_equal(result(&run, "planless")->verdict, FAIL);
	assert_string_equal(result(&run, "short")->why, "it planned 3 tests and ran 1");
	assert_int_equal(result(&run, "short")->verdict, FAIL);
	assert_skipped(&run, "none", "no lid here");
	assert_string_equal(result(&run, "bail")->why, "it bailed out: fire");
	assert_string_equal(result(&run, "fast/4 MiB")->why, "ok, 18 MB/s");
	assert_string_equal(result(&run, "fast/a #2")->why, "not ok, 3 MB/s");
	assert_string_equal(result(&run, "fast/test 3")->why, "ok, quick");
	assert_skipped(&run, "fast/C#", "far");
}

static void unknown_options_are_found_once(void **state)
{
	(void)state;
	strings keys = {0};
	options_unknown(&arena,
		S("respin: unknown option ignored: nat.forwrd=tcp:1\r\nrespin: unknown option "
		  "ignored: "
		  "quiet\nrespin: unknown option ignored: time=1\nrespin: unknown option ignored: "
		  "node=1\nrespin: unknown option ignored: nodes=2\nsaid: respin: unknown option "
		  "ignored: no\nrespin: unknown option ignored: a\33b\nrespin: unknown option "
		  "ignored: "
		  "=1\nrespin: unknown option ignored: quiet"),
		&keys);
	options_unknown(&arena, S("respin: unknown option ignored: quiet\n"), &keys);
	assert_int_equal(keys.n, 2);
	assert_string_equal(keys.v[0], "nat.forwrd");
	assert_string_equal(keys.v[1], "quiet");
	for (size_t i = 0; i < 40; i++)
		options_unknown(&arena,
			str_of(str_format(&arena, "respin: unknown option ignored: k%zu\n", i)),
			&keys);
	assert_int_equal(keys.n, 16);
}

/* ---- what is refused before anything boots --------------------------------------------- */

static void assert_refused(const char *checks, const char *path, const char *text)
{
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image("r", checks));
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_contains(e.where, "recipes/box/recipe.json:/image/checks/");
	assert_contains(e.where, path);
	assert_contains(e.text, text);
}

static void wrong_checks_are_refused(void **state)
{
	(void)state;
#define PACKETS(more) "{\"name\":\"x\",\"type\":\"packets\"," more "}"
	assert_refused("{\"name\":\"x\",\"type\":\"http\"}", "0/path", "needs a path");
	assert_refused(
		"{\"name\":\"x\",\"type\":\"http\",\"path\":\"a\"}", "0/path", "begins with '/'");
	assert_refused(BOOT "," PACKETS("\"filter\":\"tcp prot 80\""), "1/filter", "tcp prot 80");
	assert_refused(PACKETS("\"order\":[\"tcp\",\"frog\"]"), "0/order", "frog");
	assert_refused(PACKETS("\"min\":1"), "0/filter", "either a filter or an order");
	assert_refused(PACKETS("\"filter\":\"tcp\",\"min\":3,\"max\":2"), "0/max", "max 2 is less");
	assert_refused(PACKETS("\"filter\":\"tcp\",\"during\":\"y\""), "0/during", "no check 'y'");
	assert_refused(PACKETS("\"filter\":\"tcp\",\"after\":\"ha ha\""), "0/after", "ha ha");
	assert_refused(COMMAND("x", "\"run\":[\"no-such-program\"]"), "0/run", "no-such-program");
	assert_refused(COMMAND("x", "\"tap\":true"), "0/run", "needs a program");
	assert_refused("{\"name\":\"boot\",\"type\":\"arp\"}", "0/type", "must be of type boot");
}

static void a_wrong_address_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"10.77.0.2", "10.77.0.2/31", "10.77.0.0/24", "x/24",
		"10.77.0.255/24", "10.77.0.2/24/1", "300.1.1.1/24"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err e = {0};
		struct recipe *r = image("r", BOOT);
		r->image->boot.address = wrong[i];
		assert_false(lab_validate(r, workspace.state, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_contains(e.where, "/image/boot/address");
	}
}

static void a_missing_program_is_named_with_its_package(void **state)
{
	(void)state;
	struct err e = {0};
	const char *path = str_copy(&arena, str_of(getenv("PATH")));
	setenv("PATH", "/nonexistent", 1);
	bool valid = lab_validate(image("r", BOOT), workspace.state, &e);
	setenv("PATH", path, 1);
	assert_false(valid);
	assert_int_equal(e.code, E_ABSENT);
	assert_contains(e.text, "qemu-system-x86_64");
	assert_contains(e.hint, "Debian package qemu-system-x86");
}

static void what_is_no_image_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	strings before = {0}, after = {0};
	const char *runs = path_join(&arena, workspace.state, "runs");
	struct lab_request q = request(image("r", BOOT));
	assert_ok(dir_list(&arena, runs, &before, &e));
	q.image_path = "tests/guest/lab_guest.c";
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_CHILD);
	assert_contains(e.text, "QEMU can't start tests/guest/lab_guest.c: qemu");
	q.image_path = "no/image";
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_ok(dir_list(&arena, runs, &after, &e));
	assert_int_equal(before.n, after.n); /* nothing stays behind */
}

/* ---- one check, kept runs -------------------------------------------------------------- */

static void count_one(void *ctx, const struct check_result *r)
{
	strings *names = ctx;
	vec_push(&arena, names, r->name);
}

static void one_check_alone_takes_what_it_needs(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	strings heard = {0};
	struct lab_request q =
		request(image("a", BOOT "," ARP(2000) "," ARP_NAMED(again) "," PACKETS(
					   "\"filter\":\"arp\",\"during\":\"again\"")));
	q.on_check = count_one;
	q.ctx = &heard;
	q.only = "x";
	assert_ok(lab_check(&arena, &q, &run, &e));
	assert_int_equal(run.checks.n, 3);
	assert_int_equal(heard.n, 3);
	assert_string_equal(heard.v[0], "boot");
	assert_string_equal(heard.v[1], "again");
	assert_string_equal(heard.v[2], "x");
	q.only = "y";
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_USAGE);
}

static void kept_runs_are_found(void **state)
{
	(void)state;
	struct err e = {0};
	struct run one = lab("w", BOOT), two = lab("w", BOOT), found;
	assert_string_not_equal(one.id, two.id);
	assert_ok(run_read(&arena, &workspace, "last", &found, &e));
	assert_string_equal(found.id, two.id);
	assert_ok(run_read(&arena, &workspace, one.id, &found, &e));
	assert_string_equal(found.dir, one.dir);
	assert_int_equal(found.ns, one.ns);
	assert_string_equal(found.image_sha256, "0123");
	assert_string_equal(found.accelerator, one.accelerator);
	assert_true(found.checks.v[0].metrics.v[0].value == one.checks.v[0].metrics.v[0].value);
	assert_false(run_read(&arena, &workspace, "2", &found, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_false(run_read(&arena, &workspace, "nope", &found, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	/* A run that was cut short has no run.json, and does not count. */
	assert_int_equal(unlink(path_join(&arena, two.dir, "run.json")), 0);
	assert_ok(run_read(&arena, &workspace, "last", &found, &e));
	assert_string_not_equal(found.id, two.id);
	assert_ok(file_write(path_join(&arena, one.dir, "run.json"), S("{}"), 0644, &e));
	assert_false(run_read(&arena, &workspace, one.id, &found, &e));
	assert_int_equal(e.code, E_CORRUPT);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(boots),
	cmocka_unit_test(a_panic_is_told_with_its_places),
	cmocka_unit_test(a_panic_before_it_is_ready),
	cmocka_unit_test(a_hang_at_boot),
	cmocka_unit_test(a_hang_later),
	cmocka_unit_test(a_flood_on_the_console),
	cmocka_unit_test(a_flood_on_the_wire),
	cmocka_unit_test(an_end_by_itself),
	cmocka_unit_test(arp_by_its_opcode),
	cmocka_unit_test(a_deaf_port_is_no_hang),
	cmocka_unit_test(programs_run_in_the_private_network),
	cmocka_unit_test(tap_becomes_results),
	cmocka_unit_test(unknown_options_are_found_once),
	cmocka_unit_test(wrong_checks_are_refused),
	cmocka_unit_test(a_wrong_address_is_refused),
	cmocka_unit_test(a_missing_program_is_named_with_its_package),
	cmocka_unit_test(what_is_no_image_is_an_error),
	cmocka_unit_test(one_check_alone_takes_what_it_needs),
	cmocka_unit_test(kept_runs_are_found),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab", tests, setup, teardown);
}
