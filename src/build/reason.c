/* reason.c - why an action has to run, in one line. SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>

#define PHRASES 3 /* as many causes are named */

/* ---- what outputs were last made from ------------------------------------------------------ */

static const char *last_file(const struct engine *g)
{
	return path_join(g->a, g->q->w->state, "last");
}

void last_read(struct engine *g)
{
	struct str text;
	struct err ignored;
	if (!file_read(g->a, last_file(g), (size_t)64 << 20, &text, &ignored))
		return;
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		struct last one;
		if (!digest_parse(str_cut(&line, ' '), &one.key) ||
			!digest_parse(str_cut(&line, ' '), &one.object) || !line.n)
			continue;
		struct last *kept = NEW(g->a, struct last);
		*kept = one;
		*map_put(&g->last, line) = kept;
	}
}

void last_note(struct engine *g, const struct node *n)
{
	struct last **place = (struct last **)map_put(&g->last, str_of(n->output));
	if (*place && digest_eq(&(*place)->key, &n->key) &&
		digest_eq(&(*place)->object, &n->object))
		return;
	*place = NEW(g->a, struct last);
	**place = (struct last){n->key, n->object};
	g->last_changed = true;
}

bool last_write(struct engine *g, struct err *e)
{
	struct text out = {.a = g->a};
	if (!g->last_changed)
		return true;
	vec_for(entry, &g->last.entries) {
		const struct last *one = entry->value;
		text_addf(&out, "%s %s %.*s\n", digest_hex(g->a, &one->key),
			digest_hex(g->a, &one->object), STR(entry->key));
	}
	return file_write_cache(last_file(g), text_str(&out), 0666, e);
}

/* ---- differences ---------------------------------------------------------------------- */

struct why {
	struct engine *g;
	const struct node *n;
	strings phrases;
};

static void say(struct why *w, const char *phrase)
{
	vec_push(w->g->a, &w->phrases, phrase);
}

static const struct input *find_input(const inputs *list, const struct input *like)
{
	vec_for(in, list)
		if (in->kind == like->kind && !strcmp(in->name, like->name))
			return in;
	return NULL;
}

static const char *list_words(struct arena *a, const strings *words)
{
	struct text t = {.a = a};
	vec_for(word, words)
		text_addf(&t, "%s%s", t.n ? ", " : "", *word);
	return t.p;
}

static void flags_missing(struct arena *a, const inputs *from, const inputs *in, strings *out)
{
	vec_for(flag, from)
		if (flag->kind == IN_FLAG && !find_input(in, flag))
			vec_push(a, out, flag->name);
}

static bool same_flags(const inputs *a, const inputs *b)
{
	size_t i = 0, j = 0;
	for (;; i++, j++) {
		while (i < a->n && a->v[i].kind != IN_FLAG)
			i++;
		while (j < b->n && b->v[j].kind != IN_FLAG)
			j++;
		if (i == a->n || j == b->n)
			return i == a->n && j == b->n;
		if (strcmp(a->v[i].name, b->v[j].name) != 0)
			return false;
	}
}

static void compare_flags(struct why *w, const inputs *before)
{
	struct arena *a = w->g->a;
	strings removed = {0}, added = {0};
	flags_missing(a, before, &w->n->known, &removed);
	flags_missing(a, &w->n->known, before, &added);
	const char *word =
		removed.n + added.n > 1 && !(removed.n == 1 && added.n == 1) ? "flags" : "flag";
	if (removed.n && added.n)
		say(w, str_format(a, "%s %s removed, %s added", word, list_words(a, &removed),
			       list_words(a, &added)));
	else if (removed.n)
		say(w, str_format(a, "%s %s removed", word, list_words(a, &removed)));
	else if (added.n)
		say(w, str_format(a, "%s %s added", word, list_words(a, &added)));
	else if (!same_flags(before, &w->n->known))
		say(w, "the order of flags changed");
}

/* "src/core/tcp_in.o" within lwip, "lwip.o" elsewhere. */
static const char *short_name(const struct node *n, const char *output)
{
	size_t prefix = strlen(n->p->r->name);
	bool own = n->kind != IMAGE && !strncmp(output, n->p->r->name, prefix) &&
		   output[prefix] == '/';
	return own ? output + prefix + 1 : output;
}

/* One input as words: what it is called, and what happened to it. */
static const char *change_words(const struct why *w, const struct input *in, const char *what)
{
	struct arena *a = w->g->a;
	const char *name = in->name;
	switch (in->kind) {
	case IN_FIELD:
		return str_format(a, "recipe field %s %s", name, what);
	case IN_FACT:
		return str_format(a, "%s %s", name, what);
	case IN_OBJECT:
		return str_format(a, "%s %s", short_name(w->n, name), what);
	default:
		return str_format(a, "%s %s", name, what);
	}
}

static bool is_rebuilt(const struct why *w, const char *output)
{
	vec_for(need, &w->n->needs)
		if ((*need)->ran && !strcmp((*need)->output, output))
			return true;
	return false;
}

/* What the manifest says of a package that is new or gone needs no words: its object has them. */
static void compare_known(struct why *w, const inputs *before)
{
	vec_for(in, &w->n->known) {
		const struct input *old = find_input(before, in);
		if (in->kind == IN_FLAG || (in->kind == IN_OBJECT && is_rebuilt(w, in->name)))
			continue;
		if (!old && in->kind != IN_FACT)
			say(w, change_words(w, in, "is new"));
		else if (old && !digest_eq(&old->digest, &in->digest))
			say(w, change_words(w, in, "changed"));
	}
	vec_for(old, before)
		if (old->kind != IN_FLAG && old->kind != IN_FACT && !find_input(&w->n->known, old))
			say(w, change_words(w, old, "is gone"));
	compare_flags(w, before);
}

/* The outputs that N needs, and that differ from those in BEFORE because they are rebuilt. */
static void compare_needs(struct why *w, const inputs *before)
{
	struct arena *a = w->g->a;
	strings rebuilt = {0}, deeper = {0};
	vec_for(need, &w->n->needs) {
		struct input like = {.kind = IN_OBJECT, .name = (*need)->output};
		const struct input *old = find_input(before, &like);
		bool same =
			(*need)->state == DONE && old && digest_eq(&old->digest, &(*need)->object);
		if (!(*need)->ran || same)
			continue;
		vec_push(a, &rebuilt, short_name(w->n, (*need)->output));
		vec_for(leaf, &(*need)->needs)
			if ((*leaf)->ran)
				vec_push(a, &deeper, path_base((*leaf)->output));
	}
	if (!rebuilt.n)
		return;
	struct text t = {.a = a};
	text_addf(&t, "needs %s", rebuilt.v[0]);
	if (rebuilt.n > 1)
		text_addf(&t, " and %zu more", rebuilt.n - 1);
	text_addf(&t, ", which %s rebuilt", rebuilt.n > 1 ? "are" : "is");
	if (deeper.n)
		text_addf(&t, ": %s", deeper.v[0]);
	if (deeper.n > 1)
		text_addf(&t, " and %zu more", deeper.n - 1);
	say(w, t.p);
}

/* A header as it is written in #include, as far as the search path tells. */
static const char *include_name(const struct why *w, const char *name)
{
	const char *best = name;
	vec_for(s, &w->n->p->search) {
		size_t n = strlen(s->name);
		if (!strncmp(name, s->name, n) && name[n] == '/' &&
			strlen(name + n + 1) < strlen(best))
			best = name + n + 1;
	}
	return best;
}

static bool compare_headers(struct why *w, const inputs *found, struct err *e)
{
	struct arena *a = w->g->a;
	size_t changed = 0, all = 0;
	const char *first = NULL, *what = NULL;
	vec_for(in, found) {
		const struct seen *seen;
		if (in->kind != IN_HEADER)
			continue;
		all++;
		if (!lookup_file(w->g, in->name, &seen, e))
			return false;
		bool there = seen && seen->exists;
		if (there && digest_eq(&seen->digest, &in->digest))
			continue;
		if (changed++ == 0) {
			first = include_name(w, in->name);
			what = there ? "changed" : "is gone";
		}
	}
	const char *kind = w->n->kind == IMAGE ? "linker script" : "header";
	if (changed == 1)
		say(w, str_format(a, "%s %s %s", kind, first, what));
	else if (changed)
		say(w, str_format(a, "%s %s %s (%zu of its %zu headers)", kind, first, what,
			       changed, all));
	return true;
}

static bool compare_shadows(struct why *w, const inputs *found, struct err *e)
{
	inputs now = {0};
	vec_for(in, found) {
		/* Without all headers there is nothing to look for. */
		const struct seen *seen;
		if (in->kind == IN_HEADER && (!lookup_file(w->g, in->name, &seen, e)))
			return false;
		if (in->kind == IN_HEADER && !seen)
			return true;
	}
	if (!shadows_find(w->g, w->n, found, &now, e))
		return false;
	struct arena *a = w->g->a;
	vec_for(shadow, &now)
		if (!find_input(found, shadow))
			say(w, str_format(a, "%s now comes before a header of that name",
				       shadow->name));
	vec_for(old, found)
		if (old->kind == IN_SHADOW && !find_input(&now, old))
			say(w, str_format(a, "%s is gone", old->name));
	return true;
}

static const char *sentence(const struct why *w)
{
	struct text t = {.a = w->g->a};
	for (size_t i = 0; i < w->phrases.n && i < PHRASES; i++)
		text_addf(&t, "%s%s", i ? "; " : "", w->phrases.v[i]);
	if (w->phrases.n > PHRASES)
		text_addf(&t, "; and %zu more", w->phrases.n - PHRASES);
	return t.p;
}

static const struct variant *variant_of(const struct record *r, const struct digest *object)
{
	vec_for(v, &r->variants)
		if (digest_eq(&v->object, object))
			return v;
	return NULL;
}

bool reason_find(struct engine *g, struct node *n, struct err *e)
{
	struct why w = {.g = g, .n = n};
	struct record before = {0};
	struct str text;
	const struct last *last = map_get(&g->last, str_of(n->output));
	if (!last) {
		n->reason = "never built here";
		return true;
	}
	if (!store_get_result(g->store, g->a, &last->key, &text) ||
		!record_read(g->a, text, &before)) {
		n->reason = "its last result is gone from the store";
		return true;
	}
	compare_needs(&w, &before.known);
	compare_known(&w, &before.known);
	const struct variant *v = variant_of(&before, &last->object);
	if (v && (!compare_headers(&w, &v->found, e) || !compare_shadows(&w, &v->found, e)))
		return false;
	n->reason = w.phrases.n ? sentence(&w) : "its last result is gone from the store";
	return true;
}
