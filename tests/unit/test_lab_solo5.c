/* test_lab_solo5.c - Solo5 images: their notes, and the tenders that boot them, for which a stack
 * at a tap stands in here (tests/guest/tapped.c). SPDX-License-Identifier: ISC */
#include "machine_box.h"

#include "solo5_notes.h"

#include "image/image.h"
#include "lab/panic.h"
#include "lab/solo5.h"
#include "lab/words.h"

static void notes_are_read(void **state)
{
	(void)state;
	struct err e = {0};
	struct solo5_notes notes;
	assert_ok(image_solo5(&arena, one_card(SPT), &notes, &e));
	assert_string_equal(notes.target, "spt");
	assert_int_equal(notes.devices.n, 1);
	assert_string_equal(notes.devices.v[0].name, "service");
	assert_true(notes.devices.v[0].is_card);
	const char *image = notes_of(HVT, "-DENTRIES=3", "-DCARD=\"net0\"", "-DDISK=\"Data\"");
	assert_ok(image_solo5(&arena, image, &notes, &e));
	assert_string_equal(notes.target, "hvt");
	assert_string_equal(solo5_device(&notes, false, 0)->name, "Data");
	assert_null(solo5_device(&notes, true, 1));
	assert_ok(image_solo5(&arena, notes_of(VIRTIO, "-DENTRIES=1", NULL, NULL), &notes, &e));
	assert_string_equal(notes.target, "virtio");
	assert_int_equal(notes.devices.n, 0);
}

static void assert_no_image(const char *file, const char *text)
{
	struct err e = {0};
	struct solo5_notes notes;
	assert_false(image_solo5(&arena, file, &notes, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_string_equal(e.where, file);
	assert_contains(e.text, text);
}

static void what_is_no_solo5_image_is_refused(void **state)
{
	(void)state;
	assert_no_image(server, "this is no Solo5 image");
	assert_no_image("tests/guest/server.c", "this is no ELF file");
	assert_no_image(one_card("-DTARGET=9"), "unknown target (9)");
	assert_no_image(notes_of(SPT, "-DENTRIES=3", "-DCARD=\"a\"", NULL),
		"its manifest of 3 entries is 220 bytes long: damaged");
	assert_no_image(notes_of(SPT, "-DENTRIES=2", "-DCARD=\"a b\"", NULL),
		"a device with a name that is none");
}

/* ---- what suits ------------------------------------------------------------------------ */

static void assert_unsuitable(
	const char *image, const char *kind, const char *more, const char *place, const char *text)
{
	struct err e = {0};
	struct run run;
	struct lab_request q = request(image_of(kind, "", more, ""));
	q.image_path = image;
	assert_false(lab_check(&arena, &q, &run, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_contains(e.where, place);
	assert_contains(e.text, text);
}

static void image_and_recipe_must_agree(void **state)
{
	(void)state;
	assert_unsuitable(one_card(SPT), "solo5-virtio", "", "/image/machine", "for spt, not for");
	assert_unsuitable(one_card(VIRTIO), "solo5-virtio", "\"networks\":[{},{}],",
		"/image/networks",
		"has 1 network card (service): expected one for each of 2 networks");
	assert_unsuitable(one_card(VIRTIO), "solo5-virtio", "\"disk\":{},", "/image/disk",
		"has no disk: the recipe gives it one");
	const char *two = notes_of(VIRTIO, "-DENTRIES=3", "-DCARD=\"a\"", "-DSECOND_CARD=\"b\"");
	assert_unsuitable(
		two, "solo5-virtio", "", "/image", "has 2 network cards (a, b): expected");
	const char *disk = notes_of(VIRTIO, "-DENTRIES=3", "-DCARD=\"a\"", "-DDISK=\"d\"");
	assert_unsuitable(disk, "solo5-virtio", "", "/image/disk",
		"has 1 disk (d): the recipe gives it none");
	assert_unsuitable(server, "solo5-virtio", "", server, "this is no Solo5 image");
}

static void a_missing_tender_is_named(void **state)
{
	(void)state;
	struct err e = {0};
	const char *path = str_copy(&arena, str_of(getenv("PATH")));
	struct recipe *r = image_of("solo5-hvt", "", "", "");
	setenv("PATH", "/usr/bin:/bin", 1);
	bool valid = lab_validate(r, workspace.state, &e);
	setenv("PATH", path, 1);
	assert_false(valid);
	assert_int_equal(e.code, E_ABSENT);
	assert_string_equal(e.text, "the lab needs the program solo5-hvt, which is not there");
	assert_contains(e.hint, "package solo5 of opam");
}

static void a_reset_button_is_qemus(void **state)
{
	(void)state;
	struct err e = {0};
	const char *reset = "{\"name\":\"x\",\"type\":\"reboot\",\"how\":\"reset\"}";
	assert_false(lab_validate(image_of("solo5-spt", "", "", reset), workspace.state, &e));
	assert_contains(e.where, "/image/checks/0/how");
	assert_ok(lab_validate(image_of("solo5-virtio", "", "", reset), workspace.state, &e));
}

/* ---- what they print at their end -------------------------------------------------------- */

static const char *panic_in(const char *console)
{
	struct panic p;
	return panic_of_runtime(&arena, str_of(console), &p) ? panic_words(&arena, &p) : "none";
}

static void last_words_of_runtimes(void **state)
{
	(void)state;
	assert_string_equal(panic_in("Solo5: ABORT: a.c:7: Assertion `x' failed\n"),
		"panic: a.c:7: Assertion `x' failed");
	assert_string_equal(
		panic_in("Solo5: trap: type=#PF ec=0x2 rip=0x101234 rsp=0x1\nSolo5: trap: cr2=0x0\n"
			 "Solo5: ABORT: cpu_x86_64.c:181: Fatal trap\n"),
		"panic: trap #PF; in 0x101234");
	assert_string_equal(panic_in("Fatal error: cannot allocate initial major heap\nAborted\n"),
		"panic: cannot allocate initial major heap");
	assert_string_equal(panic_in("Fatal error: exception Not_found\nRaised at X.f in file "
				     "\"x.ml\", line 3, characters 1-2\nCalled from"),
		"panic: exception Not_found; in X.f at x.ml:3");
	assert_string_equal(panic_in("he said: Fatal error: exception Exit\n"), "none");
	/* The last one counts. */
	assert_string_equal(
		panic_in("Fatal error: a\nSolo5: ABORT: b\nFatal error: c"), "panic: c");
	assert_string_equal(panic_in("Fatal error: \33[1mbold\33[m \33[3"), "panic: bold");
}

static void the_last_line_is_the_images_own(void **state)
{
	(void)state;
	uint64_t status = 7;
	const struct str console = S("____/\\___/ _|\\___/____/\nSolo5: Bindings version v0.9.3\n"
				     "site: unknown option\nSolo5: solo5_exit(64) called\n\n");
	assert_string_equal(solo5_last_line(&arena, console), "site: unknown option");
	assert_true(solo5_status(console, &status));
	assert_int_equal(status, 64);
	assert_string_equal(
		solo5_last_line(&arena, S("x\n____/\\___/\nSolo5: Bindings version\n")), "");
	assert_false(solo5_status(S("Solo5: solo5_exit(x) called"), &status));
	assert_false(solo5_status(S("Solo5: Halted"), &status));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(notes_are_read),
	cmocka_unit_test(what_is_no_solo5_image_is_refused),
	cmocka_unit_test(image_and_recipe_must_agree),
	cmocka_unit_test(a_missing_tender_is_named),
	cmocka_unit_test(a_reset_button_is_qemus),
	cmocka_unit_test(last_words_of_runtimes),
	cmocka_unit_test(the_last_line_is_the_images_own),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_solo5", tests, setup_with_tenders, teardown);
}
