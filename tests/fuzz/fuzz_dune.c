/* fuzz_dune.c - the reader of dune workspaces with any bytes as their one dune file, and of what
 * dune describes. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ocaml/ocaml.h"
#include "sys/sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[64];

static void remove_workspace(void)
{
	struct err e = {0};
	if (!tree_remove(place, &e))
		__builtin_trap();
}

/* A folder with modules a and b, and b again in a folder below, and sources in C; made once. */
static const char *workspace(struct arena *a)
{
	struct err e = {0};
	const char *dir;
	if (place[0])
		return place;
	if (!dir_make_temp(a, "/tmp/respin-fuzz-dune", &dir, &e) || strlen(dir) >= sizeof(place) ||
		!dir_make(path_join(a, dir, "sub"), &e) ||
		!file_write_cache(path_join(a, dir, "a.ml"), S("let x = 1"), 0644, &e) ||
		!file_write_cache(path_join(a, dir, "b.mli"), S("val x : int"), 0644, &e) ||
		!file_write_cache(path_join(a, dir, "sub/b.ml"), S("let x = 1"), 0644, &e) ||
		!file_write_cache(path_join(a, dir, "old.c"), S("int x;"), 0644, &e) ||
		!file_write_cache(path_join(a, dir, "sub/late_stubs.c"), S("int y;"), 0644, &e) ||
		!file_write_cache(path_join(a, dir, "sub/older.cc"), S("int z;"), 0644, &e))
		__builtin_trap();
	memcpy(place, dir, strlen(dir) + 1);
	if (atexit(remove_workspace) != 0)
		__builtin_trap();
	return place;
}

static void check_modules(const ocaml_modules *modules)
{
	vec_for(m, modules) {
		if (!m->unit || !m->unit[0] || !m->path || !m->path[0])
			__builtin_trap();
	}
}

static void check(const struct ocaml_workspace *w)
{
	vec_for(library, &w->libraries) {
		if (!library->name || !library->dir)
			__builtin_trap();
		check_modules(&library->modules);
	}
	vec_for(x, &w->executables)
		check_modules(&x->modules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size};
	const char *root = workspace(&scratch);
	struct ocaml_workspace read, described;
	struct err e = {0};
	if (!file_write_cache(path_join(&scratch, root, "dune"), text, 0644, &e) ||
		!ocaml_workspace_read(&scratch, root, NULL, NULL, &read, &e))
		__builtin_trap();
	check(&read);
	if (!ocaml_describe_parse(&scratch, root, text, &described, &e)) {
		if (e.code != E_INPUT || !e.text[0])
			__builtin_trap();
		return 0;
	}
	check(&described);
	ocaml_workspace_confirm(&scratch, &read, &described);
	check(&read);
	return 0;
}
