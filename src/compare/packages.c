/* packages.c - which packages two images have in different versions, sources or sizes.
 * SPDX-License-Identifier: ISC */
#include "compare/private.h"

#include <string.h>

static const struct manifest_package *find_package(const struct image_info *image, const char *name)
{
	vec_for(package, &image->packages)
		if (!strcmp(package->name, name))
			return package;
	return NULL;
}

static size_t occurrences(const strings *list, size_t n, const char *word)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += !strcmp(list->v[i], word);
	return count;
}

/* Those of LIST that are not in OTHER; of equal ones, as many as OTHER has fewer. */
static strings only_in(struct arena *a, const strings *list, const strings *other)
{
	strings out = {0};
	for (size_t i = 0; i < list->n; i++)
		if (occurrences(list, i + 1, list->v[i]) > occurrences(other, other->n, list->v[i]))
			vec_push(a, &out, list->v[i]);
	return out;
}

static bool same_text(const char *x, const char *y)
{
	return x && y ? !strcmp(x, y) : x == y;
}

static bool is_same(const struct package_change *p)
{
	return same_text(p->version_before, p->version_after) &&
	       same_text(p->source_before, p->source_after) &&
	       same_text(p->overlay_before, p->overlay_after) && p->size_before == p->size_after &&
	       !p->patches.n && !p->dropped.n;
}

/* One of the two may be NULL. */
static void add_package(struct arena *a, const struct manifest_package *before,
	const struct manifest_package *after, struct comparison *c)
{
	static const struct manifest_package none;
	const struct manifest_package *x = before ? before : &none, *y = after ? after : &none;
	struct package_change change = {
		.name = before ? before->name : after->name,
		.version_before = x->version,
		.version_after = y->version,
		.source_before = x->source_sha256,
		.source_after = y->source_sha256,
		.size_before = x->size,
		.size_after = y->size,
		.overlay_before = x->overlay_tree,
		.overlay_after = y->overlay_tree,
		.patches = only_in(a, &y->patches, &x->patches),
		.dropped = only_in(a, &x->patches, &y->patches),
	};
	if (!before || !after || !is_same(&change))
		vec_push(a, &c->packages, change);
}

void compare_packages(struct arena *a, struct comparison *c)
{
	const struct image_info *before = &c->before->image, *after = &c->after->image;
	vec_for(package, &before->packages)
		add_package(a, package, find_package(after, package->name), c);
	vec_for(package, &after->packages)
		if (!find_package(before, package->name))
			add_package(a, NULL, package, c);
}
