/* test_lab_mirage.c - real images of MirageOS on the wire. RESPIN_MIRAGE is a folder with projects
 * that have been built: site/dist/site, site-spt/dist/site.spt, site-virtio/dist/site.virtio, each
 * a web server; solo5-spt is in its tools/bin or in PATH. SPDX-License-Identifier: ISC */
#include "machine_box.h"

#define WORDS "--ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST --ipv4-only=true"
#define BIG "{\"name\":\"big\",\"type\":\"http\",\"path\":\"/big\",\"timeout_ms\":20000}"

static const struct {
	const char *file, *kind, *words;
} images[] = {{"site/dist/site", "unix", "--interface=$TAP " WORDS},
	{"site-spt/dist/site.spt", "solo5-spt", WORDS},
	{"site-virtio/dist/site.virtio", "solo5-virtio", WORDS}};

/* Copies of the images, by number. */
static const char *copies[3];

static struct run run_image(size_t i, const char *words, const char *more, const char *checks)
{
	return run_of(copies[i], images[i].kind, words, more, checks);
}

static void they_serve(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run run = run_image(i, images[i].words, "",
			ARP(2000) "," PING "," TCP "," HTTP "," BIG "," REBOOT ","
				  "{\"name\":\"again\",\"type\":\"http\",\"path\":\"/about\"}");
		assert_passed(&run);
		assert_contains(result(&run, "big")->why, "1000000 bytes");
		assert_contains(run.checks.v[0].why, "it answered ARP after ");
		assert_string_equal(run.end, "stopped by the lab");
		assert_contains(kept(&run, "console.txt"), "serving on port 80");
	}
}

static void over_a_slow_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run run =
			run_image(i, images[i].words, "\"wire\":{\"delay_ms\":20},", PING "," HTTP);
		assert_passed(&run);
		assert_true(result(&run, "ping")->metrics.v[1].value >= 40);
	}
}

/* With IPv6 it takes a second until it listens: and only then does it answer ARP. */
static void up_is_when_it_listens(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run run = run_image(i, "--ipv4=$ADDRESS/$PREFIX", "", TCP);
		assert_passed(&run);
	}
}

static void what_they_refuse_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run run = run_image(i, "--ipv4=frog", "", ARP(2000));
		assert_int_equal(run.verdict, FAIL);
		assert_string_equal(run.end, "exited with status 64: site: option '--ipv4': "
					     "Ipaddr: invalid character 'f' at 0");
		run = run_image(i, "'a\\\\ b,c'", "", "");
		assert_contains(kept(&run, "console.txt"), "a b,c");
	}
}

static void addresses_of_several(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run run = run_image(i, images[i].words, "\"machines\":2,",
			HTTP ",{\"name\":\"second\",\"type\":\"http\",\"path\":\"/\","
			     "\"machine\":2}");
		assert_passed(&run);
	}
}

static void memory_that_is_too_little(void **state)
{
	(void)state;
	struct err e = {0};
	struct run run;
	struct recipe *r = image_of(images[1].kind, images[1].words, "", "");
	struct lab_request q = request(r);
	q.image_path = copies[1];
	r->image->boot.memory_mb = 8;
	assert_ok(lab_check(&arena, &q, &run, &e));
	assert_int_equal(run.verdict, FAIL);
	assert_contains(run.end, "panic: "); /* of the runtime's or an exception, as it comes */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(they_serve),
	cmocka_unit_test(over_a_slow_wire),
	cmocka_unit_test(up_is_when_it_listens),
	cmocka_unit_test(what_they_refuse_is_told),
	cmocka_unit_test(addresses_of_several),
	cmocka_unit_test(memory_that_is_too_little),
};

static int setup_images(void **state)
{
	struct err e = {0};
	int failed = setup_machines(state);
	const char *folder = getenv("RESPIN_MIRAGE");
	for (size_t i = 0; i < 3; i++) {
		struct str bytes;
		copies[i] = path_join(&arena, root, path_base(images[i].file));
		assert_ok(file_read(&arena, path_join(&arena, folder, images[i].file),
			(size_t)1 << 30, &bytes, &e));
		assert_ok(file_write(copies[i], bytes, 0755, &e));
	}
	setenv("PATH", str_format(&arena, "%s/tools/bin:%s", folder, getenv("PATH")), 1);
	return failed;
}

/* What is not there; NULL: all is. */
static const char *missing(void)
{
	const char *folder = getenv("RESPIN_MIRAGE");
	if (!folder)
		return "RESPIN_MIRAGE names no folder with projects of MirageOS";
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return "taps can't be made here: /dev/net/tun can't be opened";
	for (size_t i = 0; i < 3; i++) {
		const char *file = path_join(&arena, folder, images[i].file);
		if (!file_exists(file))
			return str_format(&arena, "%s is not there", file);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *lack = missing();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	if (lack)
		return printf("1..0 # SKIP %s\n", lack), 0;
	return cmocka_run_group_tests_name("lab_mirage", tests, setup_images, teardown);
}
