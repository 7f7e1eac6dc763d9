/* resolve_show.c - what resolve found, for people: the answer in full, what else has the name in a
 * line each. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

#define MAX_FULL 3	  /* answers that are as good as the first */
#define MAX_DEPENDENTS 12 /* beside all else; --dependents lists them */
#define MAX_GROUPS 8
#define MAX_NAMES 6   /* of a group */
#define MAX_DIGITS 64 /* of a digest: SHA-256 has so many */
#define SHOWN_DIGITS 12

/* All of it, or the first MOST. */
static const char *joined(struct arena *a, const strings *list, size_t most)
{
	struct text t = {.a = a};
	for (size_t i = 0; i < list->n && i < most; i++)
		text_addf(&t, "%s%s", i ? ", " : "", list->v[i]);
	if (list->n > most)
		text_addf(&t, " and %zu more", list->n - most);
	return t.n ? t.p : "none";
}

/* WORDS with digests longer than a line told by their beginnings; JSON has all of them. */
static const char *shortened(struct arena *a, const char *words)
{
	struct text t = {.a = a};
	while (words && *words) {
		size_t digits = strspn(words, "0123456789abcdef");
		bool is_long = digits > MAX_DIGITS;
		size_t n = digits ? digits : 1;
		text_addf(&t, "%.*s%s", (int)(is_long ? SHOWN_DIGITS : n), words,
			is_long ? "..." : "");
		words += n;
	}
	return t.n ? t.p : words;
}

static void print_field(const char *name, const char *value)
{
	if (value)
		term_out("  %-11s %s\n", name, value);
}

static const char *package_words(struct arena *a, const struct candidate *k)
{
	return k->package && k->version ? str_format(a, "%s %s", k->package, k->version)
					: k->package;
}

/* Outside of workspaces and projects there are no images. */
static void print_candidate(struct context *c, const struct candidate *k)
{
	struct arena *a = c->a;
	term_out("%s%s%s  %s", term_tint(TINT_BOLD), k->module, term_tint_end(), k->kind);
	if (k->file)
		term_out(k->line ? "  %s:%d" : "  %s", k->file, k->line);
	term_out("\n");
	print_field("library", k->library);
	print_field("package", package_words(a, k));
	print_field("source", shortened(a, k->source));
	print_field("install", k->install);
	print_field("overlay", k->overlay);
	if (k->implementations.n)
		term_out("  implemented by  %s\n", joined(a, &k->implementations, SIZE_MAX));
	print_field("dependents", joined(a, &k->dependents, MAX_DEPENDENTS));
	if (c->w.root || k->images.n)
		print_field("images", joined(a, &k->images, SIZE_MAX));
	vec_for(z, &k->evidence)
		term_out("  %-11s %s\n", z == k->evidence.v ? "because" : "", shortened(a, *z));
}

/* ---- what else has the name -------------------------------------------------------------------
 */

static bool same(const char *x, const char *y)
{
	return (!x && !y) || (x && y && !strcmp(x, y));
}

static bool is_of_group(const struct candidate *x, const struct candidate *y)
{
	return same(x->package, y->package) && same(x->version, y->version) &&
	       same(x->world, y->world) && same(x->install, y->install);
}

/* Is it as good an answer as the first, from another source? */
static bool is_rival(const struct resolution *r, size_t i)
{
	const struct candidate *k = &r->candidates.v[i];
	if (k->rank != r->candidates.v[0].rank)
		return false;
	for (size_t before = 0; before < i; before++) {
		const struct candidate *other = &r->candidates.v[before];
		if (is_of_group(other, k) || (k->source && same(other->source, k->source)))
			return false;
	}
	return true;
}

/* "libz.a (symbol)", "inflate (symbol, zconf.h:104)": a path where it is a source's. */
static const char *name_words(struct arena *a, const struct candidate *k)
{
	bool is_source = k->file && *k->file != '/';
	const char *name =
		!strcmp(k->kind, "symbol") && k->library && !is_source ? k->library : k->module;
	if (!is_source)
		return str_format(a, "%s (%s)", name, k->kind);
	return k->line ? str_format(a, "%s (%s, %s:%d)", name, k->kind, k->file, k->line)
		       : str_format(a, "%s (%s, %s)", name, k->kind, k->file);
}

/* Members of the group that begins with candidate I, but for those that were SHOWN. */
static strings group_names(
	struct arena *a, const struct resolution *r, size_t i, const bool *shown, bool *grouped)
{
	strings names = {0};
	for (size_t j = i; j < r->candidates.n; j++) {
		const struct candidate *k = &r->candidates.v[j];
		if (shown[j] || !is_of_group(&r->candidates.v[i], k))
			continue;
		grouped[j] = true;
		vec_push(a, &names, name_words(a, k));
	}
	return names;
}

static void print_others(struct context *c, const struct resolution *r, const bool *shown)
{
	bool *grouped = NEW_ARRAY(c->a, bool, r->candidates.n);
	size_t groups = 0, left = 0;
	for (size_t i = 0; i < r->candidates.n; i++) {
		const struct candidate *k = &r->candidates.v[i];
		if (shown[i] || grouped[i])
			continue;
		strings names = group_names(c->a, r, i, shown, grouped);
		if (groups++ >= MAX_GROUPS) {
			left += names.n;
			continue;
		}
		const char *package = package_words(c->a, k);
		term_out("%-5s %s%s: %s\n", groups == 1 ? "also" : "",
			package ? package : "no package", k->install ? ", not installed" : "",
			joined(c->a, &names, MAX_NAMES));
	}
	if (left)
		term_out("      and %zu more\n", left);
	if (groups)
		term_out("      (respin resolve --all %s tells all of each)\n", r->query);
}

/* ---- all of it --------------------------------------------------------------------------------
 */

/* What can't be read may hold a better answer. */
void warn_of_unread(struct context *c, const struct resolution *r)
{
	size_t own = r->unread_own, n = r->unread.n;
	size_t shown = own > MAX_FULL ? MAX_FULL : own ? own : n > 0;
	for (size_t i = 0; i < shown; i++)
		term_warn("not read: %s%s", r->unread.v[i],
			i + 1 < shown || shown == n
				? ""
				: str_format(
					  c->a, " (and %zu more: --json tells each)", n - shown));
}

void warn_of_damaged(struct context *c, const struct resolution *r, bool all)
{
	const struct damaged *first = NULL;
	size_t n = 0;
	vec_for(d, &r->damaged) {
		if (!all && strcmp(d->package, r->query) != 0)
			continue;
		first = first ? first : d;
		n++;
	}
	if (!first)
		return;
	const char *more =
		n < 2 ? "" : str_format(c->a, " (and %zu more: --json tells each)", n - 1);
	term_warn("%s:%u:%u: %s; %s %s is left out%s", first->file, first->line, first->column,
		first->error, first->package, first->version, more);
}

static void print_nothing(struct context *c, const struct resolution *r)
{
	term_out("%s: nothing found\n", r->query);
	if (r->near_misses.n)
		term_out("  near misses  %s\n", joined(c->a, &r->near_misses, SIZE_MAX));
	vec_for(z, &r->looked_in)
		term_out("  looked in    %s\n", *z);
}

void print_resolution(struct context *c, const struct resolution *r)
{
	bool *shown = NEW_ARRAY(c->a, bool, r->candidates.n + 1);
	size_t full = 0;
	warn_of_unread(c, r);
	warn_of_damaged(c, r, false);
	if (!r->candidates.n) {
		print_nothing(c, r);
		return;
	}
	for (size_t i = 0; i < r->candidates.n; i++) {
		bool rival = full < MAX_FULL && is_rival(r, i);
		shown[i] = i == 0 || rival || c->options.all;
		if (shown[i])
			print_candidate(c, &r->candidates.v[i]);
		full += shown[i];
	}
	print_others(c, r, shown);
}
