/* dependents.c - who depends on a package, in the workspace and in the distribution.
 * SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

static bool find_all(struct context *c, const char *source, struct dependents *out, struct err *e)
{
	defer(debian_index_close) struct debian_index *x = NULL;
	const char *file = path_join(c->a, c->w.state, "index/debian");
	out->source = source;
	/* The texts live in the map. */
	struct debian_dependents all;
	if (!debian_index_open(c->a, file, &x, e) ||
		!debian_dependents(c->a, x, out->source, c->options.deep, &all, e))
		return false;
	strings *const lists[] = {&all.binaries, &all.runtime, &all.build};
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		vec_for(name, lists[i])
			*name = str_copy(c->a, str_of(*name));
	out->all = all;
	return true;
}

bool find_dependents(struct context *c, struct recipe *r, struct dependents *out, struct err *e)
{
	*out = (struct dependents){0};
	if (c->options.deep && !c->options.all)
		return fail(e, E_USAGE, "--recursive goes with --all");
	if (!build_find_dependents(c->a, &c->w, r, &out->here, e))
		return false;
	if (!c->options.all)
		return true;
	const char *source = build_debian_source(&c->w, r);
	if (source)
		return find_all(c, source, out, e);
	fail(e, E_USAGE, "--all: %s is no Debian source package", r->name);
	return fail_where(e, "%s:/source", r->file);
}

bool is_stranger(struct context *c, const char **source)
{
	struct recipe *r;
	struct debian_found found;
	struct err ignored, unknown;
	if (!c->options.all || !c->args.n || recipe_find(&c->w, c->args.v[0], &r, &unknown) ||
		unknown.code != E_NOTFOUND || !debian_find(c->a, c->args.v[0], &found, &ignored))
		return false;
	*source = found.source;
	if (!recipe_find(&c->w, found.source, &r, &ignored))
		return true;
	c->args.v[0] = found.source;
	return false;
}

bool plan_stranger(struct context *c, const char *source, struct err *e)
{
	struct dependents who = {0};
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	if (!find_all(c, source, &who, e))
		return false;
	if (!c->options.json) {
		term_out("%s: there is no recipe or overlay of it here\n", source);
		print_dependents(c, NULL, &who);
		return true;
	}
	json_open(&w, NULL, '{');
	json_put_string(&w, "image", source);
	json_open(&w, "actions", '[');
	json_close(&w);
	json_put_int(&w, "reused", 0);
	put_dependents(&w, &who);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

void put_dependents(struct json_writer *w, const struct dependents *d)
{
	json_open(w, "dependents", '[');
	vec_for(one, &d->here) {
		json_open(w, NULL, '{');
		json_put_string(w, "package", one->r->name);
		json_put_string(w, "why", one->why);
		json_close(w);
	}
	json_close(w);
	if (!d->source)
		return;
	json_open(w, "distribution", '{');
	json_put_string(w, "source", d->source);
	json_put_strings(w, "binaries", &d->all.binaries);
	json_put_strings(w, "runtime", &d->all.runtime);
	if (d->all.builds_known)
		json_put_strings(w, "build", &d->all.build);
	else
		json_put_string(w, "build", NULL);
	json_close(w);
}

/* As many names as the window holds in a line. */
static void print_names(const strings *names)
{
	size_t column = 0, width = (size_t)term_width();
	vec_for(name, names) {
		size_t n = str_of(*name).n;
		if (column && column + 1 + n > width) {
			term_out("\n");
			column = 0;
		}
		term_out("%s%s", column ? " " : "  ", *name);
		column += n + (column ? 1 : 2);
	}
	if (column)
		term_out("\n");
}

static const char *list_words(struct context *c, const strings *words)
{
	struct text t = {.a = c->a};
	text_addz(&t, "");
	vec_for(word, words)
		text_addf(&t, "%s%s", t.n ? ", " : "", *word);
	return t.p;
}

static void print_all(struct context *c, const struct dependents *d)
{
	const char *further = c->options.deep ? ", or on what does" : "";
	term_out("\nin the distribution, %s depend%s on %s%s:\n",
		counted(c->a, d->all.runtime.n, "package"), d->all.runtime.n == 1 ? "s" : "",
		list_words(c, &d->all.binaries), further);
	print_names(&d->all.runtime);
	if (!d->all.builds_known) {
		term_out("\nwhich sources are built with it is not known: apt has no lists of "
			 "sources (a deb-src line, apt-get update)\n");
		return;
	}
	term_out("\n%s build-depend%s on it%s:\n", counted(c->a, d->all.build.n, "source package"),
		d->all.build.n == 1 ? "s" : "", further);
	print_names(&d->all.build);
}

void print_dependents(struct context *c, const struct recipe *r, const struct dependents *d)
{
	if (r && d->here.n)
		term_out("\ndepend%s on %s here:\n", d->here.n == 1 ? "s" : "", r->name);
	vec_for(one, &d->here)
		term_out("  %-24s %s\n", one->r->name, one->why);
	if (d->source)
		print_all(c, d);
}
