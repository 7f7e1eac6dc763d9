/* rebase.c - what respin overlay rebase did, or how it stands. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

static void put_facts(struct json_writer *w, const struct overlay_rebase *r)
{
	json_put_string(w, "from", r->from);
	json_put_string(w, "to", r->to);
	json_put_string(w, "debian_from", r->debian_from);
	json_put_string(w, "debian_to", r->debian_to);
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

const char *version_words(struct arena *a, const char *version, const char *debian)
{
	return debian ? str_format(a, "%s (Debian %s)", version, debian) : version;
}

/* In the order of the series; what a record of another respin's doesn't order comes last. */
static void print_fates(const struct overlay_rebase *r)
{
	size_t moved = 0, dropped = 0;
	for (size_t i = 0; moved < r->moved.n || dropped < r->dropped.n; i++) {
		bool next = i < r->order.n ? !strcmp(r->order.v[i], "moved") : moved < r->moved.n;
		if (next && moved < r->moved.n) {
			term_out("  moved     %s\n", r->moved.v[moved++]);
		} else if (dropped < r->dropped.n) {
			const struct overlay_dropped *d = &r->dropped.v[dropped++];
			term_out("  dropped   %s (%s)\n", d->subject, d->why);
		}
	}
}

void print_rebase(const char *package, const struct overlay_rebase *r)
{
	defer(arena_free) struct arena scratch = {0};
	term_out("%s%s%s %s -> %s  %s\n", term_tint(TINT_BOLD), package, term_tint_end(),
		version_words(&scratch, r->from, r->debian_from),
		version_words(&scratch, r->to, r->debian_to),
		r->done ? "rebased" : "rebase under way");
	print_fates(r);
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
		term_out("%s: back to %s\n", q->package,
			version_words(c->a, r->from, r->debian_from));
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
