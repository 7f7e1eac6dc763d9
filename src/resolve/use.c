/* use.c - how a package's build uses one of its files. SPDX-License-Identifier: ISC */
#include "resolve/search.h"

#include <string.h>

#define IN_BUILD 40
#define MAYBE_IN_BUILD 20
#define CONFIG_FIRST 5

/* PATH below FOLDER ("src/include", "." for all of the tree), or NULL. */
static const char *below(const char *folder, const char *path)
{
	while (!strncmp(folder, "./", 2))
		folder += 2;
	if (!*folder || !strcmp(folder, "."))
		return path;
	size_t n = strlen(folder);
	while (n && folder[n - 1] == '/')
		n--;
	return !strncmp(path, folder, n) && path[n] == '/' ? path + n + 1 : NULL;
}

/* The folder among FOLDERS that gives PATH its shortest name for #include. */
static const char *find_folder(const strings *folders, const char *path, const char **include)
{
	const char *best = NULL;
	*include = NULL;
	vec_for(folder, folders) {
		const char *name = below(*folder, path);
		if (name && (!*include || strlen(name) < strlen(*include))) {
			*include = name;
			best = *folder;
		}
	}
	return best;
}

static struct use use_of_header(const struct search *s, const struct recipe *r, const char *path)
{
	struct use use = {.points = IN_BUILD, .in_build = true};
	const char *folder = find_folder(&r->provides.include, path, &use.include);
	if (folder) {
		use.words = str_format(s->a,
			"#include <%s> finds %s: %s provides the folder %s to all that need it",
			use.include, path, r->name, folder);
		return use;
	}
	folder = r->build.objects ? find_folder(&r->build.objects->include, path, &use.include)
				  : NULL;
	if (folder) {
		use.words = str_format(s->a,
			"#include <%s> finds %s in %s itself, which searches the folder %s",
			use.include, path, r->name, folder);
		return use;
	}
	return (struct use){.words = str_format(s->a,
				    "no include folder of %s holds %s: its build does not use it",
				    r->name, path)};
}

static struct use use_of_source(const struct search *s, const struct recipe *r, const char *path)
{
	if (r->build.objects) {
		vec_for(pattern, &r->build.objects->sources) {
			if (glob_match(*pattern, path))
				return (struct use){.in_build = true,
					.points = IN_BUILD,
					.words = str_format(s->a,
						"the build of %s compiles %s (by \"%s\")", r->name,
						path, *pattern)};
		}
	}
	if (r->provides.link && !strcmp(r->provides.link, path))
		return (struct use){.in_build = true,
			.points = IN_BUILD,
			.words = str_format(
				s->a, "images with %s are linked by the script %s", r->name, path)};
	return (struct use){
		.words = str_format(s->a, "the build of %s does not compile %s", r->name, path)};
}

struct use use_of(const struct search *s, const struct ground *g, const char *path)
{
	const struct recipe *r = g->recipe;
	bool is_header = str_ends(str_of(path), S(".h"));
	if (g->config)
		return (struct use){.in_build = true,
			.points = IN_BUILD + CONFIG_FIRST,
			.include = path,
			.words = str_format(s->a,
				"#include <%s> finds it: the folder %s of %s is searched before "
				"all others",
				path, shown_path(s, g->dir), r->name)};
	if (r->build.commands)
		return (struct use){.in_build = true,
			.points = MAYBE_IN_BUILD,
			.words = str_format(s->a,
				"%s is built by its own commands: whether they use %s is not known",
				r->name, path)};
	if (r->build.debian || r->build.dune)
		return (struct use){.in_build = true,
			.points = MAYBE_IN_BUILD,
			.words = str_format(s->a,
				"%s is built by %s: whether that uses %s is not known", r->name,
				r->build.dune ? "dune" : "its own debian/rules", path)};
	return is_header ? use_of_header(s, r, path) : use_of_source(s, r, path);
}
