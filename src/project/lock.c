/* lock.c - versions and sources that opam's lock files tell. SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "project/reading.h"

static bool is_hex(struct str s, size_t n)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return s.n == n;
}

/* opam takes digits in capitals, too, and a checksum without its kind for an MD5. */
static void take_checksum(struct arena *a, struct str word, struct source *out)
{
	struct str value = word, kind = str_cut(&value, '=');
	if (!value.p) {
		value = kind;
		kind = S("md5");
	}
	char *digits = str_copy(a, value);
	for (char *c = digits; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	value.p = digits;
	if (str_is(kind, "sha256") && is_hex(value, 64))
		out->sha256 = digits;
	else if (str_is(kind, "sha512") && is_hex(value, 128))
		out->sha512 = digits;
	else if (str_is(kind, "md5") && is_hex(value, 32))
		out->md5 = digits;
}

void make_checksums(struct arena *a, const opam_words *checksums, struct source *out)
{
	vec_for(word, checksums)
		take_checksum(a, *word, out);
}

static bool is_web(struct str address)
{
	return str_starts(address, S("https://")) || str_starts(address, S("http://"));
}

/* Without "file://". */
static struct str path_of(struct str address)
{
	return str_from(address, str_starts(address, S("file://")) ? strlen("file://") : 0);
}

static const char *git_source(struct arena *a, const struct opam_url *u, struct source *out)
{
	struct str address = path_of(u->address);
	out->git = str_copy(a, address);
	out->commit = str_copy(a, u->fragment);
	if (!is_hex(u->fragment, 40))
		return "its git address names no commit";
	return is_web(address) || str_starts(address, S("/"))
		       ? NULL
		       : "its git address is neither of the web nor of this machine";
}

const char *project_source(
	struct arena *a, struct str url, const opam_words *checksums, struct source *out)
{
	struct opam_url u = opam_url_parse(url);
	struct str path = path_of(u.address);
	*out = (struct source){0};
	if (u.backend == OPAM_GIT)
		return git_source(a, &u, out);
	if (u.backend == OPAM_ARCHIVE && is_web(u.address))
		out->url = str_copy(a, u.address);
	else if (u.backend == OPAM_FOLDER && str_starts(path, S("/")))
		out->url = str_format(a, "file://%.*s", STR(path));
	else
		return "its address is none of the web, of an archive on this machine or of a git "
		       "commit";
	make_checksums(a, checksums, out);
	return out->sha256 || out->sha512 || out->md5
		       ? NULL
		       : "it has no SHA-256, SHA-512 or MD5 checksum";
}

/* Of a mirage project the one of its target; the others are of targets configured before. */
static bool is_current(const struct reading *p, const char *dir, const char *name)
{
	struct str stem = str_of(name);
	if (!p->mirage.target || strcmp(dir, "mirage") != 0)
		return true;
	stem.n -= strlen(".opam.locked");
	if (p->mirage.package)
		return str_is(stem, p->mirage.package);
	return str_ends(stem, str_of(str_format(p->a, "-%s", p->mirage.target)));
}

static bool is_empty(struct arena *a, const char *dir)
{
	strings names = {0};
	struct err ignored;
	return !dir_exists(dir) || (dir_list(a, dir, &names, &ignored) && !names.n);
}

MUST_CHECK static bool read_lock(struct reading *p, const char *file, struct err *e)
{
	struct str text;
	struct opam_file parsed;
	struct opam_lock lock;
	vec_push(p->a, &p->read, file);
	if (!file_read(p->a, file, OPAM_FILE_MAX, &text, e) ||
		!opam_parse(p->a, text, file, &parsed, e) ||
		!opam_lock_read(p->a, &parsed, &lock, e))
		return fail_where(e, "%s:1:1", file);
	vec_for(package, &lock.packages)
		*map_put(&p->versions, package->name) = str_copy(p->a, package->version);
	vec_for(dir, &lock.dirs) {
		struct locked_dir locked = {
			.dir = str_format(p->a, "duniverse/%.*s", STR(dir->dir))};
		if (is_empty(p->a, path_join(p->a, p->root, locked.dir))) {
			vec_push(p->a, &p->unpulled, locked.dir);
			p->lock = file;
		}
		if (!project_source(p->a, dir->url, &dir->hashes, &locked.source))
			vec_push(p->a, &p->locked, locked);
	}
	return true;
}

bool lock_read(struct reading *p, struct err *e)
{
	static const char *const dirs[] = {".", "mirage"};
	for (size_t i = 0; i < 2; i++) {
		strings names = {0};
		const char *dir = i ? path_join(p->a, p->root, dirs[i]) : p->root;
		if (dir_exists(dir) && !dir_list(p->a, dir, &names, e))
			return false;
		vec_for(name, &names)
			if (str_ends(str_of(*name), S(".opam.locked")) &&
				is_current(p, dirs[i], *name) &&
				!read_lock(p, path_join(p->a, dir, *name), e))
				return false;
	}
	return true;
}
