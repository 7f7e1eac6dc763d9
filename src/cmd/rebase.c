/* rebase.c - what respin overlay rebase did, or how it stands. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

static void put_facts(struct json_writer *w, const struct overlay_rebase *r)
{
	json_put_string(w, "from", r->from);
	json_put_string(w, "to", r->to);
	json_put_bool(w, "done", r->done);
	json_put_strings(w, "moved", &r->moved);
	json_open(w, "dropped", '[');
	vec_for(d, &r->dropped) {
		json_open(w, NULL, '{');
		json_put_string(w, "subject", d->subject);
		json_put_string(w, "why", d->why);
		json_close(w);
	}
	json_close(w);
	json_put_string(w, "stopped", r->stopped);
	json_put_strings(w, "conflicts", &r->conflicts);
	json_put_int(w, "left", (int64_t)r->left);
	json_put_strings(w, "notes", &r->notes);
}

void put_rebase(struct json_writer *w, const char *name, const struct overlay_rebase *r)
{
	json_open(w, name, '{');
	put_facts(w, r);
	json_close(w);
}

void print_rebase(const char *package, const struct overlay_rebase *r)
{
	term_out("%s%s%s %s -> %s  %s\n", term_tint(TINT_BOLD), package, term_tint_end(), r->from,
		r->to, r->done ? "rebased" : "rebase under way");
	vec_for(subject, &r->moved)
		term_out("  moved     %s\n", *subject);
	vec_for(d, &r->dropped)
		term_out("  dropped   %s (%s)\n", d->subject, d->why);
	if (r->stopped)
		term_out("  conflict  %s\n", r->stopped);
	vec_for(path, &r->conflicts)
		term_out("              in %s\n", *path);
	if (!r->done && r->left)
		term_out("  to come   %zu\n", r->left);
	vec_for(note, &r->notes)
		term_out("  %s\n", *note);
}

static void print_ways(const char *package, const struct overlay_rebase *r)
{
	if (r->stopped)
		term_out("resolve the conflict in overlays/%s/src, then: respin overlay rebase "
			 "--continue %s\n"
			 "(--skip leaves the patch out, --abort goes back to %s)\n",
			package, package, r->from);
}

void show_rebase(struct context *c, const struct rebase_request *q, const struct overlay_rebase *r)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	c->status = r->done || r->aborted ? STATUS_YES : STATUS_NO;
	if (c->options.json) {
		json_open(&w, NULL, '{');
		json_put_string(&w, "package", q->package);
		json_put_bool(&w, "aborted", r->aborted);
		put_facts(&w, r);
		json_close(&w);
		term_out("%s\n", t.p);
		return;
	}
	if (r->aborted) {
		term_out("%s: back to %s\n", q->package, r->from);
		vec_for(note, &r->notes)
			term_out("  %s\n", *note);
		return;
	}
	if (r->done && !r->moved.n && !r->dropped.n && !strcmp(r->from, r->to))
		term_out("%s %s: nothing to do\n", q->package, r->to);
	else
		print_rebase(q->package, r);
	if (!r->done)
		print_ways(q->package, r);
}
