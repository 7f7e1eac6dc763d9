/* json.c - a comparison as one JSON object. SPDX-License-Identifier: ISC */
#include "report/report.h"

#include "report/words.h"
#include "spec/spec.h"

static void put_run(struct json_writer *w, const char *name, const struct side *side)
{
	const struct run *r = &side->run;
	json_open(w, name, '{');
	json_put_string(w, "id", r->id);
	json_put_string(w, "label", side->label);
	json_put_string(w, "dir", r->dir);
	json_put_string(w, "started", r->started);
	json_put_number(w, "seconds", (double)r->ns / 1e9);
	json_put_string(w, "accelerator", r->accelerator);
	json_put_string(w, "end", r->end);
	json_put_string(w, "verdict", verdict_name(r->verdict));
	json_put_string(w, "image_sha256", side->image.sha256);
	json_close(w);
}

static void put_checks(struct json_writer *w, const struct comparison *c)
{
	json_open(w, "checks", '[');
	vec_for(check, &c->checks) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", check->name);
		json_put_string(w, "type", check->type);
		json_put_string(w, "before", check->before);
		json_put_string(w, "after", check->after);
		json_put_string(w, "verdict", change_name(check->change));
		json_put_string(w, "why_before", check->why_before);
		json_put_string(w, "why_after", check->why_after);
		json_close(w);
	}
	json_close(w);
}

static void put_value(struct json_writer *w, const char *name, bool has, double value)
{
	if (has)
		json_put_number(w, name, value);
	else
		json_put_string(w, name, NULL);
}

static void put_metrics(struct json_writer *w, const struct comparison *c)
{
	json_open(w, "metrics", '[');
	vec_for(m, &c->metrics) {
		json_open(w, NULL, '{');
		json_put_string(w, "check", m->check);
		json_put_string(w, "name", m->name);
		json_put_string(w, "unit", m->unit);
		put_value(w, "before", m->has_before, m->before);
		put_value(w, "after", m->has_after, m->after);
		json_put_bool(w, "notable", m->notable);
		json_close(w);
	}
	json_close(w);
}

static void put_pair(struct json_writer *w, const char *name, const char *before, const char *after)
{
	json_open(w, name, '{');
	json_put_string(w, "before", before);
	json_put_string(w, "after", after);
	json_close(w);
}

static void put_sizes(struct json_writer *w, const char *name, int64_t before, int64_t after)
{
	json_open(w, name, '{');
	json_put_int(w, "before", before);
	json_put_int(w, "after", after);
	json_put_int(w, "difference", after - before);
	json_close(w);
}

static void put_packages(struct json_writer *w, const struct comparison *c)
{
	json_open(w, "packages", '[');
	vec_for(p, &c->packages) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", p->name);
		put_pair(w, "version", p->version_before, p->version_after);
		put_pair(w, "source_sha256", p->source_before, p->source_after);
		put_pair(w, "overlay_tree", p->overlay_before, p->overlay_after);
		put_sizes(w, "size", (int64_t)p->size_before, (int64_t)p->size_after);
		json_put_strings(w, "patches", &p->patches);
		json_put_strings(w, "dropped", &p->dropped);
		json_close(w);
	}
	json_close(w);
}

/* PACKAGE is left out for sections. */
static void put_size_change(struct json_writer *w, const struct size_change *s, bool is_symbol)
{
	json_open(w, NULL, '{');
	json_put_string(w, "name", s->name);
	if (is_symbol)
		json_put_string(w, "package", s->package);
	json_put_int(w, "before", s->before);
	json_put_int(w, "after", s->after);
	json_close(w);
}

static void put_image_diff(struct json_writer *w, const struct comparison *c)
{
	const struct image_info *before = &c->before->image, *after = &c->after->image;
	json_open(w, "image_diff", '{');
	json_put_bool(w, "same", c->image_same);
	put_pair(w, "sha256", before->sha256, after->sha256);
	put_sizes(w, "size", (int64_t)before->size, (int64_t)after->size);
	put_sizes(w, "loaded", (int64_t)before->loaded, (int64_t)after->loaded);
	put_packages(w, c);
	json_open(w, "sections", '[');
	vec_for(section, &c->sections)
		put_size_change(w, section, false);
	json_close(w);
	json_open(w, "symbols", '[');
	vec_for(symbol, &c->symbols)
		put_size_change(w, symbol, true);
	json_close(w);
	json_close(w);
}

static void put_entry_change(struct json_writer *w, const struct past_change *entry)
{
	json_open(w, NULL, '{');
	put_pair(w, "path", entry->path_before, entry->path_after);
	put_pair(w, "text", entry->before, entry->after);
	json_close(w);
}

static void put_store(struct json_writer *w, const struct store_change *s)
{
	json_open(w, NULL, '{');
	json_put_string(w, "store", s->store);
	json_put_int(w, "machine", s->machine);
	put_sizes(w, "commits", (int64_t)s->commits_before, (int64_t)s->commits_after);
	put_sizes(w, "entries", (int64_t)s->entries_before, (int64_t)s->entries_after);
	json_open(w, "kinds", '[');
	vec_for(kind, &s->kinds) {
		json_open(w, NULL, '{');
		json_put_string(w, "kind", kind->kind);
		json_put_int(w, "before", (int64_t)kind->before);
		json_put_int(w, "after", (int64_t)kind->after);
		json_close(w);
	}
	json_close(w);
	json_open(w, "changed", '[');
	vec_for(entry, &s->entries)
		put_entry_change(w, entry);
	json_close(w);
	json_put_bool(w, "diverges", s->diverges);
	json_put_int(w, "common", (int64_t)s->common);
	put_pair(w, "first", s->message_before, s->message_after);
	json_close(w);
}

static void put_state(struct json_writer *w, const struct comparison *c)
{
	json_open(w, "state", '[');
	vec_for(s, &c->state)
		put_store(w, s);
	json_close(w);
}

static void put_build(struct json_writer *w, const struct build_result *build)
{
	json_open(w, "build", '{');
	json_open(w, "ran", '[');
	vec_for(action, &build->ran) {
		json_open(w, NULL, '{');
		json_put_string(w, "output", action->output);
		json_put_string(w, "reason", action->reason);
		json_put_number(w, "seconds", (double)action->ns / 1e9);
		json_close(w);
	}
	json_close(w);
	json_put_int(w, "reused", (int64_t)build->reused);
	if (build->parts)
		json_put_int(w, "parts", (int64_t)build->parts);
	json_close(w);
}

static void put_patches(struct json_writer *w, const struct comparison *c)
{
	json_open(w, "patches", '[');
	vec_for(p, &c->packages)
		vec_for(subject, &p->patches)
			json_put_string(w, NULL, *subject);
	json_close(w);
}

static void put_steps(struct json_writer *w, const steps *s)
{
	json_open(w, "steps", '[');
	vec_for(step, s) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", step->name);
		json_put_number(w, "seconds", (double)step->ns / 1e9);
		json_put_string(w, "summary", step->summary);
		json_close(w);
	}
	json_close(w);
}

void report_json(const struct comparison *c, const steps *s, const char *report, struct text *out)
{
	defer(arena_free) struct arena scratch = {0};
	struct json_writer w = {.out = out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "image", c->image);
	json_put_string(&w, "before", c->before->run.id);
	json_put_string(&w, "after", c->after->run.id);
	json_put_string(&w, "summary", words_summary(&scratch, c, " -> ", SIZE_MAX));
	put_checks(&w, c);
	put_metrics(&w, c);
	put_state(&w, c);
	put_image_diff(&w, c);
	json_open(&w, "runs", '{');
	put_run(&w, "before", c->before);
	put_run(&w, "after", c->after);
	json_close(&w);
	if (c->after->build.path)
		put_build(&w, &c->after->build);
	put_patches(&w, c);
	if (s)
		put_steps(&w, s);
	json_put_string(&w, "report", report);
	json_close(&w);
}
