/* plugin.c - the table that respin-fetch.so exports, and plain archives.
 * SPDX-License-Identifier: ISC */
#include "fetch/plugin.h"

#include "fetch/added.h"
#include "fetch/archive.h"
#include "fetch/collect.h"
#include "fetch/debian.h"

static bool fetch_archive(const struct fetch_job *job, const struct source *s, struct err *e)
{
	struct download d = {.url = s->url,
		.label = job->package,
		.folder = job->downloads,
		.limit = job->limits.download,
		.patience = job->patience};
	if (!s->sha256) {
		d.kind = s->sha512 ? HASH_SHA512 : HASH_MD5;
		d.other = s->sha512 ? s->sha512 : s->md5;
	} else if (!digest_parse(str_of(s->sha256), &d.sha256)) {
		return fail(e, E_INPUT, "%s: its sha256 is not 64 hexadecimal digits", s->url);
	}
	if (!s->sha256 && !s->sha512)
		term_warn("%s is pinned by MD5 alone, which doesn't prove that nobody forged it",
			s->url);
	return archive_get(&d, job->dir, &job->limits, e);
}

static bool load_archive(struct arena *a, const char *archive, const char *suffix, int from,
	struct archive_contents *out, struct err *e)
{
	struct collection what = {archive, suffix};
	return collect_files(a, &what, from, out, e);
}

const struct fetch_api respin_fetch = {.archive = fetch_archive,
	.debian = fetch_debian,
	.added = fetch_added,
	.load = load_archive};
