/* changes.c - what is different from the last build. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

bool is_workspace(enum entry_kind kind)
{
	return kind <= ENTRY_ODD;
}

bool is_dune_file(const char *path)
{
	return !strncmp(path_base(path), "dune", 4) || str_ends(str_of(path), S(".opam"));
}

bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	if (!strcmp(dir, "."))
		return !strchr(path, '/');
	return !strncmp(path, dir, n) && path[n] == '/';
}

/* Tells nothing by coming or going. */
static bool is_quiet(enum entry_kind kind)
{
	return kind == ENTRY_FOLDER || kind == ENTRY_PLACE || kind == ENTRY_MOUNT;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ENTRY_FOLDER: /* what is in it has entries of its own */
	case ENTRY_MOUNT:
		return true;
	case ENTRY_FILE:
	case ENTRY_VARIABLE:
	case ENTRY_FACT:
		return digest_eq(&a->digest, &b->digest);
	default:
		return stamp_eq(&a->stamp, &b->stamp);
	}
}

static const char *fact_words(const struct build *b, const char *fact, const char *what)
{
	struct str s = str_of(fact);
	bool is_new = !strcmp(what, "is new"), gone = !strcmp(what, "is gone");
	if (str_starts(s, S(OVERLAY_OF)))
		return str_format(b->a, "%s %s", fact,
			is_new ? "was added"
			: gone ? "was dropped"
			       : "changed");
	if (str_starts(s, S(PLACE_OF)))
		return is_new || gone
			       ? NULL /* its overlay is told */
			       : str_format(b->a, "the source of %s is in another folder now",
					 fact + strlen(PLACE_OF));
	if (!str_starts(s, S(ORIGIN_OF)))
		return str_format(b->a, "%s %s", fact, what);
	const char *package = fact + strlen(ORIGIN_OF);
	if (gone && !dir_exists(path_join(b->a, b->q->w->overlays, package)))
		return str_format(b->a, OVERLAY_OF "%s was dropped", package);
	return str_format(b->a, "%s is %s", package,
		gone ? "not built from source any more" : "built from source");
}

static void add_fact(struct build *b, const char *fact, const char *what)
{
	const char *words = fact_words(b, fact, what);
	if (words)
		vec_push(b->a, &b->changes,
			((struct change){.kind = ENTRY_FACT, .path = fact, .words = words}));
}

static bool is_of_package(const char *fact)
{
	struct str s = str_of(fact);
	return str_starts(s, S(OVERLAY_OF)) || str_starts(s, S(PLACE_OF)) ||
	       str_starts(s, S(ORIGIN_OF));
}

/* What is said of packages says it all: their recipes may change with them. */
const char *changes_facts(const struct build *b)
{
	struct text of_packages = {.a = b->a}, others = {.a = b->a};
	vec_for(change, &b->changes) {
		struct text *t = is_of_package(change->path) ? &of_packages : &others;
		if (change->kind == ENTRY_FACT)
			text_addf(t, "%s%s", t->n ? "; " : "", change->words);
	}
	return of_packages.n ? of_packages.p : others.n ? others.p : NULL;
}

static void add(struct build *b, enum entry_kind kind, const char *path, const char *what)
{
	if (kind == ENTRY_FACT) {
		add_fact(b, path, what);
		return;
	}
	const char *name = is_workspace(kind) ? short_path(b, path) : path;
	vec_push(b->a, &b->changes,
		((struct change){.kind = kind,
			.path = path,
			.words = str_format(b->a, "%s %s", name, what),
			.is_new = !strcmp(what, "is new")}));
}

/* ---- folders that are new --------------------------------------------------------------- */

static bool is_switches(const struct build *b, const struct recipe *r)
{
	const char *prefix = b->q->w->opam_switch;
	return prefix && is_in(r->file, prefix);
}

/* What the last build took instead. */
static const char *installed_words(const struct build *b, const struct recipe *r)
{
	const struct source *s = r->source.n ? r->source.v : NULL;
	if (r->is_made && s && s->debian)
		return str_format(b->a, "Debian's %s %s", s->debian, s->version);
	if (r->is_made && is_switches(b, r))
		return str_format(b->a, "%s of the opam switch", r->version);
	return "installed";
}

static bool note_edit(void *ctx, const char *path, const char *what)
{
	add(ctx, ENTRY_FILE, path, what);
	return true;
}

MUST_CHECK static bool add_mount(struct build *b, const struct mount *m, struct err *e)
{
	bool known;
	const char *how = m->over ? "overlaid" : "built from source";
	vec_push(b->a, &b->changes,
		((struct change){.kind = ENTRY_MOUNT,
			.path = m->at,
			.words = str_format(b->a, "%s is %s now; it was %s", m->unit->name, how,
				installed_words(b, m->unit))}));
	return !m->over || edits_each(b, m, note_edit, b, &known, e);
}

static bool had_folder(const struct build *b, const char *at)
{
	vec_for(old, &b->last.inputs)
		if (is_workspace(old->kind) && is_in(old->path, at))
			return true;
	return false;
}

MUST_CHECK static bool add_mounts(struct build *b, struct err *e)
{
	vec_for(m, &b->mounts) {
		m->is_new = m->added && m->unit && !had_folder(b, m->at);
		if (m->is_new && !add_mount(b, m, e))
			return false;
	}
	return true;
}

/* ---- folders that are gone -------------------------------------------------------------- */

static const struct recipe *recipe_named(const struct build *b, const char *name)
{
	vec_for(r, &b->q->w->all)
		if (!strcmp((*r)->name, name))
			return *r;
	return NULL;
}

static bool is_mounted(const struct build *b, const char *at)
{
	vec_for(m, &b->mounts)
		if (!strcmp(m->at, at))
			return true;
	return false;
}

/* The packages of NAME, which was in the folder AT, are installed ones again: who links them is
 * made anew. */
static void add_again(struct build *b, const char *name, const char *at, const char *words)
{
	const struct recipe *r = recipe_named(b, name);
	strings packages = {0};
	if (is_mounted(b, at))
		return;
	if (r && r->build.dune)
		packages = r->build.dune->packages;
	if (!packages.n)
		vec_push(b->a, &packages, name);
	vec_for(package, &packages)
		vec_push(b->a, &b->changes,
			((struct change){
				.kind = ENTRY_INSTALLED, .path = *package, .words = words}));
	vec_push(b->a, &b->dropped, at);
}

/* It was built from source for its own overlay to be compared with, or for another one's. */
static const char *origin_words(const struct build *b, const char *package)
{
	const char *origin = str_format(b->a, ORIGIN_OF "%s", package);
	if (map_has(&b->last.by_path, str_of(origin)))
		return fact_words(b, origin, "is gone");
	return str_format(b->a, "%s is not built from source any more", package);
}

/* An entry of the last build that is there no more: was it such a folder? */
static void find_dropped(struct build *b, const struct entry *old)
{
	struct str path = str_of(old->path), unit = path, at = str_cut(&unit, '\n');
	if (old->kind == ENTRY_MOUNT)
		add_again(b, str_copy(b->a, unit), str_copy(b->a, at),
			origin_words(b, str_copy(b->a, unit)));
	if (old->kind != ENTRY_FACT || !str_starts(path, S(OVERLAY_OF)))
		return;
	const char *name = old->path + strlen(OVERLAY_OF);
	const struct recipe *r = recipe_named(b, name);
	if (r && r->build.dune && !dir_exists(path_join(b->a, b->root, r->build.dune->place)))
		add_again(b, name, vendor_at(b, r), str_format(b->a, "%s was dropped", old->path));
}

static bool is_dropped(const struct build *b, const struct entry *old)
{
	vec_for(at, &b->dropped)
		if (is_workspace(old->kind) && is_in(old->path, *at))
			return true;
	return false;
}

static void add_gone(struct build *b, const struct map *seen)
{
	b->dropped.n = 0;
	vec_for(old, &b->last.inputs)
		if (!map_has(seen, str_of(old->path)))
			find_dropped(b, old);
	vec_for(old, &b->last.inputs)
		if (!is_quiet(old->kind) && !map_has(seen, str_of(old->path)) &&
			!is_dropped(b, old))
			add(b, old->kind, old->path, "is gone");
}

/* ---- all of it -------------------------------------------------------------------------- */

/* An overlay that replaces a folder changes the files that differ, wherever they are. */
bool changes_find(struct build *b, struct err *e)
{
	struct map seen = {.a = b->a};
	b->changes.n = 0;
	if (!b->has_base)
		return true;
	if (!add_mounts(b, e))
		return false;
	vec_for(entry, &b->inputs) {
		const struct entry *old = map_get(&b->last.by_path, str_of(entry->path));
		bool is_told = entry->mount && entry->mount->is_new;
		*map_put(&seen, str_of(entry->path)) = b;
		if (!old && !is_quiet(entry->kind) && !is_told)
			add(b, entry->kind, entry->path, "is new");
		else if (old && !is_same(old, entry))
			add(b, entry->kind, entry->path, "changed");
	}
	add_gone(b, &seen);
	return true;
}

/* "lwt.unix" is in a folder "lwt". */
static bool is_required(const struct build *b, const strings *requires, const char *package)
{
	vec_for(name, requires) {
		struct str rest = str_of(*name), first = str_cut(&rest, '.');
		if (!ocaml_find(&b->graph.libraries, *name) && str_is(first, package))
			return true;
	}
	return false;
}

/* Several packages of one source have the same words. */
const char *changes_installed(const struct build *b, const strings *requires)
{
	struct text t = {.a = b->a};
	vec_for(change, &b->changes) {
		if (change->kind != ENTRY_INSTALLED ||
			!is_required(b, requires, path_base(change->path)) ||
			str_find(text_str(&t), str_of(change->words)) >= 0)
			continue;
		text_addf(&t, "%s%s", t.n ? "; " : "", change->words);
	}
	return t.n ? t.p : NULL;
}
