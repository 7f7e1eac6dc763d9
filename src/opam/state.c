/* state.c - lock files, and what a switch has installed. SPDX-License-Identifier: ISC */
#include "opam/inner.h"
#include "opam/repo.h"

#include <ctype.h>
#include <stdlib.h>

MUST_CHECK static bool wrong(const struct opam_file *f, const char *field,
	const struct opam_value *v, const char *wanted, struct err *e)
{
	return fail_field(e, f->path, v->at, str_of(field), wanted);
}

/* The items of a list field; a value without brackets is a list of one. Copies of the values, that
 * stand alone. */
static void items_of(struct arena *a, const struct opam_file *f, const char *field,
	const struct opam_value **out)
{
	const struct opam_value *v = opam_field(f->items, field);
	if (v && v->kind != OPAM_LIST) {
		struct opam_value *alone = NEW(a, struct opam_value);
		*alone = *v;
		alone->next = NULL;
		v = alone;
	}
	*out = v && v->kind == OPAM_LIST ? v->items : v;
}

/* ---- lock files ---------------------------------------------------------------------------------
 */

static const char dirs_field[] = "x-opam-monorepo-duniverse-dirs";

/* [ "URL" "dir" [ "sha256=..." ... ] ], the hashes being optional. */
MUST_CHECK static bool read_dir(struct arena *a, const struct opam_file *f,
	const struct opam_value *v, struct opam_dune_dir *out, struct err *e)
{
	const struct opam_value *url = v->kind == OPAM_LIST ? v->items : NULL;
	const struct opam_value *dir = url ? url->next : NULL;
	const struct opam_value *hashes = dir ? dir->next : NULL;
	if (!dir || url->kind != OPAM_STRING || dir->kind != OPAM_STRING ||
		(hashes && (hashes->next || hashes->kind != OPAM_LIST)))
		return wrong(f, dirs_field, v, "[ \"URL\" \"folder\" [ hashes ] ]", e);
	if (!dir->text.n || str_find(dir->text, S("/")) >= 0 || dir->text.p[0] == '.')
		return wrong(f, dirs_field, dir, "the name of a folder", e);
	*out = (struct opam_dune_dir){.url = url->text, .dir = dir->text};
	for (const struct opam_value *h = hashes ? hashes->items : NULL; h; h = h->next) {
		if (h->kind != OPAM_STRING)
			return wrong(f, dirs_field, h, "a hash in quotes", e);
		vec_push(a, &out->hashes, h->text);
	}
	return true;
}

MUST_CHECK static bool read_strings(struct arena *a, const struct opam_file *f, const char *field,
	opam_words *out, struct err *e)
{
	const struct opam_value *v;
	items_of(a, f, field, &v);
	for (; v; v = v->next) {
		if (v->kind != OPAM_STRING)
			return wrong(f, field, v, "a string", e);
		vec_push(a, out, v->text);
	}
	return true;
}

struct locking {
	struct arena *a;
	struct opam_lock *lock;
	bool vendored;
};

/* Of the packages found with "vendor" set, those not found without it are vendored. */
static void add_locked(void *ctx, struct str name, const struct opam_bound *bound)
{
	struct locking *l = ctx;
	bool exact = bound && bound->kind == OPAM_BOUND_RELATION && bound->op == OPAM_EQ;
	if (!exact)
		return;
	vec_for(p, &l->lock->packages) {
		if (str_eq(p->name, name))
			return;
	}
	vec_push(l->a, &l->lock->packages,
		((struct opam_locked){name, bound->version, l->vendored}));
}

static void read_locked(struct arena *a, const struct opam_package *p, struct opam_lock *out)
{
	struct opam_env env = {.variables.a = a};
	struct locking l = {.a = a, .lock = out};
	opam_atoms(opam_reduce(a, p->depends, true, &env, false), add_locked, &l);
	opam_env_set(&env, "vendor", S("true"));
	l.vendored = true;
	opam_atoms(opam_reduce(a, p->depends, true, &env, false), add_locked, &l);
}

bool opam_lock_read(
	struct arena *a, const struct opam_file *f, struct opam_lock *out, struct err *e)
{
	struct opam_package p;
	struct opam_lock lock = {0};
	opam_words format = {0};
	const struct opam_value *v;
	if (!opam_format_check(f, e) || !opam_package_read(a, f, &p, e) ||
		!read_strings(a, f, "x-opam-monorepo-root-packages", &lock.roots, e) ||
		!read_strings(a, f, "x-opam-monorepo-version", &format, e))
		return false;
	items_of(a, f, dirs_field, &v);
	for (; v; v = v->next)
		if (!read_dir(a, f, v, vec_add(a, &lock.dirs), e))
			return false;
	read_locked(a, &p, &lock);
	lock.pins = p.pin_depends;
	lock.format = format.n ? format.v[0] : S("");
	*out = lock;
	return true;
}

/* ---- switches
 * ------------------------------------------------------------------------------------ */

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct opam_pair *)x)->first, ((const struct opam_pair *)y)->first);
}

MUST_CHECK static bool read_installed(struct arena *a, const struct opam_file *f, const char *field,
	opam_pairs *out, struct err *e)
{
	const struct opam_value *v;
	items_of(a, f, field, &v);
	for (; v; v = v->next) {
		struct opam_pair pair;
		if (v->kind != OPAM_STRING || !opam_name_split(v->text, &pair.first, &pair.second))
			return wrong(f, field, v, "\"name.version\"", e);
		vec_push(a, out, pair);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return true;
}

bool opam_switch_read(
	struct arena *a, const struct opam_file *f, struct opam_switch *out, struct err *e)
{
	struct opam_switch s = {0};
	if (!read_installed(a, f, "installed", &s.installed, e) ||
		!read_installed(a, f, "roots", &s.roots, e) ||
		!read_installed(a, f, "pinned", &s.pinned, e) ||
		!read_installed(a, f, "compiler", &s.compiler, e))
		return false;
	*out = s;
	return true;
}

struct str opam_switch_version(const struct opam_switch *s, struct str package)
{
	const struct opam_pair key = {.first = package};
	const struct opam_pair *found = s->installed.n
						? bsearch(&key, s->installed.v, s->installed.n,
							  sizeof(*s->installed.v), by_name)
						: NULL;
	return found ? found->second : S("");
}

bool opam_switch_has(void *switch_, struct str package)
{
	return opam_switch_version(switch_, package).n > 0;
}

static bool is_commit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isxdigit((unsigned char)s.p[i]))
			return false;
	return s.n == 40;
}

/* The url that the opam file says. */
static struct str url_in(struct arena *a, const char *path)
{
	struct str bytes;
	struct opam_file f;
	struct opam_package p;
	struct err ignored;
	if (!file_exists(path) || !file_read(a, path, OPAM_FILE_MAX, &bytes, &ignored) ||
		!opam_parse(a, bytes, path, &f, &ignored) ||
		!opam_package_read(a, &f, &p, &ignored))
		return S("");
	return p.url.src;
}

/* opam keeps what a pinned package was built from: of a git repository, its clone. */
struct opam_origin opam_switch_origin(
	struct arena *a, const char *prefix, struct str package, struct str version)
{
	const char *state = path_join(a, prefix, ".opam-switch");
	const char *overlay = str_format(a, "%s/overlay/%.*s/opam", state, STR(package));
	const char *clone = str_format(a, "%s/sources/%.*s", state, STR(package));
	struct opam_origin out = {0};
	char head[48];
	out.url = url_in(
		a, str_format(a, "%s/packages/%.*s.%.*s/opam", state, STR(package), STR(version)));
	out.pinned = out.url.n && str_eq(url_in(a, overlay), out.url);
	struct opam_url url = opam_url_parse(out.url);
	if (url.backend != OPAM_GIT || is_commit(url.fragment))
		return out;
	repo_git_head(a, clone, head);
	if (head[0])
		out.commit = str_copy(a, str_of(head));
	return out;
}
