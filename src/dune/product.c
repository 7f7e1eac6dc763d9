/* product.c - the image that dune made, with its manifest, in the store.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>
#include <sys/stat.h>

/* What is not asked for by dune's own name is in the folder of the context that makes it. */
bool product_find(struct build *b, const char **out, struct err *e)
{
	const char *target = b->q->image->build.dune->target;
	const char *found = NULL, *build_dir = path_join(b->a, b->dir, "_build");
	strings names;
	struct stamp stamp, newest = {0};
	if (str_starts(str_of(target), S("_build/"))) {
		*out = path_join(b->a, b->dir, target);
		return file_stamp(*out, &stamp) || fail_errno(e, "look at %s", *out);
	}
	if (!dir_list(b->a, build_dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *file = path_join(b->a, path_join(b->a, build_dir, *name), target);
		if (!file_stamp(file, &stamp) || !S_ISREG(stamp.mode))
			continue;
		bool is_default = !strcmp(*name, "default");
		if (!found || is_default || stamp.mtime_ns > newest.mtime_ns)
			found = file;
		newest = stamp;
		if (is_default)
			break;
	}
	if (!found) {
		fail(e, E_INPUT, "dune made no file %s", target);
		return fail_where(e, "%s:/build/dune/target", b->q->image->file);
	}
	*out = found;
	return true;
}

/* ---- manifest ------------------------------------------------------------------------- */

static bool fill_package(
	struct build *b, const struct recipe *r, struct manifest_package *p, struct err *e)
{
	struct tree source = {0};
	*p = (struct manifest_package){
		.name = r->name, .version = r->version, .license = r->license, .source = ""};
	if (r->source.n) {
		if (!source_locate(b->q->w, r, &source, e))
			return fail_context(e, "the source of %s", r->name);
		p->source = source.origin ? source.origin : "";
		p->source_sha256 = source.sha256;
	}
	if (b->q->with)
		vec_for(o, b->q->with)
			if (!strcmp(o->package, r->name)) {
				p->overlay_tree = o->tree;
				p->patches = o->patches;
			}
	return true;
}

static void add_units(
	struct build *b, const ocaml_modules *modules, size_t package, image_units *out)
{
	vec_for(m, modules)
		vec_push(b->a, out, ((struct image_unit){.name = m->unit, .package = package}));
}

static bool find_package(
	const struct build *b, const char *dir, const struct image_info *m, size_t *out)
{
	const char *unit = unit_of(b, strcmp(dir, ".") ? dir : "");
	for (size_t i = 0; i < m->packages.n; i++)
		if (!strcmp(m->packages.v[i].name, unit)) {
			*out = i;
			return true;
		}
	return false;
}

static bool find_installed(struct build *b, image_units *out, struct err *e)
{
	installed_units all = {0};
	if (!installed_read(b, &all, e))
		return false;
	vec_for(unit, &all)
		for (size_t i = 0; i < b->closure.n; i++)
			if (recipe_provides(b->closure.v[i], unit->package))
				vec_push(b->a, out,
					((struct image_unit){str_copy(b->a, unit->name), i}));
	return true;
}

static void add_library(struct build *b, const struct ocaml_library *library,
	const struct image_info *m, image_units *out)
{
	size_t package;
	if (find_package(b, library->dir, m, &package))
		add_units(b, &library->modules, package, out);
}

/* The compiler's units: an image's code says which of them it is from. What the image links comes
 * last, and counts: another library of the workspace may have units of the same name. */
static bool find_units(struct build *b, const struct image_info *m, image_units *out, struct err *e)
{
	size_t package;
	programs own = {0};
	ocaml_library_list linked = {0};
	if (b->uses_installed && !find_installed(b, out, e))
		return false;
	vec_for(library, &b->graph.libraries)
		add_library(b, library, m, out);
	graph_image(b, &own, &linked);
	vec_for(library, &linked)
		add_library(b, *library, m, out);
	vec_for(x, &own)
		if (find_package(b, (*x)->dir, m, &package))
			add_units(b, &(*x)->modules, package, out);
	return true;
}

bool product_store(struct build *b, const char *file, struct digest *out, struct err *e)
{
	struct store *store;
	struct image_info m = {.name = b->q->image->name};
	image_units units = {0};
	const char *dir = path_join(b->a, b->state, "dune"), *made;
	vec_for(r, &b->closure)
		if (!fill_package(b, *r, vec_add(b->a, &m.packages), e))
			return false;
	if (!find_units(b, &m, &units, e))
		return false;
	made = str_format(b->a, "%s/%s.image", dir, b->side);
	return image_label(file, &m, &units, made, e) &&
	       store_open(b->a, path_join(b->a, b->state, "store"), &store, e) &&
	       store_take(store, made, out, e) && store_save(store, e);
}
