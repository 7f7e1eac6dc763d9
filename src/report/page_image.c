/* page_image.c - the page's parts on the image: sizes, packages, sections, symbols.
 * SPDX-License-Identifier: ISC */
#include "report/markup.h"

#include "report/words.h"

#include <stdlib.h>
#include <string.h>

#define COLOURS 8	 /* of report.css; packages behind these share a plain one */
#define PACKAGES_SHOWN 8 /* of those that are the same on both sides, where there are many */
#define SYMBOLS_SHOWN 25
#define HASH_DIGITS 40 /* of the shortest that is shortened */

/* A package of either image. */
struct part {
	const struct manifest_package *before, *after; /* NULL: that image has none */
	bool differs;
};
typedef VEC(struct part) parts;

static const struct manifest_package *find_package(const struct image_info *image, const char *name)
{
	vec_for(package, &image->packages)
		if (!strcmp(package->name, name))
			return package;
	return NULL;
}

static const struct manifest_package *shown_of(const struct part *p)
{
	return p->after ? p->after : p->before;
}

static uint64_t size_of(const struct manifest_package *p)
{
	return p ? p->size : 0;
}

static bool differs(const struct comparison *c, const char *name)
{
	vec_for(package, &c->packages)
		if (!strcmp(package->name, name))
			return true;
	return false;
}

static int by_weight(const void *x, const void *y)
{
	const struct part *a = x, *b = y;
	uint64_t more = size_of(shown_of(a)), less = size_of(shown_of(b));
	if (a->differs != b->differs)
		return a->differs ? -1 : 1;
	if (more != less)
		return more > less ? -1 : 1;
	return strcmp(shown_of(a)->name, shown_of(b)->name);
}

static void add_part(struct arena *a, const struct comparison *c, const char *name, parts *all)
{
	struct part p = {.before = find_package(&c->before->image, name),
		.after = find_package(&c->after->image, name),
		.differs = differs(c, name)};
	vec_push(a, all, p);
}

/* All packages: those that differ first, then the largest. */
static parts all_parts(struct arena *a, const struct comparison *c)
{
	parts all = {0};
	vec_for(package, &c->after->image.packages)
		if (image_lists(&c->after->image, package))
			add_part(a, c, package->name, &all);
	vec_for(package, &c->before->image.packages)
		if (image_lists(&c->before->image, package) &&
			!find_package(&c->after->image, package->name))
			add_part(a, c, package->name, &all);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_weight);
	return all;
}

static uint64_t all_of(const parts *all, bool after)
{
	uint64_t size = 0;
	vec_for(p, all)
		size += size_of(after ? p->after : p->before);
	return size;
}

/* A package's place is its colour on both bars. */
static const char *colour(struct arena *a, size_t place)
{
	return place < COLOURS ? str_format(a, "p%zu", place) : "other";
}

/* The packages of one image side by side, on the scale of MOST bytes. */
static void add_stack(struct text *out, const parts *all, bool after, uint64_t most)
{
	uint64_t start = 0;
	page_add(out, "<svg class=\"stack\" aria-hidden=\"true\" width=\"100%%\" height=\"18\">");
	for (size_t i = 0; i < all->n; i++) {
		const struct manifest_package *p = after ? all->v[i].after : all->v[i].before;
		if (!p)
			continue;
		page_add(out,
			"<rect class=\"%s\" x=\"%s%%\" width=\"%s%%\" "
			"height=\"18\"><title>%s</title></rect>",
			colour(out->a, i), percent(out->a, (double)start, (double)most),
			percent(out->a, (double)p->size, (double)most), p->name);
		start += p->size;
	}
	page_add(out, "</svg>\n");
}

static void add_stacks(struct text *out, const parts *all)
{
	uint64_t x = all_of(all, false), y = all_of(all, true), most = x > y ? x : y;
	page_add(out, "<div class=\"stacks\"><span>before</span>");
	add_stack(out, all, false, most);
	page_add(out, "<span>after</span>");
	add_stack(out, all, true, most);
	page_add(out, "</div>\n");
}

static const char *size_change_words(struct arena *a, int64_t before, int64_t after)
{
	if (before == after)
		return "same";
	return str_format(
		a, "%s%s", after > before ? "+" : "−", words_count(a, llabs(after - before)));
}

static void add_sizes(struct text *out, int64_t before, int64_t after)
{
	struct arena *a = out->a;
	page_add(out, "<td>%s</td><td>%s</td><td>%s</td></tr>\n",
		before ? words_count(a, before) : "–", after ? words_count(a, after) : "–",
		size_change_words(a, before, after));
}

/* "2.1.3", or "2.1.3 → 2.2.0" */
static const char *versions(struct arena *a, const char *before, const char *after)
{
	if (!before || !after || !strcmp(before, after))
		return after ? after : before;
	return str_format(a, "%s → %s", before, after);
}

static void add_hash(struct text *out, const char *hash)
{
	page_add(out, "<code title=\"%s\">%s</code>", hash, words_short(out->a, hash));
}

/* The first commit or checksum in WORDS; empty where there is none. */
static struct str hash_in(const char *words)
{
	static const char digits[] = "0123456789abcdef";
	for (const char *p = words; *p; p++) {
		size_t n = strspn(p, digits);
		if (n >= HASH_DIGITS)
			return (struct str){p, n};
		p += n ? n - 1 : 0;
	}
	return (struct str){0};
}

static void add_source(struct text *out, const struct manifest_package *p)
{
	const char *words = p->source ? p->source : "source in the workspace";
	struct str hash = hash_in(words);
	if (hash.n) {
		struct str before = {words, (size_t)(hash.p - words)};
		page_add(out, "<span class=\"note\">%s", str_copy(out->a, before));
		add_hash(out, str_copy(out->a, hash));
		words = hash.p + hash.n;
	} else
		page_add(out, "<span class=\"note\">");
	page_add(out, "%s", words);
	if (p->source_sha256 && !hash.n) {
		page_add(out, " ");
		add_hash(out, p->source_sha256);
	}
	page_add(out, "</span>");
}

static void add_origin(struct text *out, const struct manifest_package *p)
{
	add_source(out, p);
	if (p->overlay_tree) {
		page_add(out, "<span class=\"note\">overlay ");
		add_hash(out, p->overlay_tree);
		page_add(out, "</span>");
	}
	vec_for(subject, &p->patches)
		page_add(out, "<span class=\"note patch\">%s</span>", *subject);
}

static void add_package(struct text *out, const struct part *p, size_t place)
{
	page_add(out,
		"<tr><th scope=\"row\"><span class=\"key %s\"></span>%s <span "
		"class=\"unit\">%s</span>",
		colour(out->a, place), shown_of(p)->name,
		versions(out->a, p->before ? p->before->version : NULL,
			p->after ? p->after->version : NULL));
	add_origin(out, shown_of(p));
	page_add(out, "</th>");
	add_sizes(out, (int64_t)size_of(p->before), (int64_t)size_of(p->after));
}

static void add_packages(struct text *out, const parts *all, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		add_package(out, &all->v[i], i);
}

static void add_size_rows(struct text *out, const struct size_change *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		page_add(out,
			"<tr><th scope=\"row\"><code>%s</code> <span class=\"unit\">%s</span></th>",
			v[i].name, v[i].package);
		add_sizes(out, v[i].before, v[i].after);
	}
}

static void add_sums(struct text *out, const struct comparison *c)
{
	const struct image_info *before = &c->before->image, *after = &c->after->image;
	page_add(out, "</tbody>\n<tbody class=\"sums\">\n");
	vec_for(section, &c->sections) {
		page_add(out, "<tr><th scope=\"row\">Section <code>%s</code></th>", section->name);
		add_sizes(out, section->before, section->after);
	}
	page_add(out, "<tr><th scope=\"row\">Loaded into memory</th>");
	add_sizes(out, (int64_t)before->loaded, (int64_t)after->loaded);
	page_add(out, "<tr><th scope=\"row\">Image file</th>");
	add_sizes(out, (int64_t)before->size, (int64_t)after->size);
}

/* How many of ALL are told at once: all that differ, and a few that don't. */
static size_t parts_shown(const parts *all)
{
	size_t shown = 0;
	while (shown < all->n && (all->v[shown].differs || shown < PACKAGES_SHOWN))
		shown++;
	return all->n - shown > 1 ? shown : all->n;
}

void page_image(struct text *out, const struct comparison *c)
{
	static const char *const heads[] = {"Package", "Before", "After", "Change"};
	parts all = all_parts(out->a, c);
	size_t shown = parts_shown(&all);
	page_section(out, "image", "Image");
	if (c->image_same)
		page_add(out, "<p>Both sides ran the same image, byte for byte.</p>\n");
	add_stacks(out, &all);
	page_table(out, "image", heads, 4);
	add_packages(out, &all, 0, shown);
	add_sums(out, c);
	page_table_end(out);
	if (all.n > shown) {
		page_add(out, "<details><summary>%s, the same on both sides</summary>\n",
			words_plural(out->a, all.n - shown, "smaller package"));
		page_table(out, "image", heads, 4);
		add_packages(out, &all, shown, all.n);
		page_table_end(out);
		page_add(out, "</details>\n");
	}
	page_add(out, "<p class=\"small\">All sizes are in bytes.</p>\n</section>\n");
}

static void add_symbols(struct text *out, const struct size_change *v, size_t n)
{
	page_table(out, "symbols", (const char *const[]){"Symbol", "Before", "After", "Change"}, 4);
	add_size_rows(out, v, n);
	page_table_end(out);
}

void page_symbols(struct text *out, const struct comparison *c)
{
	size_t n = c->symbols.n, shown = n > SYMBOLS_SHOWN ? SYMBOLS_SHOWN : n;
	if (!n)
		return;
	page_section(out, "symbols", "Symbols that changed size");
	add_symbols(out, c->symbols.v, shown);
	if (n > shown) {
		page_add(out, "<details><summary>%s</summary>\n",
			words_plural(out->a, n - shown, "more symbol"));
		add_symbols(out, c->symbols.v + shown, n - shown);
		page_add(out, "</details>\n");
	}
	page_add(out, "</section>\n");
}
