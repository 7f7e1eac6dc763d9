/* machine_box.h - machines that are programs, for tests of the lab. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_MACHINE_BOX_H
#define RESPIN_TESTS_MACHINE_BOX_H

#include "lab_box.h"

static const char *server, *tapped;

static inline const char *compile(const char *name)
{
	struct err e = {0};
	struct outcome ignored;
	const char *out = path_join(&arena, root, name);
	const char *source = str_format(&arena, "tests/guest/%s.c", name);
	const char *const argv[] = {"cc", "-O1", "-g", "-o", out, source, NULL};
	const struct command cc = {.argv = argv};
	assert_ok(command_must(&arena, &cc, &ignored, &e));
	return out;
}

static inline int setup_machines(void **state)
{
	int failed = setup(state);
	server = compile("server");
	tapped = compile("tapped");
	return failed;
}

/* An image whose machine is of this KIND; MORE are other fields of "image", each with a comma
 * behind it. */
static inline struct recipe *image_of(
	const char *kind, const char *command_line, const char *more, const char *checks)
{
	struct err e = {0};
	struct recipe *r;
	const char *file = path_join(&arena, root, "recipes/box/recipe.json");
	const char *text = str_format(&arena,
		"{\"name\":\"box\",\"version\":\"1\",\"license\":\"ISC\",\"image\":{"
		"\"machine\":\"%s\",\"boot\":{\"command_line\":\"%s\"},%s\"checks\":[%s]}}",
		kind, command_line, more, checks);
	assert_ok(dir_make(path_dir(&arena, file), &e));
	assert_ok(file_write(file, str_of(text), 0644, &e));
	assert_ok(recipe_read(&arena, file, &r, &e));
	return r;
}

static inline struct run run_of(const char *program, const char *kind, const char *command_line,
	const char *more, const char *checks)
{
	struct err e = {0};
	struct run run = {0};
	struct lab_request q = request(image_of(kind, command_line, more, checks));
	q.image_path = program;
	assert_ok(lab_check(&arena, &q, &run, &e));
	return run;
}

static inline struct run process(const char *command_line, const char *checks)
{
	return run_of(server, "process", command_line, "", checks);
}

/* MODE as in tests/guest/tapped.c. */
static inline struct run tap_machine(const char *mode, const char *checks)
{
	return run_of(tapped, "unix", str_format(&arena, "$TAP $ADDRESS %s", mode), "", checks);
}

#define TCP "{\"name\":\"tcp\",\"type\":\"tcp\"}"
#define PING "{\"name\":\"ping\",\"type\":\"ping\",\"timeout_ms\":2000}"
#define HTTP "{\"name\":\"http\",\"type\":\"http\",\"path\":\"/\"}"
#define REBOOT "{\"name\":\"cut\",\"type\":\"reboot\"}"
/* All checks of RUN passed; says what failed where not. */
static inline void assert_passed(const struct run *run)
{
	vec_for(r, &run->checks)
		if (r->verdict != PASS)
			print_error("%s: %s\n", r->name, r->why);
	if (run->verdict != PASS)
		print_error("%s\n%s", run->end, kept(run, "console.txt"));
	assert_int_equal(run->verdict, PASS);
}

#define WAIT COMMAND("wait", "\"timeout_ms\":60000,\"run\":[\"sleep\",\"7142\"]")
#define EXPECT(text, ms)                                                                           \
	"{\"name\":\"up\",\"type\":\"boot\",\"expect\":\"" text "\",\"timeout_ms\":" #ms "}"
#define AT_3(type) "{\"name\":\"" type " 3\",\"type\":\"" type "\",\"machine\":3}"
#define SOON "{\"name\":\"soon\",\"type\":\"boot\",\"timeout_ms\":300}"

#endif
