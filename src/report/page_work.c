/* page_work.c - the page's parts on what was done for it: rebuilds, steps, runs.
 * SPDX-License-Identifier: ISC */
#include "report/markup.h"

#include "report/words.h"

static void add_action(struct text *out, const struct action *action)
{
	page_add(out,
		"<tr><th scope=\"row\"><code>%s</code><span class=\"note\">%s</span></th>"
		"<td>%s</td></tr>\n",
		action->output, action->reason, words_time(out->a, action->ns));
}

void page_rebuilt(struct text *out, const struct comparison *c)
{
	const struct build_result *build = &c->after->build;
	if (!build->path)
		return;
	page_section(out, "rebuilt", "Rebuilt, and why");
	if (build->ran.n) {
		actions told = report_actions(out->a, &build->ran);
		page_table(out, "rebuilt", (const char *const[]){"Output", "Took"}, 2);
		vec_for(action, &told)
			add_action(out, action);
		page_table_end(out);
	}
	page_add(out, "<p class=\"small\">%s.</p>\n</section>\n", build_words(out->a, build));
}

void page_steps(struct text *out, const steps *s)
{
	int64_t longest = 0;
	if (!s || !s->n)
		return;
	vec_for(step, s)
		longest = step->ns > longest ? step->ns : longest;
	page_section(out, "steps", "Steps");
	page_table(out, "steps", (const char *const[]){"Step", "Took"}, 2);
	vec_for(step, s) {
		page_add(out, "<tr><th scope=\"row\">%s<span class=\"note\">%s</span>", step->name,
			step->summary);
		page_bar(out, (double)step->ns, (double)longest);
		page_add(out, "</th><td>%s</td></tr>\n", words_time(out->a, step->ns));
	}
	page_table_end(out);
	page_add(out, "</section>\n");
}

static void add_fact(struct text *out, const char *name, const char *value, bool code)
{
	if (!value)
		return;
	page_add(out,
		code ? "<div><dt>%s</dt><dd><code>%s</code></dd></div>\n"
		     : "<div><dt>%s</dt><dd>%s</dd></div>\n",
		name, value);
}

static void add_failures(struct text *out, const struct run *r)
{
	vec_for(check, &r->checks)
		if (check->verdict == FAIL)
			page_add(out, "<p class=\"failure\"><b>✗ %s</b> %s</p>\n", check->name,
				check->why);
}

static void add_run(struct text *out, const char *key, const char *title, const struct side *side)
{
	const struct run *r = &side->run;
	struct arena *a = out->a;
	page_add(out, "<div class=\"run\">\n<h3><span class=\"key %s\"></span>%s</h3>\n", key,
		title);
	add_failures(out, r);
	page_add(out, "<dl class=\"facts\">\n");
	add_fact(out, "Run", r->id, true);
	add_fact(out, "Started", r->started, false);
	add_fact(out, "Took", words_time(a, r->ns), false);
	add_fact(out, "Processor", r->accelerator, false);
	add_fact(out, "Ended", r->end, false);
	add_fact(out, "Image", side->image.sha256, true);
	if (r->dir) {
		add_fact(out, "Console", path_join(a, r->dir, "console.txt"), true);
		add_fact(out, "Packets", path_join(a, r->dir, "wire.pcap"), true);
	}
	page_add(out, "</dl>\n</div>\n");
}

void page_runs(struct text *out, const struct comparison *c)
{
	page_section(out, "runs", "Runs");
	page_add(out, "<div class=\"runs\">\n");
	add_run(out, "before", "Before", c->before);
	add_run(out, "after", "After", c->after);
	page_add(out, "</div>\n</section>\n");
}
