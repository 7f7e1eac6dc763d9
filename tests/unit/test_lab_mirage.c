/* test_lab_mirage.c - real images of MirageOS on the wire. RESPIN_MIRAGE is a folder with projects
 * that have been built: site/dist/site, site-spt/dist/site.spt, site-virtio/dist/site.virtio, each
 * a web server; solo5-spt is in its tools/bin or in PATH. SPDX-License-Identifier: ISC */
#include "machine_box.h"

#define WORDS "--ipv4=$ADDRESS/$PREFIX --ipv4-gateway=$HOST --ipv4-only=true"
#define BIG "{\"name\":\"big\",\"type\":\"http\",\"path\":\"/big\",\"timeout_ms\":20000}"
#define ALL ARP(2000) "," PING "," TCP "," HTTP "," BIG

/* A copy of FILE below RESPIN_MIRAGE; skips the test where there is none. */
static const char *image_from(const char *file)
{
	struct err e = {0};
	struct str bytes;
	const char *folder = getenv("RESPIN_MIRAGE");
	const char *path = path_join(&arena, folder ? folder : "/nonexistent", file);
	const char *copy = path_join(&arena, root, path_base(file));
	if (!file_exists(path)) {
		print_message("# SKIP %s is not there%s\n", folder ? path : file,
			folder ? "" : ", as RESPIN_MIRAGE is not set");
		skip();
	}
	assert_ok(file_read(&arena, path, (size_t)1 << 30, &bytes, &e));
	assert_ok(file_write(copy, bytes, 0755, &e));
	setenv("PATH", str_format(&arena, "%s/tools/bin:%s", folder, getenv("PATH")), 1);
	return copy;
}

static void show(const struct run *run)
{
	vec_for(r, &run->checks)
		print_message("%s %s: %s\n", verdict_name(r->verdict), r->name, r->why);
	print_message("%s; %lld ms\n", run->end, (long long)run->ns / 1000000);
}

static void unix_on_a_tap(void **state)
{
	(void)state;
	struct run run =
		run_of(image_from("site/dist/site"), "unix", "--interface=$TAP " WORDS, "", ALL);
	show(&run);
	assert_int_equal(run.verdict, PASS);
}

static void spt_under_its_tender(void **state)
{
	(void)state;
	struct run run = run_of(image_from("site-spt/dist/site.spt"), "solo5-spt", WORDS, "", ALL);
	show(&run);
	assert_int_equal(run.verdict, PASS);
}

static void virtio_in_qemu(void **state)
{
	(void)state;
	struct run run =
		run_of(image_from("site-virtio/dist/site.virtio"), "solo5-virtio", WORDS, "", ALL);
	show(&run);
	assert_int_equal(run.verdict, PASS);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(unix_on_a_tap),
	cmocka_unit_test(spt_under_its_tender),
	cmocka_unit_test(virtio_in_qemu),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_mirage", tests, setup_machines, teardown);
}
