/* fuzz_meta.c - the reader of findlib's META files on any bytes, and the values of what it lets
 * through. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(struct arena *a, const struct meta *m, const strings *predicates)
{
	vec_for(def, &m->defs) {
		if (!def->name[0] || def->line < 1)
			__builtin_trap();
		const char *value = meta_value(a, m, def->name, predicates);
		strings words = meta_words(a, value);
		vec_for(word, &words) {
			if (!**word || strpbrk(*word, " ,\t\n"))
				__builtin_trap();
		}
		if (!def->predicates.n && !def->adds && !value)
			__builtin_trap();
	}
	vec_for(inner, &m->packages)
		evaluate(a, *inner, predicates);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	strings predicates = {0};
	struct meta m;
	struct err e = {0};
	if (!meta_read(&scratch, "META", (struct str){(const char *)data, size}, &m, &e)) {
		if (e.code != E_INPUT || !e.text[0] || strncmp(e.where, "META:", 5) != 0)
			__builtin_trap();
		return 0;
	}
	vec_push(&scratch, &predicates, "byte");
	vec_push(&scratch, &predicates, "mt");
	evaluate(&scratch, &m, &predicates);
	return 0;
}
