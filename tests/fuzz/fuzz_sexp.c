/* fuzz_sexp.c - the reader of S-expressions on any bytes: what it lets through can be written and
 * read again as the same. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/sexp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *e)
{
	if (e->code != E_INPUT || !e->text[0] || strncmp(e->where, "dune:", 5) != 0)
		__builtin_trap();
}

static bool same(const struct sexp *x, const struct sexp *y)
{
	if ((x->kind == SEXP_LIST) != (y->kind == SEXP_LIST) || x->n != y->n ||
		!str_eq(x->text, y->text))
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (!same(&x->items[i], &y->items[i]))
			return false;
	return true;
}

static bool has_nul(const struct sexp *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (has_nul(&x->items[i]))
			return true;
	return x->text.n && memchr(x->text.p, 0, x->text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size};
	struct sexp all, again;
	struct err e = {0};
	if (!sexp_read_canonical(&scratch, "dune", text, &all, &e))
		check_error(&e);
	if (!sexp_read(&scratch, "dune", text, &all, &e)) {
		check_error(&e);
		return 0;
	}
	if (has_nul(&all))
		return 0;
	for (size_t i = 0; i < all.n; i++) {
		const char *written = sexp_text(&scratch, &all.items[i]);
		if (!sexp_read(&scratch, "dune", str_of(written), &again, &e) || again.n != 1 ||
			!same(&all.items[i], &again.items[0]))
			__builtin_trap();
	}
	return 0;
}
