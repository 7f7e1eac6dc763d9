/* fuzz_opam.c - opam files from any bytes: read or refused with a place, never worse; what was read
 * is printed, and read again as the same. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void nothing(void *ctx, struct str name, const struct opam_bound *bound)
{
	(void)ctx;
	(void)opam_bound_holds(bound, name);
}

static void use(struct arena *a, const struct opam_file *f)
{
	struct opam_env env = {.variables.a = a};
	struct opam_package p;
	struct opam_lock lock;
	struct opam_switch s;
	struct err e = {0};
	struct text t = {.a = a};
	opam_env_roles(&env);
	opam_env_set(&env, "version", S("1.0"));
	if (!opam_package_read(a, f, &p, &e)) {
		must(e.text[0] && e.where[0]);
		return;
	}
	struct opam_formula *all = opam_reduce(a, p.depends, true, &env, true);
	opam_print_formula(&t, all);
	opam_atoms(all, nothing, NULL);
	opam_atoms(opam_reduce(a, p.conflicts, false, &env, false), nothing, NULL);
	(void)opam_eval_bool(p.available, &env, true);
	(void)opam_repository_key(a, p.dev_repo);
	if (!opam_lock_read(a, f, &lock, &e) || !opam_switch_read(a, f, &s, &e))
		must(e.text[0] && e.where[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct opam_file f, again;
	struct err e = {0};
	struct text first = {.a = &a}, second = {.a = &a};
	if (!opam_parse(&a, (struct str){(const char *)data, size}, "opam", &f, &e)) {
		must(e.text[0] && !strncmp(e.where, "opam:", 5));
		return 0;
	}
	opam_print(&first, &f);
	must(opam_parse(&a, text_str(&first), "printed", &again, &e));
	opam_print(&second, &again);
	must(str_eq(text_str(&first), text_str(&second)));
	struct str half = {(const char *)data, size / 2};
	struct str rest = str_from((struct str){(const char *)data, size}, size / 2);
	must((opam_version_compare(half, rest) > 0) == (opam_version_compare(rest, half) < 0));
	use(&a, &f);
	return 0;
}
