/* page_state.c - the page's part on the network state: how the histories differ.
 * SPDX-License-Identifier: ISC */
#include "report/markup.h"

#include "report/chars.h"
#include "report/fields.h"
#include "report/words.h"

#define ENTRIES_SHOWN 40
#define ENTRY_COLUMNS 200

static void add_counts(struct text *out, const char *what, size_t before, size_t after)
{
	page_add(out, "<tr class=\"%s\"><th scope=\"row\">%s",
		before == after ? "quiet" : "notable", what);
	page_bars(out, (double)before, (double)after);
	page_add(out, "</th><td>%s</td><td>%s</td><td>%s</td></tr>\n",
		words_count(out->a, (int64_t)before), words_count(out->a, (int64_t)after),
		words_difference(out->a, (int64_t)after - (int64_t)before));
}

static void add_divergence(struct text *out, const struct store_change *s)
{
	if (!s->diverges)
		return;
	page_add(out,
		"<p class=\"small\">The first %s the same; then, before: %s; after: %s.</p>\n",
		words_plural(out->a, s->common, "commit"),
		s->message_before ? words_line(out->a, s->message_before) : "(its end)",
		s->message_after ? words_line(out->a, s->message_after) : "(its end)");
}

/* Of an entry of one side, which has all its fields, the first and last of them are enough. */
static const char *side_words(struct arena *a, const struct past_change *entry, bool after)
{
	const char *words = chars_clean(a, fields_side(a, entry, after, "–"));
	return entry->path_before && entry->path_after ? words
						       : chars_elide(a, words, ENTRY_COLUMNS);
}

static void add_entry(struct text *out, const struct past_change *entry)
{
	struct arena *a = out->a;
	page_add(out, "<tr><th scope=\"row\">");
	page_path(out, entry->path_after ? entry->path_after : entry->path_before);
	page_add(out, "</th><td>%s</td><td>%s</td></tr>\n", side_words(a, entry, false),
		side_words(a, entry, true));
}

static void add_entries(struct text *out, const struct store_change *s, const char *id)
{
	size_t n = s->entries.n, shown = n > ENTRIES_SHOWN ? ENTRIES_SHOWN : n;
	if (!n)
		return;
	page_texts(out, id, (const char *const[]){"Entry at the end", "Before", "After"}, 3);
	for (size_t i = 0; i < shown; i++)
		add_entry(out, &s->entries.v[i]);
	page_table_end(out);
	if (n > shown)
		page_add(out, "<p class=\"small\">%s more.</p>\n",
			words_count(out->a, (int64_t)(n - shown)));
}

static void add_store(struct text *out, const struct store_change *s)
{
	const char *id = str_format(out->a, "state-%s-%lld", s->store, (long long)s->machine);
	page_section(out, id, str_format(out->a, "State: %s", words_store(out->a, s)));
	page_table(out, id, (const char *const[]){"Commits", "Before", "After", "Change"}, 4);
	add_counts(out, "all", s->commits_before, s->commits_after);
	vec_for(kind, &s->kinds)
		add_counts(out, kind->kind, kind->before, kind->after);
	page_table_end(out);
	add_divergence(out, s);
	add_entries(out, s, id);
	page_add(out, "</section>\n");
}

void page_state(struct text *out, const struct comparison *c)
{
	vec_for(s, &c->state)
		add_store(out, s);
}
