/* fuzz_opam_index.c - an index of a repository whose bytes are damaged: refused, or asked without
 * harm. SPDX-License-Identifier: ISC */
#include "opam/index.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct arena *a, const struct opam_index *x)
{
	const char *near[OPAM_NEAR_MAX];
	const uint32_t *members;
	struct opam_known k;
	struct opam_edge edge;
	opam_numbers from = {0}, found;
	size_t length = 0;
	uint32_t first;
	for (uint32_t v = 0; opam_index_get(x, v, &k); v++) {
		length += strlen(k.name) + strlen(k.version) + strlen(k.src);
		uint32_t package = opam_index_package(x, str_of(k.name));
		length += opam_index_versions(x, package, &first);
		length += opam_index_latest(x, package) + opam_index_version(x, package, S("1"));
		size_t n = opam_index_repository(x, str_of(k.repository), &members);
		for (size_t i = 0; i < n; i++)
			length += members[i];
		for (size_t i = 0; opam_index_edge(x, v, i, &edge); i++)
			length += strlen(edge.bound);
		vec_push(a, &from, v);
	}
	opam_index_broken(x, a, &found);
	for (size_t i = 0; i < found.n && opam_index_get(x, found.v[i], &k); i++)
		length += strlen(k.synopsis);
	vec_push(a, &from, OPAM_NONE - 1);
	opam_index_dependents(x, a, &from, OPAM_BUILD, true, &found);
	opam_index_dependencies(x, a, &from, OPAM_BUILD, true, &found);
	length += opam_index_near(x, S("name"), near);
	*(volatile size_t *)&length = length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct opam_index x;
	char *aligned = arena_alloc(&a, size);
	memcpy(aligned, data, size);
	if (opam_index_view((struct str){aligned, size}, &x))
		ask(&a, &x);
	return 0;
}
