/* catalog.c - opens a catalog and looks names up. SPDX-License-Identifier: ISC */
#include "resolve/catalog.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const size_t sizes[CATALOG_SECTIONS] = {
	[CATALOG_WATCHES] = sizeof(struct catalog_watch),
	[CATALOG_NAMES] = sizeof(struct catalog_name),
	[CATALOG_OWNERS] = sizeof(struct catalog_owner),
	[CATALOG_FACTS] = sizeof(struct catalog_fact),
	[CATALOG_TEXT] = 1,
};

bool catalog_view(struct str bytes, struct catalog *out)
{
	const struct catalog_header *h = (const void *)bytes.p;
	const char *at[CATALOG_SECTIONS];
	if (bytes.n < sizeof(*h) || memcmp(h->magic, CATALOG_MAGIC, sizeof(h->magic)) ||
		h->size != bytes.n)
		return false;
	uint64_t end = sizeof(*h);
	for (size_t i = 0; i < CATALOG_SECTIONS; i++) {
		at[i] = bytes.p + end;
		end += (uint64_t)h->count[i] * sizes[i];
		if (end > bytes.n)
			return false;
	}
	if (end != bytes.n || !h->count[CATALOG_TEXT] || bytes.p[bytes.n - 1])
		return false;
	*out = (struct catalog){.header = h,
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

/* The first entry whose name is not before NAME (or, with AFTER, behind it). */
static size_t bound(const struct catalog *c, struct str name, bool after)
{
	size_t low = 0, high = c->header->count[CATALOG_NAMES];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_of(catalog_text(c, c->names[middle].name)), name);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t catalog_find(const struct catalog *c, struct str name, const struct catalog_name **first)
{
	size_t from = bound(c, name, false), to = bound(c, name, true);
	*first = c->names + from;
	return to > from ? to - from : 0;
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
		struct stamp now;
		bool there = file_stamp(catalog_text(c, w->path), &now);
		if (there != (w->stamp.mode != 0))
			return false;
		if (there &&
			(!stamp_eq(&now, &w->stamp) || !stamp_is_safe(&now, c->header->read_ns)))
			return false;
	}
	return true;
}

static bool map_file(const char *path, struct catalog *out)
{
	struct stat st;
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return false;
	size_t size = (size_t)st.st_size;
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (!catalog_view((struct str){map, size}, out)) {
		munmap(map, size);
		return false;
	}
	out->map = map;
	return true;
}

void catalog_close(struct catalog *c)
{
	if (c->map)
		munmap(c->map, c->header->size);
	*c = (struct catalog){0};
}

bool catalog_open(
	struct arena *a, const struct catalog_source *source, struct catalog *out, struct err *e)
{
	defer(catalog_close) struct catalog old = {0};
	struct catalog_maker m = {.a = a};
	struct str bytes;
	struct err ignored;
	bool kept = source->kept && map_file(source->kept, &old) &&
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
	if (source->kept && dir_make(path_dir(a, source->kept), &ignored))
		(void)!file_write_cache(source->kept, bytes, 0644, &ignored);
	return catalog_view(bytes, out) || fail(e, E_BUG, "a new catalog is damaged");
}
