/* overlay_found.c - opens an overlay of whatever has a name: also of a package that is not
 * installed and has a file of that name. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

#define HINT                                                                                       \
	"files of packages that are not installed are known to apt-file: apt-get install "         \
	"apt-file "                                                                                \
	"&& apt-file update, or name the package"

/* A file that code is compiled or linked with. */
static bool is_file(const struct candidate *k)
{
	static const char *const kinds[] = {"header", "library", "pkg-config name"};
	for (size_t i = 0; k->install && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(k->kind, kinds[i]))
			return true;
	return false;
}

/* "debian lz4 1.9.4-1"; what apt's indexes don't know has none: then the package itself. */
static const char *source_of(const struct candidate *k)
{
	return k->source ? k->source : k->package;
}

static void add_once(struct arena *a, strings *list, const char *word)
{
	vec_for(z, list)
		if (!strcmp(*z, word))
			return;
	vec_push(a, list, word);
}

/* Of the best finds, which must all be of one source. *OUT is NULL where there is none. */
MUST_CHECK static bool pick(
	struct arena *a, const struct resolution *r, const char **out, struct err *e)
{
	const struct candidate *best = NULL;
	strings all = {0};
	struct text words = {.a = a};
	bool agree = true;
	vec_for(k, &r->candidates) {
		if (!is_file(k) || (best && k->rank < best->rank))
			continue;
		agree &= !best || !strcmp(source_of(best), source_of(k));
		best = best ? best : k;
		add_once(a, &all, k->package);
	}
	*out = best ? best->package : NULL;
	if (agree)
		return true;
	vec_for(z, &all)
		text_addf(&words, "%s%s", words.n ? ", " : "", *z);
	fail(e, E_USAGE, "%s is in several packages that are not installed: %s", r->query, words.p);
	return fail_hint(e, "name one of them");
}

/* The package that has the file NAME, by apt-file's index. UNKNOWN: how the search went until here.
 */
MUST_CHECK static bool find_package(struct context *c, const char *name, const char **out,
	const struct err *unknown, struct err *e)
{
	struct resolution r = {0};
	if (!resolve_name(c->a, &c->w, name, RESOLVE_DISTRIBUTION, false, &r, e) ||
		!pick(c->a, &r, out, e))
		return false;
	if (*out)
		return true;
	*e = *unknown;
	return fail_hint(e, "%s; %s", unknown->hint,
		debian_has_contents(c->a) ? "nor has a package of the distribution such a file"
					  : HINT);
}

bool overlay_add_found(struct context *c, const char *name, struct overlay *out, bool *created,
	const char **why, struct err *e)
{
	const char *package;
	if (overlay_add_any(&c->w, name, out, created, why, e))
		return true;
	struct err unknown = *e, none;
	struct debian_found known;
	/* What is known, its source is not to be had. */
	if (e->code != E_NOTFOUND || strchr(name, '=') || debian_find(c->a, name, &known, &none))
		return false;
	if (!find_package(c, name, &package, &unknown, e) ||
		!overlay_add_any(&c->w, package, out, created, why, e))
		return false;
	if (*why)
		*why = str_format(c->a, "%s has %s; %s", package, name, *why);
	return true;
}

bool overlay_take_back(struct context *c, const strings *before, const char *package)
{
	struct err e;
	vec_for(name, before)
		if (!strcmp(*name, package))
			return false;
	if (!overlay_drop(&c->w, package, false, &e))
		term_warn("an overlay of %s was opened and stays: %s", package, e.text);
	return false;
}
