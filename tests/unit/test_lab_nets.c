/* test_lab_nets.c - several networks, several machines, disks and reboots, by machines that
 * really do so. SPDX-License-Identifier: ISC */
#include "lab_box.h"

#include <fcntl.h>
#include <unistd.h>

#define SH(name, at, script)                                                                       \
	COMMAND(name, "\"at\":" #at ",\"timeout_ms\":10000,\"run\":[\"sh\",\"-c\",\"" script "\""  \
		      "]")
#define NETS                                                                                       \
	"\"networks\":[{\"address\":\"203.0.113.2/24\"},"                                          \
	"{\"address\":\"192.168.1.1/24\",\"host_gateway\":true}],"

static void assert_passes(const struct run *run, const char *name, const char *why)
{
	const struct check_result *r = result(run, name);
	if (r->verdict != PASS || !strstr(r->why, why))
		print_error("%s: %s: %s\n", name, verdict_name(r->verdict), r->why);
	assert_int_equal(r->verdict, PASS);
	assert_non_null(strstr(r->why, why));
}

/* ---- networks -------------------------------------------------------------------------- */

static void each_network_has_a_host_of_its_own(void **state)
{
	(void)state;
	struct run run = lab_with("c", NETS,
		BOOT
		",{\"name\":\"out\",\"type\":\"arp\"},{\"name\":\"in\",\"type\":\"arp\",\"at\":1},"
		"{\"name\":\"out saw\",\"type\":\"packets\",\"filter\":\"arp src host "
		"203.0.113.2\",\"min\":1},{\"name\":\"in saw\",\"type\":\"packets\",\"at\":1,"
		"\"filter\":\"arp src host 192.168.1.1\",\"min\":1},"
		"{\"name\":\"in alone\",\"type\":\"packets\",\"at\":1,\"filter\":\"net "
		"203.0.113.0/24\",\"max\":0}," SH("where", 0,
			"ip -br link | cut -d@ -f1 | grep respin; echo $RESPIN_ADDRESS "
			"$RESPIN_HOST | tee /dev/stderr") "," SH("inside", 1,
			"ip -br link | cut -d@ -f1 | grep -q respin0 && exit 1; ip route | grep "
			"-q 'default via 192.168.1.1' && echo $RESPIN_ADDRESS $RESPIN_HOST "
			"$RESPIN_ADDRESS0 $RESPIN_HOST0") ","
							  "{\"name\":\"tcp\",\"type\":\"tcp\","
							  "\"at\":1,\"timeout_ms\":200}");
	assert_passes(&run, "out", "203.0.113.2 replied");
	assert_passes(&run, "in", "192.168.1.1 replied");
	assert_passes(&run, "out saw", "packets");
	assert_passes(&run, "in saw", "packets");
	assert_passes(&run, "in alone", "0 of");
	assert_passes(&run, "where", "203.0.113.2 203.0.113.1");
	assert_passes(&run, "inside", "192.168.1.1 192.168.1.2 203.0.113.2 203.0.113.1");
	assert_contains(result(&run, "tcp")->why,
		"no connection to 192.168.1.1 port 80 within 0.2 s: 1 SYN sent, 0 TCP packets");
	assert_contains(kept(&run, "console.txt"),
		"ip=203.0.113.2/24 gateway=203.0.113.1 ip1=192.168.1.1/24 mode=c");
	assert_true(file_exists(path_join(&arena, run.dir, "wire1.pcap")));
}

/* A program may go from one host to the others, as tests of gateways need. */
static void a_program_reaches_both_hosts(void **state)
{
	(void)state;
	struct run run = lab_with("c", NETS,
		BOOT "," SH("both", 1,
			"nsenter --net=$RESPIN_SPACE0 ip -br addr | grep -q 203.0.113.1/24 && "
			"nsenter --net=$RESPIN_SPACE1 ip -br addr | grep -q 192.168.1.2/24 && echo "
			"both"));
	assert_passes(&run, "both", "both");
}

static void every_network_is_asked_for_signs_of_life(void **state)
{
	(void)state;
	struct run run = lab_with("r", NETS,
		BOOT ",{\"name\":\"in\",\"type\":\"arp\",\"at\":1,\"timeout_ms\":300}," ARP(300));
	assert_contains(run.end, "hang: nothing came from the image during check 'in'");
	assert_skipped(&run, "arp", "hang");
}

static void a_delay_is_of_one_wire(void **state)
{
	(void)state;
	struct run run = lab_with("c", "\"networks\":[{},{\"delay_ms\":40}],",
		BOOT "," ARP(2000) ",{\"name\":\"in\",\"type\":\"arp\",\"at\":1}");
	assert_passes(&run, "arp", "10.77.0.2 replied");
	assert_passes(&run, "in", "10.78.0.2 replied");
	assert_true(result(&run, "arp")->metrics.v[0].value < 40);
	assert_true(result(&run, "in")->metrics.v[0].value > 80);
}

#define DHCP_THERE                                                                                 \
	SH("there", 1, "until grep -q :0043 /proc/net/udp; do sleep 0.05; done; echo one")
#define DHCP_NOT_HERE SH("not here", 0, "! grep :0043 /proc/net/udp && echo none")

static void addresses_come_by_dhcp_on_any_network(void **state)
{
	(void)state;
	struct run run = lab_with("c", "\"networks\":[{},{\"address\":\"dhcp\"}],",
		BOOT "," DHCP_THERE "," DHCP_NOT_HERE);
	assert_passes(&run, "there", "one");
	assert_passes(&run, "not here", "none");
	assert_contains(kept(&run, "console.txt"), "ip=10.77.0.2/24 gateway=10.77.0.1 ip1=dhcp");
}

/* ---- machines -------------------------------------------------------------------------- */

static void machines_share_a_wire(void **state)
{
	(void)state;
	struct run run = lab_with("c", "\"machines\":3,",
		BOOT
		"," ARP(2000) ",{\"name\":\"third\",\"type\":\"arp\",\"machine\":3},"
			      "{\"name\":\"macs\",\"type\":\"packets\",\"order\":["
			      "\"arp src host 10.77.0.2 and ether src 52:54:00:12:34:56\","
			      "\"arp src host 10.77.0.4 and ether src 52:54:00:12:34:58\"]}," SH(
				      "all", 0, "echo $RESPIN_ADDRESS: $RESPIN_ADDRESSES"));
	assert_passes(&run, "boot", "'respin: ready' after ");
	assert_passes(&run, "arp", "10.77.0.2 replied");
	assert_passes(&run, "third", "10.77.0.4 replied");
	assert_passes(&run, "macs", "all 2 seen in order");
	assert_passes(&run, "all", "10.77.0.2: 10.77.0.2 10.77.0.3 10.77.0.4");
	assert_contains(kept(&run, "console.txt"),
		"ip=10.77.0.2/24 gateway=10.77.0.1 node=1 nodes=3 mode=c");
	assert_contains(kept(&run, "console-3.txt"),
		"ip=10.77.0.4/24 gateway=10.77.0.1 node=3 nodes=3 mode=c");
	assert_string_equal(run.end, "stopped by the lab");
}

static void one_machine_of_several_that_panics_ends_the_run(void **state)
{
	(void)state;
	struct run run = lab_with("p", "\"machines\":2,", BOOT "," ARP(2000) "," ARP_NAMED(again));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "machine ");
	assert_contains(run.end, ": panic: out of biscuits; in panic at ");
	assert_skipped(&run, "again", "machine");
}

static void machines_that_all_end_well_are_fine(void **state)
{
	(void)state;
	struct run run = lab_with("w", "\"machines\":3,", BOOT);
	assert_int_equal(run.verdict, PASS);
}

/* ---- disks and reboots ----------------------------------------------------------------- */

#define REBOOT(name, more) "{\"name\":\"" name "\",\"type\":\"reboot\"" more "}"

static void a_disk_outlives_reboots(void **state)
{
	(void)state;
	struct run run = lab_with("d", "\"disk\":{\"size_mb\":1},",
		BOOT "," REBOOT("cut", ",\"expect\":\"boot number 2\"") "," REBOOT("press",
			",\"how\":\"reset\",\"expect\":\"boot number 3\"") ",{\"name\":\"ready\","
									   "\"type\":\"boot\"}");
	assert_int_equal(run.verdict, PASS);
	assert_passes(&run, "cut", "'boot number 2' after ");
	assert_passes(&run, "press", "'boot number 3' after ");
	assert_string_equal(result(&run, "cut")->metrics.v[0].name, "time");
	assert_int_equal(kept(&run, "disk.img")[0], 3);
	const char *console = kept(&run, "console.txt");
	assert_contains(console, "boot number 1\n");
	const char *cut = strstr(console, "\nlab: power cut\n");
	assert_non_null(cut);
	assert_contains(cut, "boot number 2");
	assert_contains(cut, "\nlab: reset\ncommand line: ");
	run = lab_with("d", "\"disk\":{\"size_mb\":1},", BOOT);
	assert_int_equal(kept(&run, "disk.img")[0], 1); /* each run begins with an empty one */
}

static void each_machine_has_its_disk(void **state)
{
	(void)state;
	struct run run = lab_with("d", "\"machines\":2,\"disk\":{\"size_mb\":1},",
		BOOT "," REBOOT("cut", ",\"machine\":2,\"expect\":\"boot number 2\""));
	assert_int_equal(run.verdict, PASS);
	assert_int_equal(kept(&run, "disk.img")[0], 1);
	assert_int_equal(kept(&run, "disk-2.img")[0], 2);
}

static void a_machine_is_on_its_wires_again(void **state)
{
	(void)state;
	struct run run = lab_with("c", NETS,
		BOOT "," ARP(2000) "," REBOOT("cut", "") "," ARP_NAMED(
			again) ",{\"name\":\"in\","
			       "\"type\":\"arp\",\"at\":1},{\"name\":\"since\",\"type\":"
			       "\"packets\","
			       "\"since\":\"cut\",\"filter\":\"arp[6:2] = "
			       "2\",\"min\":1,\"max\":1}");
	assert_passes(&run, "cut", "'respin: ready' after ");
	assert_passes(&run, "again", "replied");
	assert_passes(&run, "in", "replied");
	assert_passes(&run, "since", "packets since 'cut'");
}

static void a_machine_that_does_not_come_back_hangs(void **state)
{
	(void)state;
	struct run run = lab_with("d", "",
		BOOT
		"," REBOOT("cut", ",\"timeout_ms\":2000,\"expect\":\"boot number\"") "," ARP(300));
	assert_contains(result(&run, "cut")->why,
		"no 'boot number' on the console within 2 s; its last line was 'respin: ready");
	assert_skipped(&run, "arp", "hang");
}

/* ---- what is refused ------------------------------------------------------------------- */

static void assert_refused(const char *more, const char *path, const char *text)
{
	struct err e = {0};
	assert_false(lab_validate(image_with("r", more, BOOT), workspace.state, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_contains(e.where, path);
	assert_contains(e.text, text);
}

static void wrong_networks_are_refused(void **state)
{
	(void)state;
	assert_refused("\"networks\":[{},{\"address\":\"10.1.1.1\"}],", "/image/networks/1/address",
		"'10.1.1.1' is no address");
	assert_refused("\"networks\":[{\"address\":\"10.1.1.0/24\"}],", "/image/networks/0/address",
		"a whole network");
	assert_refused("\"networks\":[{},{\"address\":\"10.77.0.9/16\"}],",
		"/image/networks/1/address", "overlaps with network 0");
	assert_refused("\"networks\":[{\"host\":\"10.77.0.2\"}],", "/image/networks/0/host",
		"'10.77.0.2' is a machine's");
	assert_refused("\"networks\":[{\"host\":\"10.77.1.1\"}],", "/image/networks/0/host",
		"not in the image's network");
	assert_refused("\"networks\":[{\"host\":\"me\"}],", "/image/networks/0/host", "no address");
	assert_refused("\"networks\":[{},{},{},{},{}],", "/image/networks", "at most 4");
	assert_refused("\"machines\":3,\"networks\":[{\"address\":\"10.1.1.1/30\"}],",
		"/image/networks/0/address", "3 machines from '10.1.1.1/30' on do not fit");
	assert_refused("\"machines\":30,\"networks\":[{\"address\":\"10.1.1.226/24\"}],",
		"/image/networks/0/address", "do not fit");
}

static void a_disk_of_ones_own_needs_a_machine_for_it(void **state)
{
	(void)state;
	struct err e = {0};
	int status;
	struct lab_request q = request(image("r", BOOT));
	q.disk = path_join(&arena, root, "my.img");
	assert_false(lab_console(&arena, &q, &status, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_contains(e.text, "box has no disk");
	q.image = image_with("r", "\"machines\":2,\"disk\":{},", BOOT);
	assert_false(lab_console(&arena, &q, &status, &e));
	assert_contains(e.text, "one disk is no disk for all");
	q.image = image_with("r", "\"disk\":{},", BOOT);
	q.disk = root;
	assert_false(lab_console(&arena, &q, &status, &e));
	assert_int_equal(e.code, E_IO);
}

/* Boots Q with its console on standard output, which is a file for the time; what it holds then. */
static const char *console_of(const struct lab_request *q)
{
	struct err e = {0};
	struct str text;
	int status = -1, out = dup(STDOUT_FILENO);
	const char *file = path_join(&arena, root, "terminal.txt");
	fflush(stdout);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(out >= 0 && fd >= 0);
	dup2(fd, STDOUT_FILENO);
	bool ran = lab_console(&arena, q, &status, &e);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(fd);
	assert_ok(ran);
	assert_int_equal(status, 0);
	assert_ok(file_read(&arena, file, 1 << 20, &text, &e));
	return text.p;
}

static void a_disk_of_ones_own_is_kept(void **state)
{
	(void)state;
	struct err e = {0};
	struct str bytes;
	struct lab_request q = request(image_with("l", "\"disk\":{\"size_mb\":1},", BOOT));
	assert_contains(console_of(&q), "boot number 1\n");
	assert_contains(console_of(&q), "boot number 1\n"); /* without one, nothing is kept */
	q.disk = path_join(&arena, root, "kept.img");
	assert_contains(console_of(&q), "boot number 1\n");
	assert_contains(console_of(&q), "boot number 2\n");
	assert_ok(file_read(&arena, q.disk, 2 << 20, &bytes, &e));
	assert_int_equal(bytes.n, 1 << 20);
	assert_int_equal(bytes.p[0], 2);
}

static void consoles_of_several_are_told_apart(void **state)
{
	(void)state;
	struct lab_request q =
		request(image_with("l", "\"machines\":2,\"disk\":{\"size_mb\":1},", BOOT));
	const char *text = console_of(&q);
	assert_contains(text, "1: boot number 1\n");
	assert_contains(text, "2: boot number 1\n");
	assert_contains(text, "2: command line: ip=10.77.0.3/24 ");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_network_has_a_host_of_its_own),
	cmocka_unit_test(a_program_reaches_both_hosts),
	cmocka_unit_test(every_network_is_asked_for_signs_of_life),
	cmocka_unit_test(a_delay_is_of_one_wire),
	cmocka_unit_test(addresses_come_by_dhcp_on_any_network),
	cmocka_unit_test(machines_share_a_wire),
	cmocka_unit_test(one_machine_of_several_that_panics_ends_the_run),
	cmocka_unit_test(machines_that_all_end_well_are_fine),
	cmocka_unit_test(a_disk_outlives_reboots),
	cmocka_unit_test(each_machine_has_its_disk),
	cmocka_unit_test(a_machine_is_on_its_wires_again),
	cmocka_unit_test(a_machine_that_does_not_come_back_hangs),
	cmocka_unit_test(a_disk_of_ones_own_is_kept),
	cmocka_unit_test(consoles_of_several_are_told_apart),
	cmocka_unit_test(wrong_networks_are_refused),
	cmocka_unit_test(a_disk_of_ones_own_needs_a_machine_for_it),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_nets", tests, setup, teardown);
}
