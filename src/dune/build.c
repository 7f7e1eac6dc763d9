/* build.c - one build by dune, from request to image. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <stdio.h>
#include <string.h>

#define ATTEMPTS 5

static bool has_overlays(const struct dune_request *q)
{
	return q->with && q->with->n;
}

static bool check_target(const struct recipe *r, struct err *e)
{
	if (r->build.dune && r->build.dune->target)
		return true;
	if (!r->image) {
		fail(e, E_INPUT,
			"%s is a part of a dune workspace: it is built with an image that "
			"contains it",
			r->name);
		return fail_hint(e, "name the image: respin build IMAGE");
	}
	fail(e, E_INPUT, "\"target\" is missing: what does dune make for %s?", r->name);
	return fail_where(e, "%s:/build/dune", r->file);
}

static const char *results(const struct build *b, const char *shadow)
{
	return path_join(b->a, shadow, "_build");
}

/* A side that was never built has what the other's build made: by dune's cache, or as a copy. */
static void read_last(struct build *b)
{
	struct trail other;
	const char *side = !strcmp(b->side, "with") ? "without" : "with";
	const char *dir = str_format(b->a, "%s/dune/%s", b->state, side);
	b->base_dir = b->dir;
	b->has_last = b->has_base = trail_read(b->a, trail_file(b, b->side), &b->last);
	if (b->has_last)
		return;
	if (!trail_read(b->a, trail_file(b, side), &other)) {
		b->has_base = b->is_others =
			dir_exists(results(b, b->dir)) && trail_read_any(b, &b->last);
		return;
	}
	bool copies = !dir_exists(results(b, b->dir)) && dir_exists(results(b, dir));
	if (!other.caches && !copies)
		return;
	b->last = other;
	b->has_base = true;
	b->base_dir = dir;
}

/* Where dune has no cache. */
static bool copy_results(struct build *b, struct err *e)
{
	const char *own = results(b, b->dir), *new = path_join(b->a, b->dir, "_build.new");
	if (b->caches || b->has_last || !b->has_base || dir_exists(own))
		return true;
	return tree_remove(new, e) && tree_copy(results(b, b->base_dir), new, NULL, e) &&
	       (rename(new, own) == 0 || fail_errno(e, "rename %s to %s", new, own));
}

static bool open_build(struct build *b, struct err *e)
{
	const struct workspace *w = b->q->w;
	struct map *const maps[] = {&b->rebuilt, &b->last.by_path};
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		maps[i]->a = b->a;
	b->side = has_overlays(b->q) ? "with" : "without";
	/* Dune would take what is installed instead, and end in a conflict between libraries. */
	if (w->unpulled.n)
		return workspace_fail_unpulled(w, e);
	if (!check_target(b->q->image, e) || !path_real(b->a, w->root, &b->root, e) ||
		!recipe_closure(w, b->q->image, &b->closure, e))
		return false;
	b->state = w->state;
	b->dir = str_format(b->a, "%s/dune/%s", b->state, b->side);
	outside_values(b);
	read_last(b);
	return true;
}

static void give_object(struct build *b, const struct digest *d, struct dune_result *out)
{
	const char *hex = digest_hex(b->out, d);
	out->sha256 = hex;
	out->path = str_format(b->out, "%s/store/objects/%.2s/%s", b->state, hex, hex + 2);
}

/* The object is hashed again only where its stamp is not the one that it was stored with. */
static bool has_object(struct build *b, const char *path)
{
	struct stamp stamp;
	const struct entry *own = map_get(&b->last.by_path, str_of(path));
	return own && file_stamp(path, &stamp) && stamp_eq(&stamp, &own->stamp);
}

bool dune_unchanged(struct arena *a, const struct dune_request *q, bool *holds,
	struct dune_result *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct build b = {.a = &scratch, .out = a, .q = q};
	struct dune_result result = {0};
	*holds = false;
	if (!open_build(&b, e))
		return false;
	if (!b.has_last || !digest_eq(&b.facts, &b.last.facts) || !trail_holds(&b.last))
		return true;
	give_object(&b, &b.last.object, &result);
	if (!has_object(&b, result.path))
		return true;
	result.reused = result.parts = b.last.parts;
	trail_touch(trail_file(&b, b.side));
	*out = result;
	*holds = true;
	return true;
}

/* What was changed while dune ran may be in the image or not. */
static bool check_race(struct build *b, struct err *e)
{
	vec_for(entry, &b->inputs) {
		struct stamp now;
		bool edited =
			entry->kind == ENTRY_FILE && (entry->mount->over || b->mounts.v->over);
		if (!edited)
			continue;
		if (file_stamp(entry->real, &now) && stamp_eq(&now, &entry->stamp))
			continue;
		b->raced = true;
		fail(e, E_CONFLICT, "%s was changed while dune built", user_path(b, entry->path));
		return fail_hint(e, "build again when nothing writes to it");
	}
	return true;
}

/* The image in the store is a thing that the answer depends on, too. */
static void add_object(struct build *b, const char *path)
{
	struct entry *entry = vec_add(b->a, &b->inputs);
	*entry = (struct entry){.kind = ENTRY_PLACE, .safe = true, .path = path, .real = path};
	if (!file_stamp(path, &entry->stamp))
		entry->safe = false;
}

/* How much of the image stayed as it was. */
static void count_parts(struct build *b, struct dune_result *out)
{
	programs p = {0};
	ocaml_library_list all = {0};
	graph_image(b, &p, &all);
	b->parts = out->parts = all.n + 1;
	out->reused = out->ran.n ? 0 : 1;
	vec_for(library, &all)
		out->reused += !map_has(&b->rebuilt, str_of((*library)->name));
}

/* Dune had nothing to do, but the image says something else of itself now. */
static void tell_manifest(struct build *b, const struct digest *object)
{
	const struct dune_request *q = b->q;
	if (b->result->ran.n || !b->has_last || digest_eq(object, &b->last.object))
		return;
	struct dune_action one = {.output = q->image->name,
		.unit = q->image->name,
		.reason = "its last result is gone from the store"};
	const char *facts = changes_facts(b);
	if (facts)
		one.reason = str_copy(b->out, str_of(facts));
	vec_push(b->out, &b->result->ran, one);
	if (q->on_action)
		q->on_action(q->ctx, &one);
}

static bool finish(struct build *b, struct dune_result *out, struct err *e)
{
	const char *product;
	struct digest object;
	if (!check_race(b, e) || !product_find(b, &product, e) || !graph_complete(b, e) ||
		!overlays_have_effect(b, product, e) || !product_store(b, product, &object, e))
		return false;
	tell_manifest(b, &object);
	count_parts(b, out);
	give_object(b, &object, out);
	add_object(b, out->path);
	scan_settle(b);
	if (b->result->ran.n && !cache_trim(b, e))
		return false;
	return trail_write(b, &object, e);
}

/* All that the answer depends on, and what of it has changed. Without RUN nothing is started or
 * fetched. */
static bool look_around(struct build *b, bool run, struct err *e)
{
	if (!open_build(b, e) || !overlays_are_in(b, e) || !outside_dune(b, e) ||
		!mounts_find(b, e))
		return false;
	b->caches = b->last.caches;
	if (!scan_again(b) && ((run && !outside_version(b, e)) || !outside_programs(b, e) ||
				      !vendor_add(b, run, e) || !scan(b, e)))
		return false;
	return changes_find(b, e);
}

bool dune_plan(
	struct arena *a, const struct dune_request *q, struct dune_result *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct dune_result result = {0};
	struct build b = {.a = &scratch, .out = a, .q = q, .result = &result};
	if (!look_around(&b, false, e))
		return false;
	if (!graph_read(&b, e))
		return false;
	plan_parts(&b);
	*out = result;
	return true;
}

static bool attempt(struct arena *a, const struct dune_request *q, struct dune_result *result,
	bool *raced, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct build b = {.a = &scratch, .out = a, .q = q, .result = result};
	*raced = false;
	if (!look_around(&b, true, e))
		return false;
	outside_cache(&b);
	bool built = shadow_sync(&b, e) && copy_results(&b, e) && run_dune(&b, e) &&
		     finish(&b, result, e);
	*raced = b.raced;
	return built;
}

/* The overlays of WITH as they are now: their trees stand in the manifest. Those that are not in
 * overlays/ nobody edits. */
static bool look_at_overlays(const struct workspace *w, overlays *with, struct err *e)
{
	struct str own = str_of(w->overlays);
	vec_for(o, with) {
		struct overlay now;
		if (!str_starts(str_of(o->dir), own))
			continue;
		if (!overlay_find(w, o->package, &now, e))
			return false;
		*o = now;
	}
	return true;
}

bool dune_build(
	struct arena *a, const struct dune_request *q, struct dune_result *out, struct err *e)
{
	struct dune_result result = {0};
	struct dune_request again = *q;
	overlays with = {0};
	if (q->with)
		vec_for(o, q->with)
			vec_push(a, &with, *o);
	again.with = &with;
	for (int i = 0; i < ATTEMPTS; i++) {
		bool raced;
		if (attempt(a, &again, &result, &raced, e)) {
			*out = result;
			return true;
		}
		if (!raced || (i + 1 < ATTEMPTS && !look_at_overlays(q->w, &with, e)))
			return false;
	}
	return false;
}
