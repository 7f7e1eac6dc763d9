/* root.c - the state of the user's own opam. SPDX-License-Identifier: ISC */
#include "opam/inner.h"

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
	const struct opam_value *v = opam_field(f.items, "repositories");
	bool list = v && v->kind == OPAM_LIST;
	for (v = list ? v->items : v; v; v = list ? v->next : NULL)
		if (!read_remote(a, dir, path, v, out, e))
			return false;
	return true;
}

/* Local switches are named by the folder that _opam lies in. */
static const char *state_of(struct arena *a, const char *dir, struct str name)
{
	const char *own = str_copy(a, name);
	const char *folder = *own == '/' ? str_format(a, "%s/_opam", own) : path_join(a, dir, own);
	const char *state = str_format(a, "%s/.opam-switch/switch-state", folder);
	return name.n && file_exists(state) ? state : NULL;
}

bool opam_root_read(struct arena *a, const char *dir, struct opam_root *out, struct err *e)
{
	struct opam_file f;
	struct opam_root root = {0};
	const char *config = path_join(a, dir, "config");
	if (!file_exists(config))
		return fail(e, E_NOTFOUND, "%s is no root of opam's: it has no file 'config'", dir);
	if (!read_file(a, config, &f, e) || !read_remotes(a, dir, &root, e))
		return false;
	const struct opam_value *name = opam_field(f.items, "switch");
	if (name && name->kind == OPAM_STRING)
		root.switch_name = name->text;
	root.state = state_of(a, dir, root.switch_name);
	*out = root;
	return true;
}
