/* compare.c - respin compare: without and with overlays, or two kept runs.
 * SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

static bool read_side(struct context *c, const char *id, struct side *out, struct err *e)
{
	struct side side = {0};
	if (!run_read(c->a, &c->w, id, &side.run, e))
		return false;
	if (!image_read(c->a, side.run.image_path, &side.image, e))
		return fail_context(e, "run %s", side.run.id);
	side.label = side.run.id; /* what "last" and short names mean is another run tomorrow */
	*out = side;
	return true;
}

static const char *overlay_label(struct context *c, const overlays *with)
{
	struct text t = {.a = c->a};
	text_addz(&t, "with ");
	vec_for(o, with)
		text_addf(&t, "%s%s", o == with->v ? "" : ", ", o->package);
	return t.p;
}

static bool make_sides(struct context *c, struct side *before, struct side *after, struct err *e)
{
	struct recipe *image;
	overlays none = {0}, with = {0};
	if (!pick_image(c, &image, e) || !pick_overlays(c, image, &with, e))
		return false;
	if (!with.n) {
		fail(e, E_USAGE, "nothing to compare: %s has no overlays", image->name);
		return fail_hint(
			e, "respin overlay add PACKAGE opens one; two kept runs can be named too");
	}
	return build_side(c, image, &none, &with, "without overlays", before, e) &&
	       build_side(c, image, &with, &none, overlay_label(c, &with), after, e) &&
	       check_side(c, image, before, e) && check_side(c, image, after, e);
}

bool cmd_compare(struct context *c, struct err *e)
{
	struct side before, after;
	struct comparison cmp = {0};
	if (c->args.n == 2) {
		fail(e, E_USAGE, "two runs are needed to compare");
		return fail_hint(e, "usage: respin compare [IMAGE] [RUN RUN]");
	}
	bool have = c->args.n == 3 ? read_side(c, c->args.v[1], &before, e) &&
					     read_side(c, c->args.v[2], &after, e)
				   : make_sides(c, &before, &after, e);
	if (!have)
		return false;
	compare_sides(c->a, &before, &after, &cmp);
	return compare_state(c->a, &cmp, e) && show_comparison(c, &cmp, NULL, e);
}
