/* test_image_label.c - manifests of what OCaml's compiler linked: which bytes are whose.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>

#include "image/image.h"
#include "sys/sys.h"

struct fixture {
	struct arena a;
	const char *dir; /* scratch folder: program, an ELF file like ocamlopt's */
};

/* Symbols as ocamlopt's, of two units, one of them as OCaml 5.1 and later write them; and a unit
 * without an end. */
static const char program_s[] =
	".text\n"
	".globl _start\n_start: mov $60, %eax\n xor %edi, %edi\n syscall\n"
	".globl camlTcp__Window__code_begin\ncamlTcp__Window__code_begin:\n"
	".fill 100, 1, 0x90\n"
	".globl camlTcp__Window__code_end\ncamlTcp__Window__code_end:\n"
	".globl camlMain.code_begin\ncamlMain.code_begin: .fill 30, 1, 0x90\n"
	".globl camlMain.code_end\ncamlMain.code_end:\n"
	".globl camlLost__code_begin\ncamlLost__code_begin: nop\n"
	".data\n"
	".globl camlTcp__Window__data_begin\ncamlTcp__Window__data_begin:\n"
	".fill 40, 1, 1\n"
	".globl camlTcp__Window__data_end\ncamlTcp__Window__data_end:\n";

static const char *in(struct fixture *f, const char *name)
{
	return path_join(&f->a, f->dir, name);
}

static void shell(struct fixture *f, const char *script)
{
	struct err e;
	struct outcome outcome;
	const char *const argv[] = {"sh", "-ec", script, NULL};
	const struct command c = {.argv = argv, .dir = f->dir};
	assert_ok(command_must(&f->a, &c, &outcome, &e));
}

static int set_up(void **state)
{
	struct err e;
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	assert_ok(dir_make_temp(&f->a, "/tmp/respin-test-label.", &f->dir, &e));
	assert_ok(file_write(in(f, "program.s"), str_of(program_s), 0644, &e));
	shell(f, "as program.s -o program.o && ld program.o -o program");
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct fixture *f = *state;
	assert_ok(tree_remove(f->dir, &e));
	arena_free(&f->a);
	free(f);
	return 0;
}

static struct image_info example(struct arena *a)
{
	struct image_info m = {.name = "site"};
	vec_push(a, &m.packages, ((struct manifest_package){.name = "site", .version = "1"}));
	vec_push(a, &m.packages, ((struct manifest_package){.name = "tcpip", .version = "9.0.1"}));
	return m;
}

static bool label(struct fixture *f, const char *linked, const char *out, struct err *e)
{
	struct image_info m = example(&f->a);
	image_units units = {0};
	vec_push(&f->a, &units, ((struct image_unit){"Main", 0}));
	vec_push(&f->a, &units, ((struct image_unit){"Tcp__Window", 1}));
	vec_push(&f->a, &units, ((struct image_unit){"Lost", 1}));
	return image_label(in(f, linked), &m, &units, in(f, out), e);
}

static void units_are_their_packages(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct image_info info;
	assert_ok(label(f, "program", "image", &e));
	assert_ok(image_read(&f->a, in(f, "image"), &info, &e));
	assert_string_equal(info.name, "site");
	assert_int_equal(info.packages.n, 2);
	assert_int_equal(info.packages.v[0].size, 30);
	assert_int_equal(info.packages.v[1].size, 140);
	assert_string_equal(info.packages.v[1].version, "9.0.1");
}

static void label_changes_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const char *before, *after;
	assert_ok(label(f, "program", "image", &e));
	assert_ok(image_loaded(&f->a, in(f, "program"), &before, &e));
	assert_ok(image_loaded(&f->a, in(f, "image"), &after, &e));
	assert_string_equal(before, after);
	shell(f, "./image && readelf -lW program >a && readelf -lW image >b && grep LOAD a >a.load "
		 "&& "
		 "grep LOAD b | cmp - a.load");
}

static void bytes_behind_the_end_are_refused(void **state)
{
	struct fixture *f = *state;
	struct err e;
	shell(f, "cp program bytecode && echo Caml1999X031 >>bytecode");
	assert_false(label(f, "bytecode", "never", &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "bytes follow the end of the program"));
	assert_false(file_exists(in(f, "never")));
}

static void other_files_are_refused(void **state)
{
	struct fixture *f = *state;
	struct err e;
	assert_false(label(f, "program.s", "never", &e));
	assert_int_equal(e.code, E_INPUT);
	assert_false(label(f, "missing", "never", &e));
	assert_int_equal(e.code, E_ABSENT);
	shell(f, "cp program two && strip -s two");
	assert_ok(label(f, "two", "stripped", &e));
}

static void damage_is_survived(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct str bytes;
	assert_ok(file_read(&f->a, in(f, "program"), 1 << 20, &bytes, &e));
	char *copy = str_copy(&f->a, bytes);
	for (size_t i = 16; i < bytes.n; i += 7) {
		char was = copy[i];
		copy[i] = (char)~was;
		assert_ok(file_write_cache(in(f, "bad"), (struct str){copy, bytes.n}, 0644, &e));
		if (!label(f, "bad", "out", &e))
			assert_true(e.code != OK && e.text[0]);
		copy[i] = was;
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static const struct CMUnitTest tests[] = {TEST(units_are_their_packages),
	TEST(label_changes_nothing_else), TEST(bytes_behind_the_end_are_refused),
	TEST(other_files_are_refused), TEST(damage_is_survived)};

RUN_TESTS("image label")
