/* index_make.c - apt's lists become an index. SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "debian/index.h"

typedef VEC(uint32_t) numbers;

/* A name while it is gathered; numbers are in the order of coming. */
struct name {
	struct str text;
	bool is_real;
	numbers users, builders, provided;
	uint32_t sorted; /* its number in the index */
};
struct source {
	struct str text;
	numbers binaries;
	uint32_t sorted;
};

struct maker {
	struct arena *a;
	const char *arch;
	struct map by_name, by_source; /* -> struct * */
	VEC(struct name *) names;
	VEC(struct source *) sources;
	struct text text, links;
};

static uint32_t name_number(struct maker *m, struct str text)
{
	void **place = map_put(&m->by_name, text);
	if (!*place) {
		struct name *n = NEW(m->a, struct name);
		n->text = text;
		n->sorted = (uint32_t)m->names.n;
		vec_push(m->a, &m->names, n);
		*place = n;
	}
	return ((struct name *)*place)->sorted;
}

static struct name *name_of(struct maker *m, struct str text)
{
	uint32_t number = name_number(m, text); /* may move the list */
	return m->names.v[number];
}

static struct source *source_of(struct maker *m, struct str text, uint32_t *number)
{
	void **place = map_put(&m->by_source, text);
	if (!*place) {
		struct source *s = NEW(m->a, struct source);
		s->text = text;
		s->sorted = (uint32_t)m->sources.n;
		vec_push(m->a, &m->sources, s);
		*place = s;
	}
	struct source *s = *place;
	*number = s->sorted;
	return s;
}

/* The same number often comes several times in a row. */
static void add_number(struct maker *m, numbers *list, uint32_t number)
{
	if (!list->n || list->v[list->n - 1] != number)
		vec_push(m->a, list, number);
}

static bool has_number(const numbers *list, uint32_t number)
{
	vec_for(n, list)
		if (*n == number)
			return true;
	return false;
}

/* ---- packages ---------------------------------------------------------------------------------
 */

struct fields {
	struct str package, source, binary;
	struct str depends[3]; /* Build-Depends and its two others, or Pre-Depends and Depends */
	struct str provides;
};

static void read_fields(struct deb822 *r, struct fields *out)
{
	const struct deb822_wanted wanted[] = {{"Package", &out->package}, {"Source", &out->source},
		{"Binary", &out->binary}, {"Pre-Depends", &out->depends[0]},
		{"Depends", &out->depends[1]}, {"Build-Depends", &out->depends[0]},
		{"Build-Depends-Arch", &out->depends[1]}, {"Build-Depends-Indep", &out->depends[2]},
		{"Provides", &out->provides}};
	*out = (struct fields){0};
	deb822_read(r, wanted, sizeof(wanted) / sizeof(*wanted));
}

static void add_package(struct maker *m, const struct fields *f)
{
	uint32_t number = name_number(m, f->package), unused;
	struct relation one;
	m->names.v[number]->is_real = true;
	for (size_t i = 0; i < 2; i++) {
		struct relations r = {f->depends[i], 0};
		while (relations_next(&r, &one))
			add_number(m, &name_of(m, one.name)->users, number);
	}
	struct relations r = {f->provides, 0};
	while (relations_next(&r, &one)) {
		uint32_t other = name_number(m, one.name);
		if (!has_number(&m->names.v[number]->provided, other))
			vec_push(m->a, &m->names.v[number]->provided, other);
	}
	struct source *s = source_of(m, source_name(f->source, f->package), &unused);
	if (!has_number(&s->binaries, number))
		vec_push(m->a, &s->binaries, number);
}

static void add_source(struct maker *m, const struct fields *f)
{
	uint32_t number;
	struct source *s = source_of(m, f->package, &number);
	struct relation one;
	for (size_t i = 0; i < 3; i++) {
		struct relations r = {f->depends[i], 0};
		while (relations_next(&r, &one))
			if (relation_holds(&one, m->arch, NULL))
				add_number(m, &name_of(m, one.name)->builders, number);
	}
	struct relations r = {f->binary, 0};
	while (relations_next(&r, &one)) {
		uint32_t binary = name_number(m, one.name);
		if (!has_number(&s->binaries, binary))
			vec_push(m->a, &s->binaries, binary);
	}
}

static void add_list(struct maker *m, struct str text, bool is_sources)
{
	struct deb822 r = {.rest = text};
	do {
		struct fields f;
		read_fields(&r, &f);
		if (f.package.n)
			(is_sources ? add_source : add_package)(m, &f);
	} while (deb822_next(&r));
}

/* ---- the bytes --------------------------------------------------------------------------------
 */

static uint32_t add_text(struct maker *m, struct str s)
{
	uint32_t at = (uint32_t)m->text.n;
	text_add(&m->text, s);
	text_add(&m->text, (struct str){"", 1});
	return at;
}

static int names_in_order(const void *x, const void *y)
{
	return str_cmp((*(struct name *const *)x)->text, (*(struct name *const *)y)->text);
}

static int sources_in_order(const void *x, const void *y)
{
	return str_cmp((*(struct source *const *)x)->text, (*(struct source *const *)y)->text);
}

/* From numbers in the order of coming to those in the index: FINAL[n]. */
static struct debian_slice add_links(struct maker *m, const numbers *list, const uint32_t *final)
{
	struct debian_slice s = {(uint32_t)(m->links.n / sizeof(uint32_t)), (uint32_t)list->n};
	vec_for(n, list)
		text_add(&m->links, (struct str){(const char *)&final[*n], sizeof(uint32_t)});
	return s;
}

struct sections {
	struct text marks, names, sources;
	uint32_t *final_names, *final_sources;
};

#define ADD(t, record) text_add((t), (struct str){(const char *)&(record), sizeof(record)})

static void order(struct maker *m, struct sections *s)
{
	s->final_names = NEW_ARRAY(m->a, uint32_t, m->names.n + 1);
	s->final_sources = NEW_ARRAY(m->a, uint32_t, m->sources.n + 1);
	if (m->names.n)
		qsort(m->names.v, m->names.n, sizeof(*m->names.v), names_in_order);
	if (m->sources.n)
		qsort(m->sources.v, m->sources.n, sizeof(*m->sources.v), sources_in_order);
	for (uint32_t i = 0; i < m->names.n; i++)
		s->final_names[m->names.v[i]->sorted] = i;
	for (uint32_t i = 0; i < m->sources.n; i++)
		s->final_sources[m->sources.v[i]->sorted] = i;
}

static void pack_records(struct maker *m, struct sections *s)
{
	order(m, s);
	vec_for(at, &m->names) {
		const struct name *n = *at;
		struct debian_name record = {.text = add_text(m, n->text), .is_real = n->is_real};
		record.users = add_links(m, &n->users, s->final_names);
		record.builders = add_links(m, &n->builders, s->final_sources);
		record.provided = add_links(m, &n->provided, s->final_names);
		ADD(&s->names, record);
	}
	vec_for(at, &m->sources) {
		const struct source *n = *at;
		struct debian_source record = {.text = add_text(m, n->text)};
		record.binaries = add_links(m, &n->binaries, s->final_names);
		ADD(&s->sources, record);
	}
}

static void pack_marks(struct maker *m, struct sections *s, const strings *marked)
{
	vec_for(path, marked) {
		struct debian_mark mark = {.path = add_text(m, str_of(*path))};
		if (!file_stamp(*path, &mark.stamp))
			mark.stamp = (struct stamp){0};
		ADD(&s->marks, mark);
	}
}

void debian_index_pack(struct arena *a, const char *arch, const struct str *packages,
	size_t package_lists, const struct str *sources, size_t source_lists, const strings *marked,
	int64_t read_ns, struct str *out)
{
	struct maker m = {
		.a = a, .arch = arch, .by_name.a = a, .by_source.a = a, .text.a = a, .links.a = a};
	struct sections s = {.marks.a = a, .names.a = a, .sources.a = a};
	const char *setting = getenv("APT_CONFIG");
	struct debian_header h = {.read_ns = read_ns, .builds = source_lists > 0};
	memcpy(h.magic, DEBIAN_INDEX_MAGIC, sizeof(h.magic));
	add_text(&m, S(""));
	h.setting = add_text(&m, str_of(setting));
	for (size_t i = 0; i < package_lists; i++)
		add_list(&m, packages[i], false);
	for (size_t i = 0; i < source_lists; i++)
		add_list(&m, sources[i], true);
	pack_marks(&m, &s, marked);
	pack_records(&m, &s);
	h.count[MARKS] = (uint32_t)(s.marks.n / sizeof(struct debian_mark));
	h.count[NAMES] = (uint32_t)m.names.n;
	h.count[SOURCES] = (uint32_t)m.sources.n;
	h.count[LINKS] = (uint32_t)(m.links.n / sizeof(uint32_t));
	h.count[TEXT] = (uint32_t)m.text.n;
	h.size = sizeof(h) + s.marks.n + s.names.n + s.sources.n + m.links.n + m.text.n;
	struct text all = {.a = a};
	ADD(&all, h);
	text_add(&all, text_str(&s.marks));
	text_add(&all, text_str(&s.names));
	text_add(&all, text_str(&s.sources));
	text_add(&all, text_str(&m.links));
	text_add(&all, text_str(&m.text));
	*out = text_str(&all);
}

/* ---- from the machine -------------------------------------------------------------------------
 */

/* Where apt is told what its lists are. */
static void mark_settings(struct arena *a, strings *marked)
{
	static const char *const paths[] = {"/etc/apt/apt.conf", "/etc/apt/apt.conf.d",
		"/etc/apt/sources.list", "/etc/apt/sources.list.d"};
	const char *own = getenv("APT_CONFIG");
	if (own && *own)
		vec_push(a, marked, own);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		strings names = {0};
		struct err ignored;
		vec_push(a, marked, paths[i]);
		if (dir_exists(paths[i]) && dir_list(a, paths[i], &names, &ignored))
			vec_for(name, &names)
				vec_push(a, marked, path_join(a, paths[i], *name));
	}
}

/* The folder of lists changes with each apt-get update. */
static void mark_lists(struct arena *a, const strings *files, strings *marked)
{
	const char *last = "";
	vec_for(file, files) {
		const char *dir = path_dir(a, *file);
		vec_push(a, marked, *file);
		if (strcmp(dir, last) != 0)
			vec_push(a, marked, dir);
		last = dir;
	}
}

MUST_CHECK static bool read_lists(
	struct arena *a, const strings *files, struct str **out, struct err *e)
{
	struct str *texts = NEW_ARRAY(a, struct str, files->n + 1);
	for (size_t i = 0; i < files->n; i++)
		if (!lists_read(a, files->v[i], &texts[i], e))
			return false;
	*out = texts;
	return true;
}

bool debian_index_make(struct arena *a, struct str *out, struct err *e)
{
	strings packages = {0}, sources = {0}, marked = {0};
	struct str *package_texts, *source_texts;
	struct dpkg d;
	int64_t now = clock_wall_ns();
	if (!lists_find(a, &packages, &sources, e) || !dpkg_open(a, &d, e))
		return false;
	if (!packages.n && !sources.n) {
		fail(e, E_ABSENT, "apt has no lists of packages");
		return fail_hint(e, "apt-get update gets them");
	}
	mark_settings(a, &marked);
	mark_lists(a, &packages, &marked);
	mark_lists(a, &sources, &marked);
	if (!read_lists(a, &packages, &package_texts, e) ||
		!read_lists(a, &sources, &source_texts, e))
		return false;
	debian_index_pack(
		a, d.arch, package_texts, packages.n, source_texts, sources.n, &marked, now, out);
	return true;
}
