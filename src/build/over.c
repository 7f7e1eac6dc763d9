/* over.c - files laid over those that are installed, in a sandbox. A file that stands for one of
 * the same name is bound over it. Where there is a name more in a folder, or a link leads
 * elsewhere, the folder is replaced by one of links: bubblewrap can't add names to what is
 * read-only. SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/debian.h"

#define OVER "/.over" /* where the files are inside */
#define HOST "/.host" /* ... and what is installed */

struct layer {
	struct arena *a;
	const char *over, *farms;
	strings *argv;
	struct map farmed; /* folder -> its farm */
	strings files;	   /* pairs: the file, and what it is bound over */
};

static void add3(struct layer *l, const char *option, const char *from, const char *to)
{
	vec_push(l->a, l->argv, option);
	vec_push(l->a, l->argv, from);
	vec_push(l->a, l->argv, to);
}

MUST_CHECK static bool link_to(
	struct layer *l, const char *farm, const char *name, const char *target, struct err *e)
{
	const char *path = path_join(l->a, farm, name);
	if (unlink(path) && file_exists(path))
		return fail_errno(e, "remove %s", path);
	return !symlink(target, path) || fail_errno(e, "link %s to %s", path, target);
}

/* A folder of links to all that DIR holds. */
MUST_CHECK static bool make_farm(struct layer *l, const char *dir, const char **out, struct err *e)
{
	strings names;
	const char *farm = map_get(&l->farmed, str_of(dir));
	if (!farm) {
		farm = str_format(l->a, "%s/%zu", l->farms, l->farmed.entries.n);
		if (!dir_make(farm, e) || !dir_list(l->a, dir, &names, e))
			return false;
		vec_for(name, &names)
			if (!link_to(l, farm, *name, str_format(l->a, HOST "%s/%s", dir, *name), e))
				return false;
		*map_put(&l->farmed, str_of(dir)) = (void *)(uintptr_t)farm;
	}
	*out = farm;
	return true;
}

/* Entry NAME of the installed folder DIR becomes FILE, relative to the layer. */
MUST_CHECK static bool replace(
	struct layer *l, const char *dir, const char *name, const char *file, struct err *e)
{
	const char *farm;
	return make_farm(l, dir, &farm, e) &&
	       link_to(l, farm, name, str_format(l->a, OVER "/%s", file), e);
}

static bool same_link(const char *a, const char *b)
{
	char one[4096], other[4096];
	ssize_t n = readlink(a, one, sizeof(one)), m = readlink(b, other, sizeof(other));
	return n > 0 && n == m && !memcmp(one, other, (size_t)n);
}

/* FILE's folder is there: where it is, free of links. */
MUST_CHECK static bool lay_file(struct layer *l, const char *dir, const char *file, struct err *e)
{
	const char *name = path_base(file);
	const char *host = path_join(l->a, dir, name), *from = path_join(l->a, l->over, file);
	struct stat old, new;
	if (lstat(from, &new))
		return fail_errno(e, "stat %s", from);
	bool there = !lstat(host, &old);
	if (there && S_ISREG(old.st_mode) && S_ISREG(new.st_mode)) {
		vec_push(l->a, &l->files, from);
		vec_push(l->a, &l->files, host);
		return true;
	}
	if (there && S_ISLNK(old.st_mode) && S_ISLNK(new.st_mode) && same_link(host, from))
		return true;
	return replace(l, dir, name, file, e);
}

/* The innermost folder above FILE that is installed gets the first part of FILE's way below it. */
MUST_CHECK static bool lay(struct layer *l, const char *file, struct err *e)
{
	const char *part = file, *real;
	for (;;) {
		const char *above = path_dir(l->a, part);
		const char *host = path_join(l->a, "/", strcmp(above, ".") ? above : "");
		if (!dir_exists(host)) {
			part = above;
			continue;
		}
		if (!path_real(l->a, host, &real, e))
			return false;
		/* The sandbox holds nothing else of the system. */
		if (!str_starts(str_of(path_join(l->a, real, "")), S("/usr/")))
			return true;
		return part == file ? lay_file(l, real, file, e)
				    : replace(l, real, path_base(part), part, e);
	}
}

/* Is PATH in a folder that is replaced, or below one? */
static bool in_farm(const struct layer *l, const char *path, bool *directly)
{
	const char *dir = path_dir(l->a, path);
	*directly = map_has(&l->farmed, str_of(dir));
	for (; strcmp(dir, "/") != 0; dir = path_dir(l->a, dir))
		if (map_has(&l->farmed, str_of(dir)))
			return true;
	return false;
}

/* Files are bound over their places; in a farm they are links, and below one they are reached by
 * way of what is installed. */
MUST_CHECK static bool bind_files(struct layer *l, struct err *e)
{
	for (size_t i = 0; i + 1 < l->files.n; i += 2) {
		const char *from = l->files.v[i], *host = l->files.v[i + 1];
		bool directly, farmed = in_farm(l, host, &directly);
		if (directly && !replace(l, path_dir(l->a, host), path_base(host),
					from + strlen(l->over) + 1, e))
			return false;
		if (!directly)
			add3(l, "--ro-bind", from,
				farmed ? str_format(l->a, HOST "%s", host) : host);
	}
	return true;
}

bool over_add(struct arena *a, const char *over, const char *farms, strings *argv, struct err *e)
{
	struct layer l = {.a = a, .over = over, .farms = farms, .argv = argv, .farmed.a = a};
	strings files;
	if (!tree_list(a, over, NULL, &files, e))
		return false;
	vec_for(file, &files)
		if (!lay(&l, *file, e))
			return false;
	add3(&l, "--ro-bind", over, OVER);
	if (l.farmed.entries.n)
		add3(&l, "--ro-bind", "/usr", HOST "/usr");
	if (!bind_files(&l, e))
		return false;
	vec_for(entry, &l.farmed.entries) {
		bool unused, inner = in_farm(&l, entry->key.p, &unused);
		add3(&l, "--ro-bind", entry->value,
			inner ? str_format(a, HOST "%s", entry->key.p) : entry->key.p);
	}
	return true;
}
