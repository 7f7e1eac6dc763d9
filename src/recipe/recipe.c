/* recipe.c - reads one recipe and checks what its tables can't. SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <stdio.h>
#include <string.h>

#include "sys/sys.h"

#define RECIPE_LIMIT ((size_t)1024 * 1024)

static bool wrong(const struct recipe *r, struct err *e, const char *path, const char *what)
{
	fail(e, E_INPUT, "%s", what);
	return fail_where(e, "%s%s%s", r->file, *path ? ":" : "", path);
}

static bool check_source(const struct recipe *r, size_t i, struct err *e)
{
	const struct source *s = &r->source.v[i];
	char path[32];
	snprintf(path, sizeof(path), "/source/%zu", i);
	if (!!s->debian + !!s->url + !!s->git + !!s->path != 1)
		return wrong(r, e, path,
			"expected exactly one of \"debian\", \"url\", \"git\" and \"path\"");
	if (s->debian && !(s->version && s->sha256))
		return wrong(r, e, path,
			"\"debian\" needs \"version\" and the \"sha256\" of the .dsc file");
	if (s->url && !s->sha256 && !s->sha512 && !s->md5)
		return wrong(r, e, path,
			"\"url\" needs the \"sha256\" of the archive (or its \"sha512\", or "
			"\"md5\")");
	if (!s->url && (s->sha512 || s->md5))
		return wrong(r, e, path, "\"sha512\" and \"md5\" are for \"url\" only");
	if (s->git && !s->commit)
		return wrong(r, e, path, "\"git\" needs a \"commit\"");
	return true;
}

static bool check_checks(const struct recipe *r, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct map names = {.a = &scratch};
	for (size_t i = 0; i < r->image->checks.n; i++) {
		const char *name = r->image->checks.v[i].name;
		if (map_has(&names, str_of(name)))
			return wrong(r, e, str_format(&scratch, "/image/checks/%zu/name", i),
				"another check has this name");
		map_put(&names, str_of(name));
	}
	return true;
}

static bool check_recipe(const struct recipe *r, struct err *e)
{
	for (size_t i = 0; i < r->source.n; i++)
		if (!check_source(r, i, e))
			return false;
	int ways = !!r->build.objects + !!r->build.commands + !!r->build.dune + !!r->build.debian;
	if (ways > 1)
		return wrong(r, e, "/build",
			"expected one of \"objects\", \"commands\", \"dune\" and \"debian\", found "
			"more");
	bool builds = ways > 0;
	if (builds && !r->source.n)
		return wrong(r, e, "", "\"source\" is missing: there is nothing to build from");
	if (!builds && !r->image)
		return wrong(
			r, e, "", "expected \"build\" or \"image\": this recipe makes nothing");
	if (strcmp(r->name, path_base(r->dir)))
		return wrong(r, e, "/name", "the name differs from that of the recipe's folder");
	return !r->image || check_checks(r, e);
}

/* PATH, relative to ROOT, from the folder DIR. */
static const char *seen_from(struct arena *a, const char *dir, const char *root, const char *path)
{
	size_t n = strlen(root);
	struct text up = {.a = a};
	if (strncmp(dir, root, n) != 0 || (dir[n] && dir[n] != '/'))
		return path_join(a, root, path);
	text_addz(&up, "");
	for (const char *c = dir + n; *c; c++)
		if (*c == '/')
			text_addz(&up, "../");
	return str_format(a, "%s%s", up.p, path);
}

/* Paths of a made recipe are relative to the root. */
static void take_sources(struct arena *a, struct recipe *r, const struct recipe *made)
{
	vec_for(s, &made->source) {
		struct source *own = vec_add(a, &r->source);
		*own = *s;
		if (!s->path)
			continue;
		own->path = seen_from(a, r->dir, made->dir, s->path);
		own->in_root = s->path;
	}
}

static void take_image(struct recipe *r, const struct recipe *made)
{
	struct image_how *image = r->image;
	if (!made->image)
		return;
	if (!image) {
		r->image = made->image;
		return;
	}
	if (!image->machine)
		image->machine = made->image->machine;
	if (!image->boot.command_line)
		image->boot.command_line = made->image->boot.command_line;
	if (!image->checks.n)
		image->checks = made->image->checks;
}

/* What R leaves out is as if it was not there. */
void recipe_take(struct arena *a, struct recipe *r, const struct recipe *made)
{
	bool builds = r->build.objects || r->build.commands || r->build.dune;
	if (!builds)
		r->build = made->build;
	if (!r->build.dune)
		return;
	if (!r->source.n)
		take_sources(a, r, made);
	if (!r->needs.n) {
		r->needs = made->needs;
		r->is_closed = made->is_closed;
	}
	take_image(r, made);
}

bool recipe_read_over(struct arena *a, const char *file, const struct recipe *made,
	struct recipe **out, struct err *e)
{
	struct str text;
	if (!file_read(a, file, RECIPE_LIMIT, &text, e))
		return false;
	struct recipe *r = NEW(a, struct recipe);
	if (!spec_read(a, &recipe_spec, text, file, r, e))
		return false;
	r->file = file;
	r->dir = path_dir(a, file);
	if (made)
		recipe_take(a, r, made);
	if (!check_recipe(r, e))
		return false;
	*out = r;
	return true;
}

bool recipe_read(struct arena *a, const char *file, struct recipe **out, struct err *e)
{
	return recipe_read_over(a, file, NULL, out, e);
}
