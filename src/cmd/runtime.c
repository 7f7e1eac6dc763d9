/* runtime.c - what OCaml itself links into each program: its runtime, and what the compiler makes.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/cmd.h"
#include "debian/debian.h"
#include "ocaml/ocaml.h"

/* Made for each program as it is linked. */
static bool is_made(const char *function)
{
	static const char *const begins[] = {
		"caml_curry", "caml_apply", "caml_tuplify", "caml_send", "caml_startup__"};
	static const char *const names[] = {"caml_program", "caml_globals", "caml_globals_map",
		"caml_frametable", "caml_data_segments", "caml_code_segments"};
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(function, begins[i], strlen(begins[i])))
			return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* Archives for bytecode, and those with other code for the same functions. */
static bool is_other(const char *name)
{
	static const char *const others[] = {"libcamlrun", "libthreads.a", "libasmrund",
		"libasmruni", "libasmrunp", "libasmrun_"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strncmp(name, others[i], strlen(others[i])))
			return true;
	return false;
}

/* The archives of the compiler's own folder. */
static strings archives_of(struct arena *a)
{
	struct ocaml_env env = ocaml_env_now();
	struct ocaml_site site;
	struct err ignored;
	strings names = {0}, out = {0};
	if (!ocaml_site_find(a, &env, &site, &ignored) ||
		!dir_list(a, site.stdlib, &names, &ignored))
		return out;
	vec_for(name, &names)
		if (!strncmp(*name, "lib", 3) && str_ends(str_of(*name), S(".a")) &&
			!is_other(*name))
			vec_push(a, &out, path_join(a, site.stdlib, *name));
	return out;
}

/* The archive that has FUNCTION, be it one that no other file can name: the tables of archives
 * don't have those. NULL where none has. */
static const char *archive_with(struct arena *a, const char *function)
{
	strings archives = archives_of(a), argv = {0};
	struct outcome o;
	struct err ignored;
	const char *end = str_format(a, " %s", function);
	vec_push(a, &argv, "nm");
	vec_push(a, &argv, "-A");
	vec_push(a, &argv, "--defined-only");
	vec_for(archive, &archives)
		vec_push(a, &argv, *archive);
	vec_push(a, &argv, NULL);
	if (!archives.n ||
		!command_run(a, &(struct command){.argv = argv.v, .split = true}, &o, &ignored))
		return NULL;
	while (o.output.n) {
		struct str line = str_cut(&o.output, '\n');
		if (str_ends(line, str_of(end)))
			return str_copy(a, str_cut(&line, ':'));
	}
	return NULL;
}

static void take_archive(struct arena *a, const char *archive, struct candidate *k)
{
	const struct dpkg_package *owner;
	struct err ignored;
	k->library = path_base(archive);
	vec_push(a, &k->evidence,
		str_format(a, "%s, a part of OCaml's runtime, defines %s", archive, k->module));
	(void)!resolve_owner(a, archive, k, &owner, &ignored);
}

void resolve_runtime(struct context *c, const char *function, struct candidate *k)
{
	const char *archive;
	if (strncmp(function, "caml_", 5) != 0)
		return;
	if (is_made(function))
		vec_push(c->a, &k->evidence,
			str_format(c->a,
				"%s is of OCaml's runtime: the compiler makes it for each program "
				"that it links",
				function));
	else if ((archive = archive_with(c->a, function)))
		take_archive(c->a, archive, k);
}
