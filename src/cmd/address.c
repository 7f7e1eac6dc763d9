/* address.c - respin resolve --image: from a program counter to function, library and package.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/cmd.h"
#include "image/image.h"

struct spotting {
	struct context *c;
	const char *file, *word;
	struct image_spot spot;
	struct image_info info;
	struct candidate k;
};

static void say(struct spotting *s, const char *words)
{
	vec_push(s->c->a, &s->k.evidence, words);
}

/* ---- packages of the manifest -----------------------------------------------------------------
 */

static const struct manifest_package *manifest_of(const struct spotting *s)
{
	vec_for(p, &s->info.packages)
		if (s->spot.package && !strcmp(p->name, s->spot.package))
			return p;
	return NULL;
}

static const char *overlay_words(struct arena *a, const struct manifest_package *p)
{
	struct text t = {.a = a};
	if (!p->overlay_tree)
		return NULL;
	text_addf(&t, "tree %.12s", p->overlay_tree);
	vec_for(patch, &p->patches)
		text_addf(&t, "%s%s", patch == p->patches.v ? ": " : "; ", *patch);
	return t.p;
}

static void take_manifest(struct spotting *s, const struct manifest_package *p)
{
	struct arena *a = s->c->a;
	s->k.package = p->name;
	s->k.version = p->version;
	s->k.source = p->source;
	s->k.library = str_format(a, "%s.o", p->name);
	s->k.overlay = overlay_words(a, p);
	s->k.world = "workspace";
	vec_push(a, &s->k.images, s->info.name);
	say(s, str_format(a, "the image's manifest has it in package %s %s", p->name, p->version));
	if (s->k.overlay)
		say(s, str_format(a, "the image was built with an overlay: %s", s->k.overlay));
}

/* ---- OCaml's and other libraries' -------------------------------------------------------------
 */

static bool ask(struct spotting *s, const char *name, struct candidate *out, struct err *e)
{
	struct resolution r = {0};
	if (!resolve_name(s->c->a, &s->c->w, name, RESOLVE_FIRST, false, &r, e))
		return false;
	bool is_code = r.candidates.n && (!strcmp(r.candidates.v[0].kind, "module") ||
						 !strcmp(r.candidates.v[0].kind, "symbol"));
	if (is_code)
		*out = r.candidates.v[0];
	return true;
}

/* "camlTcp__Flow__read_123" -> "Tcp__Flow": the longest part before "__" or '.' that is a module's
 * unit. */
static bool ask_unit(struct spotting *s, struct candidate *out, struct err *e)
{
	struct str name = str_from(str_of(s->spot.function), 4);
	while (name.n && !out->module) {
		size_t at = name.n - 1;
		while (at && !(name.p[at] == '.' || (name.p[at] == '_' && name.p[at - 1] == '_')))
			at--;
		name.n = at && name.p[at] == '_' ? at - 1 : at;
		if (name.n && !ask(s, str_copy(s->c->a, name), out, e))
			return false;
	}
	return true;
}

static bool is_caml(const char *function)
{
	return !strncmp(function, "caml", 4) && function[4] >= 'A' && function[4] <= 'Z';
}

/* Dune names the project's root otherwise in what it compiles: the file is the one that was found,
 * where one path ends with the other. */
static void take_file(struct spotting *s, const struct candidate *found)
{
	if (s->spot.file && found->file && str_ends(str_of(s->spot.file), str_of(found->file)))
		s->k.file = found->file;
}

static bool take_library(struct spotting *s, struct err *e)
{
	struct candidate found = {0};
	const char *function = s->spot.function;
	if (!function ||
		!(is_caml(function) ? ask_unit(s, &found, e) : ask(s, function, &found, e)))
		return !function;
	s->k.library = found.library;
	s->k.package = found.package;
	s->k.version = found.version;
	s->k.source = found.source;
	s->k.unit = found.unit;
	s->k.world = found.world;
	s->k.overlay = found.overlay;
	s->k.dependents = found.dependents;
	s->k.images = found.images;
	take_file(s, &found);
	vec_for(z, &found.evidence)
		say(s, *z);
	return true;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static void say_spot(struct spotting *s)
{
	struct arena *a = s->c->a;
	const char *into = s->spot.has_offset
				   ? str_format(a, "0x%jx bytes into", (uintmax_t)s->spot.offset)
				   : "in";
	if (s->spot.function)
		say(s, str_format(a, "%s is %s %s, in section %s", s->word, into, s->spot.function,
			       s->spot.section));
	else
		say(s, str_format(a, "%s is in section %s, where no symbol is", s->word,
			       s->spot.section));
	if (s->spot.file)
		say(s, str_format(a, "the image's debug information places it at %s:%d",
			       s->spot.file, s->spot.line));
}

bool resolve_address(struct context *c, const char *file, const char *word, struct resolution *out,
	struct err *e)
{
	struct spotting s = {.c = c, .file = file, .word = word};
	uint64_t address;
	*out = (struct resolution){.query = word};
	if (!str_hex(str_of(word), &address) && !str_u64(str_of(word), &address))
		return fail(
			e, E_USAGE, "'%s' is no address: expected 0x and hexadecimal digits", word);
	if (!image_find(c->a, file, address, &s.spot, e) || !image_read(c->a, file, &s.info, e))
		return false;
	if (!s.spot.section) {
		vec_push(c->a, &out->looked_in,
			str_format(c->a, "%s: its sections don't hold %s", file, word));
		return true;
	}
	s.k = (struct candidate){.kind = "address",
		.module = s.spot.function ? s.spot.function : word,
		.file = s.spot.file,
		.line = s.spot.line};
	say_spot(&s);
	const struct manifest_package *p = manifest_of(&s);
	if (p)
		take_manifest(&s, p);
	else if (!take_library(&s, e))
		return false;
	vec_push(c->a, &out->candidates, s.k);
	return true;
}
