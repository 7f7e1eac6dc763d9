/* debian.c - a Debian source package as dpkg-source would lay it out: upstream's tree, Debian's
 * files in debian/, Debian's patches applied. SPDX-License-Identifier: ISC */
#include "fetch/debian.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fetch/archive.h"
#include "fetch/dsc.h"
#include "fetch/mirrors.h"
#include "fetch/quilt.h"

enum { DSC_MOST = 1 << 20, DIFF_MOST = 256 << 20 };

/* One package on its way. */
struct package {
	struct arena a;
	const struct fetch_job *job;
	const struct source *s;
	bool asked; /* apt, for its mirrors and what its index of sources has of the package */
	struct mirrors mirrors;
	mirrors_files files;
	size_t first; /* of the mirrors: the one that had the last file */
	struct dsc dsc;
};

static void package_free(struct package *p)
{
	arena_free(&p->a);
}

/* ---- getting a file ----------------------------------------------------------------------- */

/* That no mirror is named matters only where the index of sources has not got the package. */
MUST_CHECK static bool ask_once(struct package *p, struct err *e)
{
	if (p->asked)
		return true;
	mirrors_find(&p->a, p->s->debian, p->s->version, &p->files);
	p->asked = mirrors_ask(&p->a, &p->mirrors, e) || (e->code == E_NET && p->files.n);
	return p->asked;
}

/* Where FILE may be, best first: as the index has it, then as Debian lays out its mirrors. */
static strings urls_of(struct package *p, const char *file)
{
	strings urls = {0};
	size_t n = p->mirrors.pools.n;
	vec_for(f, &p->files)
		if (!strcmp(f->name, file))
			vec_push(&p->a, &urls, f->url);
	size_t known = urls.n;
	for (size_t i = 0; i < n; i++) {
		const char *pool = p->mirrors.pools.v[(p->first + i) % n];
		const char *url = pool_url(&p->a, pool, p->s->debian, file);
		if (!known || strcmp(url, urls.v[0]) != 0)
			vec_push(&p->a, &urls, url);
	}
	return urls;
}

/* The mirror that gave URL is asked first for the next file. */
static void remember(struct package *p, const char *url)
{
	for (size_t i = 0; i < p->mirrors.pools.n; i++)
		if (str_starts(str_of(url), str_of(p->mirrors.pools.v[i])))
			p->first = i;
}

/* From the mirrors in turn; the error names every URL that was tried. */
MUST_CHECK static bool get_from_mirrors(
	struct package *p, const char *file, struct download *d, const char *dir, struct err *e)
{
	if (!ask_once(p, e))
		return false;
	struct text tried = {.a = &p->a};
	strings urls = urls_of(p, file);
	for (size_t i = 0; i < urls.n; i++) {
		d->url = urls.v[i];
		d->proxy = mirrors_proxy(&p->mirrors, d->url);
		if (archive_get(d, dir, &p->job->limits, e)) {
			remember(p, d->url);
			return true;
		}
		if (e->code == E_INTERRUPTED || e->code == E_IO || urls.n == 1)
			return false;
		/* That a mirror lacks a file is usual; that it has another one is not. */
		if (e->code != E_NET && i + 1 < urls.n)
			term_warn("%s", e->text);
		text_addf(&tried, "\n  %s", e->text);
	}
	if (!urls.n)
		return fail(e, E_NET, "%s: apt's index of sources has no such file", file);
	return fail(e, e->code, "%s: none of %zu mirrors gives it:%s", file, urls.n, tried.p);
}

/* FILE verified in the downloads folder, and unpacked into the new folder DIR where not NULL. */
MUST_CHECK static bool get_file(struct package *p, const char *file, const struct digest *sha256,
	uint64_t size, const char *dir, struct err *e)
{
	struct download d = {.label = file,
		.folder = p->job->downloads,
		.sha256 = *sha256,
		.size = size,
		.limit = dir ? p->job->limits.download : DSC_MOST,
		.patience = p->job->patience};
	if (size > d.limit)
		return fail(e, E_UNSAFE, "%s: has %llu bytes; at most %llu are allowed", file,
			(unsigned long long)size, (unsigned long long)d.limit);
	if (file_exists(download_path(&p->a, &d))) {
		if (archive_get(&d, dir, &p->job->limits, e))
			return true;
		if (e->code != E_CHECKSUM)
			return false;
	}
	return get_from_mirrors(p, file, &d, dir, e);
}

/* ---- what the package consists of ---------------------------------------------------------- */

/* In file names a version stands without its epoch. */
static struct str bare_version(const char *version)
{
	struct str v = str_of(version);
	ptrdiff_t colon = str_find(v, S(":"));
	return colon < 0 ? v : str_from(v, (size_t)colon + 1);
}

MUST_CHECK static bool get_dsc(struct package *p, struct err *e)
{
	const struct source *s = p->s;
	struct digest sum;
	if (!digest_parse(str_of(s->sha256), &sum))
		return fail(e, E_INPUT, "debian source %s: its sha256 is not 64 hexadecimal digits",
			s->debian);
	struct str version = bare_version(s->version);
	const char *file = str_format(&p->a, "%s_%.*s.dsc", s->debian, STR(version));
	struct download d = {.folder = p->job->downloads, .sha256 = sum};
	struct str text;
	if (!get_file(p, file, &sum, 0, NULL, e) ||
		!file_read(&p->a, download_path(&p->a, &d), DSC_MOST, &text, e))
		return false;
	if (!dsc_read(&p->a, text, &p->dsc, e))
		return fail_context(e, "%s", file);
	if (strcmp(p->dsc.source, s->debian) != 0 || strcmp(p->dsc.version, s->version) != 0)
		return fail(e, E_INPUT, "%s: is of %s %s, but the recipe says %s %s", file,
			p->dsc.source, p->dsc.version, s->debian, s->version);
	return true;
}

static bool is_tar(struct str name, const char *stem)
{
	struct str rest = name;
	if (!str_starts(rest, str_of(stem)))
		return false;
	rest = str_from(rest, strlen(stem));
	return str_is(rest, ".tar.gz") || str_is(rest, ".tar.bz2") || str_is(rest, ".tar.xz") ||
	       str_is(rest, ".tar.zst");
}

/* The one tarball whose name is STEM.tar.*. */
MUST_CHECK static bool find_tar(
	struct package *p, const char *stem, const struct dsc_file **out, struct err *e)
{
	*out = NULL;
	vec_for(f, &p->dsc.files) {
		if (is_tar(str_of(f->name), stem))
			*out = f;
	}
	return *out || fail(e, E_INPUT, "%s: its .dsc lists no %s.tar.*", p->s->debian, stem);
}

MUST_CHECK static bool get_tar(struct package *p, const char *stem, const char *dir, struct err *e)
{
	const struct dsc_file *f;
	return find_tar(p, stem, &f, e) && get_file(p, f->name, &f->sha256, f->size, dir, e);
}

/* "lwip_2.1.3+dfsg1": the stem of upstream's files, whose version lacks Debian's revision. */
static const char *upstream_stem(struct package *p)
{
	struct str version = bare_version(p->dsc.version);
	for (size_t i = version.n; i > 0; i--) {
		if (version.p[i - 1] == '-') {
			version.n = i - 1;
			break;
		}
	}
	return str_format(&p->a, "%s_%.*s", p->s->debian, STR(version));
}

/* Further upstream tarballs, STEM.orig-NAME.tar.*, each fill the folder NAME. */
MUST_CHECK static bool get_components(struct package *p, const char *stem, struct err *e)
{
	struct str prefix = str_of(str_format(&p->a, "%s.orig-", stem));
	vec_for(f, &p->dsc.files) {
		struct str rest = str_of(f->name);
		if (!str_starts(rest, prefix))
			continue;
		rest = str_from(rest, prefix.n);
		struct str name = str_cut(&rest, '.');
		const char *whole = str_format(&p->a, "%.*s%.*s", STR(prefix), STR(name));
		if (!is_tar(str_of(f->name), whole))
			continue; /* a signature */
		const char *dir = str_format(&p->a, "%s/%.*s", p->job->dir, STR(name));
		if (!name.n || !tree_remove(dir, e) ||
			!get_file(p, f->name, &f->sha256, f->size, dir, e))
			return fail_context(e, "%s", whole);
	}
	return true;
}

MUST_CHECK static bool tell(
	struct package *p, enum source_stage stage, const struct source_patch *patch, struct err *e)
{
	const struct source_stages *s = p->job->stages;
	return !s || s->on_stage(s->ctx, stage, patch, e);
}

static bool on_applied(void *ctx, const char *name, const char *file, struct err *e)
{
	const struct source_patch patch = {name, file};
	return tell(ctx, STAGE_PATCH, &patch, e);
}

/* Debian's own tarball holds debian/ alone; stripping leaves what belongs there. */
MUST_CHECK static bool get_quilt(struct package *p, struct err *e)
{
	const char *stem = upstream_stem(p);
	struct str version = bare_version(p->dsc.version);
	const char *debian = path_join(&p->a, p->job->dir, "debian");
	return get_tar(p, str_format(&p->a, "%s.orig", stem), p->job->dir, e) &&
	       get_components(p, stem, e) && tell(p, STAGE_UPSTREAM, NULL, e) &&
	       tree_remove(debian, e) &&
	       get_tar(p, str_format(&p->a, "%s_%.*s.debian", p->s->debian, STR(version)), debian,
		       e) &&
	       tell(p, STAGE_PACKAGING, NULL, e) && quilt_apply(p->job->dir, on_applied, p, e);
}

MUST_CHECK static bool get_native(struct package *p, struct err *e)
{
	struct str version = bare_version(p->dsc.version);
	return get_tar(p, str_format(&p->a, "%s_%.*s", p->s->debian, STR(version)), p->job->dir,
		       e) &&
	       tell(p, STAGE_UPSTREAM, NULL, e);
}

/* ---- format 1.0: one diff holds debian/ and all that Debian changes ----------------------------
 */

/* The diff as text, or a NULL *OUT where the package is native. */
MUST_CHECK static bool get_diff(struct package *p, struct str *out, struct err *e)
{
	const struct dsc_file *diff = NULL;
	*out = (struct str){0};
	vec_for(f, &p->dsc.files)
		if (str_ends(str_of(f->name), S(".diff.gz")))
			diff = f;
	if (!diff)
		return true;
	struct download d = {.folder = p->job->downloads, .sha256 = diff->sha256};
	if (!get_file(p, diff->name, &diff->sha256, diff->size, NULL, e))
		return false;
	const char *const argv[] = {
		"gzip", "--decompress", "--stdout", download_path(&p->a, &d), NULL};
	const struct command c = {.argv = argv, .split = true, .output_limit = DIFF_MOST};
	struct outcome o;
	if (!command_must(&p->a, &c, &o, e))
		return fail_context(e, "%s", diff->name);
	if (o.cut)
		return fail(e, E_UNSAFE, "%s: has more than %d MiB", diff->name, DIFF_MOST >> 20);
	*out = o.output;
	return true;
}

/* A diff can't say that the rules are to be run. */
MUST_CHECK static bool make_executable(struct package *p, struct err *e)
{
	const char *rules = path_join(&p->a, p->job->dir, "debian/rules");
	return !file_exists(rules) || !chmod(rules, 0755) || fail_errno(e, "chmod %s", rules);
}

MUST_CHECK static bool get_old(struct package *p, struct err *e)
{
	struct str diff;
	const char *stem = upstream_stem(p);
	if (!get_diff(p, &diff, e))
		return false;
	if (!diff.p)
		return get_native(p, e);
	return get_tar(p, str_format(&p->a, "%s.orig", stem), p->job->dir, e) &&
	       tell(p, STAGE_UPSTREAM, NULL, e) && diff_apply(p->job->dir, diff, e) &&
	       make_executable(p, e) && tell(p, STAGE_PACKAGING, NULL, e);
}

MUST_CHECK static bool get_package(struct package *p, struct err *e)
{
	static const struct {
		const char *format;
		bool (*get)(struct package *p, struct err *e);
	} known[] = {{"3.0 (quilt)", get_quilt}, {"3.0 (native)", get_native}, {"1.0", get_old}};
	if (!get_dsc(p, e))
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(p->dsc.format, known[i].format) == 0)
			return known[i].get(p, e);
	(void)fail(e, E_INPUT, "%s %s: its source format '%s' is not supported", p->s->debian,
		p->s->version, p->dsc.format);
	return fail_hint(e, "supported are '3.0 (quilt)', '3.0 (native)' and '1.0'");
}

bool fetch_debian(const struct fetch_job *job, const struct source *s, struct err *e)
{
	defer(package_free) struct package p = {.job = job, .s = s};
	return get_package(&p, e);
}
