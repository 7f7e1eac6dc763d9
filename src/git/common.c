/* common.c - libgit2's start, errors, ids and lookups. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>
#include <strings.h>

/* The user's configuration must not change what we read or write, and a working tree may belong
 * to somebody else (root in a container, say): nothing in it is ever run. */
bool git_start(struct err *e)
{
	int users = git_libgit2_init();
	if (users < 0)
		return fail_git(e, "start libgit2");
	if (users > 1)
		return true;
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") < 0)
			return fail_git(e, "set up libgit2");
	if (git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0)
		return fail_git(e, "set up libgit2");
	return true;
}

bool fail_git(struct err *e, const char *fmt, ...)
{
	defer(arena_free) struct arena scratch = {0};
	va_list ap;
	va_start(ap, fmt);
	const char *what = str_vformat(&scratch, fmt, ap);
	va_end(ap);
	const git_error *last = git_error_last();
	return fail(e, last && last->klass == GIT_ERROR_NET ? E_NET : E_IO, "%s: %s", what,
		last && last->message ? last->message : "unknown error of libgit2");
}

struct git_id id_of(const git_oid *oid)
{
	struct git_id id;
	git_oid_tostr(id.hex, sizeof(id.hex), oid);
	return id;
}

bool id_parse(const struct git_id *id, git_oid *out)
{
	return id->hex[0] && git_oid_fromstr(out, id->hex) == 0;
}

bool tree_lookup(struct git_repo *r, const struct git_id *id, git_tree **out, struct err *e)
{
	git_oid oid;
	if (!id_parse(id, &oid) || git_tree_lookup(out, r->repo, &oid) < 0)
		return fail_git(e, "read tree %s", id->hex);
	return true;
}

bool commit_lookup(struct git_repo *r, const struct git_id *id, git_commit **out, struct err *e)
{
	git_oid oid;
	if (!id_parse(id, &oid) || git_commit_lookup(out, r->repo, &oid) < 0)
		return fail_git(e, "read commit %s", id->hex);
	return true;
}

/* ".git" in the spellings under which some file system takes it for ".git". */
static bool is_dot_git(struct str name)
{
	static const char *const bad[] = {".git", "git~1"};
	while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '.'))
		name.n--;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (name.n == strlen(bad[i]) && !strncasecmp(name.p, bad[i], name.n))
			return true;
	return false;
}

bool path_is_safe(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\\')
			return false;
	struct str rest = str_of(path);
	do {
		struct str name = str_cut(&rest, '/');
		if (!name.n || str_is(name, ".") || str_is(name, "..") || is_dot_git(name))
			return false;
	} while (rest.p);
	return true;
}

bool link_is_safe(const char *path, struct str target)
{
	if (!target.n || target.p[0] == '/' || memchr(target.p, '\0', target.n))
		return false;
	int depth = 0;
	for (const char *p = path; (p = strchr(p, '/')); p++)
		depth++;
	struct str rest = target;
	while (rest.p) {
		struct str name = str_cut(&rest, '/');
		if (str_is(name, ".."))
			depth--;
		else if (is_dot_git(name))
			return false;
		else if (name.n && !str_is(name, "."))
			depth++;
		if (depth < 0)
			return false;
	}
	return true;
}

void drop_tree(git_tree **t)
{
	git_tree_free(*t);
}

void drop_commit(git_commit **c)
{
	git_commit_free(*c);
}

void drop_index(git_index **i)
{
	git_index_free(*i);
}

void drop_diff(git_diff **d)
{
	git_diff_free(*d);
}

void drop_blob(git_blob **b)
{
	git_blob_free(*b);
}

void drop_patch(git_patch **p)
{
	git_patch_free(*p);
}

void drop_reference(git_reference **r)
{
	git_reference_free(*r);
}

void drop_buf(git_buf *b)
{
	git_buf_dispose(b);
}
