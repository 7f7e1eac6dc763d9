/* site.c - where findlib looks for packages, read as it reads it. SPDX-License-Identifier: ISC */
#include "ocaml/ocaml.h"

#include <stdlib.h>
#include <string.h>

#include "ocaml/meta.h"
#include "ocaml/text_file.h"
#include "sys/sys.h"

#define SYSTEM_CONF "/etc/ocamlfind.conf"
#define SYSTEM_STDLIB "/usr/lib/ocaml"

static const char *set_value(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

struct ocaml_env ocaml_env_now(void)
{
	const char *lib = set_value("OCAMLLIB");
	return (struct ocaml_env){.ocamlfind_conf = set_value("OCAMLFIND_CONF"),
		.ocamlfind_toolchain = set_value("OCAMLFIND_TOOLCHAIN"),
		.ocamlpath = set_value("OCAMLPATH"),
		.ocamllib = lib ? lib : set_value("CAMLLIB"),
		.switch_prefix = set_value("OPAM_SWITCH_PREFIX")};
}

MUST_CHECK static bool read_conf(struct arena *a, const char *path, struct meta *m, struct err *e)
{
	struct str text;
	struct meta more;
	if (!text_file_read(a, path, path, META_MAX_SIZE, &text, e) ||
		!meta_read(a, path, text, &more, e))
		return false;
	vec_for(def, &more.defs)
		vec_push(a, &m->defs, *def);
	return true;
}

/* PATH, and the *.conf in the folder PATH.d, where findlib keeps one for each toolchain. */
MUST_CHECK static bool read_confs(struct arena *a, const char *path, struct meta *m, struct err *e)
{
	const char *dir = str_format(a, "%s.d", path);
	strings names = {0};
	if (!read_conf(a, path, m, e))
		return false;
	if (dir_exists(dir) && !dir_list(a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		if (!str_ends(str_of(*name), S(".conf")))
			continue;
		if (!read_conf(a, path_join(a, dir, *name), m, e))
			return false;
	}
	return true;
}

static const char *conf_path(struct arena *a, const struct ocaml_env *env)
{
	if (env->ocamlfind_conf)
		return env->ocamlfind_conf;
	if (env->switch_prefix) {
		const char *own = path_join(a, env->switch_prefix, "lib/findlib.conf");
		if (file_exists(own))
			return own;
	}
	return file_exists(SYSTEM_CONF) ? SYSTEM_CONF : NULL;
}

static bool is_there(const strings *list, const char *word)
{
	vec_for(w, list) {
		if (!strcmp(*w, word))
			return true;
	}
	return false;
}

static void add_folders(struct arena *a, const char *list, strings *path)
{
	struct str rest = str_of(list);
	while (rest.n) {
		struct str dir = str_cut(&rest, ':');
		while (dir.n > 1 && dir.p[dir.n - 1] == '/')
			dir.n--;
		const char *folder = str_copy(a, dir);
		if (dir.n && !is_there(path, folder))
			vec_push(a, path, folder);
	}
}

/* The libraries of a switch without a findlib of its own, where dune looks for them; NULL. */
static const char *switch_libraries(struct arena *a, const struct ocaml_env *env)
{
	const char *lib = env->switch_prefix ? path_join(a, env->switch_prefix, "lib") : NULL;
	bool own = lib && file_exists(path_join(a, lib, "findlib.conf"));
	return lib && !own && !env->ocamlfind_conf && dir_exists(lib) ? lib : NULL;
}

/* The compiler's folder: the first that has its own library. */
static const char *find_stdlib(struct arena *a, const struct ocaml_env *env, const strings *path)
{
	if (env->switch_prefix) {
		const char *own = path_join(a, env->switch_prefix, "lib/ocaml");
		if (dir_exists(own))
			return own;
	}
	vec_for(dir, path) {
		if (file_exists(path_join(a, *dir, "stdlib.cmi")))
			return *dir;
	}
	return SYSTEM_STDLIB;
}

bool ocaml_site_find(
	struct arena *a, const struct ocaml_env *env, struct ocaml_site *out, struct err *e)
{
	struct ocaml_site site = {.conf = conf_path(a, env)};
	struct meta conf = {0};
	strings predicates = {0};
	if (site.conf && !read_confs(a, site.conf, &conf, e))
		return fail_context(e, "the configuration of findlib");
	if (env->ocamlfind_toolchain)
		vec_push(a, &predicates, env->ocamlfind_toolchain);
	const char *path = meta_value(a, &conf, "path", &predicates);
	const char *stdlib = meta_value(a, &conf, "stdlib", &predicates);
	add_folders(a, env->ocamlpath, &site.path);
	add_folders(a, switch_libraries(a, env), &site.path);
	add_folders(a, path, &site.path);
	if (env->ocamllib)
		stdlib = env->ocamllib;
	site.stdlib = stdlib ? stdlib : find_stdlib(a, env, &site.path);
	if (!path)
		add_folders(a, site.stdlib, &site.path);
	*out = site;
	return true;
}
