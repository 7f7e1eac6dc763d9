/* units.c - from a unit's name to the path by which other libraries name it.
 * SPDX-License-Identifier: ISC */
#include "ocaml/units.h"

#include <string.h>

#include "sys/sys.h"

#define MAX_CHAIN 8 /* of modules that stand for another */

struct unit_interface {
	bool known; /* its .cmi could be read */
	object_aliases aliases;
	strings own;
};

size_t unit_parent(
	const char *unit, bool (*is_unit)(const void *ctx, struct str name), const void *ctx)
{
	size_t first = 0, best = 0;
	for (const char *at = unit; (at = strstr(at, "__")) != NULL; at++) {
		size_t n = (size_t)(at - unit);
		const char *rest = at + 2;
		if (!n || *rest < 'A' || *rest > 'Z')
			continue;
		if (!first)
			first = n;
		if (is_unit(ctx, (struct str){unit, n}))
			best = n;
	}
	return best ? best : first;
}

static bool is_unit(const void *ctx, struct str name)
{
	return map_has(ctx, name);
}

/* What the interface of UNIT names; read once. */
static const struct unit_interface *interface_of(struct folder *f, const char *unit)
{
	defer(arena_free) struct arena scratch = {0};
	void **at = map_put(&f->interfaces, str_of(unit));
	const struct unit_files *files = folder_unit(f, unit);
	const char *name;
	struct str bytes;
	struct err e = {0};
	if (*at)
		return *at;
	struct unit_interface *x = NEW(f->s->a, struct unit_interface);
	*at = x;
	if (!files || !(files->cmi || files->hidden_cmi))
		return x;
	const char *path = str_format(
		&scratch, "%s/%s%s.cmi", f->dir, files->cmi ? "" : ".private/", files->stem);
	x->known = file_read(&scratch, path, OBJECT_MAX_SIZE, &bytes, &e) &&
		   object_interface(f->s->a, bytes, &name, &x->aliases, &x->own, &e);
	if (!x->known && e.code != E_ABSENT) {
		vec_push(f->s->a, &f->s->out->read, str_copy(f->s->a, str_of(path)));
		installed_problem(f->s, path, &e);
	}
	return x;
}

static const char *target_of(const struct unit_interface *x, const char *name)
{
	vec_for(alias, &x->aliases) {
		if (!strcmp(alias->name, name))
			return alias->target;
	}
	return NULL;
}

/* The unit at the end of a path like "Tcp__.Flow", through the modules that stand for others. */
static const char *resolve(struct folder *f, const char *path)
{
	for (int i = 0; path && i < MAX_CHAIN; i++) {
		const char *dot = strchr(path, '.');
		if (!dot)
			return path;
		if (strchr(dot + 1, '.'))
			return NULL;
		const char *unit = str_copy(f->s->a, (struct str){path, (size_t)(dot - path)});
		path = target_of(interface_of(f, unit), dot + 1);
	}
	return NULL;
}

/* The name under which the interface X shows UNIT, which is called NAME; NULL where it does not. */
static const char *exposed_name(
	struct folder *f, const struct unit_interface *x, const char *unit, const char *name)
{
	const char *found = NULL;
	vec_for(alias, &x->aliases) {
		const char *target = resolve(f, alias->target);
		if (!target || strcmp(target, unit) != 0)
			continue;
		if (!found || !strcmp(alias->name, name))
			found = alias->name;
	}
	vec_for(own, &x->own) {
		if (!found && !strcmp(*own, name))
			found = name;
	}
	return found;
}

/* A wrapper's own unit where PARENT is the list of names that dune makes beside it ("Tcp__"). What
 * an implementation has for itself ("Tcp__impl__") is within the virtual library's wrapper. */
static const char *wrapper_of(struct folder *f, struct str parent)
{
	bool is_list = parent.n && parent.p[parent.n - 1] == '_';
	while (parent.n && parent.p[parent.n - 1] == '_')
		parent.n--;
	const char *wrapper = str_copy(f->s->a, parent);
	ptrdiff_t inner = str_find(parent, S("__"));
	if (!is_list || inner <= 0 || folder_unit(f, wrapper))
		return wrapper;
	return str_copy(f->s->a, (struct str){parent.p, (size_t)inner});
}

struct naming {
	struct folder *f;
	struct map units; /* of the library: their struct ocaml_module */
	struct ocaml_library *library;
};

static void name_module(struct naming *n, struct ocaml_module *m, int depth)
{
	struct arena *a = n->f->s->a;
	size_t length = unit_parent(m->unit, is_unit, &n->units);
	if (m->path)
		return;
	m->path = m->unit;
	if (!length || depth > MAX_CHAIN)
		return;
	const char *rest = m->unit + length + 2;
	const char *wrapper = wrapper_of(n->f, (struct str){m->unit, length});
	struct ocaml_module *parent = map_get(&n->units, str_of(wrapper));
	if (parent == m)
		return;
	if (parent)
		name_module(n, parent, depth + 1);
	const struct unit_interface *x = interface_of(n->f, wrapper);
	const char *exposed = x->known ? exposed_name(n->f, x, m->unit, rest) : NULL;
	m->path = str_format(a, "%s.%s", parent ? parent->path : wrapper, exposed ? exposed : rest);
	if (parent && x->known && !exposed)
		m->is_private = true;
}

static const char *source_of(struct folder *f, const char *stem, const char *ending)
{
	char *name = str_format(f->s->a, "%s%s", stem, ending);
	if (map_has(&f->names, str_of(name)))
		return name;
	if (*name >= 'A' && *name <= 'Z')
		*name = (char)(*name - 'A' + 'a');
	return map_has(&f->names, str_of(name)) ? name : NULL;
}

/* A wrapped module's sources are called as the module itself: "flow.ml" of Tcp__Flow. */
static void find_files(struct naming *n, struct ocaml_module *m)
{
	const struct unit_files *files = folder_unit(n->f, m->unit);
	size_t length = unit_parent(m->unit, is_unit, &n->units);
	const char *stem = length ? m->unit + length + 2 : m->unit;
	m->impl = source_of(n->f, stem, ".ml");
	m->intf = source_of(n->f, stem, ".mli");
	m->has_cmt = files && files->cmt;
	m->has_cmti = files && files->cmti;
	m->is_private |= !files || !files->cmi;
	size_t end = strlen(m->unit);
	if (end > 2 && !strcmp(m->unit + end - 2, "__"))
		m->is_alias = true;
}

/* Wrapped is a library all of whose modules are within one. */
static void find_wrapping(struct ocaml_library *library)
{
	size_t within = 0, n = 0;
	struct str main = {NULL, 0};
	vec_for(m, &library->modules) {
		struct str head = {m->path, strcspn(m->path, ".")};
		if (m->is_alias)
			continue;
		n++;
		if (!main.n)
			main = head;
		within += str_eq(head, main);
	}
	if (n < 2 || within < n)
		return;
	library->wrapping = OCAML_WRAPPED;
}

void folder_paths(struct folder *f, struct ocaml_library *library)
{
	struct naming n = {.f = f, .units.a = f->s->a, .library = library};
	vec_for(m, &library->modules)
		*map_put(&n.units, str_of(m->unit)) = m;
	vec_for(m, &library->modules)
		name_module(&n, m, 0);
	vec_for(m, &library->modules)
		find_files(&n, m);
	find_wrapping(library);
	if (library->wrapping == OCAML_WRAPPED && !library->main_module)
		library->main_module =
			str_copy(f->s->a, (struct str){library->modules.v[0].path,
						  strcspn(library->modules.v[0].path, ".")});
	if (library->wrapping == OCAML_UNWRAPPED)
		library->main_module = NULL;
}
