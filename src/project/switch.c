/* switch.c - the opam switch that a project builds in, and recipes of the packages that it links
 * from there. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "project/reading.h"

/* ---- which switch ------------------------------------------------------------------------- */

static const char *set_value(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static const char *if_switch(struct arena *a, const char *dir)
{
	return dir && file_exists(path_join(a, dir, ".opam-switch/switch-state")) ? dir : NULL;
}

/* A switch by its name: a folder of the root, or a folder that holds _opam. */
static const char *named(struct arena *a, const char *root, struct str name)
{
	const char *own = str_copy(a, name);
	return if_switch(a, *own == '/' ? path_join(a, own, "_opam") : path_join(a, root, own));
}

static const char *current(struct arena *a, const char *root)
{
	struct opam_root state;
	struct err ignored;
	if (!opam_root_read(a, root, NULL, &state, &ignored) || !state.switch_name.n)
		return NULL;
	return named(a, root, state.switch_name);
}

/* What is set, then the project's own, then the current one of a root that is set. The one that
 * ~/.opam calls current does not count: without the environment that opam sets dune ignores it. */
const char *switch_find(struct arena *a, const char *root)
{
	const char *home = set_value("HOME"), *opam_root = set_value("OPAMROOT");
	const char *name = set_value("OPAMSWITCH");
	const char *prefix = if_switch(a, set_value("OPAM_SWITCH_PREFIX"));
	const char *named_in = opam_root || !home ? opam_root : path_join(a, home, ".opam");
	if (!prefix && name && named_in)
		return named(a, named_in, str_of(name));
	for (const char *dir = root; !prefix; dir = path_dir(a, dir)) {
		prefix = if_switch(a, path_join(a, dir, "_opam"));
		if (!strcmp(dir, "/"))
			break;
	}
	return prefix || !opam_root ? prefix : current(a, opam_root);
}

const char *switch_of_site(struct arena *a, const struct ocaml_site *site)
{
	vec_for(folder, &site->path) {
		const char *prefix = if_switch(a, path_dir(a, *folder));
		if (prefix)
			return prefix;
	}
	return NULL;
}

/* ---- its packages ------------------------------------------------------------------------- */

/* One package of the switch. */
struct installed {
	struct reading *p;
	struct opam_switch state;
	const char *package, *version;
	struct opam_package opam; /* its opam file, as it was installed */
};

MUST_CHECK static bool read_state(struct installed *s, struct err *e)
{
	struct reading *p = s->p;
	struct str text;
	struct opam_file parsed;
	const char *file = path_join(p->a, p->from_switch, ".opam-switch/switch-state");
	vec_push(p->a, &p->read, file);
	return file_read(p->a, file, OPAM_FILE_MAX, &text, e) &&
	       opam_parse(p->a, text, file, &parsed, e) &&
	       opam_switch_read(p->a, &parsed, &s->state, e);
}

/* Does PACKAGE's list of installed files hold the folder lib/NAME? */
static bool installs(struct installed *s, struct str package, const char *name)
{
	struct str text;
	struct err ignored;
	const char *file = str_format(
		s->p->a, "%s/.opam-switch/install/%.*s.changes", s->p->from_switch, STR(package));
	const char *wanted = str_format(s->p->a, "\"lib/%s/META\"", name);
	return file_exists(file) && file_read(s->p->a, file, OPAM_FILE_MAX, &text, &ignored) &&
	       str_find(text, str_of(wanted)) >= 0;
}

/* Nearly always the package is called as its folder; else it is looked for. */
static struct str package_of(struct installed *s, const char *name)
{
	if (opam_switch_has(&s->state, str_of(name)))
		return str_of(name);
	vec_for(pair, &s->state.installed)
		if (installs(s, pair->first, name))
			return pair->first;
	return S("");
}

static bool is_pinned(const struct installed *s)
{
	vec_for(pair, &s->state.pinned)
		if (str_is(pair->first, s->package))
			return true;
	return false;
}

/* What belongs to the compiler is no library to be patched. */
static bool is_compilers(const struct installed *s)
{
	vec_for(pair, &s->state.compiler)
		if (str_is(pair->first, s->package))
			return true;
	return !strcmp(s->package, "ocamlfind") || str_starts(str_of(s->package), S("base-"));
}

/* Where the opam file says that the source is: its address, then the mirrors. */
static void add_places(const struct installed *s, source_list *out)
{
	const struct opam_source *url = &s->opam.url;
	for (size_t i = 0; i <= url->mirrors.n; i++) {
		struct source place;
		struct str address = i ? url->mirrors.v[i - 1] : url->src;
		if (!project_source(s->p->a, address, &url->checksums, &place))
			vec_push(s->p->a, out, place);
	}
}

static void take_added(source_list *places)
{
	vec_for(place, places)
		place->added = places->v[0].added;
}

/* Of a pin what it was built from, which opam keeps; else what the opam file says. False where none
 * of it can be had verified. */
static bool source_of(struct installed *s, source_list *out)
{
	struct arena *a = s->p->a;
	const char *kept =
		str_format(a, "%s/.opam-switch/sources/%s", s->p->from_switch, s->package);
	if (is_pinned(s) && dir_exists(kept)) {
		vec_push(a, out, ((struct source){.path = kept}));
		return true;
	}
	add_places(s, out);
	if (!out->n)
		return false;
	make_added(s->p, &s->opam,
		str_format(a, "%s/.opam-switch/packages/%s.%s/files", s->p->from_switch, s->package,
			s->version),
		&s->state, out->v);
	take_added(out);
	return true;
}

static bool same(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

static struct recipe *with_source(const struct reading *p, const struct source *s)
{
	vec_for(r, &p->made) {
		const struct source *own = (*r)->source.v;
		if ((*r)->source.n && same(own->url, s->url) && same(own->git, s->git) &&
			same(own->commit, s->commit) && same(own->path, s->path))
			return *r;
	}
	return NULL;
}

/* The last part of its repository's address, as opam-monorepo names folders. */
static const char *repository_of(struct installed *s)
{
	struct str url = opam_repository_key(s->p->a, s->opam.dev_repo);
	const char *name = path_base(str_copy(s->p->a, url));
	return *name ? name : s->package;
}

static struct recipe *add_recipe(struct installed *s, const source_list *places)
{
	struct reading *p = s->p;
	struct recipe *r = make_recipe(p, repository_of(s), "");
	r->build.dune->place = str_format(p->a, PROJECT_VENDOR "/%s", r->name);
	r->version = s->version;
	r->file = s->opam.path;
	r->source = *places;
	make_describe(p, r, &s->opam);
	return r;
}

static bool is_known(const strings *list, const char *word)
{
	vec_for(w, list)
		if (!strcmp(*w, word))
			return true;
	return false;
}

MUST_CHECK static bool add_installed(struct installed *s, const char *name, struct err *e)
{
	struct reading *p = s->p;
	source_list places = {0};
	struct str package = package_of(s, name);
	s->package = str_copy(p->a, package);
	if (!package.n || is_compilers(s))
		return true;
	s->version = str_copy(p->a, opam_switch_version(&s->state, package));
	const char *file = str_format(p->a, "%s/.opam-switch/packages/%s.%s/opam", p->from_switch,
		s->package, s->version);
	if (!file_exists(file))
		return true;
	if (!make_facts(p, file, &s->opam, e))
		return false;
	if (!source_of(s, &places))
		return true;
	struct recipe *r = with_source(p, places.v);
	if (r) {
		merge_added(p->a, r->source.v, places.v);
		take_added(&r->source);
	} else {
		r = add_recipe(s, &places);
	}
	if (!is_known(&r->build.dune->packages, s->package))
		vec_push(p->a, &r->build.dune->packages, s->package);
	*map_put(&p->homes, str_of(name)) = r;
	return true;
}

static bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return !strncmp(path, dir, n) && path[n] == '/';
}

bool switch_make(struct reading *p, const ocaml_library_list *libraries, struct err *e)
{
	struct installed s = {.p = p};
	struct map seen = {.a = p->a};
	if (!p->from_switch)
		return true;
	if (!read_state(&s, e))
		return false;
	vec_for(library, libraries) {
		const char *name = (*library)->package;
		if (!(*library)->is_installed || !is_in((*library)->file, p->from_switch) ||
			map_has(&seen, str_of(name)))
			continue;
		*map_put(&seen, str_of(name)) = p;
		if (!add_installed(&s, name, e))
			return false;
	}
	return true;
}
