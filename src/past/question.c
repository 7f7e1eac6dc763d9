/* question.c - a condition, asked of one commit after the other. What it counts
 * in a commit is what it counted in the first parent, and what changed since.
 * SPDX-License-Identifier: ISC */
#include "past/question.h"

#include <string.h>

#define SHOWN 200 /* bytes of a value in a message */

/* A field's value, and when it became so. */
struct held {
	const char *value;
	int64_t since;
};

void drop_question(struct question *q)
{
	if (q->has_text)
		regfree(&q->text);
	if (q->has_message)
		regfree(&q->message);
}

/* The recipe's expressions are known to be well-formed: the lab looked at them. */
static bool compile(regex_t *out, const char *expression, bool *has, struct err *e)
{
	if (!expression)
		return true;
	*has = regcomp(out, expression, REG_EXTENDED | REG_NOSUB) == 0;
	return *has || fail(e, E_INPUT, "'%s' is no regular expression", expression);
}

bool start_question(struct past *p, const struct condition *c, struct question *q, struct err *e)
{
	*q = (struct question){.p = p,
		.c = c,
		.texts = {.a = p->a},
		.last = {.a = p->a},
		.counts = NEW_ARRAY(p->a, size_t, p->steps.n)};
	return compile(&q->text, c->text, &q->has_text, e) &&
	       compile(&q->message, c->message, &q->has_message, e);
}

/* ---- words ------------------------------------------------------------------------------- */

const char *step_words(const struct past *p, const struct git_step *step)
{
	return str_format(
		p->a, "commit %.7s (%s)", step->id.hex, clock_text(p->a, step->when * NS));
}

/* A text as one short line. */
static const char *shown(struct arena *a, struct str text)
{
	char *z = str_copy(a, str_trim(text));
	for (char *c = z; *c; c++)
		if (*c == '\n')
			*c = ';';
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return str_format(a, "%.*s%s", SHOWN, z, strlen(z) > SHOWN ? "..." : "");
}

const char *condition_words(struct arena *a, const struct condition *c)
{
	struct text t = {.a = a};
	text_addz(&t, c->path ? c->path : "");
	if (c->field)
		text_addf(&t, " with %s%s%s", c->field, c->value ? " " : "",
			c->value ? c->value : "");
	if (c->text)
		text_addf(&t, " that matches '%s'", c->text);
	if (c->message)
		text_addf(&t, "%sa message that matches '%s'", c->path ? " and " : "", c->message);
	return t.p;
}

const char *range_words(struct arena *a, int64_t min, int64_t max)
{
	if (max == -1)
		return str_format(a, "at least %lld", (long long)min);
	if (min == max)
		return str_format(a, "%lld", (long long)min);
	return min ? str_format(a, "%lld to %lld", (long long)min, (long long)max)
		   : str_format(a, "at most %lld", (long long)max);
}

/* ---- entries ----------------------------------------------------------------------------------
 */

static bool judge_text(struct question *q, const struct git_id *id, bool *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text;
	if (!past_text(q->p, &scratch, id, &text, e))
		return false;
	*out = !q->has_text || regexec(&q->text, text.p, 0, NULL, 0) == 0;
	if (q->c->field) {
		struct str value = past_field(text, q->c->field);
		*out &= value.p && (!q->c->value || str_is(value, q->c->value));
	}
	return true;
}

/* Entries with one text are judged once. */
static bool text_matches(struct question *q, const struct git_id *id, bool *out, struct err *e)
{
	*out = true;
	if (!q->has_text && !q->c->field)
		return true;
	void *known = map_get(&q->texts, str_of(id->hex));
	if (!known && !judge_text(q, id, out, e))
		return false;
	if (known)
		*out = (uintptr_t)known == 2;
	else
		*map_put(&q->texts, str_of(id->hex)) = (void *)(uintptr_t)(*out ? 2 : 1);
	return true;
}

/* From the first parent's count to this commit's, by what changed. */
static bool count_entries(struct question *q, size_t i, struct err *e)
{
	const git_changes *changes;
	ptrdiff_t parent = past_parent(q->p, i);
	size_t n = parent < 0 ? 0 : q->counts[parent];
	bool was, is;
	if (!past_changed(q->p, i, &changes, e))
		return false;
	vec_for(change, changes) {
		if (!past_matches(q->c->path, change->path))
			continue;
		if ((change->before.hex[0] && !text_matches(q, &change->before, &was, e)) ||
			(change->after.hex[0] && !text_matches(q, &change->after, &is, e)))
			return false;
		n += change->after.hex[0] && is;
		n -= change->before.hex[0] && was;
	}
	q->counts[i] = q->n = n;
	return true;
}

bool first_words(struct question *q, const struct git_id *tree, const char **out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	past_entries all;
	struct str text;
	bool matches;
	*out = "";
	if (!q->c->path || q->c->changes_within_s)
		return true;
	if (!past_list(q->p, &scratch, tree, &all, e))
		return false;
	vec_for(entry, &all) {
		if (!past_matches(q->c->path, entry->path))
			continue;
		if (!text_matches(q, &entry->id, &matches, e))
			return false;
		if (!matches)
			continue;
		if (!past_text(q->p, &scratch, &entry->id, &text, e))
			return false;
		*out = str_format(
			q->p->a, ", the first is %s (%s)", entry->path, shown(&scratch, text));
		return true;
	}
	return true;
}

/* ---- fields that change ------------------------------------------------------------------- */

static bool note_field(struct question *q, const struct git_step *step,
	const struct git_change *change, bool *holds, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text;
	const char *path = change->path;
	if (!past_text(q->p, &scratch, &change->after, &text, e))
		return false;
	struct str value = past_field(text, q->c->field);
	void **place = map_put(&q->last, str_of(path));
	struct held *held = *place;
	if (!value.p || (held && str_is(value, held->value)))
		return true;
	int64_t ago = held ? step->when - held->since : INT64_MAX;
	if (ago < q->c->changes_within_s) {
		*holds = true;
		q->change = str_format(q->p->a, "%s: %s %s -> %s, %lld s after its last change",
			path, q->c->field, shown(&scratch, str_of(held->value)),
			shown(&scratch, value), (long long)ago);
	}
	*place = NEW(q->p->a, struct held);
	*(struct held *)*place = (struct held){str_copy(q->p->a, value), step->when};
	return true;
}

static bool note_changes(struct question *q, size_t i, bool *holds, struct err *e)
{
	const git_changes *changes;
	if (!past_changed(q->p, i, &changes, e))
		return false;
	vec_for(change, changes)
		if (change->after.hex[0] && past_matches(q->c->path, change->path) &&
			!note_field(q, &q->p->steps.v[i], change, holds, e))
			return false;
	return true;
}

/* ---- one commit --------------------------------------------------------------------------- */

bool ask(struct question *q, size_t i, bool *holds, struct err *e)
{
	const struct condition *c = q->c;
	*holds = !c->path;
	if (c->changes_within_s) {
		if (!note_changes(q, i, holds, e))
			return false;
	} else if (c->path) {
		if (!count_entries(q, i, e))
			return false;
		*holds = (int64_t)q->n >= c->min && (c->max == -1 || (int64_t)q->n <= c->max);
	}
	if (q->has_message)
		*holds &= regexec(&q->message, q->p->steps.v[i].message, 0, NULL, 0) == 0;
	return true;
}

const char *answer(const struct question *q, const struct git_step *step)
{
	struct arena *a = q->p->a;
	if (q->c->changes_within_s)
		return q->change ? q->change : "no such change";
	if (q->c->path)
		return str_format(a, "%zu %s", q->n, condition_words(a, q->c));
	return str_format(a, "its message is '%s'", shown(a, str_of(step->message)));
}

const char *wanted(const struct question *q)
{
	return q->c->path ? range_words(q->p->a, q->c->min, q->c->max)
			  : condition_words(q->p->a, q->c);
}
