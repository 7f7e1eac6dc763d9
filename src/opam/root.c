/* root.c - the state of the user's own opam. SPDX-License-Identifier: ISC */
#include "opam/inner.h"

#include <string.h>

MUST_CHECK static bool read_file(
	struct arena *a, const char *path, struct opam_file *out, struct err *e)
{
	struct str bytes;
	return file_read(a, path, OPAM_FILE_MAX, &bytes, e) && opam_parse(a, bytes, path, out, e);
}

/* opam keeps a repository as a folder, or packed. */
static const char *place_of(struct arena *a, const char *dir, struct str name)
{
	const char *folder = str_format(a, "%s/repo/%.*s", dir, STR(name));
	const char *packed = str_format(a, "%s.tar.gz", folder);
	if (dir_exists(folder))
		return folder;
	return file_exists(packed) ? packed : NULL;
}

static const struct opam_value *first_of(const struct opam_value *v)
{
	return v && v->kind == OPAM_LIST ? v->items : v;
}

/* The value behind V in the field FIELD; one without brackets stands alone. */
static const struct opam_value *next_of(const struct opam_value *field, const struct opam_value *v)
{
	return field->kind == OPAM_LIST ? v->next : NULL;
}

/* "NAME" {"URL"}, the URL perhaps with keys behind it. */
MUST_CHECK static bool read_remote(struct arena *a, const char *dir, const char *path,
	const struct opam_value *v, struct opam_root *out, struct err *e)
{
	const struct opam_value *name = v->kind == OPAM_OPTION ? v->left : v;
	const struct opam_value *url = v->kind == OPAM_OPTION ? v->items : NULL;
	if (name->kind != OPAM_STRING || (url && url->kind != OPAM_STRING) || !name->text.n ||
		str_find(name->text, S("/")) >= 0 || name->text.p[0] == '.')
		return fail_field(e, path, v->at, S("repositories"), "\"name\" {\"URL\"} for each");
	vec_push(a, &out->repositories,
		((struct opam_remote){
			name->text, url ? url->text : S(""), place_of(a, dir, name->text)}));
	return true;
}

MUST_CHECK static bool read_remotes(
	struct arena *a, const char *dir, struct opam_root *out, struct err *e)
{
	struct opam_file f;
	const char *path = path_join(a, dir, "repo/repos-config");
	if (!file_exists(path))
		return true;
	if (!read_file(a, path, &f, e))
		return false;
	const struct opam_value *field = opam_field(f.items, "repositories");
	for (const struct opam_value *v = first_of(field); v; v = next_of(field, v))
		if (!read_remote(a, dir, path, v, out, e))
			return false;
	return true;
}

/* Of the repositories those that the field of F names, in its order, which is that of their rank.
 * Without the field they stay as they are. */
MUST_CHECK static bool rank(
	struct arena *a, const struct opam_file *f, struct opam_root *root, struct err *e)
{
	const struct opam_value *field = opam_field(f->items, "repositories");
	struct opam_root ranked = {0};
	for (const struct opam_value *v = first_of(field); v; v = next_of(field, v)) {
		if (v->kind != OPAM_STRING)
			return fail_field(e, f->path, v->at, S("repositories"), "names in quotes");
		vec_for(remote, &root->repositories)
			if (str_eq(remote->name, v->text))
				vec_push(a, &ranked.repositories, *remote);
	}
	if (field)
		memcpy(&root->repositories, &ranked.repositories, sizeof(ranked.repositories));
	return true;
}

/* A switch may have repositories of its own. */
MUST_CHECK static bool rank_for_switch(
	struct arena *a, const char *prefix, struct opam_root *root, bool *own, struct err *e)
{
	struct opam_file f;
	const char *path = prefix ? path_join(a, prefix, ".opam-switch/switch-config") : NULL;
	*own = false;
	if (!path || !file_exists(path))
		return true;
	if (!read_file(a, path, &f, e))
		return false;
	*own = opam_field(f.items, "repositories");
	return rank(a, &f, root, e);
}

/* eval-variables: [ [ name ["program" "argument" ...] "description" ] ... ] */
static void read_variables(struct arena *a, const struct opam_file *f, struct opam_root *out)
{
	const struct opam_value *field = opam_field(f->items, "eval-variables");
	for (const struct opam_value *v = first_of(field); v; v = next_of(field, v)) {
		const struct opam_value *name = first_of(v), *command = name ? name->next : NULL;
		if (!command || name->kind != OPAM_IDENT)
			continue;
		struct opam_variable *variable = vec_add(a, &out->variables);
		*variable = (struct opam_variable){.name = str_copy(a, name->text)};
		for (const struct opam_value *w = first_of(command); w; w = next_of(command, w))
			if (w->kind == OPAM_STRING)
				vec_push(a, &variable->command, str_copy(a, w->text));
	}
}

/* Local switches are named by the folder that _opam lies in. NULL: none is set. */
static const char *prefix_of(struct arena *a, const char *dir, struct str name)
{
	const char *own = str_copy(a, name);
	if (!*own)
		return NULL;
	return *own == '/' ? path_join(a, own, "_opam") : path_join(a, dir, own);
}

bool opam_root_read(
	struct arena *a, const char *dir, const char *prefix, struct opam_root *out, struct err *e)
{
	struct opam_file f;
	struct opam_root root = {0};
	bool own;
	const char *config = path_join(a, dir, "config");
	if (!file_exists(config))
		return fail(e, E_NOTFOUND, "%s is no root of opam's: it has no file 'config'", dir);
	if (!read_file(a, config, &f, e) || !read_remotes(a, dir, &root, e))
		return false;
	const struct opam_value *name = opam_field(f.items, "switch");
	if (name && name->kind == OPAM_STRING)
		root.switch_name = name->text;
	const char *set = prefix_of(a, dir, root.switch_name);
	const char *state = set ? path_join(a, set, ".opam-switch/switch-state") : NULL;
	root.state = state && file_exists(state) ? state : NULL;
	if (!rank_for_switch(a, prefix ? prefix : set, &root, &own, e) ||
		(!own && !rank(a, &f, &root, e)))
		return false;
	read_variables(a, &f, &root);
	*out = root;
	return true;
}
