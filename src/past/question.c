/* question.c - a condition, asked of one commit after the other. It counts entries: folders that
 * did not change from one commit to the next are not counted again, as counts are kept by the
 * folder's id. SPDX-License-Identifier: ISC */
#include "past/question.h"

#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 32
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
	*q = (struct question){
		.p = p, .c = c, .counts = {.a = p->a}, .texts = {.a = p->a}, .last = {.a = p->a}};
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

/* ---- counting entries --------------------------------------------------------------------- */

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

static bool entry_matches(
	struct question *q, const char *path, const struct git_id *id, bool *out, struct err *e)
{
	*out = past_matches(q->c->path, path);
	if (!*out || (!q->has_text && !q->c->field))
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

static bool count_below(struct question *q, const struct git_id *tree, const char *prefix,
	int depth, size_t *out, struct err *e);

static bool count_entry(struct question *q, const struct git_file *f, const char *path, int depth,
	size_t *n, struct err *e)
{
	bool matches;
	size_t below = 0;
	if (S_ISDIR(f->mode)) {
		if (!count_below(q, &f->id, path, depth + 1, &below, e))
			return false;
		*n += below;
		return true;
	}
	if (!entry_matches(q, path, &f->id, &matches, e))
		return false;
	*n += matches;
	return true;
}

static const char *path_below(struct arena *a, const char *prefix, const char *name)
{
	return *prefix ? str_format(a, "%s/%s", prefix, name) : name;
}

/* A folder counts once for each place where it is: patterns go by paths. */
static bool count_below(struct question *q, const struct git_id *tree, const char *prefix,
	int depth, size_t *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str key = str_of(str_format(&scratch, "%s %s", tree->hex, prefix));
	void *known = map_get(&q->counts, key);
	git_files files;
	size_t n = 0;
	if (known) {
		*out = (size_t)(uintptr_t)known - 1;
		return true;
	}
	if (depth == DEPTH_MAX)
		return fail(
			e, E_UNSAFE, "%s: more than %d folders within folders", prefix, DEPTH_MAX);
	if (!q->p->git->folder(q->p->repo, &scratch, tree, &files, e))
		return false;
	vec_for(f, &files)
		if (!count_entry(q, f, path_below(&scratch, prefix, f->path), depth, &n, e))
			return false;
	*map_put(&q->counts, key) = (void *)(n + 1);
	*out = n;
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
		if (!entry_matches(q, entry->path, &entry->id, &matches, e))
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

static bool note_field(struct question *q, const struct git_step *step, const char *path,
	const struct git_id *id, bool *holds, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text;
	if (!past_matches(q->c->path, path))
		return true;
	if (!past_text(q->p, &scratch, id, &text, e))
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

/* Notes the entries of TREE that differ from those of BEFORE (NULL: nothing was there). */
static bool note_changes(struct question *q, const struct git_step *step,
	const struct git_id *before, const struct git_id *tree, const char *prefix, int depth,
	bool *holds, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	git_files old = {0}, new;
	struct map by_name = {.a = &scratch};
	if (before && !strcmp(before->hex, tree->hex))
		return true;
	if (depth == DEPTH_MAX)
		return fail(
			e, E_UNSAFE, "%s: more than %d folders within folders", prefix, DEPTH_MAX);
	if ((before && !q->p->git->folder(q->p->repo, &scratch, before, &old, e)) ||
		!q->p->git->folder(q->p->repo, &scratch, tree, &new, e))
		return false;
	vec_for(f, &old)
		*map_put(&by_name, str_of(f->path)) = f;
	vec_for(f, &new) {
		const struct git_file *was = map_get(&by_name, str_of(f->path));
		const char *path = path_below(&scratch, prefix, f->path);
		if (was && !strcmp(was->id.hex, f->id.hex))
			continue;
		const struct git_id *below = was && S_ISDIR(was->mode) ? &was->id : NULL;
		bool noted = S_ISDIR(f->mode) ? note_changes(q, step, below, &f->id, path,
							depth + 1, holds, e)
					      : note_field(q, step, path, &f->id, holds, e);
		if (!noted)
			return false;
	}
	return true;
}

/* ---- one commit --------------------------------------------------------------------------- */

static const struct git_step *first_parent(const struct past *p, const struct git_step *step)
{
	size_t n = step->parents.n
			   ? (size_t)(uintptr_t)map_get(&p->by_id, str_of(step->parents.v[0].hex))
			   : 0;
	return n ? &p->steps.v[n - 1] : NULL;
}

bool ask(struct question *q, const struct git_step *step, bool *holds, struct err *e)
{
	const struct condition *c = q->c;
	const struct git_step *parent = first_parent(q->p, step);
	*holds = !c->path;
	if (c->changes_within_s) {
		if (!note_changes(
			    q, step, parent ? &parent->tree : NULL, &step->tree, "", 0, holds, e))
			return false;
	} else if (c->path) {
		if (!count_below(q, &step->tree, "", 0, &q->n, e))
			return false;
		*holds = (int64_t)q->n >= c->min && (c->max == -1 || (int64_t)q->n <= c->max);
	}
	if (q->has_message)
		*holds &= regexec(&q->message, step->message, 0, NULL, 0) == 0;
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
