/* mounts.c - which folder of the user's stands where in the shadow, and what its files are called.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

bool recipe_provides(const struct recipe *r, struct str package)
{
	if (!r->build.dune || r->image)
		return false;
	vec_for(name, &r->build.dune->packages)
		if (str_is(package, *name))
			return true;
	return str_is(package, r->name);
}

static const struct overlay *overlay_of(const struct build *b, const struct recipe *r)
{
	if (b->q->with)
		vec_for(o, b->q->with)
			if (!strcmp(o->package, r->name))
				return o;
	return NULL;
}

static const char *tidy_place(const char *place)
{
	return !strcmp(place, ".") ? "" : place;
}

static struct mount *mount_at(struct build *b, const char *at)
{
	vec_for(m, &b->mounts)
		if (!strcmp(m->at, at))
			return m;
	return NULL;
}

/* As the user knows PATH, which is absolute. */
static const char *shown_from_root(const struct build *b, const char *path)
{
	struct str s = str_of(path), root = str_of(b->root);
	bool below = str_starts(s, root) && s.n > root.n && s.p[root.n] == '/';
	return below ? path + root.n + 1 : path;
}

static bool twice(
	const struct build *b, const struct mount *m, const struct recipe *r, struct err *e)
{
	fail(e, E_CONFLICT, "the overlays of %s and %s would take the same folder, '%s'",
		m->unit->name, r->name, *m->at ? m->at : ".");
	fail_hint(e, "drop one of them: respin overlay drop %s", r->name);
	return fail_where(e, "%s", shown_from_root(b, m->from));
}

/* The place of R's source: the folder there, or the overlay instead of it. */
static bool add_unit(struct build *b, const struct recipe *r, struct err *e)
{
	const char *at = tidy_place(r->build.dune->place);
	const struct overlay *over = overlay_of(b, r);
	struct mount *m = mount_at(b, at);
	if (m && m->over && over)
		return twice(b, m, r, e);
	if (!m) {
		m = vec_add(b->a, &b->mounts);
		*m = (struct mount){.at = at, .from = path_join(b->a, b->root, at), .shown = at};
		m->added = !dir_exists(m->from);
	}
	if (!m->unit || over || (m->unit->image && !r->image && !m->over))
		m->unit = r;
	if (!over)
		return true;
	m->over = over;
	if (!path_real(b->a, over->dir, &m->from, e))
		return fail_context(e, "the overlay of %s", r->name);
	m->shown = shown_from_root(b, m->from);
	return true;
}

/* What the workspace lacks and no overlay brings is installed somewhere: not ours. */
static void drop_absent(struct build *b)
{
	size_t n = 0;
	vec_for(m, &b->mounts)
		if (!m->added || m->over)
			b->mounts.v[n++] = *m;
		else
			b->uses_installed = true;
	b->mounts.n = n;
}

/* An overlay of the whole workspace that has folders of other packages, too, is what counts. */
static void take_from_root(struct build *b)
{
	const struct mount *root = b->mounts.v;
	for (size_t i = 1; i < b->mounts.n && root->over; i++) {
		struct mount *m = &b->mounts.v[i];
		const char *inner = path_join(b->a, root->from, m->at);
		if (m->over || !dir_exists(inner))
			continue;
		m->from = inner;
		m->shown = path_join(b->a, root->shown, m->at);
		m->added = false;
	}
}

bool mounts_find(struct build *b, struct err *e)
{
	vec_push(b->a, &b->mounts,
		((struct mount){.at = "", .from = b->root, .shown = "", .unit = NULL}));
	vec_for(r, &b->closure)
		if ((*r)->build.dune && !add_unit(b, *r, e))
			return false;
	take_from_root(b);
	drop_absent(b);
	return true;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return !n || (!strncmp(path, folder, n) && (!path[n] || path[n] == '/'));
}

const struct mount *mounts_of(const struct build *b, const char *path)
{
	const struct mount *best = b->mounts.v;
	vec_for(m, &b->mounts)
		if (is_below(path, m->at) && strlen(m->at) >= strlen(best->at))
			best = m;
	return best;
}

const char *unit_of(const struct build *b, const char *path)
{
	const struct mount *m = mounts_of(b, path);
	return m->unit ? m->unit->name : b->q->image->name;
}

const char *within(const struct mount *m, const char *path)
{
	size_t n = strlen(m->at);
	return path[n] == '/' ? path + n + 1 : path + n;
}

const char *user_path(const struct build *b, const char *path)
{
	const struct mount *m = mounts_of(b, path);
	return path_join(b->a, m->shown, within(m, path));
}

const char *short_path(const struct build *b, const char *path)
{
	const struct mount *m = mounts_of(b, path);
	const char *rest = within(m, path);
	return *rest ? rest : path;
}
