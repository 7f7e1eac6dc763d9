/* added.c - what opam adds to a source: files, and patches. SPDX-License-Identifier: ISC */
#include "fetch/added.h"

#include <string.h>

#include "fetch/archive.h"
#include "fetch/quilt.h"
#include "fetch/rules.h"

enum { FILE_MOST = 64 << 20, DEPTH_MOST = 16, FUZZ = 2 };

struct adding {
	struct arena a;
	const struct fetch_job *job;
};

static void adding_free(struct adding *x)
{
	arena_free(&x->a);
}

/* One on this machine goes to the downloads as well: opam removes it with its package. */
MUST_CHECK static bool keep_local(
	struct adding *x, const struct added_file *f, const struct download *d, struct err *e)
{
	struct str bytes;
	const char *kept = download_path(&x->a, d);
	if (file_exists(kept))
		return true;
	if (!file_read(&x->a, f->file, FILE_MOST, &bytes, e))
		return false;
	struct digest got = hash_bytes(bytes);
	if (strcmp(digest_hex(&x->a, &got), f->sha256) != 0)
		return fail(e, E_CHECKSUM, "%s has changed: its SHA-256 was %s, now it is %s",
			f->file, f->sha256, digest_hex(&x->a, &got));
	return file_write_cache(kept, bytes, 0644, e);
}

/* From its address, or else from its mirrors, in their order. */
MUST_CHECK static bool get_remote(
	struct adding *x, const struct added_file *f, struct download *d, struct err *e)
{
	struct text told = {.a = &x->a};
	for (size_t i = 0; i <= f->mirrors.n; i++) {
		d->url = i ? f->mirrors.v[i - 1] : f->url;
		if (archive_get(d, NULL, &x->job->limits, e)) {
			if (told.n)
				term_warn("%s: taken from %s, because of:%s", f->name, d->url,
					told.p);
			return true;
		}
		if (e->code == E_INTERRUPTED || !f->mirrors.n)
			return false;
		text_addf(&told, "\n  %s", e->text);
	}
	return fail(e, e->code, "%s: none of its %zu places gives it:%s", f->name, f->mirrors.n + 1,
		told.p);
}

/* F, verified, in the file *OUT. */
MUST_CHECK static bool get(
	struct adding *x, const struct added_file *f, const char **out, struct err *e)
{
	struct download d = {.label = f->name,
		.folder = x->job->downloads,
		.limit = FILE_MOST,
		.patience = x->job->patience};
	if (!f->sha256 && !f->sha512 && !f->md5)
		return fail(
			e, E_INPUT, "%s of opam's has no checksum that can be verified", f->name);
	if (!f->sha256) {
		d.kind = f->sha512 ? HASH_SHA512 : HASH_MD5;
		d.other = f->sha512 ? f->sha512 : f->md5;
	} else if (!digest_parse(str_of(f->sha256), &d.sha256)) {
		return fail(e, E_INPUT, "%s: its sha256 is not 64 hexadecimal digits", f->name);
	}
	*out = download_path(&x->a, &d);
	return f->url ? get_remote(x, f, &d, e) : keep_local(x, f, &d, e);
}

MUST_CHECK static bool tell(const struct adding *x, enum source_stage stage,
	const struct source_patch *patch, struct err *e)
{
	const struct source_stages *s = x->job->stages;
	return !s || s->on_stage(s->ctx, stage, patch, e);
}

MUST_CHECK static bool add_file(struct adding *x, const struct added_file *f, struct err *e)
{
	struct str bytes;
	const char *from, *rule = name_refused(str_of(f->name), DEPTH_MOST);
	if (rule)
		return fail(e, E_UNSAFE, "a file of opam's, '%s', refused: %s",
			name_quote(&x->a, str_of(f->name)), rule);
	const char *to = path_join(&x->a, x->job->dir, f->name);
	return get(x, f, &from, e) && file_read(&x->a, from, FILE_MOST, &bytes, e) &&
	       dir_make(path_dir(&x->a, to), e) && file_write(to, bytes, 0644, e);
}

MUST_CHECK static bool add_patch(struct adding *x, const struct added_file *f, struct err *e)
{
	struct str bytes;
	struct source_patch applied = {.name = f->name};
	const struct quilt_patch how = {.name = f->name, .strip = 1, .fuzz = FUZZ};
	return get(x, f, &applied.file, e) &&
	       file_read(&x->a, applied.file, FILE_MOST, &bytes, e) &&
	       quilt_apply_one(x->job->dir, &how, bytes, e) && tell(x, STAGE_PATCH, &applied, e);
}

bool fetch_added(const struct fetch_job *job, const struct source *s, struct err *e)
{
	defer(adding_free) struct adding x = {.job = job};
	size_t files = 0;
	if (!tell(&x, STAGE_UPSTREAM, NULL, e))
		return false;
	vec_for(f, &s->added) {
		if (f->is_patch)
			continue;
		files++;
		if (!add_file(&x, f, e))
			return false;
	}
	if (files && !tell(&x, STAGE_PACKAGING, NULL, e))
		return false;
	vec_for(f, &s->added)
		if (f->is_patch && !add_patch(&x, f, e))
			return false;
	return true;
}
