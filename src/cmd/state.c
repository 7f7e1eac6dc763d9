/* state.c - respin state log|show|diff|clone. SPDX-License-Identifier: ISC */
#include "cmd/state.h"

#include <string.h>

/* ---- what is asked for --------------------------------------------------------------------- */

/* Argument I; NULL behind the last. */
static const char *arg(const struct context *c, size_t i)
{
	return i < c->args.n ? c->args.v[i] : NULL;
}

static bool no_store(struct context *c, const struct place *p, const char *name, struct err *e)
{
	struct text names = {.a = c->a};
	vec_for(s, &p->stores)
		text_addf(&names, "%s%s", s == p->stores.v ? "" : ", ", s->store);
	fail(e, E_NOTFOUND, "%s has no store '%s'", p->what, name);
	return fail_hint(e, "it has: %s", names.p);
}

/* The stores that are asked for: NAME alone, or all. */
static bool choose(struct context *c, struct place *p, const char *name, struct err *e)
{
	if (!name)
		return true;
	const struct placed *found = place_find(p, name);
	if (!found)
		return no_store(c, p, name, e);
	p->stores.v[0] = *found;
	p->stores.n = 1;
	return true;
}

/* *STORE, which the argument at *AT names; where it does not, and there is one only, that one. */
static bool one_store(struct context *c, const struct place *p, size_t *at,
	const struct placed **store, struct err *e)
{
	const char *name = arg(c, *at);
	*store = name ? place_find(p, name) : NULL;
	if (*store)
		++*at;
	else if (p->stores.n == 1)
		*store = p->stores.v;
	else if (name)
		return no_store(c, p, name, e);
	else
		return fail(e, E_USAGE, "which store? %s has %zu", p->what, p->stores.n);
	return true;
}

static bool has_colors(void)
{
	return *term_tint(TINT_BOLD) != '\0';
}

static bool stock_git(
	struct context *c, const struct placed *store, const char *const *words, struct err *e)
{
	int status;
	return place_git(c, store, words, NULL, &status, e) &&
	       (status == 0 || fail(e, E_CHILD, "git exited with status %d", status));
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_refs(struct json_writer *w, const struct past *p, const struct git_id *id)
{
	json_open(w, "refs", '[');
	vec_for(ref, &p->refs)
		if (!strcmp(ref->id.hex, id->hex))
			json_put_string(w, NULL, ref->name);
	json_close(w);
}

static void put_step(
	struct json_writer *w, const char *name, const struct past *p, const struct git_step *step)
{
	json_open(w, name, '{');
	json_put_string(w, "id", step->id.hex);
	json_put_string(w, "tree", step->tree.hex);
	json_open(w, "parents", '[');
	vec_for(parent, &step->parents)
		json_put_string(w, NULL, parent->hex);
	json_close(w);
	json_put_string(w, "time", clock_text(p->a, step->when * 1000000000));
	json_put_string(w, "author", step->author);
	json_put_string(w, "message", step->message);
	put_refs(w, p, &step->id);
	json_close(w);
}

static void put_changes(struct json_writer *w, const past_changes *changes)
{
	json_open(w, "changes", '[');
	vec_for(change, changes) {
		json_open(w, NULL, '{');
		json_put_string(
			w, "path", change->path_after ? change->path_after : change->path_before);
		json_put_string(w, "before", change->before);
		json_put_string(w, "after", change->after);
		json_close(w);
	}
	json_close(w);
}

/* ---- log ---------------------------------------------------------------------------------------
 */

/* The newest first, as git has it. */
static bool put_log(
	struct json_writer *w, struct context *c, const struct placed *store, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	json_open(w, NULL, '{');
	json_put_string(w, "store", store->store);
	json_put_string(w, "branch", p.primary);
	json_open(w, "commits", '[');
	for (size_t i = p.steps.n; i-- > 0;)
		put_step(w, NULL, &p, &p.steps.v[i]);
	json_close(w);
	json_close(w);
	return true;
}

static bool log_json(struct context *c, const struct place *p, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "what", p->what);
	json_open(&w, "stores", '[');
	vec_for(store, &p->stores)
		if (!put_log(&w, c, store, e))
			return false;
	json_close(&w);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

static bool state_log(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const char *const words[] = {"log", "--all", "--decorate", "--oneline", "--graph",
		has_colors() ? "--color=always" : "--color=never", NULL};
	if (!place_open(c, arg(c, 1), arg(c, 2), &p, e) || !choose(c, &p, arg(c, 2), e))
		return false;
	if (c->options.json)
		return log_json(c, &p, e);
	vec_for(store, &p.stores) {
		if (p.stores.n > 1)
			term_out("%s%s%s%s\n", store == p.stores.v ? "" : "\n",
				term_tint(TINT_BOLD), store->store, term_tint_end());
		if (!stock_git(c, store, words, e))
			return false;
	}
	return true;
}

/* ---- show --------------------------------------------------------------------------------------
 */

/* The only commit that NAME means: an id or its beginning, or a branch; NULL: none. */
static const struct git_step *find_step(const struct past *p, struct str name)
{
	const struct git_step *found = NULL;
	vec_for(ref, &p->refs) {
		struct str ref_name = str_of(ref->name);
		const struct str heads = S("refs/heads/");
		if (str_eq(ref_name, name) ||
			(str_starts(ref_name, heads) && str_eq(str_from(ref_name, heads.n), name)))
			name = str_of(ref->id.hex);
	}
	if (str_is(name, "HEAD"))
		name = str_of(p->tip.hex);
	if (name.n < 4)
		return NULL;
	vec_for(step, &p->steps) {
		if (!str_starts(str_of(step->id.hex), name))
			continue;
		if (found)
			return NULL;
		found = step;
	}
	return found;
}

/* Is the entry PATH the one that WANTED names, below it, or meant by it as a pattern? */
static bool is_wanted(const char *wanted, const char *path)
{
	size_t n = strlen(wanted);
	return !n || past_matches(wanted, path) || (!strncmp(path, wanted, n) && path[n] == '/');
}

struct shown {
	struct context *c;
	struct json_writer *w; /* NULL: text */
	size_t n;
};

static bool show_entries(struct shown *s, struct past *p, const struct git_id *tree,
	const char *wanted, struct err *e)
{
	past_entries all = {0};
	struct str text;
	if (tree && !past_list(p, s->c->a, tree, &all, e))
		return false;
	vec_for(entry, &all) {
		if (!is_wanted(wanted, entry->path))
			continue;
		if (!past_text(p, s->c->a, &entry->id, &text, e))
			return false;
		s->n++;
		if (s->w) {
			json_open(s->w, NULL, '{');
			json_put_string(s->w, "path", entry->path);
			json_put_str(s->w, "text", text);
			json_close(s->w);
			continue;
		}
		term_out("%s%s%s\n", term_tint(TINT_BOLD), place_text(s->c, str_of(entry->path)),
			term_tint_end());
		for (struct str rest = str_trim(text); rest.n;) {
			struct str line = str_cut(&rest, '\n');
			term_out("  %s\n", place_text(s->c, line));
		}
	}
	return true;
}

static bool show_state(struct context *c, const struct placed *store, struct past *p,
	const struct git_step *step, const char *wanted, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	struct shown s = {c, c->options.json ? &w : NULL, 0};
	json_open(&w, NULL, '{');
	json_put_string(&w, "store", store->store);
	json_put_string(&w, "commit", step ? step->id.hex : NULL);
	json_open(&w, "entries", '[');
	if (!show_entries(&s, p, step ? &step->tree : NULL, wanted, e))
		return false;
	json_close(&w);
	json_close(&w);
	if (!s.n && *wanted)
		return fail(e, E_NOTFOUND, "no entry of %s is '%s'", store->store, wanted);
	if (c->options.json)
		term_out("%s\n", t.p);
	return true;
}

static const struct git_step *parent_of(const struct past *p, const struct git_step *step)
{
	vec_for(other, &p->steps)
		if (step->parents.n && !strcmp(other->id.hex, step->parents.v[0].hex))
			return other;
	return NULL;
}

static bool show_commit(struct context *c, const struct placed *store, struct past *p,
	const struct git_step *step, struct err *e)
{
	const char *const words[] = {"show", "--stat", "--patch", "--format=fuller",
		has_colors() ? "--color=always" : "--color=never", step->id.hex, "--", NULL};
	const struct git_step *parent = parent_of(p, step);
	past_changes changes;
	if (!c->options.json)
		return stock_git(c, store, words, e);
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	if (!past_diff(c->a, p, parent ? &parent->tree : NULL, p, &step->tree, false, &changes, e))
		return false;
	json_open(&w, NULL, '{');
	json_put_string(&w, "store", store->store);
	put_step(&w, "commit", p, step);
	put_changes(&w, &changes);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

/* OBJECT is a commit, COMMIT:PATH, a path in the newest state, or NULL: all of that. */
static bool show_object(
	struct context *c, const struct placed *store, const char *object, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	const struct git_step *tip = find_step(&p, str_of(p.tip.hex));
	if (!object)
		return show_state(c, store, &p, tip, "", e);
	struct str path = str_of(object), name = str_cut(&path, ':');
	const struct git_step *step = find_step(&p, name);
	if (step && !path.p)
		return show_commit(c, store, &p, step, e);
	if (path.p && !step)
		return fail(e, E_NOTFOUND, "%s has no commit '%.*s', or several", store->store,
			STR(name));
	return step ? show_state(c, store, &p, step, path.p, e)
		    : show_state(c, store, &p, tip, object, e);
}

static bool state_show(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const struct placed *store;
	size_t at = 2;
	return place_open(c, arg(c, 1), arg(c, 2), &p, e) && one_store(c, &p, &at, &store, e) &&
	       show_object(c, store, arg(c, at), e);
}

/* ---- diff --------------------------------------------------------------------------------------
 */

/* A tree of a store. */
struct version {
	const struct placed *store;
	struct past *past;
	const struct git_step *step; /* NULL: nothing yet */
};

/* Git's name for a tree without entries. */
#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

static bool diff_text(struct context *c, const struct version *x, const struct version *y,
	bool *same, struct err *e)
{
	int status;
	const char *const words[] = {"diff", "--exit-code",
		has_colors() ? "--color=always" : "--color=never",
		x->step ? x->step->tree.hex : EMPTY_TREE, y->step ? y->step->tree.hex : EMPTY_TREE,
		NULL};
	const char *const env[] = {
		str_format(c->a, "GIT_ALTERNATE_OBJECT_DIRECTORIES=%s/objects", y->store->dir),
		NULL};
	if (!place_git(c, x->store, words, env, &status, e))
		return false;
	*same = status == 0;
	return true;
}

static bool diff_versions(struct context *c, struct json_writer *w, const struct version *x,
	const struct version *y, bool *same, struct err *e)
{
	past_changes changes;
	if (!w)
		return diff_text(c, x, y, same, e);
	if (!past_diff(c->a, x->past, x->step ? &x->step->tree : NULL, y->past,
		    y->step ? &y->step->tree : NULL, false, &changes, e))
		return false;
	json_open(w, NULL, '{');
	json_put_string(w, "store", x->store->store);
	json_put_string(w, "before", x->step ? x->step->id.hex : NULL);
	json_put_string(w, "after", y->step ? y->step->id.hex : NULL);
	put_changes(w, &changes);
	json_close(w);
	*same = !changes.n;
	return true;
}

/* The newest states of two stores. */
static bool diff_stores(struct context *c, struct json_writer *w, const struct placed *old,
	const struct placed *new, bool *same, struct err *e)
{
	defer(past_close) struct past before = {0};
	defer(past_close) struct past after = {0};
	if (!past_open(c->a, old->dir, &before, e) || !past_open(c->a, new->dir, &after, e))
		return false;
	const struct version x = {old, &before, find_step(&before, str_of(before.tip.hex))};
	const struct version y = {new, &after, find_step(&after, str_of(after.tip.hex))};
	return diff_versions(c, w, &x, &y, same, e);
}

static bool diff_places(struct context *c, struct json_writer *w, const struct place *before,
	const struct place *after, bool *same, struct err *e)
{
	size_t n = 0;
	vec_for(old, &before->stores) {
		const struct placed *new = place_find(after, old->store);
		bool this_same = true;
		if (!new)
			continue;
		n++;
		if (!diff_stores(c, w, old, new, &this_same, e))
			return false;
		*same &= this_same;
	}
	return n ||
	       fail(e, E_NOTFOUND, "%s and %s have no store in common", before->what, after->what);
}

static bool find_commit(const struct placed *store, const struct past *p, const char *name,
	const struct git_step **out, struct err *e)
{
	*out = find_step(p, str_of(name));
	return *out || fail(e, E_NOTFOUND, "%s has no commit '%s', or several", store->store, name);
}

/* Two commits of one store; the second is the newest where it is not given. */
static bool diff_commits(struct context *c, struct json_writer *w, const struct placed *store,
	size_t at, bool *same, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!arg(c, at))
		return fail(e, E_USAGE, "diff needs a second run, or a commit of %s", store->store);
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	struct version x = {store, &p, NULL}, y = {store, &p, NULL};
	const char *to = arg(c, at + 1) ? arg(c, at + 1) : p.tip.hex;
	return find_commit(store, &p, arg(c, at), &x.step, e) &&
	       find_commit(store, &p, to, &y.step, e) && diff_versions(c, w, &x, &y, same, e);
}

/* WHAT [STORE] COMMIT [COMMIT], or WHAT WHAT [STORE]: what names a store is no run. */
static bool diff_any(struct context *c, struct json_writer *w, bool *same, struct err *e)
{
	defer(place_close) struct place before = {0};
	defer(place_close) struct place after = {0};
	const char *second = arg(c, 2), *store = place_is_live(second) ? arg(c, 3) : second;
	if (!place_open(c, arg(c, 1), store, &before, e))
		return false;
	const struct placed *named = place_find(&before, second);
	if (named)
		return diff_commits(c, w, named, 3, same, e);
	return place_open(c, second, arg(c, 3), &after, e) && choose(c, &before, arg(c, 3), e) &&
	       choose(c, &after, arg(c, 3), e) && diff_places(c, w, &before, &after, same, e);
}

static bool state_diff(struct context *c, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	bool same = true;
	json_open(&w, NULL, '[');
	if (!diff_any(c, c->options.json ? &w : NULL, &same, e))
		return false;
	json_close(&w);
	if (c->options.json)
		term_out("%s\n", t.p);
	c->status = same ? STATUS_YES : STATUS_NO;
	return true;
}

/* ---- clone -------------------------------------------------------------------------------------
 */

static bool state_clone(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const struct placed *store;
	size_t at = 2;
	int status;
	if (!place_open(c, arg(c, 1), arg(c, 2), &p, e) || !one_store(c, &p, &at, &store, e))
		return false;
	const char *dir = arg(c, at) ? arg(c, at) : store->store;
	if (file_exists(dir))
		return fail(e, E_USAGE, "%s is there already", dir);
	const char *const words[] = {"clone", "--quiet", "--no-hardlinks", "--",
		str_format(c->a, "file://%s", store->dir), dir, NULL};
	if (!place_git(c, store, words, NULL, &status, e) ||
		(status && !fail(e, E_CHILD, "git clone exited with status %d", status)))
		return false;
	if (c->options.json) {
		struct text t = {.a = c->a};
		struct json_writer w = {.out = &t};
		json_open(&w, NULL, '{');
		json_put_string(&w, "store", store->store);
		json_put_string(&w, "path", dir);
		json_close(&w);
		term_out("%s\n", t.p);
	} else {
		term_out("%s\n", dir);
	}
	return true;
}

/* ---- all of them
 * --------------------------------------------------------------------------------- */

bool cmd_state(struct context *c, struct err *e)
{
	static const struct {
		const char *name, *args;
		size_t least, most; /* arguments with its own name */
		bool (*run)(struct context *c, struct err *e);
	} verbs[] = {{"log", "WHAT [STORE]", 2, 3, state_log},
		{"show", "WHAT [STORE] [COMMIT|PATH|COMMIT:PATH]", 2, 4, state_show},
		{"diff", "WHAT (STORE COMMIT [COMMIT] | WHAT [STORE])", 3, 5, state_diff},
		{"clone", "WHAT [STORE] [DIR]", 2, 4, state_clone}};
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, c->args.v[0]))
			continue;
		if (c->args.n >= verbs[i].least && c->args.n <= verbs[i].most)
			return verbs[i].run(c, e);
		fail(e, E_USAGE, "state %s takes other arguments", verbs[i].name);
		return fail_hint(e, "usage: respin state %s %s", verbs[i].name, verbs[i].args);
	}
	fail(e, E_USAGE, "there is no 'respin state %s'", c->args.v[0]);
	return fail_hint(e, "there are: log, show, diff, clone");
}
