/* catalog_make.c - packs what was found in a world into the bytes of a catalog.
 * SPDX-License-Identifier: ISC */
#include "resolve/catalog.h"

#include <stdlib.h>
#include <string.h>

void catalog_watch(struct catalog_maker *m, const char *path)
{
	struct catalog_watch w = {0};
	if (!file_stamp(path, &w.stamp))
		w.stamp = (struct stamp){0};
	vec_push(m->a, &m->watches, w);
	vec_push(m->a, &m->watched, path);
}

void catalog_add_fact(struct catalog_maker *m, uint32_t owner, enum catalog_fact_kind kind,
	const char *text, uint32_t about)
{
	vec_push(m->a, &m->facts, ((struct made_fact){owner, kind, text, about}));
}

/* Of many that have one name the weak ones are those that a look-up leaves out. */
static int by_name(const void *x, const void *y)
{
	const struct made_name *a = x, *b = y;
	int order = strcmp(a->name, b->name);
	if (order)
		return order;
	order = (int)(a->marks & CATALOG_WEAK) - (int)(b->marks & CATALOG_WEAK);
	if (order)
		return order;
	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	order = strcmp(a->shown ? a->shown : "", b->shown ? b->shown : "");
	return order ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

/* Those of one owner in the order in which they were added: qsort need not be stable. */
static int by_owner(const void *x, const void *y)
{
	const struct made_fact *const *a = x, *const *b = y;
	if ((*a)->owner != (*b)->owner)
		return (*a)->owner < (*b)->owner ? -1 : 1;
	return (*a > *b) - (*a < *b);
}

struct packer {
	struct catalog_maker *m;
	struct text text;
	struct map known; /* offsets + 1 of texts that many share */
	const char *last_name;
	uint32_t last_at;
};

static uint32_t add_text(struct packer *p, const char *z)
{
	size_t at = p->text.n;
	if (!z || !*z)
		return 0;
	text_add(&p->text, (struct str){z, strlen(z) + 1});
	return (uint32_t)at;
}

static uint32_t add_shared(struct packer *p, const char *z)
{
	if (!z || !*z)
		return 0;
	void **at = map_put(&p->known, str_of(z));
	if (!*at)
		*at = (void *)(uintptr_t)(add_text(p, z) + 1);
	return (uint32_t)((uintptr_t)*at - 1);
}

static uint32_t add_lines(struct packer *p, const strings *lines)
{
	struct text t = {.a = p->m->a};
	vec_for(line, lines) {
		size_t start = t.n;
		text_addf(&t, "%s%s", t.n ? "\n" : "", *line);
		for (size_t i = start + 1; i < t.n; i++)
			if (t.p[i] == '\n')
				t.p[i] = ' ';
	}
	return t.n ? add_text(p, t.p) : 0;
}

/* Where LONG, which lies at AT, ends with Z it serves as its text too; CATALOG_NONE where not. */
static uint32_t tail_at(const char *longer, uint32_t at, const char *z)
{
	size_t n = longer ? strlen(longer) : 0, part = z ? strlen(z) : 0;
	return part && n >= part && !strcmp(longer + n - part, z) ? at + (uint32_t)(n - part)
								  : CATALOG_NONE;
}

static uint32_t add_tail(struct packer *p, const char *longer, uint32_t at, const char *z)
{
	uint32_t found = tail_at(longer, at, z);
	return found != CATALOG_NONE ? found : add_shared(p, z);
}

static struct catalog_name pack_name(struct packer *p, const struct made_name *n)
{
	struct catalog_name out = {.owner = n->owner,
		.line = (uint32_t)n->line,
		.kind = (uint16_t)n->kind,
		.marks = (uint16_t)n->marks};
	out.file = add_shared(p, n->file);
	out.why = add_text(p, n->why);
	out.shown = add_tail(p, n->file, out.file, n->shown);
	out.name = tail_at(n->shown, out.shown, n->name);
	if (out.name == CATALOG_NONE)
		out.name = p->last_name && !strcmp(p->last_name, n->name) ? p->last_at
									  : add_text(p, n->name);
	p->last_name = n->name;
	p->last_at = out.name;
	return out;
}

static void add_bytes(struct text *out, const void *bytes, size_t n)
{
	text_add(out, (struct str){bytes, n});
}

static void pack_names(struct packer *p, struct text *out)
{
	struct catalog_maker *m = p->m;
	if (m->names.n)
		qsort(m->names.v, m->names.n, sizeof(*m->names.v), by_name);
	vec_for(n, &m->names) {
		struct catalog_name packed = pack_name(p, n);
		add_bytes(out, &packed, sizeof(packed));
	}
}

static void pack_owners(struct packer *p, struct text *out, const struct made_fact **facts)
{
	struct catalog_maker *m = p->m;
	uint32_t at = 0;
	for (uint32_t i = 0; i < m->owners.n; i++) {
		const struct made_owner *o = &m->owners.v[i];
		struct catalog_owner packed = {.library = add_shared(p, o->library),
			.package = add_shared(p, o->package),
			.version = add_shared(p, o->version),
			.source = add_shared(p, o->source),
			.place = add_shared(p, o->place),
			.file = add_shared(p, o->file),
			.line = (uint32_t)o->line,
			.marks = o->marks,
			.first_fact = at};
		while (at < m->facts.n && facts[at]->owner == i)
			at++;
		packed.facts = at - packed.first_fact;
		add_bytes(out, &packed, sizeof(packed));
	}
}

static void pack_facts(struct packer *p, struct text *out, const struct made_fact **facts)
{
	for (size_t i = 0; i < p->m->facts.n; i++) {
		struct catalog_fact packed = {
			facts[i]->kind, add_shared(p, facts[i]->text), facts[i]->about};
		add_bytes(out, &packed, sizeof(packed));
	}
}

static void pack_watches(struct packer *p, struct text *out)
{
	struct catalog_maker *m = p->m;
	for (size_t i = 0; i < m->watches.n; i++) {
		m->watches.v[i].path = add_text(p, m->watched.v[i]);
		add_bytes(out, &m->watches.v[i], sizeof(m->watches.v[i]));
	}
}

static const struct made_fact **sorted_facts(struct catalog_maker *m)
{
	const struct made_fact **facts = NEW_ARRAY(m->a, const struct made_fact *, m->facts.n);
	for (size_t i = 0; i < m->facts.n; i++)
		facts[i] = &m->facts.v[i];
	if (m->facts.n)
		qsort(facts, m->facts.n, sizeof(*facts), by_owner);
	return facts;
}

bool catalog_pack(struct catalog_maker *m, const char *key, struct str *out, struct err *e)
{
	struct text body = {.a = m->a}, whole = {.a = m->a};
	struct packer p = {.m = m, .text.a = m->a, .known.a = m->a};
	const struct made_fact **facts = sorted_facts(m);
	text_add(&p.text, (struct str){"", 1});
	struct catalog_header h = {.magic = CATALOG_MAGIC,
		.read_ns = m->read_ns,
		.key = add_shared(&p, key),
		.summary = add_shared(&p, m->summary),
		.unread = add_lines(&p, &m->unread)};
	pack_watches(&p, &body);
	pack_names(&p, &body);
	pack_owners(&p, &body, facts);
	pack_facts(&p, &body, facts);
	if (p.text.n > UINT32_MAX || m->names.n > UINT32_MAX)
		return fail(e, E_INPUT, "there are more names than a catalog can hold");
	h.count[CATALOG_WATCHES] = (uint32_t)m->watches.n;
	h.count[CATALOG_NAMES] = (uint32_t)m->names.n;
	h.count[CATALOG_OWNERS] = (uint32_t)m->owners.n;
	h.count[CATALOG_FACTS] = (uint32_t)m->facts.n;
	h.count[CATALOG_TEXT] = (uint32_t)p.text.n;
	h.size = sizeof(h) + body.n + p.text.n;
	add_bytes(&whole, &h, sizeof(h));
	text_add(&whole, text_str(&body));
	text_add(&whole, text_str(&p.text));
	h.sum = records_sum(str_from(text_str(&whole), sizeof(h)));
	memcpy(whole.p, &h, sizeof(h));
	*out = text_str(&whole);
	return true;
}
