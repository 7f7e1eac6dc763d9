/* promoted.c - what the rules of a dune file put into the source tree. SPDX-License-Identifier: ISC
 */
#include "ocaml/ocaml.h"

#include "ocaml/sexp.h"
#include "ocaml/text_file.h"
#include "sys/sys.h"

/* "(mode promote)", "(mode (promote ...))" */
static bool is_promoted(const struct sexp *rule)
{
	const struct sexp *mode = sexp_field(rule, "mode");
	if (!mode || mode->n != 2)
		return false;
	const struct sexp *how = &mode->items[1];
	return sexp_is_call(how, "promote") || (sexp_is_atom(how) && str_is(how->text, "promote"));
}

/* "(target NAME)", "(targets NAME ...)" */
static void add_targets(struct arena *a, const struct sexp *rule, strings *out)
{
	static const char *const fields[] = {"target", "targets"};
	for (size_t i = 0; i < 2; i++) {
		const struct sexp *field = sexp_field(rule, fields[i]);
		for (size_t k = 1; field && k < field->n; k++)
			if (sexp_is_atom(&field->items[k]))
				vec_push(a, out, sexp_copy(a, &field->items[k]));
	}
}

bool ocaml_promoted(struct arena *a, const char *file, strings *out, struct err *e)
{
	struct str text;
	struct sexp all;
	if (!text_file_read(a, file, file, SEXP_MAX_SIZE, &text, e) ||
		!sexp_read(a, file, text, &all, e))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		const struct sexp *rule = &all.items[i];
		if (sexp_is_call(rule, "rule") && is_promoted(rule))
			add_targets(a, rule, out);
	}
	return true;
}
