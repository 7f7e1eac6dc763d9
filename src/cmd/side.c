/* side.c - the two sides of a comparison, and what is shown of it. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

static bool is_among(const overlays *list, const char *package)
{
	vec_for(o, list)
		if (!strcmp(o->package, package))
			return true;
	return false;
}

bool build_side(struct context *c, struct recipe *image, const overlays *with,
	const overlays *other, const char *label, struct side *out, struct err *e)
{
	struct side side = {.label = label};
	strings released = {0};
	vec_for(o, other)
		if (!is_among(with, o->package))
			vec_push(c->a, &released, o->package);
	if (!build_image(c, image, with, &released, &side.build, e) ||
		!image_read(c->a, side.build.path, &side.image, e))
		return false;
	*out = side;
	return true;
}

bool check_side(struct context *c, const struct recipe *image, struct side *side, struct err *e)
{
	struct lab_request q = {.w = &c->w,
		.image = image,
		.image_path = side->build.path,
		.image_sha256 = side->build.sha256};
	term_progress("checking: %s, %s", image->name, side->label);
	bool ran = lab_check(c->a, &q, &side->run, e);
	term_progress_end();
	return ran;
}

static bool write_report(struct context *c, const struct comparison *cmp, const steps *s,
	const char **path, struct err *e)
{
	struct text html = {.a = c->a};
	report_html(cmp, s, &html);
	const char *file = c->options.report;
	if (!file) {
		const char *dir = path_join(c->a, c->w.state, "reports");
		file = str_format(c->a, "%s/%s.html", dir, cmp->after->run.id);
		if (!dir_make(dir, e))
			return false;
	}
	if (!file_write(file, text_str(&html), 0644, e))
		return false;
	*path = file;
	return true;
}

bool show_comparison(struct context *c, const struct comparison *cmp, const steps *s, struct err *e)
{
	const char *page;
	struct text t = {.a = c->a};
	if (!write_report(c, cmp, s, &page, e))
		return false;
	if (c->options.json) {
		report_json(cmp, s, page, &t);
		term_out("%s\n", t.p);
	} else {
		const struct report_look look = {
			term_width(), *term_tint(TINT_BOLD) != '\0', term_is_verbose()};
		report_text(cmp, &look, &t);
		term_out("%sreport: %s\n", t.p, page);
	}
	c->status = cmp->broken || cmp->new_failing ? STATUS_NO : STATUS_YES;
	return true;
}
