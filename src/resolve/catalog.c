/* catalog.c - opens a catalog and looks names up. SPDX-License-Identifier: ISC */
#include "resolve/catalog.h"

#include <stddef.h>
#include <string.h>

static const size_t sizes[CATALOG_SECTIONS] = {
	[CATALOG_WATCHES] = sizeof(struct catalog_watch),
	[CATALOG_NAMES] = sizeof(struct catalog_name),
	[CATALOG_OWNERS] = sizeof(struct catalog_owner),
	[CATALOG_FACTS] = sizeof(struct catalog_fact),
	[CATALOG_TEXT] = 1,
};

static const struct records_format format = {CATALOG_MAGIC, sizeof(struct catalog_header),
	offsetof(struct catalog_header, count), CATALOG_SECTIONS, sizes};

bool catalog_view(struct str bytes, struct catalog *out)
{
	const char *at[CATALOG_SECTIONS];
	if (!records_find(&format, bytes, at))
		return false;
	*out = (struct catalog){.header = (const void *)bytes.p,
		.watches = (const void *)at[CATALOG_WATCHES],
		.names = (const void *)at[CATALOG_NAMES],
		.owners = (const void *)at[CATALOG_OWNERS],
		.facts = (const void *)at[CATALOG_FACTS],
		.text = at[CATALOG_TEXT]};
	return true;
}

const char *catalog_text(const struct catalog *c, uint32_t offset)
{
	return offset < c->header->count[CATALOG_TEXT] ? c->text + offset : "";
}

static const char *name_of(const void *list, size_t i)
{
	const struct catalog *c = list;
	return catalog_text(c, c->names[i].name);
}

size_t catalog_find(const struct catalog *c, struct str name, const struct catalog_name **first)
{
	size_t from, n = records_named(c, c->header->count[CATALOG_NAMES], name_of, name, &from);
	*first = c->names + from;
	return n;
}

const struct catalog_owner *catalog_owner(const struct catalog *c, uint32_t number)
{
	return number < c->header->count[CATALOG_OWNERS] ? &c->owners[number] : NULL;
}

const struct catalog_fact *catalog_fact(
	const struct catalog *c, const struct catalog_owner *owner, size_t i)
{
	uint32_t all = c->header->count[CATALOG_FACTS];
	if (i >= owner->facts || owner->first_fact >= all || i >= all - owner->first_fact)
		return NULL;
	return &c->facts[owner->first_fact + i];
}

strings catalog_facts(const struct catalog *c, struct arena *a, const struct catalog_owner *owner,
	enum catalog_fact_kind kind)
{
	strings out = {0};
	const struct catalog_fact *fact;
	for (size_t i = 0; (fact = catalog_fact(c, owner, i)); i++)
		if (fact->kind == kind)
			vec_push(a, &out, str_copy(a, str_of(catalog_text(c, fact->text))));
	return out;
}

static bool needs_marked(const struct catalog *c, const struct catalog_owner *o, const bool *marked)
{
	const struct catalog_fact *fact;
	for (size_t i = 0; (fact = catalog_fact(c, o, i)); i++)
		if (fact->kind == CATALOG_NEEDS && fact->owner < c->header->count[CATALOG_OWNERS] &&
			marked[fact->owner])
			return true;
	return false;
}

void catalog_mark_dependents(const struct catalog *c, bool *is_dependent)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < c->header->count[CATALOG_OWNERS]; i++) {
			if (is_dependent[i] || !needs_marked(c, &c->owners[i], is_dependent))
				continue;
			is_dependent[i] = changed = true;
		}
	}
}

/* ---- opening -------------------------------------------------------------------------------- */

static bool is_current(const struct catalog *c)
{
	for (uint32_t i = 0; i < c->header->count[CATALOG_WATCHES]; i++) {
		const struct catalog_watch *w = &c->watches[i];
		if (!stamp_holds(&w->stamp, catalog_text(c, w->path), c->header->read_ns))
			return false;
	}
	return true;
}

static bool map_kept(const char *path, struct catalog *out)
{
	struct str bytes = file_map(path);
	if (!catalog_view(bytes, out)) {
		file_unmap(bytes);
		return false;
	}
	out->map = bytes;
	return true;
}

void catalog_close(struct catalog *c)
{
	file_unmap(c->map);
	*c = (struct catalog){0};
}

bool catalog_is_whole(const struct catalog *c)
{
	return !c->map.p || records_sum(str_from(c->map, sizeof(*c->header))) == c->header->sum;
}

bool catalog_open(
	struct arena *a, const struct catalog_source *source, struct catalog *out, struct err *e)
{
	defer(catalog_close) struct catalog old = {0};
	struct catalog_maker m = {.a = a};
	struct str bytes;
	bool kept = source->kept && map_kept(source->kept, &old) &&
		    !strcmp(catalog_text(&old, old.header->key), source->key);
	if (kept && is_current(&old)) {
		*out = old;
		old = (struct catalog){0};
		return true;
	}
	m.old = kept ? &old : NULL;
	m.read_ns = clock_wall_ns();
	if (!source->make(&m, source->ctx, e) || !catalog_pack(&m, source->key, &bytes, e))
		return false;
	if (source->kept)
		file_keep_cache(source->kept, bytes);
	return catalog_view(bytes, out) || fail(e, E_BUG, "a new catalog is damaged");
}
