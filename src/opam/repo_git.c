/* repo_git.c - an opam repository in git's objects, near or far. SPDX-License-Identifier: ISC */
#include "opam/repo.h"

#include <string.h>

#define REPO_FOLDER_MODE 0040000u

/* ---- the commit of HEAD, from the files that hold it ------------------------------------------
 */

static bool is_id(struct str s)
{
	if (s.n != 40)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* The line "ID NAME" of packed-refs. */
static struct str packed_id(struct str text, struct str name)
{
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		struct str id = str_cut(&line, ' ');
		if (line.p && str_eq(line, name))
			return id;
	}
	return S("");
}

void repo_git_head(struct arena *a, const char *place, char commit[48])
{
	struct str text, head;
	struct err e;
	const char *git = path_join(a, place, ".git");
	if (!dir_exists(git))
		git = place;
	memset(commit, 0, 48);
	if (!file_read(a, path_join(a, git, "HEAD"), 4096, &text, &e))
		return;
	head = str_trim(text);
	if (str_starts(head, S("ref: "))) {
		struct str name = str_trim(str_from(head, 5));
		head = S("");
		if (file_read(a, path_join(a, git, str_copy(a, name)), 4096, &text, &e))
			head = str_trim(text);
		else if (file_read(a, path_join(a, git, "packed-refs"), (size_t)1 << 24, &text, &e))
			head = packed_id(text, name);
	}
	if (is_id(head))
		memcpy(commit, head.p, head.n);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

MUST_CHECK static bool list(
	struct opam_repo *r, const struct git_id *tree, git_files *out, struct err *e)
{
	*out = (git_files){0};
	return r->git->folder(r->git_repo, &r->a, tree, out, e);
}

/* The file opam in the tree of NAME.VERSION. */
MUST_CHECK static bool note_version(
	struct opam_repo *r, const char *folder, const struct git_file *version, struct err *e)
{
	git_files files;
	if (!list(r, &version->id, &files, e))
		return false;
	vec_for(file, &files) {
		if (strcmp(file->path, "opam") || file->mode == REPO_FOLDER_MODE)
			continue;
		struct repo_file *noted =
			repo_note(r, str_format(&r->a, "%s/%s/opam", folder, version->path));
		if (noted)
			memcpy(noted->mark.id, file->id.hex, sizeof(file->id.hex));
	}
	return true;
}

MUST_CHECK static bool read_name(struct opam_repo *r, const struct git_file *name, struct err *e)
{
	git_files versions;
	const char *folder = str_format(&r->a, "packages/%s", name->path);
	if (!opam_name_valid(str_of(name->path)))
		return note_version(r, "packages", name, e);
	if (!list(r, &name->id, &versions, e))
		return false;
	vec_for(version, &versions) {
		if (version->mode == REPO_FOLDER_MODE && !note_version(r, folder, version, e))
			return false;
	}
	return true;
}

MUST_CHECK static bool read_packages(struct opam_repo *r, const struct git_id *root, struct err *e)
{
	git_files top, names = {0};
	if (!list(r, root, &top, e))
		return false;
	vec_for(file, &top) {
		if (!strcmp(file->path, "packages") && file->mode == REPO_FOLDER_MODE &&
			!list(r, &file->id, &names, e))
			return false;
	}
	vec_for(name, &names) {
		if (name->mode == REPO_FOLDER_MODE && !read_name(r, name, e))
			return false;
	}
	return r->entries.n || fail(e, E_INPUT,
				       "%s is no opam repository: its commit %s has no file "
				       "packages/NAME/NAME.VERSION/opam",
				       r->place, r->commit);
}

bool repo_open_git(struct opam_repo *r, struct err *e)
{
	struct git_id commit, tree;
	if (!git_load(&r->git, e) || !r->git->open(r->place, &r->git_repo, e) ||
		!r->git->find(r->git_repo, "HEAD", &commit, &tree, e))
		return false;
	if (!commit.hex[0])
		return fail(e, E_INPUT, "the git repository %s has no commit yet", r->place);
	memcpy(r->commit, commit.hex, sizeof(commit.hex));
	return read_packages(r, &tree, e);
}

/* ---- from elsewhere
 * ------------------------------------------------------------------------------ */

static bool on_progress(void *ctx, uint64_t objects, uint64_t total, uint64_t bytes)
{
	const char *url = ctx;
	term_progress("fetch %s: %llu of %llu objects, %llu kB", url, (unsigned long long)objects,
		(unsigned long long)total, (unsigned long long)bytes / 1000);
	return true;
}

static void say_waiting(void *ctx)
{
	term_note("fetch %s: waiting for another respin that fetches", (const char *)ctx);
}

/* A file name for the repository: what is no letter, digit, '.' or '-' becomes '_'. */
static const char *folder_name(struct arena *a, struct str url)
{
	struct digest d = hash_bytes(url);
	char *name = str_format(
		a, "%.80s-%.12s.git", str_copy(a, opam_repository_key(a, url)), digest_hex(a, &d));
	for (char *c = name; *c; c++)
		if (!(*c >= '0' && *c <= '9') && !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') &&
			*c != '.' && *c != '-')
			*c = '_';
	if (*name == '.')
		*name = '_';
	return name;
}

bool opam_repo_fetch(
	struct arena *a, const char *url, const char *state, const char **place, struct err *e)
{
	const struct git_api *git;
	struct opam_url parsed = opam_url_parse(str_of(url));
	const char *address = str_copy(a, parsed.address);
	bool web = str_starts(parsed.address, S("https://")) ||
		   str_starts(parsed.address, S("http://"));
	if (parsed.backend != OPAM_GIT || (!web && !dir_exists(address))) {
		(void)fail(e, E_INPUT, "%s: is no git repository that can be fetched", url);
		return fail_hint(e, "git+https://..., git+http://..., or git+ and a folder");
	}
	const char *above = path_join(a, state, "opam");
	const char *dir = path_join(a, above, folder_name(a, str_of(url)));
	void *shown = (void *)(uintptr_t)address;
	defer(close_fd) int lock = -1;
	if (!dir_make(above, e) || !git_load(&git, e) ||
		!file_lock(path_join(a, above, "fetch.lock"), say_waiting, shown, &lock, e))
		return false;
	const char *branch = parsed.fragment.n ? str_copy(a, parsed.fragment) : NULL;
	bool ok = git->mirror(address, branch, dir, on_progress, shown, e);
	term_progress_end();
	*place = dir;
	return ok;
}
