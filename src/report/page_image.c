/* page_image.c - the page's parts on the image: sizes, packages, sections, symbols.
 * SPDX-License-Identifier: ISC */
#include "report/markup.h"

#include "report/words.h"

#include <stdlib.h>
#include <string.h>

#define COLOURS 8
#define SYMBOLS_SHOWN 25

static const struct manifest_package *find_package(const struct image_info *image, const char *name)
{
	vec_for(package, &image->packages)
		if (!strcmp(package->name, name))
			return package;
	return NULL;
}

static uint64_t packages_size(const struct image_info *image)
{
	uint64_t size = 0;
	vec_for(package, &image->packages)
		size += package->size;
	return size;
}

/* All packages, those of AFTER first; a package's place is its colour on both bars. */
static manifest_packages all_packages(struct arena *a, const struct comparison *c)
{
	manifest_packages all = {0};
	vec_for(package, &c->after->image.packages)
		if (image_lists(&c->after->image, package))
			vec_push(a, &all, *package);
	vec_for(package, &c->before->image.packages)
		if (image_lists(&c->before->image, package) &&
			!find_package(&c->after->image, package->name))
			vec_push(a, &all, *package);
	return all;
}

static const char *colour(struct arena *a, size_t place)
{
	return str_format(a, "p%zu", place % COLOURS);
}

/* IMAGE's packages side by side, on the scale of MOST bytes. */
static void add_stack(struct text *out, const manifest_packages *all,
	const struct image_info *image, uint64_t most)
{
	uint64_t start = 0;
	page_add(out, "<svg class=\"stack\" aria-hidden=\"true\" width=\"100%%\" height=\"18\">");
	for (size_t i = 0; i < all->n; i++) {
		const struct manifest_package *p = find_package(image, all->v[i].name);
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

static void add_stacks(struct text *out, const struct comparison *c, const manifest_packages *all)
{
	const struct image_info *before = &c->before->image, *after = &c->after->image;
	uint64_t x = packages_size(before), y = packages_size(after), most = x > y ? x : y;
	page_add(out, "<div class=\"stacks\"><span>before</span>");
	add_stack(out, all, before, most);
	page_add(out, "<span>after</span>");
	add_stack(out, all, after, most);
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

static void add_origin(struct text *out, const struct manifest_package *p)
{
	struct arena *a = out->a;
	page_add(out, "<span class=\"note\">%s", p->source ? p->source : "source in the workspace");
	if (p->source_sha256)
		page_add(out, " <code title=\"%s\">%s</code>", p->source_sha256,
			words_short(a, p->source_sha256));
	page_add(out, "</span>");
	if (p->overlay_tree)
		page_add(out, "<span class=\"note\">overlay <code title=\"%s\">%s</code></span>",
			p->overlay_tree, words_short(a, p->overlay_tree));
	vec_for(subject, &p->patches)
		page_add(out, "<span class=\"note patch\">%s</span>", *subject);
}

static void add_package(struct text *out, const struct comparison *c,
	const struct manifest_package *p, size_t place)
{
	const struct manifest_package *before = find_package(&c->before->image, p->name);
	const struct manifest_package *after = find_package(&c->after->image, p->name);
	page_add(out,
		"<tr><th scope=\"row\"><span class=\"key %s\"></span>%s <span "
		"class=\"unit\">%s</span>",
		colour(out->a, place), p->name,
		versions(out->a, before ? before->version : NULL, after ? after->version : NULL));
	add_origin(out, p);
	page_add(out, "</th>");
	add_sizes(out, before ? (int64_t)before->size : 0, after ? (int64_t)after->size : 0);
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

static void add_packages(struct text *out, const struct comparison *c, const manifest_packages *all)
{
	const struct image_info *before = &c->before->image, *after = &c->after->image;
	page_table(out, "image", (const char *const[]){"Package", "Before", "After", "Change"}, 4);
	for (size_t i = 0; i < all->n; i++)
		add_package(out, c, &all->v[i], i);
	page_add(out, "</tbody>\n<tbody class=\"sums\">\n");
	add_size_rows(out, c->sections.v, c->sections.n);
	page_add(out, "<tr><th scope=\"row\">Loaded into memory</th>");
	add_sizes(out, (int64_t)before->loaded, (int64_t)after->loaded);
	page_add(out, "<tr><th scope=\"row\">Image file</th>");
	add_sizes(out, (int64_t)before->size, (int64_t)after->size);
	page_table_end(out);
}

void page_image(struct text *out, const struct comparison *c)
{
	manifest_packages all = all_packages(out->a, c);
	page_section(out, "image", "Image");
	if (c->image_same)
		page_add(out, "<p>Both sides ran the same image, byte for byte.</p>\n");
	add_stacks(out, c, &all);
	add_packages(out, c, &all);
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
