/* debian.c - Debian's binary packages from an overlay or a source, by the package's own
 * debian/rules in the sandbox. SPDX-License-Identifier: ISC */
#include "build/debian.h"

#include <string.h>
#include <sys/stat.h>

/* ---- which packages are in the build ----------------------------------------------------------
 */

static struct package *find_package(struct engine *g, const char *name)
{
	vec_for(p, &g->packages)
		if (!strcmp(p->r->name, name))
			return p;
	return NULL;
}

static void relate(struct engine *g, size_t user, struct recipe *r, const char *why)
{
	struct debian_package *d = g->packages.v[user].debian;
	vec_push(g->a, &d->related, r->name);
	vec_push(g->a, &d->why, why);
	if (!find_package(g, r->name))
		vec_push(g->a, &g->packages, ((struct package){.r = r}));
}

MUST_CHECK static bool relate_needs(struct engine *g, size_t user, struct err *e)
{
	const struct recipe *r = g->packages.v[user].r;
	vec_for(name, &r->needs) {
		struct recipe *need;
		if (!recipe_find(g->q->w, *name, &need, e))
			return fail_where(e, "%s:/needs", r->file);
		if (!need->build.debian) {
			fail(e, E_INPUT, "%s makes no Debian packages that %s could be built with",
				*name, r->name);
			return fail_where(e, "%s:/needs", r->file);
		}
		relate(g, user, need, "its recipe needs it");
	}
	return true;
}

/* Overlays of packages that this one is built with count, whether its recipe names them or not. */
MUST_CHECK static bool relate_overlays(struct engine *g, size_t user, struct err *e)
{
	const struct package *p = &g->packages.v[user];
	if (!g->q->with || !p->dir)
		return true;
	for (size_t i = 0; i < g->q->with->n; i++) {
		struct recipe *r;
		const struct overlay *o = &g->q->with->v[i];
		p = &g->packages.v[user];
		if (!strcmp(o->package, p->r->name))
			continue;
		if (!recipe_find(g->q->w, o->package, &r, e))
			return false;
		bool related = !r->build.debian;
		vec_for(name, &p->debian->related)
			related |= !strcmp(*name, r->name);
		const char *source = control_source(g->a, r, o->dir);
		const char *why = related ? NULL : control_sees(g->a, g->dpkg, p->debian, source);
		if (why)
			relate(g, user, r, why);
	}
	return true;
}

bool debian_packages_open(struct engine *g, struct err *e)
{
	struct dpkg *dpkg = NEW(g->a, struct dpkg);
	if (!dpkg_open(g->a, dpkg, e) || !watch_only(g, dpkg->places.status, e))
		return false;
	g->dpkg = dpkg;
	vec_push(g->a, &g->packages, ((struct package){.r = g->q->image}));
	for (size_t i = 0; i < g->packages.n; i++) {
		struct package *p = &g->packages.v[i];
		p->debian = NEW(g->a, struct debian_package);
		vec_push(g->a, &p->closure, p->r);
		if (!package_open_tree(g, p, e) || !control_read(g->a, p->r, p->dir, p->debian, e))
			return false;
		dpkg_closure(
			g->a, dpkg, &p->debian->fields, &p->debian->profiles, &p->debian->seen);
		if (!relate_needs(g, i, e) || !relate_overlays(g, i, e))
			return false;
	}
	return true;
}

bool debian_node_add(struct engine *g, struct package *p, struct err *e)
{
	struct debian_package *d = p->debian;
	VEC(struct node *) needs = {0};
	d->open = true;
	vec_for(name, &d->related) {
		struct package *need = find_package(g, *name);
		if (need->debian->open && !need->object) {
			term_warn("%s and %s are built with each other: the installed %s is used",
				need->r->name, p->r->name, need->r->name);
			continue;
		}
		if (!need->object && !debian_node_add(g, need, e))
			return false;
		vec_push(g->a, &needs, need->object);
	}
	p->object = node_add(g, DEBIAN, p, str_format(g->a, "%s.debs", p->r->name));
	vec_for(need, &needs)
		vec_push(g->a, &p->object->needs, *need);
	return true;
}

/* ---- what its result depends on ---------------------------------------------------------------
 */

/* The version stands for a package's files, as it does for apt. */
static void know_installed(struct engine *g, struct node *n)
{
	vec_for(at, &n->p->debian->seen) {
		const struct dpkg_package *p = *at;
		struct digest d = hash_bytes(str_of(p->version));
		bool native = !strcmp(p->arch, g->dpkg->arch) || !strcmp(p->arch, "all");
		input_add(g->a, &n->known, IN_FACT,
			str_format(g->a, "version of %s%s%s", p->name, native ? "" : ":",
				native ? "" : p->arch),
			&d);
	}
}

bool debian_know(struct engine *g, struct node *n, struct err *e)
{
	fields_inputs(g->a, n->p->r, DEBIAN, &n->known);
	know_installed(g, n);
	vec_for(need, &n->needs)
		input_add(g->a, &n->known, IN_OBJECT, (*need)->output, &(*need)->object);
	return !n->p->dir || node_know_tree(g, &n->known, n->p->dir, "", e);
}

/* ---- the sandbox ------------------------------------------------------------------------------
 */

/* Debian's patches are applied already; dpkg-source would take some of them for new. The archive of
 * all binary packages depends on these alone. */
static const char script[] =
	"set -e\n"
	"cd \"/build/$1\"\n"
	"for series in debian/patches/debian.series debian/patches/series; do\n"
	"	[ -e \"$series\" ] || continue\n"
	"	mkdir -p .pc\n"
	"	echo 2 >.pc/.version\n"
	"	sed -e 's/^[[:space:]]*//' -e 's/[[:space:]].*//' -e '/^#/d' -e '/^$/d' \"$series\""
	" >.pc/applied-patches\n"
	"	break\n"
	"done\n"
	"dpkg-buildpackage --build=binary --no-pre-clean --unsigned-source --unsigned-changes"
	" --no-check-builddeps -j\"$2\"\n"
	"cd ..\n"
	"set -- *.deb\n"
	"[ -e \"$1\" ] || { echo 'debian/rules made no binary package'; exit 1; }\n"
	"tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --mode=0644 -cf result.tar"
	" \"$@\"\n";

/* The folder that is /build inside. */
static const char *build_dir(const struct engine *g, const struct node *n)
{
	return scratch_file(g, n, ".build");
}

static void add3(struct engine *g, strings *argv, const char *a, const char *b, const char *c)
{
	vec_push(g->a, argv, a);
	vec_push(g->a, argv, b);
	vec_push(g->a, argv, c);
}

static const char *words(struct arena *a, const strings *list, const char *otherwise)
{
	struct text t = {.a = a};
	vec_for(word, list)
		text_addf(&t, "%s%s", t.n ? " " : "", *word);
	return list->n ? t.p : otherwise;
}

/* Parts of the system's settings and state that build tools read; packages put them there. */
static void add_state(struct engine *g, strings *argv, const char *scratch)
{
	static const char *const parts[] = {"/etc/dpkg", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
		"/etc/ld.so.cache", "/etc/perl", "/etc/fonts", "/etc/magic", "/etc/mime.types",
		"/etc/ocamlfind.conf", "/etc/papersize", "/etc/python3", "/etc/protocols",
		"/etc/services", "/etc/sgml", "/etc/texmf", "/etc/xml", "/var/lib/ghc",
		"/var/lib/ocaml", "/var/lib/sgml-base", "/var/lib/texmf", "/var/lib/xml-core"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		add3(g, argv, "--ro-bind-try", parts[i], parts[i]);
	add3(g, argv, "--ro-bind", g->dpkg->places.admin, "/var/lib/dpkg");
	add3(g, argv, "--ro-bind", path_join(g->a, scratch, "passwd"), "/etc/passwd");
	add3(g, argv, "--ro-bind", path_join(g->a, scratch, "group"), "/etc/group");
}

static void add_environment(struct engine *g, const struct node *n, strings *argv)
{
	const struct debian_how *how = n->p->r->build.debian;
	add3(g, argv, "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
	add3(g, argv, "--setenv", "HOME", "/tmp");
	add3(g, argv, "--setenv", "LC_ALL", "C.UTF-8");
	add3(g, argv, "--setenv", "TZ", "UTC0");
	add3(g, argv, "--setenv", "DEB_BUILD_OPTIONS",
		words(g->a, &how->options, "nocheck noautodbgsym"));
	add3(g, argv, "--setenv", "DEB_BUILD_PROFILES",
		words(g->a, &n->p->debian->profiles, "nocheck"));
	/* Packages whose build refuses to run as root know this one. */
	add3(g, argv, "--setenv", "FORCE_UNSAFE_CONFIGURE", "1");
}

/* The binary packages of NEED that are installed, unpacked into OVER. */
MUST_CHECK static bool unpack_need(
	struct engine *g, const struct node *need, const char *over, struct err *e)
{
	strings names;
	const char *debs;
	if (!debs_unfold(g->a, g->q->w, need->p->r->name, &need->object, &debs, e) ||
		!dir_list(g->a, debs, &names, e))
		return false;
	vec_for(name, &names) {
		struct str package = str_of(*name);
		bool is_deb = str_ends(package, S(".deb"));
		package = str_cut(&package, '_');
		const char *const argv[] = {
			"dpkg-deb", "--extract", path_join(g->a, debs, *name), over, NULL};
		struct outcome o;
		if (is_deb && dpkg_named(g->dpkg, package) &&
			!command_must(g->a, &(struct command){.argv = argv}, &o, e))
			return false;
	}
	return true;
}

MUST_CHECK static bool add_needs(
	struct engine *g, const struct node *n, strings *argv, struct err *e)
{
	const char *over = scratch_file(g, n, ".over");
	if (!n->needs.n)
		return true;
	/* It may hold what runs with its owner's rights. */
	if (!dir_make(over, e) || (chmod(over, 0700) && !fail_errno(e, "chmod %s", over)))
		return false;
	vec_for(need, &n->needs)
		if (!unpack_need(g, *need, over, e))
			return fail_context(e, "the packages of %s", (*need)->p->r->name);
	return over_add(g->a, over, scratch_file(g, n, ".farms"), argv, e);
}

MUST_CHECK static bool make_scratch(
	struct engine *g, const struct node *n, const char *source, struct err *e)
{
	const char *dir = build_dir(g, n), *etc = scratch_file(g, n, ".etc");
	return dir_make(dir, e) && dir_make(etc, e) &&
	       file_write_cache(path_join(g->a, etc, "passwd"), S("root:x:0:0:root:/tmp:/bin/sh\n"),
		       0644, e) &&
	       file_write_cache(path_join(g->a, etc, "group"), S("root:x:0:\n"), 0644, e) &&
	       (tree_copy(n->p->dir, path_join(g->a, dir, source), ".git", e) ||
		       fail_context(e, "copying the source of %s", n->p->r->name));
}

const char *debian_words(struct engine *g, const struct node *n)
{
	(void)n;
	return str_format(g->a, "dpkg-buildpackage --build=binary");
}

/* The first package of the build, the target before others, that is built with P. */
static const struct package *find_user(const struct engine *g, const struct package *p)
{
	vec_for(user, &g->packages)
		vec_for(name, &user->debian->related)
			if (!strcmp(*name, p->r->name))
				return user;
	return NULL;
}

void debian_explain(const struct engine *g, const struct node *n, struct err *e)
{
	const struct package *user = n->p->r == g->q->image ? NULL : find_user(g, n->p);
	if (user)
		(void)fail_context(e, "%s is built with %s, which %s", user->r->name, n->p->r->name,
			n->p->overlay ? "has an overlay" : "its recipe needs");
}

bool debian_start(struct engine *g, struct node *n, struct err *e)
{
	strings argv = {0};
	const char *source = control_source(g->a, n->p->r, n->p->dir);
	int jobs = g->q->jobs > 0 ? g->q->jobs : cpu_count();
	n->started_wall_ns = clock_wall_ns();
	if (!control_check(g, n->p->r, n->p->dir, n->p->debian, e)) {
		debian_explain(g, n, e);
		return false;
	}
	if (!make_scratch(g, n, source, e) || !sandbox_line(g, &argv, e))
		return false;
	/* debian/rules may want to be root; in the sandbox whoever runs it is. */
	add3(g, &argv, "--uid", "0", "--gid");
	vec_push(g->a, &argv, "0");
	add_state(g, &argv, scratch_file(g, n, ".etc"));
	if (!add_needs(g, n, &argv, e))
		return false;
	add3(g, &argv, "--bind", build_dir(g, n), "/build");
	add_environment(g, n, &argv);
	add3(g, &argv, "--remount-ro", "/", "--");
	add3(g, &argv, "sh", "-c", script);
	add3(g, &argv, "debian", source, str_format(g->a, "%d", jobs));
	vec_push(g->a, &argv, NULL);
	struct command c = {.argv = argv.v, .env = g->env};
	return pool_start(g->pool, g->a, &c, n, e);
}

const char *debian_log(const struct engine *g, const struct node *n)
{
	return str_format(g->a, "%s/debian/%s.log", g->q->w->state, n->p->r->name);
}

void debian_keep_log(struct engine *g, struct node *n, bool well)
{
	struct err ignored;
	const char *file = debian_log(g, n);
	bool kept = dir_make(path_dir(g->a, file), &ignored) &&
		    file_write_cache(file, text_str(&n->log), 0666, &ignored);
	if (well && kept)
		n->log.n = 0;
}

bool debian_finish(struct engine *g, struct node *n, struct err *e)
{
	vec_for(in, &n->known)
		if (in->kind == IN_SOURCE && !check_race(g, n, known_path(g, n, in), e))
			return false;
	return store_take(g->store, path_join(g->a, build_dir(g, n), "result.tar"), &n->object, e);
}
