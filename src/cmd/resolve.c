/* resolve.c - respin resolve, fetch. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

#include "project/project.h"
#include "resolve/resolve.h"

static void put_candidate(struct json_writer *w, const struct candidate *k)
{
	json_open(w, NULL, '{');
	json_put_string(w, "module", k->module);
	json_put_string(w, "kind", k->kind);
	json_put_string(w, "library", k->library);
	json_put_string(w, "package", k->package);
	json_put_string(w, "version", k->version);
	json_put_string(w, "source", k->source);
	json_put_string(w, "file", k->file);
	json_put_int(w, "line", k->line);
	json_put_strings(w, "dependents", &k->dependents);
	json_put_strings(w, "images", &k->images);
	json_put_strings(w, "evidence", &k->evidence);
	json_put_string(w, "overlay", k->overlay);
	json_put_string(w, "world", k->world);
	json_put_string(w, "unit", k->unit);
	json_put_string(w, "install", k->install);
	json_put_strings(w, "implementations", &k->implementations);
	json_put_int(w, "rank", k->rank);
	json_close(w);
}

static void put_damaged(struct json_writer *w, const struct damaged *d)
{
	json_open(w, NULL, '{');
	json_put_string(w, "package", d->package);
	json_put_string(w, "version", d->version);
	json_put_string(w, "file", d->file);
	json_put_int(w, "line", d->line);
	json_put_int(w, "column", d->column);
	json_put_string(w, "error", d->error);
	json_close(w);
}

static void put_resolution(struct json_writer *w, const struct resolution *r)
{
	json_open(w, NULL, '{');
	json_put_string(w, "query", r->query);
	json_open(w, "candidates", '[');
	vec_for(k, &r->candidates)
		put_candidate(w, k);
	json_close(w);
	json_put_strings(w, "near_misses", &r->near_misses);
	json_put_strings(w, "looked_in", &r->looked_in);
	json_put_strings(w, "unread", &r->unread);
	json_open(w, "damaged", '[');
	vec_for(d, &r->damaged)
		put_damaged(w, d);
	json_close(w);
	json_close(w);
}

/* Of a MirageOS project that was not configured, or whose files are damaged, what can be read
 * without its recipes still tells much. */
static bool warn_unread(struct context *c, const struct err *why)
{
	const char *workspace, *root = NULL;
	struct err none;
	if (!project_is_unconfigured(c->a, "."))
		return false;
	if (workspace_find(c->a, ".", &workspace, &none)) {
		if (!project_root(c->a, ".", NULL, &root, &none) || !root ||
			!strcmp(root, workspace) || strncmp(why->where, root, strlen(root)) != 0)
			return false;
	} else if (none.code != E_USAGE) {
		return false;
	}
	term_warn("%s%s%s: looked up without the project's recipes%s%s", why->where,
		why->where[0] ? ": " : "", why->text, why->hint[0] ? "; " : "", why->hint);
	return true;
}

/* A workspace is not needed: what is installed and what opam knows can be asked anywhere. */
static bool open_workspace(struct context *c, struct err *e)
{
	if (project_open(c->a, ".", &c->w, e)) {
		project_environment(&c->w);
		return true;
	}
	if (e->code != E_USAGE && !warn_unread(c, e))
		return false;
	c->w = (struct workspace){.a = c->a};
	return true;
}

/* With --image, arguments are addresses in that. */
static bool pick_image_file(struct context *c, const char **out, struct err *e)
{
	struct context named = *c;
	named.args = (strings){0};
	vec_push(c->a, &named.args, c->options.image);
	return pick_file(&named, out, e);
}

static bool resolve_one(struct context *c, const char *image, const char *name,
	struct resolution *out, struct err *e)
{
	enum resolve_reach reach = c->options.all ? RESOLVE_ALL : RESOLVE_FIRST;
	return image ? resolve_address(c, image, name, out, e)
		     : resolve_name(c->a, &c->w, name, reach, true, out, e);
}

bool cmd_resolve(struct context *c, struct err *e)
{
	struct text json = {.a = c->a};
	struct json_writer w = {.out = &json};
	const char *image = NULL;
	bool several = c->args.n > 1;
	if (!open_workspace(c, e) || (c->options.image && !pick_image_file(c, &image, e)))
		return false;
	if (several)
		json_open(&w, NULL, '[');
	vec_for(name, &c->args) {
		struct resolution r = {0};
		if (!resolve_one(c, image, *name, &r, e))
			return false;
		if (!r.candidates.n)
			c->status = STATUS_NO;
		if (c->options.json)
			put_resolution(&w, &r);
		else if (c->options.dependents)
			print_name_dependents(c, &r);
		else
			print_resolution(c, &r);
	}
	if (several)
		json_close(&w);
	if (c->options.json)
		term_out("%s\n", json.p);
	return true;
}

bool cmd_fetch(struct context *c, struct err *e)
{
	struct text json = {.a = c->a};
	struct json_writer w = {.out = &json};
	json_open(&w, NULL, '[');
	vec_for(name, &c->args) {
		struct recipe *r;
		struct tree tree;
		if (!recipe_find(&c->w, *name, &r, e) || !source_ensure(&c->w, r, &tree, e))
			return false;
		json_open(&w, NULL, '{');
		json_put_string(&w, "package", r->name);
		json_put_string(&w, "version", r->version);
		json_put_string(&w, "origin", tree.origin);
		json_put_string(&w, "sha256", tree.sha256);
		json_put_string(&w, "path", tree.dir);
		json_close(&w);
		if (!c->options.json)
			term_out("%s %s: %s\n  %s\n", r->name, r->version, tree.origin, tree.dir);
	}
	json_close(&w);
	if (c->options.json)
		term_out("%s\n", json.p);
	return true;
}
