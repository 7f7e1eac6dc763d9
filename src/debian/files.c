/* files.c - what files of packages are good for. SPDX-License-Identifier: ISC */
#include "debian/debian.h"

#include <string.h>

#define LIST_LIMIT ((size_t)64 << 20)

/* ---- dpkg's lists -----------------------------------------------------------------------------
 */

/* Those of packages that several architectures can have installed say which. */
static const char *list_of(
	struct arena *a, const struct debian_places *places, const struct dpkg_package *p)
{
	const char *plain = str_format(a, "%s/%s.list", places->info, p->name);
	const char *full = str_format(a, "%s/%s:%s.list", places->info, p->name, p->arch);
	return file_exists(plain) ? plain : file_exists(full) ? full : NULL;
}

bool dpkg_files(struct arena *a, const struct debian_places *places,
	const struct dpkg_package *package, struct str *out, struct err *e)
{
	const char *list = list_of(a, places, package);
	*out = S("");
	return !list || file_read(a, list, LIST_LIMIT, out, e);
}

bool dpkg_each_file(const struct dpkg *d, dpkg_take_file *take, void *ctx, struct err *e)
{
	vec_for(p, &d->packages) {
		defer(arena_free) struct arena scratch = {0};
		struct str text;
		if (!dpkg_files(&scratch, &d->places, p, &text, e))
			return false;
		while (text.n)
			take(ctx, p, str_cut(&text, '\n'));
	}
	return true;
}

struct wanted {
	struct str path;
	const struct dpkg_package *owner;
};

static void take_owner(void *ctx, const struct dpkg_package *package, struct str path)
{
	struct wanted *w = ctx;
	bool is_moved = str_starts(w->path, S("/usr/")) && str_eq(str_from(w->path, 4), path);
	if (!w->owner && (is_moved || str_eq(w->path, path)))
		w->owner = package;
}

bool dpkg_owner(
	const struct dpkg *d, const char *path, const struct dpkg_package **out, struct err *e)
{
	struct wanted w = {.path = str_of(path)};
	size_t root = strlen(d->places.root);
	*out = NULL;
	if (strncmp(path, d->places.root, root) != 0)
		return true;
	w.path = str_from(w.path, root);
	if (!dpkg_each_file(d, take_owner, &w, e))
		return false;
	*out = w.owner;
	return true;
}

/* ---- what they are good for -------------------------------------------------------------------
 */

static struct str base_of(struct str path)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	return str_from(path, at);
}

/* "libz" of "libz.so.1.2.13" and of "libz.a"; empty where it is neither. */
static struct str library_stem(struct str base, enum debian_file *kind)
{
	ptrdiff_t so = str_find(base, S(".so"));
	bool shared = so > 0 && ((size_t)so + 3 == base.n || base.p[so + 3] == '.');
	*kind = shared ? DEBIAN_SHARED : DEBIAN_ARCHIVE;
	if (!str_starts(base, S("lib")) || (!shared && !str_ends(base, S(".a"))))
		return S("");
	return (struct str){base.p, shared ? (size_t)so : base.n - 2};
}

/* "x86_64-linux-gnu/": folders of one architecture are searched as their parent is. */
static struct str without_triplet(struct str path)
{
	struct str rest = path, first = str_cut(&rest, '/');
	bool is_triplet = str_find(first, S("-linux-gnu")) > 0;
	return is_triplet && rest.n ? rest : path;
}

static bool is_header(struct str base)
{
	return str_ends(base, S(".h")) || str_ends(base, S(".hh")) || str_ends(base, S(".hpp")) ||
	       str_ends(base, S(".hxx"));
}

/* Folders of this machine's compiler; others' headers are not what #include finds. */
static bool is_searched(struct str path)
{
	return str_starts(path, S("/usr/include/")) || str_starts(path, S("/usr/lib/gcc/")) ||
	       (str_starts(path, S("/usr/lib/")) &&
		       str_find(str_from(path, 9), S("-linux-gnu/")) > 0);
}

/* Of a header that no compiler finds by itself, what is behind "/usr/lib/ocaml/": whoever includes
 * it names the folder. Empty where packages keep none. */
static struct str own_name(struct str path)
{
	static const char *const folders[] = {"/usr/lib/", "/usr/share/", "/usr/src/"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct str rest = str_from(path, strlen(folders[i]));
		if (!str_starts(path, str_of(folders[i])))
			continue;
		(void)str_cut(&rest, '/');
		return rest;
	}
	return (struct str){NULL, 0};
}

/* What is behind the last folder "include". */
static struct str include_name(struct str path)
{
	struct str name = {NULL, 0}, whole = path;
	if (!is_searched(path))
		return own_name(path);
	for (ptrdiff_t at; (at = str_find(path, S("/include/"))) >= 0;) {
		path = str_from(path, (size_t)at + S("/include/").n);
		name = path;
		if (at == 4) /* "/usr/include/": all below is named from there */
			break;
	}
	return name.p ? without_triplet(name) : own_name(whole);
}

static bool is_in_library_folder(struct str path)
{
	struct str rest = str_from(path, 1), first = str_cut(&rest, '/');
	if (str_is(first, "usr"))
		first = str_cut(&rest, '/');
	bool is_lib = str_is(first, "lib") || str_is(first, "lib64") || str_is(first, "lib32");
	rest = without_triplet(rest);
	return is_lib && (str_find(rest, S("/")) < 0 || str_starts(rest, S("gcc/")) ||
				 str_starts(rest, S("ocaml/")));
}

static bool is_program(struct str path)
{
	static const char *const folders[] = {
		"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/games/"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (str_starts(path, str_of(folders[i])))
			return str_find(str_from(path, strlen(folders[i])), S("/")) < 0;
	return false;
}

enum debian_file debian_file_kind(struct str path, struct str *name)
{
	struct str base = base_of(path);
	enum debian_file kind;
	*name = base;
	if (!base.n || *path.p != '/' || str_starts(path, S("/usr/share/doc/")))
		return DEBIAN_OTHER;
	if (is_header(base)) {
		*name = include_name(path);
		return name->n ? DEBIAN_HEADER : DEBIAN_OTHER;
	}
	if (str_ends(base, S(".pc")) && str_find(path, S("/pkgconfig/")) >= 0) {
		name->n -= 3;
		return name->n ? DEBIAN_PKGCONFIG : DEBIAN_OTHER;
	}
	if ((str_starts(base, S("META")) || str_ends(base, S(".cma"))) &&
		str_find(path, S("/ocaml/")) >= 0)
		return DEBIAN_OCAML;
	if (is_program(path))
		return DEBIAN_PROGRAM;
	*name = library_stem(base, &kind);
	return name->n && is_in_library_folder(path) ? kind : DEBIAN_OTHER;
}

/* ---- apt-file's index -------------------------------------------------------------------------
 */

/* Paths may hold blanks; packages don't, so they are what stands behind the last one. */
bool debian_contents_line(struct str line, struct str *path, struct str *packages)
{
	line = str_trim(line);
	size_t at = line.n;
	while (at && line.p[at - 1] != ' ' && line.p[at - 1] != '\t')
		at--;
	if (!at || at == line.n)
		return false;
	*packages = str_from(line, at);
	*path = str_trim((struct str){line.p, at});
	return path->n > 0;
}

struct str debian_contents_package(struct str *packages)
{
	struct str one = {NULL, 0};
	while (packages->n && !one.n)
		one = base_of(str_cut(packages, ','));
	return one;
}

bool debian_is_contents(const char *name)
{
	return strstr(name, "_Contents-") && !strstr(name, ".diff_Index");
}

bool debian_has_contents(struct arena *a)
{
	const char *dir = debian_places_now(a).apt;
	strings names = {0};
	struct err ignored;
	if (!dir_exists(dir) || !dir_list(a, dir, &names, &ignored))
		return false;
	vec_for(name, &names)
		if (debian_is_contents(*name))
			return true;
	return false;
}
