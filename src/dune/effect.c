/* effect.c - an overlay that changes nothing in the image is a mistake, and said to be one.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define NAMES_SHOWN 5

static bool is_in_image(const struct build *b, const struct overlay *o)
{
	vec_for(r, &b->closure)
		if (!strcmp((*r)->name, o->package))
			return true;
	return false;
}

bool overlays_are_in(const struct build *b, struct err *e)
{
	if (b->q->any_effect || !b->q->with)
		return true;
	vec_for(o, b->q->with) {
		struct text names = {.a = b->a};
		if (is_in_image(b, o))
			continue;
		vec_for(r, &b->closure)
			text_addf(&names, "%s%s", names.n ? ", " : "", (*r)->name);
		fail(e, E_INPUT, "the overlay of %s has no effect on %s, which does not contain it",
			o->package, b->q->image->name);
		fail_hint(e, "%s is made of %.400s", b->q->image->name, names.p);
		return fail_where(e, "%s", o->dir);
	}
	return true;
}

/* ---- files ---------------------------------------------------------------------------- */

struct effect {
	struct build *b;
	const struct mount *m;
	const char *copies;  /* dune's folder of the context that made the image */
	struct map in_image; /* names of libraries */
	strings changed;     /* as the overlay has them */
	bool found;
};

/* Dune copies each source file that it needs. Of dune files and of files that are gone it only
 * tells whether their folder is used. */
static bool is_used(const struct effect *f, const char *path, bool gone)
{
	struct arena *a = f->b->a;
	const struct ocaml_library *owner = graph_owner(f->b, path);
	if (owner && !map_has(&f->in_image, str_of(owner->name)))
		return false;
	const char *look = gone || is_dune_file(path) ? path_dir(a, path) : path;
	return file_exists(path_join(a, f->copies, look));
}

static bool note(void *ctx, const char *path, const char *what)
{
	struct effect *f = ctx;
	vec_push(f->b->a, &f->changed, within(f->m, path));
	f->found = is_used(f, path, !strcmp(what, "is gone"));
	return !f->found;
}

static bool fail_without_effect(struct effect *f, struct err *e)
{
	struct text names = {.a = f->b->a};
	for (size_t i = 0; i < f->changed.n && i < NAMES_SHOWN; i++)
		text_addf(&names, "%s%s", i ? ", " : "", f->changed.v[i]);
	fail(e, E_INPUT,
		"the overlay of %s has no effect on %s: none of the files that it changes is "
		"compiled into it (%s%s)",
		f->m->unit->name, f->b->q->image->name, names.p,
		f->changed.n > NAMES_SHOWN ? ", ..." : "");
	fail_hint(e, "respin overlay diff %s shows its changes", f->m->unit->name);
	return fail_where(e, "%s", f->m->over->dir);
}

static bool check_mount(struct build *b, const struct mount *m, const char *copies, struct err *e)
{
	struct effect f = {.b = b, .m = m, .copies = copies, .in_image = {.a = b->a}};
	bool known = false;
	programs p = {0};
	ocaml_library_list all = {0};
	graph_image(b, &p, &all);
	vec_for(library, &all)
		*map_put(&f.in_image, str_of((*library)->name)) = b;
	if (!edits_each(b, m, note, &f, &known, e))
		return false;
	return f.found || !f.changed.n || fail_without_effect(&f, e);
}

bool overlays_have_effect(struct build *b, const char *product, struct err *e)
{
	const char *contexts = path_join(b->a, b->dir, "_build/");
	struct str rest = str_from(str_of(product), strlen(contexts));
	struct str context = str_cut(&rest, '/');
	const char *copies = str_format(b->a, "%s%.*s", contexts, STR(context));
	if (b->q->any_effect)
		return true;
	vec_for(m, &b->mounts)
		if (m->over && !check_mount(b, m, copies, e))
			return false;
	return true;
}
