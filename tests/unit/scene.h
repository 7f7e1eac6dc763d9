/* scene.h - two sides, what is said of them and how it is checked. SPDX-License-Identifier: ISC */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "unit.h"

#include "report/chars.h"
#include "sample.h"

/* Two sides and what is said of them, all in one arena. */
struct scene {
	struct arena a;
	struct side before, after;
	struct comparison c;
	struct text out;
};

static inline void scene_end(struct scene *s)
{
	arena_free(&s->a);
}

static inline void compare_scene(struct scene *s)
{
	compare_sides(&s->a, &s->before, &s->after, &s->c);
	s->out = (struct text){.a = &s->a};
}

static inline void start_scene(struct scene *s)
{
	sample_sides(&s->a, &s->before, &s->after);
	compare_scene(s);
}

static inline const char *text_of(struct scene *s, int width)
{
	s->out = (struct text){.a = &s->a};
	report_text(&s->c, &(const struct report_look){.width = width}, &s->out);
	return s->out.p;
}

static inline const char *page_of(struct scene *s)
{
	steps did = sample_steps(&s->a);
	s->out = (struct text){.a = &s->a};
	report_html(&s->c, &did, &s->out);
	return s->out.p;
}

static inline void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		print_error("'%s' is not in:\n%.600s\n", part, text);
		_fail(__FILE__, __LINE__);
	}
}

static inline void expect_no_part(const char *text, const char *part)
{
	if (strstr(text, part)) {
		print_error("'%s' is in:\n%.600s\n", part, text);
		_fail(__FILE__, __LINE__);
	}
}

static inline const struct json *parse_json(struct scene *s, const steps *did)
{
	const struct json *json;
	struct err e;
	s->out = (struct text){.a = &s->a};
	report_json(&s->c, did, "report.html", &s->out);
	if (!json_parse(&s->a, text_str(&s->out), "report", &json, &e)) {
		print_error("%s\n", e.text);
		_fail(__FILE__, __LINE__);
	}
	return json;
}

static inline size_t longest_line(const char *text)
{
	size_t longest = 0;
	defer(arena_free) struct arena a = {0};
	for (struct str rest = str_of(text); rest.p;) {
		size_t n = chars_columns(str_copy(&a, str_cut(&rest, '\n')));
		longest = n > longest ? n : longest;
	}
	return longest;
}

#endif
