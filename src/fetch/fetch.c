/* fetch.c - finds a recipe's source on disk, or has it fetched. SPDX-License-Identifier: ISC */
#include "fetch/fetch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/pin.h"
#include "fetch/plugin.h"
#include "git/git.h"
#include "sys/sys.h"

/* ---- where a source is -------------------------------------------------------------------- */

static const char *origin_of(struct arena *a, const struct source *s)
{
	if (s->debian)
		return str_format(a, "debian %s %s", s->debian, s->version);
	if (s->git)
		return str_format(a, "git %s %s", s->git, s->commit);
	if (s->url)
		return str_format(a, "url %s", s->url);
	return str_format(a, "path %s", s->in_root ? s->in_root : s->path);
}

static const char *checksum_of(const struct source *s)
{
	if (s->git || s->sha256)
		return s->git ? s->commit : s->sha256;
	return s->sha512 ? s->sha512 : s->md5;
}

static const char *added_checksum(const struct added_file *f)
{
	return f->sha256 ? f->sha256 : f->sha512 ? f->sha512 : f->md5 ? f->md5 : "none";
}

const char *source_pin(struct arena *a, const struct source *s)
{
	const char *own = checksum_of(s);
	struct text all = {.a = a};
	if (!own || !s->added.n)
		return own;
	text_addf(&all, "%s\n", own);
	vec_for(f, &s->added)
		text_addf(&all, "%s %s %s\n", f->is_patch ? "patch" : "file", added_checksum(f),
			f->name);
	struct digest d = hash_bytes(text_str(&all));
	return digest_hex(a, &d);
}

bool source_has_stages(const struct source *s)
{
	return s->debian || s->added.n;
}

/* A version may hold what a file name may not. */
static const char *plain_name(struct arena *a, const char *name)
{
	char *plain = str_copy(a, str_of(name));
	for (char *c = plain; *c; c++)
		if (*c == '/' || (unsigned char)*c <= ' ')
			*c = '_';
	return plain;
}

static const char *folder_of(
	const struct workspace *w, const struct recipe *r, const struct source *s)
{
	if (s->path)
		return path_join(w->a, r->dir, s->path);
	return str_format(w->a, "%s/sources/%s-%s-%.12s", w->state, plain_name(w->a, r->name),
		plain_name(w->a, r->version), source_pin(w->a, s));
}

static const char *words_of(struct arena *a, const struct source *s)
{
	const char *kind = s->sha256 ? "sha256" : s->sha512 ? "sha512" : "md5";
	const char *sum = s->git ? NULL : checksum_of(s), *origin = origin_of(a, s);
	return sum ? str_format(a, "%s %s %s", origin, kind, sum) : origin;
}

/* Of a made recipe the folder is the project's, and a lock file tells what was pulled into it. */
static const char *vendored_words(struct arena *a, const struct recipe *r, const struct source *s)
{
	bool is_made = r->is_made || s->in_root;
	if (!is_made || !s->path || s != r->source.v || r->source.n < 2 || r->source.v[1].path)
		return NULL;
	return str_format(a, "%s, vendored in %s", words_of(a, &r->source.v[1]),
		s->in_root ? s->in_root : s->path);
}

static struct tree tree_of(
	const struct workspace *w, const struct recipe *r, const struct source *s, const char *dir)
{
	const char *vendored = vendored_words(w->a, r, s);
	return (struct tree){.dir = dir,
		.origin = vendored ? vendored : origin_of(w->a, s),
		.sha256 = source_pin(w->a, s),
		.place = s,
		.is_path = s->path != NULL};
}

bool source_locate(
	const struct workspace *w, const struct recipe *asked, struct tree *out, struct err *e)
{
	struct recipe pinned, *r = &pinned;
	if (!asked->source.n) {
		(void)fail(e, E_INPUT, "recipe %s names no source", asked->name);
		return fail_where(e, "%s", asked->file);
	}
	if (!pins_add(w, asked, false, &pinned, e))
		return false;
	for (size_t i = 0; i < r->source.n; i++) {
		const struct source *s = &r->source.v[i];
		const char *dir = s->path || checksum_of(s) ? folder_of(w, r, s) : NULL;
		if (!dir || !dir_exists(dir))
			continue;
		if (s->path && !path_real(w->a, dir, &dir, e))
			return false;
		*out = tree_of(w, r, s, dir);
		return true;
	}
	*out = tree_of(w, r, &r->source.v[0], NULL);
	return true;
}

/* ---- fetching ----------------------------------------------------------------------------- */

/* How far a repository's download is. */
struct cloning {
	const struct fetch_job *job;
	bool too_much;
};

static bool on_cloning(void *ctx, uint64_t objects, uint64_t total, uint64_t bytes)
{
	struct cloning *c = ctx;
	term_progress("fetch %s: %llu of %llu objects, %llu kB", c->job->package,
		(unsigned long long)objects, (unsigned long long)total,
		(unsigned long long)bytes / 1000);
	c->too_much = bytes > c->job->limits.download;
	return !c->too_much;
}

/* The web, or a repository on this machine; ssh would ask for keys, and others may run programs. */
MUST_CHECK static bool git_url(struct arena *a, const struct recipe *r, const struct source *s,
	const char **out, struct err *e)
{
	struct str url = str_of(s->git);
	bool has_scheme = str_find(url, S("://")) >= 0;
	*out = has_scheme ? s->git : path_join(a, r->dir, s->git);
	if (str_starts(url, S("https://")) || str_starts(url, S("http://")))
		return true;
	if (!has_scheme && dir_exists(*out))
		return true;
	(void)fail(e, E_INPUT, "git %s: is neither a web address nor a folder", s->git);
	return fail_hint(e, "https://..., http://..., or a folder relative to the recipe's");
}

MUST_CHECK static bool fetch_git(
	const struct recipe *r, const struct source *s, const struct fetch_job *job, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct cloning c = {.job = job};
	const struct git_api *git;
	const char *url;
	if (!git_url(&scratch, r, s, &url, e) || !git_load(&git, e))
		return false;
	bool ok = git->clone_commit(url, s->commit, job->dir, on_cloning, &c, e);
	term_progress_end();
	if (c.too_much)
		return fail(e, E_UNSAFE, "git %s: sends more than the %llu bytes that are allowed",
			url, (unsigned long long)job->limits.download);
	return ok;
}

/* Elsewhere these are answers (exit status 1); not to get a source is a failure. */
static void as_failure(struct err *e)
{
	if (e->code == E_NOTFOUND || e->code == E_CHILD)
		e->code = E_IO;
}

/* From one place into JOB->dir. */
MUST_CHECK static bool fetch_place(
	const struct recipe *r, const struct source *s, const struct fetch_job *job, struct err *e)
{
	const void *table = NULL;
	if (s->path)
		return fail(e, E_INPUT, "there is no folder %s beside %s", s->path, r->file);
	if ((!s->git || s->added.n) && !module_load("fetch", &table, e))
		return false;
	const struct fetch_api *api = table;
	bool ok = s->git      ? fetch_git(r, s, job, e)
		  : s->debian ? api->debian(job, s, e)
			      : api->archive(job, s, e);
	return ok && (!s->added.n || api->added(job, s, e));
}

/* All of it is on the disk before its name is: what stands in its place is whole, always. */
MUST_CHECK static bool put_in_place(const char *from, const char *to, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(close_fd) int tree = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	defer(close_fd) int above =
		open(path_dir(&scratch, to), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree < 0 || above < 0 || syncfs(tree) || rename(from, to) || fsync(above))
		return fail_errno(e, "move the source to %s", to);
	return true;
}

/* The places in order, up to the first that works. */
MUST_CHECK static bool fetch_places(const struct workspace *w, const struct recipe *r,
	const struct fetch_job *job, struct err *e)
{
	struct text told = {.a = w->a};
	for (size_t i = 0; i < r->source.n; i++) {
		const struct source *s = &r->source.v[i];
		const char *origin = origin_of(w->a, s);
		term_note("fetch %s: %s", r->name, origin);
		if (fetch_place(r, s, job, e)) {
			if (told.n)
				term_warn("source of %s: taken from %s, because of:%s", r->name,
					origin, told.p);
			return put_in_place(job->dir, folder_of(w, r, s), e);
		}
		as_failure(e);
		if (e->code == E_INTERRUPTED || r->source.n == 1)
			return fail_context(e, "source of %s", r->name);
		text_addf(&told, "\n  %s: %s", origin, e->text);
		struct err later;
		if (!tree_remove(job->dir, &later))
			return false;
	}
	return fail(e, e->code, "source of %s: none of its %zu places gives it:%s", r->name,
		r->source.n, told.p);
}

/* What a killed program left; we hold the lock, so nobody works there. */
MUST_CHECK static bool sweep(struct arena *a, const char *sources, struct err *e)
{
	strings names = {0};
	if (!dir_list(a, sources, &names, e))
		return false;
	vec_for(name, &names) {
		if (str_starts(str_of(*name), S(".new-")) &&
			!tree_remove(path_join(a, sources, *name), e))
			return false;
	}
	return true;
}

MUST_CHECK static bool fetch_locked(
	const struct workspace *w, const struct recipe *r, struct err *e)
{
	const char *sources = path_join(w->a, w->state, "sources");
	const char *temporary;
	if (!sweep(w->a, sources, e) ||
		!dir_make_temp(w->a, path_join(w->a, sources, ".new-"), &temporary, e))
		return false;
	struct fetch_job job = {.package = r->name,
		.downloads = path_join(w->a, w->state, "downloads"),
		.dir = path_join(w->a, temporary, "tree"),
		.limits = LIMITS_DEFAULT,
		.patience = PATIENCE_DEFAULT};
	bool ok = fetch_places(w, r, &job, e) || fail_where(e, "%s", r->file);
	struct err later;
	return tree_remove(temporary, ok ? e : &later) && ok;
}

static void say_waiting(void *ctx)
{
	const struct recipe *r = ctx;
	term_note("fetch %s: waiting for another respin that fetches", r->name);
}

bool source_ensure(
	const struct workspace *w, const struct recipe *r, struct tree *out, struct err *e)
{
	struct tree found;
	if (!source_locate(w, r, &found, e))
		return false;
	defer(close_fd) int lock = -1;
	if (!found.dir) {
		if (!dir_make(path_join(w->a, w->state, "sources"), e) ||
			!dir_make(path_join(w->a, w->state, "downloads"), e) ||
			!file_lock(path_join(w->a, w->state, "fetch.lock"), say_waiting,
				(void *)(uintptr_t)r, &lock, e) ||
			!source_locate(w, r, &found, e))
			return false;
	}
	struct recipe pinned;
	if (!found.dir && !pins_add(w, r, true, &pinned, e)) {
		as_failure(e);
		return false;
	}
	if (!found.dir && (!fetch_locked(w, &pinned, e) || !source_locate(w, &pinned, &found, e)))
		return false;
	*out = found;
	return true;
}

bool source_replay(const struct workspace *w, const struct recipe *r, const struct tree *t,
	const char *dir, const struct source_stages *stages, struct err *e)
{
	defer(close_fd) int lock = -1;
	struct fetch_job job = {.package = r->name,
		.downloads = path_join(w->a, w->state, "downloads"),
		.dir = dir,
		.stages = stages,
		.limits = LIMITS_DEFAULT,
		.patience = PATIENCE_DEFAULT};
	if (!t->place || !source_has_stages(t->place))
		return fail(e, E_BUG, "%s has no stages", t->origin);
	if (!dir_make(job.downloads, e) || !file_lock(path_join(w->a, w->state, "fetch.lock"),
						   say_waiting, (void *)(uintptr_t)r, &lock, e))
		return false;
	return fetch_place(r, t->place, &job, e) || fail_context(e, "source of %s", r->name);
}

bool archive_load(struct arena *a, const char *path, const char *suffix,
	struct archive_contents *out, struct err *e)
{
	const void *table;
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open %s", path);
	if (!module_load("fetch", &table, e))
		return false;
	const struct fetch_api *api = table;
	return api->load(a, path, suffix, fd, out, e);
}
