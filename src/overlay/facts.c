/* facts.c - what a patch says of itself in the trailers of its message. SPDX-License-Identifier:
 * ISC */
#include <string.h>
#include <strings.h>

#include "overlay/overlay.h"

/* A word of Upstream-Status, and what must stand in brackets behind it; NULL: nothing must. */
static const struct {
	const char *word, *detail;
} states[] = {{"Pending", NULL}, {"Submitted", "where"}, {"Accepted", NULL},
	{"Backport", "commit or version"}, {"Denied", NULL}, {"Inactive-Upstream", NULL},
	{"Inappropriate", "why"}};

struct field {
	const char *name;
	const char **one; /* where it is kept, if it may be there only once ... */
	strings *many;	  /* ... and if not */
	/* What is wrong with VALUE, NULL if nothing. */
	const char *(*check)(struct arena *a, struct str value);
};

static const char *check_any(struct arena *a, struct str value)
{
	(void)a;
	return value.n ? NULL : "it is empty";
}

static bool has_url(struct str value)
{
	return str_find(value, S("://")) >= 0;
}

static const char *check_url(struct arena *a, struct str value)
{
	(void)a;
	return has_url(value) ? NULL : "expected a URL";
}

/* "upstream, https://..." or a reference without category. */
static const char *check_origin(struct arena *a, struct str value)
{
	(void)a;
	struct str reference = value, category = str_trim(str_cut(&reference, ','));
	bool needs = str_is(category, "upstream") || str_is(category, "backport");
	if (needs && !str_trim(reference).n)
		return "expected a commit or URL behind the category";
	return value.n ? NULL : "it is empty";
}

static const char *check_status(struct arena *a, struct str value)
{
	struct text known = {.a = a};
	struct str rest = value, word = str_cut(&rest, ' ');
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		text_addf(&known, "%s%s", i ? ", " : "expected one of ", states[i].word);
		if (!str_is(word, states[i].word))
			continue;
		rest = str_trim(rest);
		bool detailed = rest.n > 2 && rest.p[0] == '[' && str_ends(rest, S("]"));
		if (!states[i].detail || detailed)
			return NULL;
		return str_format(a, "expected %s [%s]", states[i].word, states[i].detail);
	}
	return known.p;
}

static bool read_number(struct str s, size_t digits, uint64_t *out)
{
	return s.n == digits && str_u64(s, out);
}

static const char *check_date(struct arena *a, struct str value)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	(void)a;
	uint64_t year, month, day;
	struct str rest = value, y = str_cut(&rest, '-'), m = str_cut(&rest, '-');
	if (!read_number(y, 4, &year) || !read_number(m, 2, &month) ||
		!read_number(rest, 2, &day) || month < 1 || month > 12 || day < 1)
		return "expected a date, YYYY-MM-DD";
	bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day > days[month - 1] + (leap ? 1u : 0u) ? "there is no such day" : NULL;
}

static const char *check_check(struct arena *a, struct str value)
{
	(void)a;
	struct str check = value, image = str_cut(&check, '/');
	return str_trim(image).n && str_trim(check).n ? NULL : "expected IMAGE/CHECK";
}

/* "Origin: text" */
static bool cut_trailer(struct str line, struct str *name, struct str *value)
{
	*value = line;
	*name = str_cut(value, ':');
	if (!value->p || !name->n)
		return false;
	for (size_t i = 0; i < name->n; i++) {
		char c = name->p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-';
		if (!plain)
			return false;
	}
	bool is_url = str_starts(*value, S("//"));
	*value = str_trim(*value);
	return !is_url;
}

static bool is_name(struct str name, const char *known)
{
	return name.n == strlen(known) && !strncasecmp(name.p, known, name.n);
}

#define FIELDS 7

struct reader {
	struct arena *a;
	struct patch_facts *out;
	struct field fields[FIELDS];
};

static const struct field *find_field(const struct reader *r, struct str name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (is_name(name, r->fields[i].name))
			return &r->fields[i];
	if (name.n > 4 && !strncasecmp(name.p, "Bug-", 4))
		return find_field(r, S("Bug"));
	return NULL;
}

static void complain(struct reader *r, struct str name, const char *what)
{
	vec_push(r->a, &r->out->problems, str_format(r->a, "%.*s: %s", STR(name), what));
}

/* A slip of the pen would leave a check out in silence. */
static void note_unknown(struct reader *r, struct str name)
{
	const char *names[FIELDS];
	for (size_t i = 0; i < FIELDS; i++)
		names[i] = r->fields[i].name;
	const char *near = name.n > 3 && name.n < 60 ? str_nearest(name, names, FIELDS) : NULL;
	if (near && str_distance(name, str_of(near)) <= 2)
		complain(r, name, str_format(r->a, "did you mean %s?", near));
}

static void take_trailer(struct reader *r, struct str name, struct str value)
{
	const struct field *f = find_field(r, name);
	if (!f) {
		note_unknown(r, name);
		return;
	}
	const char *wrong = f->check(r->a, value);
	if (!wrong && f->one && *f->one)
		wrong = "it is there twice";
	if (wrong)
		complain(r, name, wrong);
	else if (f->one)
		*f->one = str_copy(r->a, value);
	else
		vec_push(r->a, f->many, str_copy(r->a, value));
	if (!wrong && f->many == &r->out->bugs)
		vec_push(r->a, &r->out->bug_names, str_copy(r->a, name));
}

static bool is_continued(struct str line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* The last paragraph, where all of its lines are trailers; empty where not. */
static struct str find_block(struct str body)
{
	struct str rest = str_trim(body), block = rest, name, value;
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		if (!str_trim(line).n)
			block = rest;
	}
	bool first = true;
	for (rest = block; rest.p; first = false) {
		struct str line = str_cut(&rest, '\n');
		if (!cut_trailer(line, &name, &value) && (first || !is_continued(line)))
			return S("");
	}
	return block;
}

/* Known fields that stand where nobody looks for them. */
static void note_misplaced(struct reader *r, struct str text)
{
	struct str name, value;
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		const struct field *f =
			cut_trailer(line, &name, &value) ? find_field(r, name) : NULL;
		if (f && !f->check(r->a, value))
			complain(r, name,
				"it is not read: only the message's last paragraph is, where all "
				"of it is fields");
	}
}

static void read_block(struct reader *r, struct str block)
{
	struct str name, value;
	while (block.p) {
		struct str line = str_cut(&block, '\n');
		if (!cut_trailer(line, &name, &value))
			continue;
		struct text all = {.a = r->a};
		text_add(&all, value);
		while (is_continued(block)) {
			struct str more = str_trim(str_cut(&block, '\n'));
			text_addf(&all, "%s%.*s", all.n ? " " : "", STR(more));
		}
		take_trailer(r, name, text_str(&all));
	}
}

void patch_facts(struct arena *a, const char *body, struct patch_facts *out)
{
	struct patch_facts facts = {0};
	struct reader r = {a, &facts,
		{{"Origin", &facts.origin, NULL, check_origin},
			{"Forwarded", &facts.forwarded, NULL, check_any},
			{"Upstream-Status", &facts.upstream_status, NULL, check_status},
			{"Last-Update", &facts.last_update, NULL, check_date},
			{"Applied-Upstream", &facts.applied_upstream, NULL, check_any},
			{"Bug", NULL, &facts.bugs, check_url},
			{"Fixes-Check", NULL, &facts.checks, check_check}}};
	struct str text = str_of(body), block = find_block(text);
	struct str before = text;
	if (block.n)
		before.n = (size_t)(block.p - text.p);
	note_misplaced(&r, before);
	if (block.n)
		read_block(&r, block);
	*out = facts;
}
