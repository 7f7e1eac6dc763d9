/* lab_box.h - an image and a workspace for tests of the lab. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_LAB_BOX_H
#define RESPIN_TESTS_LAB_BOX_H

#include "unit.h"

#include <sys/stat.h>

#include "lab/lab.h"
#include "sys/sys.h"

static const char *root, *guest;
static struct arena arena;
static struct workspace workspace;

static inline int setup(void **state)
{
	(void)state;
	struct err e = {0};
	setenv("RESPIN_ACCEL", "tcg", 1); /* the probe has its own test */
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-lab.", &root, &e));
	guest = path_join(&arena, root, "guest");
	const char *const argv[] = {"cc", "-m32", "-g", "-O1", "-ffreestanding", "-fno-pic",
		"-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-mgeneral-regs-only",
		"-nostdlib", "-static", "-no-pie",
		"-Wl,-Ttext=0x100000,--build-id=none,-z,noexecstack,-estart", "-o", guest,
		"tests/guest/lab_guest.c", NULL};
	const struct command cc = {.argv = argv};
	struct outcome ignored;
	assert_ok(command_must(&arena, &cc, &ignored, &e));
	assert_ok(file_write(path_join(&arena, root, "respin.json"), S("{}"), 0644, &e));
	assert_ok(dir_make(path_join(&arena, root, "recipes"), &e));
	assert_ok(workspace_open(&arena, root, &workspace, &e));
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(tree_remove(root, &e));
	arena_free(&arena);
	return 0;
}

/* An image whose machine behaves as MODE says (see lab_guest.c); MORE are other fields of "image",
 * each with a comma behind it. */
static inline struct recipe *image_with(const char *mode, const char *more, const char *checks)
{
	struct err e = {0};
	struct recipe *r;
	const char *file = path_join(&arena, root, "recipes/box/recipe.json");
	const char *text = str_format(&arena,
		"{\"name\":\"box\",\"version\":\"1\",\"license\":\"ISC\",\"image\":{"
		"\"boot\":{\"command_line\":\"mode=%s\"},%s\"checks\":[%s]}}",
		mode, more, checks);
	assert_ok(dir_make(path_dir(&arena, file), &e));
	assert_ok(file_write(file, str_of(text), 0644, &e));
	assert_ok(recipe_read(&arena, file, &r, &e));
	return r;
}

static inline struct recipe *image(const char *mode, const char *checks)
{
	return image_with(mode, "", checks);
}

static inline struct lab_request request(const struct recipe *r)
{
	return (struct lab_request){
		.w = &workspace, .image = r, .image_path = guest, .image_sha256 = "0123"};
}

static inline struct run lab_with(const char *mode, const char *more, const char *checks)
{
	struct err e = {0};
	struct run run = {0};
	struct lab_request q = request(image_with(mode, more, checks));
	assert_ok(lab_check(&arena, &q, &run, &e));
	return run;
}

static inline struct run lab(const char *mode, const char *checks)
{
	return lab_with(mode, "", checks);
}

/* The result of the check called NAME. */
static inline const struct check_result *result(const struct run *run, const char *name)
{
	vec_for(r, &run->checks)
		if (strcmp(r->name, name) == 0)
			return r;
	print_error("there is no result '%s'\n", name);
	_fail(__FILE__, __LINE__);
	return NULL;
}

static inline void assert_skipped(const struct run *run, const char *name, const char *why)
{
	const struct check_result *r = result(run, name);
	assert_int_equal(r->verdict, SKIP);
	if (!strstr(r->why, why))
		print_error("'%s' is not in '%s'\n", why, r->why);
	assert_non_null(strstr(r->why, why));
}

static inline const char *kept(const struct run *run, const char *name)
{
	struct err e = {0};
	struct str text = {0};
	assert_ok(file_read(&arena, path_join(&arena, run->dir, name), 1 << 24, &text, &e));
	return text.p;
}

#define assert_contains(text, part)                                                                \
	do {                                                                                       \
		if (!strstr((text), (part))) {                                                     \
			print_error("'%s' is not in '%s'\n", (part), (text));                      \
			_fail(__FILE__, __LINE__);                                                 \
		}                                                                                  \
	} while (0)

#define COMMAND(name, more) "{\"name\":\"" name "\",\"type\":\"command\"," more "}"
#define BOOT "{\"name\":\"boot\",\"type\":\"boot\",\"timeout_ms\":20000}"
#define ARP_NAMED(n) "{\"name\":\"" #n "\",\"type\":\"arp\",\"timeout_ms\":2000}"
#define ARP(ms) "{\"name\":\"arp\",\"type\":\"arp\",\"timeout_ms\":" #ms "}"

#endif
