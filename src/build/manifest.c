/* manifest.c - what an image says of itself, as data and as inputs of its link.
 * SPDX-License-Identifier: ISC */
#include "build/engine.h"

static const char *source_words(const struct package *p)
{
	return p->source.origin ? p->source.origin : "";
}

/* As `sha256sum` of all files, sorted, and `sha256sum` of that: anybody can check it. */
static const char *files_digest(struct engine *g)
{
	const struct node *pack = NULL;
	vec_for(n, &g->nodes)
		if ((*n)->kind == PACK)
			pack = *n;
	if (!pack)
		return NULL;
	struct text list = {.a = g->a};
	text_addz(&list, "");
	vec_for(in, &pack->known)
		if (in->kind == IN_PACKED)
			text_addf(&list, "%s  ./%s\n", digest_hex(g->a, &in->digest), in->name);
	struct digest d = hash_bytes(text_str(&list));
	return digest_hex(g->a, &d);
}

void manifest_fill(struct engine *g, struct image_info *m)
{
	*m = (struct image_info){.name = g->q->image->name, .files_sha256 = files_digest(g)};
	vec_for(p, &g->packages) {
		struct manifest_package *one = vec_add(g->a, &m->packages);
		one->name = p->r->name;
		one->version = p->r->version;
		one->license = p->r->license;
		one->source = source_words(p);
		one->source_sha256 = p->source.sha256;
		if (p->overlay) {
			one->overlay_tree = p->overlay->tree;
			one->patches = p->overlay->patches;
		}
	}
}

static void add_fact(
	struct engine *g, inputs *known, const char *what, const char *owner, const char *value)
{
	struct digest d = hash_bytes(value ? str_of(value) : S("\1absent"));
	input_add(g->a, known, IN_FACT, str_format(g->a, "%s of %s", what, owner), &d);
}

void manifest_inputs(struct engine *g, inputs *known)
{
	struct image_info m;
	manifest_fill(g, &m);
	add_fact(g, known, "name", m.name, m.name);
	vec_for(p, &m.packages) {
		add_fact(g, known, "version", p->name, p->version);
		add_fact(g, known, "license", p->name, p->license);
		add_fact(g, known, "source", p->name, p->source);
		add_fact(g, known, "source checksum", p->name, p->source_sha256);
		add_fact(g, known, "overlay", p->name, p->overlay_tree);
		struct text patches = {.a = g->a};
		text_addz(&patches, "");
		vec_for(subject, &p->patches)
			text_addf(&patches, "%s\n", *subject);
		add_fact(g, known, "patch list", p->name, patches.p);
	}
}
