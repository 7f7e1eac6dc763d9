/* adopt.c - an overlay of a package that no recipe names: Debian's source of it, with a recipe that
 * lies beside the patches. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "debian/debian.h"
#include "overlay/work.h"
#include "spec/spec.h"

/* What stands in place of an SPDX expression: Debian tells licences file by file. */
#define LICENSE "LicenseRef-debian-copyright"

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
	if (!write_recipe(w->a, dir, file, recipe_json(w->a, s), e) ||
		!recipe_read(w->a, file, &r, e)) {
		forget(w, dir);
		return false;
	}
	workspace_add(w, r);
	*out = r;
	return true;
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
	if (!version && recipe_find(w, found.source, out, &unknown))
		return true;
	if (!pin(w->a, &found, version, &s, e) || !make_recipe(w, &s, out, e))
		return false;
	*why = version ? "the version asked for" : found.why;
	return true;
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
