/* index.c - opens the index of the distribution, or has it made; and asks it.
 * SPDX-License-Identifier: ISC */
#include "debian/index.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[DEBIAN_SECTIONS] = {
	[MARKS] = sizeof(struct debian_mark),
	[NAMES] = sizeof(struct debian_name),
	[SOURCES] = sizeof(struct debian_source),
	[LINKS] = sizeof(uint32_t),
	[TEXT] = 1,
};

static const struct records_format format = {DEBIAN_INDEX_MAGIC, sizeof(struct debian_header),
	offsetof(struct debian_header, count), DEBIAN_SECTIONS, sizes};

bool debian_index_view(struct str bytes, struct debian_index *out)
{
	const char *at[DEBIAN_SECTIONS];
	if (!records_find(&format, bytes, at))
		return false;
	*out = (struct debian_index){.header = (const void *)bytes.p,
		.marks = (const void *)at[MARKS],
		.names = (const void *)at[NAMES],
		.sources = (const void *)at[SOURCES],
		.links = (const void *)at[LINKS],
		.text = at[TEXT]};
	return true;
}

static const char *text_at(const struct debian_index *x, uint32_t offset)
{
	return offset < x->header->count[TEXT] ? x->text + offset : "";
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool is_fresh(const struct debian_index *x)
{
	const char *setting = getenv("APT_CONFIG");
	if (strcmp(text_at(x, x->header->setting), setting ? setting : "") != 0)
		return false;
	for (uint32_t i = 0; i < x->header->count[MARKS]; i++) {
		const struct debian_mark *mark = &x->marks[i];
		if (!stamp_holds(&mark->stamp, text_at(x, mark->path), x->header->read_ns))
			return false;
	}
	return true;
}

static bool map_kept(const char *path, struct debian_index *out)
{
	struct str bytes = file_map(path);
	if (!debian_index_view(bytes, out) || !is_fresh(out)) {
		file_unmap(bytes);
		return false;
	}
	out->map = bytes;
	return true;
}

bool debian_index_open(struct arena *a, const char *file, struct debian_index **out, struct err *e)
{
	struct debian_index *x = NEW(a, struct debian_index);
	struct str bytes;
	if (map_kept(file, x)) {
		*out = x;
		return true;
	}
	term_progress("reading apt's lists");
	bool made = debian_index_make(a, &bytes, e);
	term_progress_end();
	if (!made)
		return false;
	file_keep_cache(file, bytes);
	if (!debian_index_view(bytes, x))
		return fail(e, E_BUG, "the index of apt's lists makes no sense");
	*out = x;
	return true;
}

void debian_index_close(struct debian_index **x)
{
	if (*x)
		file_unmap((*x)->map);
	*x = NULL;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

struct links {
	const uint32_t *v;
	uint32_t n;
};

/* Cut to what there is. */
static struct links slice(const struct debian_index *x, struct debian_slice s)
{
	uint32_t count = x->header->count[LINKS];
	if (s.first >= count)
		return (struct links){NULL, 0};
	return (struct links){x->links + s.first, s.n < count - s.first ? s.n : count - s.first};
}

static const char *source_at(const void *list, size_t i)
{
	const struct debian_index *x = list;
	return text_at(x, x->sources[i].text);
}

static const struct debian_source *find_source(const struct debian_index *x, const char *name)
{
	size_t first, n = x->header->count[SOURCES];
	return records_named(x, n, source_at, str_of(name), &first) ? &x->sources[first] : NULL;
}

struct question {
	struct arena *a;
	const struct debian_index *x;
	bool *seen;	/* names that were looked at */
	bool *building; /* sources */
	VEC(uint32_t) names;
	bool deep;
};

static void look_at(struct question *q, uint32_t name)
{
	if (name >= q->x->header->count[NAMES] || q->seen[name])
		return;
	q->seen[name] = true;
	vec_push(q->a, &q->names, name);
}

/* All who need NAME, or what it provides. */
static void look_at_users(struct question *q, uint32_t name)
{
	struct links users = slice(q->x, q->x->names[name].users);
	for (uint32_t i = 0; i < users.n; i++)
		look_at(q, users.v[i]);
}

static void note_builders(struct question *q, uint32_t name)
{
	struct links builders = slice(q->x, q->x->names[name].builders);
	for (uint32_t i = 0; i < builders.n; i++)
		if (builders.v[i] < q->x->header->count[SOURCES])
			q->building[builders.v[i]] = true;
}

/* The names that the first FIRST in the list provide count as they do. */
static void look_at_provided(struct question *q, size_t first)
{
	for (size_t i = 0; i < first; i++) {
		struct links provided = slice(q->x, q->x->names[q->names.v[i]].provided);
		for (uint32_t k = 0; k < provided.n; k++)
			look_at(q, provided.v[k]);
	}
}

static void search(struct question *q)
{
	look_at_provided(q, q->names.n);
	size_t first = q->names.n;
	for (size_t i = 0; i < q->names.n && (q->deep || i < first); i++) {
		uint32_t name = q->names.v[i];
		look_at_users(q, name);
		note_builders(q, name);
		struct links provided = slice(q->x, q->x->names[name].provided);
		for (uint32_t k = 0; q->deep && k < provided.n; k++)
			look_at(q, provided.v[k]);
	}
}

static bool is_one_of(struct links list, uint32_t number)
{
	for (uint32_t i = 0; i < list.n; i++)
		if (list.v[i] == number)
			return true;
	return false;
}

bool debian_dependents(struct arena *a, const struct debian_index *x, const char *source, bool deep,
	struct debian_dependents *out, struct err *e)
{
	const struct debian_source *s = find_source(x, source);
	uint32_t names = x->header->count[NAMES], sources = x->header->count[SOURCES];
	struct question q = {.a = a,
		.x = x,
		.seen = NEW_ARRAY(a, bool, names + 1),
		.building = NEW_ARRAY(a, bool, sources + 1),
		.deep = deep};
	if (!s)
		return fail(e, E_NOTFOUND, "apt's lists know no source package '%s'", source);
	struct links own = slice(x, s->binaries);
	struct debian_dependents d = {.builds_known = x->header->builds};
	for (uint32_t i = 0; i < own.n; i++)
		look_at(&q, own.v[i]);
	search(&q);
	for (uint32_t i = 0; i < names; i++) {
		if (!q.seen[i] || !x->names[i].is_real)
			continue;
		bool mine = is_one_of(own, i);
		vec_push(a, mine ? &d.binaries : &d.runtime, text_at(x, x->names[i].text));
	}
	for (uint32_t i = 0; i < sources; i++)
		if (q.building[i] && &x->sources[i] != s)
			vec_push(a, &d.build, text_at(x, x->sources[i].text));
	*out = d;
	return true;
}
