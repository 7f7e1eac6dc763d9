/* adopt.c - an overlay of a package that no recipe names: Debian's source of it, with a recipe that
 * lies beside the patches. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "debian/debian.h"
#include "overlay/work.h"
#include "spec/spec.h"

/* What stands in place of an SPDX expression: Debian tells licences file by file. */
#define LICENSE "LicenseRef-debian-copyright"
#define RECIPE_LIMIT ((size_t)1024 * 1024)

static struct str recipe_json(struct arena *a, const struct source *s)
{
	struct text out = {.a = a};
	struct json_writer w = {.out = &out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "name", s->debian);
	json_put_string(&w, "version", debian_upstream(a, s->version));
	json_put_string(&w, "license", LICENSE);
	json_put_string(&w, "summary", str_format(a, "%s as Debian builds it", s->debian));
	json_open(&w, "source", '[');
	json_open(&w, NULL, '{');
	json_put_string(&w, "debian", s->debian);
	json_put_string(&w, "version", s->version);
	json_put_string(&w, "sha256", s->sha256);
	json_close(&w);
	json_close(&w);
	json_open(&w, "build", '{');
	json_open(&w, "debian", '{');
	json_close(&w);
	json_close(&w);
	json_close(&w);
	text_addz(&out, "\n");
	return text_str(&out);
}

/* "zlib=1:1.2.13.dfsg-1" */
static void cut_version(
	struct arena *a, const char *name, const char **package, const char **version)
{
	struct str rest = str_of(name), first = str_cut(&rest, '=');
	*package = str_copy(a, first);
	*version = rest.n ? str_copy(a, rest) : NULL;
}

/* Which source, in which version: its checksum is the signed index's. */
MUST_CHECK static bool pin(struct arena *a, const struct debian_found *f, const char *version,
	struct source *out, struct err *e)
{
	*out = (struct source){.debian = f->source};
	if (source_find_debian(a, f->source, version ? version : f->version, out, e))
		return true;
	if (!version && !e->hint[0])
		fail_hint(e,
			"%s; respin overlay add %s=VERSION takes another version, a deb-src line "
			"of "
			"the archive that it is from gets its source",
			f->why, f->source);
	return false;
}

/* The folder holds nothing but a recipe that led nowhere. */
static void forget(const struct workspace *w, const char *dir)
{
	struct err ignored;
	bool began = file_exists(path_join(w->a, dir, "overlay.json")) ||
		     file_exists(path_join(w->a, dir, "src"));
	if (!began && !tree_remove(dir, &ignored))
		term_warn("%s", ignored.text);
}

/* The text comes into being aside: what a crash leaves there the next run sweeps. */
MUST_CHECK static bool write_recipe(
	struct arena *a, const char *dir, const char *file, struct str text, struct err *e)
{
	const char *staging = path_join(a, dir, STAGING);
	const char *new = path_join(a, staging, "recipe.json");
	if (!dir_make(staging, e) || !file_write(new, text, 0644, e))
		return false;
	return !rename(new, file) || fail_errno(e, "rename %s to %s", new, file);
}

MUST_CHECK static bool make_recipe(
	struct workspace *w, const struct source *s, struct recipe **out, struct err *e)
{
	const char *dir = path_join(w->a, w->overlays, s->debian);
	const char *file = path_join(w->a, dir, "recipe.json");
	struct recipe *r;
	if (file_exists(file)) {
		fail(e, E_CONFLICT, "there is a recipe already, of another name than %s",
			s->debian);
		return fail_where(e, "%s", file);
	}
	if (!write_recipe(w->a, dir, file, recipe_json(w->a, s), e) ||
		!recipe_read(w->a, file, &r, e)) {
		forget(w, dir);
		return false;
	}
	workspace_add(w, r);
	*out = r;
	return true;
}

/* The recipe that is there names VERSION, Debian's or upstream's; that of another one stays. */
MUST_CHECK static bool check_open(
	const struct workspace *w, const struct recipe *r, const char *version, struct err *e)
{
	const char *has = r->version;
	const char *dir = path_join(w->a, w->overlays, r->name);
	bool same = !strcmp(version, r->version);
	vec_for(s, &r->source) {
		if (!s->debian || !s->version)
			continue;
		has = s->version;
		same |= !strcmp(version, s->version);
	}
	if (same)
		return true;
	fail(e, E_CONFLICT, "the recipe of %s is of version %s, not %s", r->name, has, version);
	if (file_exists(path_join(w->a, dir, "overlay.json")))
		fail_hint(e,
			"respin overlay rebase %s %s moves the overlay there; or respin overlay "
			"drop %s, then add",
			r->name, version, r->name);
	else if (file_exists(path_join(w->a, dir, "recipe.json")))
		fail_hint(e, "respin overlay drop %s first", r->name);
	else
		fail_hint(e, "respin overlay add %s, then respin overlay rebase %s %s", r->name,
			r->name, version);
	return fail_where(e, "%s", r->file);
}

bool overlay_adopt(
	struct workspace *w, const char *name, struct recipe **out, const char **why, struct err *e)
{
	const char *package, *version;
	struct err unknown = {0};
	struct debian_found found;
	struct source s;
	*why = NULL;
	if (recipe_find(w, name, out, &unknown))
		return true;
	cut_version(w->a, name, &package, &version);
	if (!debian_find(w->a, package, &found, e)) {
		if (e->code != E_NOTFOUND && e->code != E_ABSENT)
			return false;
		*e = unknown;
		struct str near = str_of(unknown.hint);
		return fail_hint(e, "%s%sdpkg and apt know no such package or installed file%s",
			unknown.hint,
			!near.n			 ? ""
			: str_ends(near, S("?")) ? " "
						 : "; ",
			near.n ? " either" : "");
	}
	if (recipe_find(w, found.source, out, &unknown))
		return !version || check_open(w, *out, version, e);
	if (!pin(w->a, &found, version, &s, e) || !make_recipe(w, &s, out, e))
		return false;
	*why = version ? "the version asked for" : found.why;
	return true;
}

/* ---- before it goes -------------------------------------------------------------------------- */

#define GIT_MS 10000

/* Does R say no more than what was made of its Debian source? */
static bool is_as_made(struct arena *a, const struct recipe *r)
{
	struct text now = {.a = a}, made = {.a = a};
	struct recipe first = {0};
	struct err ignored;
	const struct source *s = r->source.n == 1 ? r->source.v : NULL;
	if (!s || !s->debian || !s->version || !s->sha256 ||
		!spec_read(a, &recipe_spec, recipe_json(a, s), r->file, &first, &ignored))
		return false;
	spec_canonical(&recipe_spec, r, &now);
	spec_canonical(&recipe_spec, &first, &made);
	return str_eq(text_str(&now), text_str(&made));
}

/* Has the user's git FILE as it stands? */
static bool is_committed(struct arena *a, const char *dir, const char *file)
{
	const char *const argv[] = {"git", "--no-optional-locks", "-C", dir, "cat-file", "blob",
		"HEAD:./recipe.json", NULL};
	struct outcome o;
	struct err ignored;
	struct str text;
	struct command c = {.argv = argv, .split = true, .timeout_ms = GIT_MS};
	return file_read(a, file, RECIPE_LIMIT, &text, &ignored) &&
	       command_run(a, &c, &o, &ignored) && o.exit_code == 0 && str_eq(o.output, text);
}

bool adopt_check_kept(struct work *k, struct err *e)
{
	const char *file = path_join(k->a, k->dir, "recipe.json");
	struct recipe *r;
	struct err ignored;
	if (!file_exists(file) || (recipe_read(k->a, file, &r, &ignored) && is_as_made(k->a, r)) ||
		is_committed(k->a, k->dir, file))
		return true;
	fail(e, E_CONFLICT, "the recipe of %s was edited, and is not committed", path_base(k->dir));
	fail_hint(e, "commit %s, or keep a copy; --force drops it", file);
	return fail_where(e, "%s", file);
}

bool overlay_add_any(struct workspace *w, const char *name, struct overlay *out, bool *created,
	const char **why, struct err *e)
{
	struct recipe *r;
	if (!overlay_adopt(w, name, &r, why, e))
		return false;
	if (overlay_add(w, r->name, out, created, e))
		return true;
	if (*why)
		forget(w, path_join(w->a, w->overlays, r->name));
	return false;
}
