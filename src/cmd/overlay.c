/* overlay.c - respin overlay add|list|status|diff|apply|save|drop. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

static void put_patch(struct json_writer *w, const char *subject, const struct patch_facts *f)
{
	json_open(w, NULL, '{');
	json_put_string(w, "subject", subject);
	json_put_string(w, "origin", f->origin);
	json_put_string(w, "forwarded", f->forwarded);
	json_put_string(w, "upstream_status", f->upstream_status);
	json_put_string(w, "last_update", f->last_update);
	json_put_string(w, "applied_upstream", f->applied_upstream);
	json_put_strings(w, "bugs", &f->bugs);
	json_put_strings(w, "fixes_checks", &f->checks);
	json_put_strings(w, "problems", &f->problems);
	json_close(w);
}

static void put_series(struct json_writer *w, const struct overlay *o)
{
	defer(arena_free) struct arena scratch = {0};
	json_open(w, "series", '[');
	for (size_t i = 0; i < o->bodies.n; i++) {
		struct patch_facts facts;
		patch_facts(&scratch, o->bodies.v[i], &facts);
		put_patch(w, o->patches.v[i], &facts);
	}
	json_close(w);
}

static const strings *packages_of(struct context *c, const char *unit)
{
	struct recipe *r;
	struct err ignored;
	bool found = recipe_find(&c->w, unit, &r, &ignored) && r->build.dune;
	return found && r->build.dune->packages.n ? &r->build.dune->packages : NULL;
}

static void put_overlay(struct context *c, struct json_writer *w, const struct overlay *o)
{
	const strings *packages = packages_of(c, o->package);
	json_open(w, NULL, '{');
	json_put_string(w, "package", o->package);
	json_put_string(w, "version", o->version);
	if (o->debian)
		json_put_string(w, "debian_version", o->debian);
	if (packages)
		json_put_strings(w, "opam_packages", packages);
	json_put_string(w, "path", o->dir);
	json_put_string(w, "tree", o->tree);
	json_put_strings(w, "patches", &o->patches);
	put_series(w, o);
	json_put_bool(w, "dirty", o->dirty);
	json_put_bool(w, "saved", o->saved);
	if (o->rebase)
		put_rebase(w, "rebase", o->rebase);
	json_close(w);
}

static void print_json(struct context *c, const struct overlay *o)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	put_overlay(c, &w, o);
	term_out("%s\n", t.p);
}

static void print_fact(const char *name, const char *value)
{
	if (value)
		term_out("       %s: %s\n", name, value);
}

static void print_facts(const char *body)
{
	defer(arena_free) struct arena scratch = {0};
	struct patch_facts f;
	patch_facts(&scratch, body, &f);
	print_fact("Origin", f.origin);
	print_fact("Forwarded", f.forwarded);
	print_fact("Upstream-Status", f.upstream_status);
	print_fact("Applied-Upstream", f.applied_upstream);
	print_fact("Last-Update", f.last_update);
	for (size_t i = 0; i < f.bugs.n; i++)
		print_fact(f.bug_names.v[i], f.bugs.v[i]);
	vec_for(check, &f.checks)
		print_fact("Fixes-Check", *check);
	vec_for(problem, &f.problems)
		term_out("       %swrong:%s %s\n", term_tint(TINT_YELLOW), term_tint_end(),
			*problem);
}

static const char *joined(struct arena *a, const strings *words)
{
	struct text t = {.a = a};
	vec_for(word, words)
		text_addf(&t, "%s%s", t.n ? ", " : "", *word);
	return t.p;
}

/* ", with 2 files edited in place (a.ml, ...)", where that is known of the folder that PACKAGE is
 * from; else "". */
static const char *edited_words(struct context *c, const char *package)
{
	strings edited = {0};
	struct err ignored;
	if (!source_folder(c, package) || !overlay_edited(&c->w, package, &edited, &ignored) ||
		!edited.n)
		return "";
	return str_format(c->a, ", with %s edited in place (%s%s)", counted(c->a, edited.n, "file"),
		edited.v[0], edited.n > 1 ? ", ..." : "");
}

static void print_overlay(struct context *c, const struct overlay *o)
{
	const strings *packages = packages_of(c, o->package);
	if (o->rebase) {
		print_rebase(o->package, o->rebase);
		return;
	}
	term_out("%s%s%s %s  tree %.12s  %s\n", term_tint(TINT_BOLD), o->package, term_tint_end(),
		version_words(c->a, o->version, o->debian), o->tree,
		o->saved   ? "saved"
		: o->dirty ? "uncommitted changes"
			   : "not saved");
	if (packages && (packages->n > 1 || strcmp(packages->v[0], o->package) != 0))
		term_out("  opam packages: %s\n", joined(c->a, packages));
	for (size_t i = 0; i < o->patches.n; i++) {
		term_out("  %zu  %s\n", i + 1, o->patches.v[i]);
		if (i < o->bodies.n)
			print_facts(o->bodies.v[i]);
	}
	if (!o->patches.n && !o->dirty)
		term_out("  no changes yet: it is %s%s\n",
			o->debian ? "upstream's source with Debian's patches"
				  : source_words(c, o->package),
			edited_words(c, o->package));
	if (o->dirty)
		term_out("  +  uncommitted changes (they are in every build)\n");
}

/* Names the recipe that was made for it. */
static void print_recipe(const struct recipe *r, const char *why)
{
	const struct source *s = &r->source.v[0];
	term_out("  %s is its recipe: Debian's source %s %s (%s), built by its own debian/rules\n",
		r->file, s->debian, s->version, why);
}

/* Sources of a dune workspace: what is in them, and whether they are as they were vendored. */
static bool print_unit(struct context *c, const struct overlay *o, bool created, struct err *e)
{
	const strings *packages = packages_of(c, o->package);
	strings edited = {0};
	if (packages)
		term_out("  %s: %s\n", counted(c->a, packages->n, "opam package"),
			joined(c->a, packages));
	if (!created || !packages)
		return true;
	if (!overlay_edited(&c->w, o->package, &edited, e))
		return false;
	if (edited.n)
		term_out("  the folder had %s edited in place, which the overlay starts from: "
			 "%s%s\n",
			counted(c->a, edited.n, "file"), edited.v[0], edited.n > 1 ? ", ..." : "");
	return true;
}

static bool add(struct context *c, struct err *e)
{
	struct overlay o;
	struct recipe *r;
	bool created;
	const char *why;
	if (!overlay_add_found(c, c->args.v[1], &o, &created, &why, e) ||
		!recipe_find(&c->w, o.package, &r, e))
		return false;
	if (c->options.json) {
		print_json(c, &o);
		return true;
	}
	term_out("%s\n  %s %s, %s; edit it, then: respin build%s%s\n", o.dir, o.package, o.version,
		created ? str_format(c->a, "its first commit is %s", source_words(c, o.package))
			: "open already",
		r->build.debian ? " " : "", r->build.debian ? o.package : "");
	if (why)
		print_recipe(r, why);
	return print_unit(c, &o, created, e);
}

/* One that is not fit to be used does not hide the others: *FIRST is the first such error. */
static bool find_all(struct context *c, const strings *names, overlays *out, struct err *first)
{
	bool fit = true;
	vec_for(name, names) {
		struct overlay o;
		struct err e = {0};
		if (overlay_find(&c->w, *name, &o, &e)) {
			vec_push(c->a, out, o);
			continue;
		}
		if (fit)
			*first = e;
		fit = false;
		if (e.code == E_INTERRUPTED)
			break;
	}
	return fit;
}

static bool list(struct context *c, struct err *e)
{
	overlays all = {0};
	strings names = {0}, wanted = {0};
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	const char *only = c->args.n > 1 ? c->args.v[1] : NULL;
	if (!overlay_names(&c->w, &names, e))
		return false;
	vec_for(name, &names)
		if (!only || !strcmp(only, *name))
			vec_push(c->a, &wanted, *name);
	if (only && !wanted.n)
		return fail(e, E_NOTFOUND, "there is no overlay of %s", only);
	bool fit = find_all(c, &wanted, &all, e);
	json_open(&w, NULL, '[');
	vec_for(o, &all) {
		put_overlay(c, &w, o);
		if (!c->options.json)
			print_overlay(c, o);
	}
	json_close(&w);
	if (c->options.json)
		term_out("%s\n", t.p);
	else if (!wanted.n)
		term_out("no overlays; respin overlay add PACKAGE opens one\n");
	return fit;
}

static bool diff(struct context *c, struct err *e)
{
	struct str text;
	if (!overlay_diff(&c->w, c->args.v[1], &text, e))
		return false;
	if (!c->options.json) {
		term_out("%.*s", STR(text));
		return true;
	}
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "package", c->args.v[1]);
	json_put_str(&w, "diff", text);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

static bool apply(struct context *c, struct err *e)
{
	struct overlay o;
	strings before;
	bool created;
	const char *why, *patch = c->args.v[2];
	if (!file_exists(patch))
		return fail(e, E_USAGE, "%s: there is no such file", patch);
	if (!overlay_names(&c->w, &before, e) ||
		!overlay_add_found(c, c->args.v[1], &o, &created, &why, e))
		return false;
	const char *package = o.package;
	if (!overlay_apply(&c->w, package, patch, &o, e))
		return created && overlay_take_back(c, &before, package);
	if (c->options.json)
		print_json(c, &o);
	else
		print_overlay(c, &o);
	return true;
}

static bool save(struct context *c, struct err *e)
{
	struct overlay o;
	if (!overlay_save(&c->w, c->args.v[1], c->options.message, &o, e))
		return false;
	if (c->options.json)
		print_json(c, &o);
	else
		term_out("%s: %s saved in %s/%s\n", o.package, counted(c->a, o.patches.n, "patch"),
			c->w.overlays, o.package);
	return true;
}

static bool rebase(struct context *c, struct err *e)
{
	const struct options *o = &c->options;
	struct overlay_rebase done;
	struct rebase_request q = {.package = c->args.v[1],
		.verb = o->go_on   ? REBASE_CONTINUE
			: o->skip  ? REBASE_SKIP
			: o->abort ? REBASE_ABORT
				   : REBASE_START,
		.version = c->args.n > 2 ? c->args.v[2] : NULL,
		.sha256 = o->sha256,
		.commit = o->commit,
		.url = o->url};
	if (o->go_on + o->skip + o->abort > 1 || (q.verb != REBASE_START && q.version))
		return fail(e, E_USAGE, "one of VERSION, --continue, --skip and --abort");
	if (!overlay_rebase(&c->w, &q, &done, e))
		return false;
	show_rebase(c, &q, &done);
	return true;
}

static bool verify(struct context *c, struct err *e)
{
	return overlay_verify(c, c->args.n > 1 ? c->args.v[1] : NULL, e);
}

static bool drop(struct context *c, struct err *e)
{
	if (!overlay_drop(&c->w, c->args.v[1], c->options.force, e))
		return false;
	term_note("%s: overlay dropped", c->args.v[1]);
	if (c->options.json) {
		struct text t = {.a = c->a};
		struct json_writer w = {.out = &t};
		json_open(&w, NULL, '{');
		json_put_string(&w, "dropped", c->args.v[1]);
		json_close(&w);
		term_out("%s\n", t.p);
	}
	return true;
}

/* Overlays are of units: a package's name stands for the unit that holds it. */
static void use_unit(struct context *c)
{
	struct recipe *r = c->args.n > 1 ? recipe_of_package(&c->w, c->args.v[1]) : NULL;
	struct recipe *own;
	struct err ignored;
	if (r && (!recipe_find(&c->w, c->args.v[1], &own, &ignored) || own == r))
		c->args.v[1] = r->name;
}

bool cmd_overlay(struct context *c, struct err *e)
{
	static const struct {
		const char *name;
		size_t least, most; /* arguments with its own name */
		const char *usage;
		bool (*run)(struct context *c, struct err *e);
	} verbs[] = {{"add", 2, 2, " PACKAGE[=VERSION]", add}, {"list", 1, 1, "", list},
		{"status", 1, 2, " [PACKAGE]", list}, {"diff", 2, 2, " PACKAGE", diff},
		{"apply", 3, 3, " PACKAGE PATCH", apply},
		{"save", 2, 2, " [-m TEXT] PACKAGE", save},
		{"rebase", 2, 3,
			" [--sha256 HEX] [--commit ID] [--url URL] PACKAGE [VERSION], or "
			"respin overlay rebase --continue|--skip|--abort PACKAGE",
			rebase},
		{"verify", 1, 2, " [PACKAGE]", verify}, {"drop", 2, 2, " [-f] PACKAGE", drop}};
	use_unit(c);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, c->args.v[0]))
			continue;
		if (c->args.n >= verbs[i].least && c->args.n <= verbs[i].most)
			return verbs[i].run(c, e);
		if (c->args.n > verbs[i].most)
			fail(e, E_USAGE, "overlay %s: '%s' is an argument too many", verbs[i].name,
				c->args.v[verbs[i].most]);
		else
			fail(e, E_USAGE, "overlay %s: which %s?", verbs[i].name,
				c->args.n < 2 ? "package" : "patch");
		return fail_hint(e, "usage: respin overlay %s%s", verbs[i].name, verbs[i].usage);
	}
	fail(e, E_USAGE, "there is no 'respin overlay %s'", c->args.v[0]);
	return fail_hint(
		e, "there are: add, list, status, diff, apply, save, rebase, verify, drop");
}
