/* address.c - respin resolve --image: from a program counter to function, library and package.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/cmd.h"
#include "debian/debian.h"
#include "image/image.h"
#include "project/project.h"

struct spotting {
	struct context *c;
	const char *file, *word;
	struct image_spot spot;
	struct image_info info;
	struct workspace project; /* root NULL: there is none */
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

static bool is_caml(const char *function)
{
	return !strncmp(function, "caml", 4) && function[4] >= 'A' && function[4] <= 'Z';
}

/* The libraries of what dune builds have names of their own. */
static bool is_dunes(const struct spotting *s)
{
	return s->spot.function && is_caml(s->spot.function);
}

static void take_manifest(struct spotting *s, const struct manifest_package *p)
{
	struct arena *a = s->c->a;
	s->k.package = p->name;
	s->k.version = p->version;
	s->k.source = p->source;
	s->k.library = is_dunes(s) ? NULL : str_format(a, "%s.o", p->name);
	s->k.overlay = overlay_words(a, p);
	s->k.world = "workspace";
	say(s, str_format(a, "the image's manifest has it in package %s %s", p->name, p->version));
	if (s->k.overlay)
		say(s, str_format(a, "the image was built with an overlay: %s", s->k.overlay));
}

/* ---- packages of the distribution -------------------------------------------------------------
 */

bool resolve_owner(struct arena *a, const char *file, struct candidate *k,
	const struct dpkg_package **owner, struct err *e)
{
	struct dpkg dpkg;
	const char *path;
	*owner = NULL;
	if (!file_exists(debian_places_now(a).status))
		return true;
	if (!path_real(a, file, &path, e) || !dpkg_open(a, &dpkg, e) ||
		!dpkg_owner(&dpkg, path, owner, e))
		return false;
	if (!*owner)
		return true;
	k->package = (*owner)->name;
	k->version = (*owner)->version;
	k->source = str_format(a, "debian %s %s", (*owner)->source, (*owner)->source_version);
	k->world = "distribution";
	return true;
}

/* What a package of the distribution has installed says nothing of itself. */
static bool take_distribution(struct spotting *s, struct err *e)
{
	struct arena *a = s->c->a;
	const struct dpkg_package *owner;
	if (!resolve_owner(a, s->file, &s->k, &owner, e))
		return false;
	if (!owner)
		return true;
	s->k.library = strstr(path_base(s->file), ".so") ? path_base(s->file) : NULL;
	say(s, str_format(a, "%s is a file of the package %s %s", s->file, owner->name,
		       owner->version));
	return true;
}

/* ---- OCaml's and other libraries' -------------------------------------------------------------
 */

/* What a shared object exports is not linked into an image. */
static bool is_shared(const struct candidate *k)
{
	struct str library = str_of(k->library ? k->library : "");
	return str_ends(library, S(".so")) || str_find(library, S(".so.")) >= 0;
}

static bool is_of(const struct spotting *s, const struct candidate *k)
{
	bool is_code = !strcmp(k->kind, "module") || !strcmp(k->kind, "symbol") ||
		       !strcmp(k->kind, "source file");
	return is_code && !is_shared(k) &&
	       (!s->k.package || !k->unit || !strcmp(k->unit, s->k.package));
}

/* The best candidate; where the manifest tells the package, the best one in it. */
static bool ask(struct spotting *s, const char *name, struct candidate *out, struct err *e)
{
	struct resolution r = {0};
	if (!resolve_name(s->c->a, &s->c->w, name, RESOLVE_FIRST, false, &r, e))
		return false;
	vec_for(k, &r.candidates)
		if (is_of(s, k)) {
			*out = *k;
			break;
		}
	return true;
}

/* "camlTcp__Flow___pp_7" -> "Tcp__Flow": the longest part before "__" or '.' that is a module's
 * unit; for data it may be all. */
static bool ask_unit(struct spotting *s, struct candidate *out, struct err *e)
{
	struct str name = str_from(str_of(s->spot.function), 4);
	for (size_t n = name.n; n && !out->module; n--) {
		bool is_end = n == name.n
				      ? s->spot.is_data
				      : name.p[n] == '.' || str_starts(str_from(name, n), S("__"));
		if (is_end && !ask(s, str_copy(s->c->a, (struct str){name.p, n}), out, e))
			return false;
	}
	return true;
}

/* The file in dune's words (".../_build/default/vendor/a.ml", "/workspace_root/vendor/a.ml") as the
 * path in the project; NULL: it is no file of the project. */
static const char *project_file(const struct spotting *s)
{
	static const char *const marks[] = {"/_build/", "/workspace_root/"};
	struct arena *a = s->c->a;
	for (size_t i = 0; s->spot.file && i < sizeof(marks) / sizeof(*marks); i++) {
		struct str rest = str_of(s->spot.file);
		ptrdiff_t at = str_find(rest, str_of(marks[i]));
		if (at < 0)
			continue;
		rest = str_from(rest, (size_t)at + strlen(marks[i]));
		if (!i)
			str_cut(&rest, '/'); /* the context */
		return str_copy(a, rest);
	}
	return NULL;
}

/* Of C the manifest has no addresses, but how its package was built. */
static void take_built(struct spotting *s)
{
	vec_for(p, &s->info.packages)
		if (s->k.unit && !strcmp(p->name, s->k.unit)) {
			s->k.version = p->version;
			s->k.overlay = overlay_words(s->c->a, p);
		}
}

/* An overlay's file stands in the place of the one that dune's words name. */
static void take_file(struct spotting *s, const char *file, const struct candidate *found)
{
	struct arena *a = s->c->a;
	const struct recipe *r = file ? recipe_of_place(&s->project, file) : NULL;
	const char *root = s->project.root, *edited = NULL;
	if (r && s->k.overlay && strcmp(r->build.dune->place, ".") != 0)
		edited = str_format(
			a, "overlays/%s/src%s", r->name, file + strlen(r->build.dune->place));
	if (edited && file_exists(path_join(a, root, edited)))
		s->k.file = edited;
	else if (file && root && file_exists(path_join(a, root, file)))
		s->k.file = file;
	else if (found->file && s->spot.file && str_ends(str_of(s->spot.file), str_of(found->file)))
		s->k.file = found->file;
}

/* What lies in a unit's folder is the unit's, whatever library it is made a part of. */
static void take_place(struct spotting *s, const char *file)
{
	const struct recipe *r = file ? recipe_of_place(&s->project, file) : NULL;
	if (!r)
		return;
	s->k.package = s->k.unit = r->name;
	s->k.version = r->version;
	s->k.world = "project";
	say(s, str_format(
		       s->c->a, "%s lies in %s's folder, %s", file, r->name, r->build.dune->place));
}

static void take_found(struct spotting *s, const struct candidate *found)
{
	s->k.library = found->library;
	s->k.package = found->package;
	s->k.source = found->source;
	s->k.unit = found->unit;
	s->k.world = found->world;
	s->k.dependents = found->dependents;
	if (!s->k.version) {
		s->k.version = found->version;
		s->k.overlay = found->overlay;
	}
	if (!s->k.images.n)
		s->k.images = found->images;
	vec_for(z, &found->evidence)
		if (!str_starts(str_of(*z), S("rank ")))
			say(s, *z);
}

/* By the unit of OCaml, by the file of C in the project, else by the symbol. */
static bool take_library(struct spotting *s, struct err *e)
{
	struct candidate found = {0};
	const char *function = s->spot.function, *file = project_file(s);
	/* Every program has a main: its name tells nothing. */
	bool has_name = function && !is_caml(function) && strcmp(function, "main") != 0;
	struct err ignored;
	if (!project_open(s->c->a, ".", &s->project, &ignored))
		s->project = (struct workspace){0};
	if (function && is_caml(function) && !ask_unit(s, &found, e))
		return false;
	if (!found.module && file && !ask(s, file, &found, e))
		return false;
	if (!found.module && !file && has_name && !ask(s, function, &found, e))
		return false;
	if (found.module)
		take_found(s, &found);
	else if (!s->k.package && !file && has_name)
		resolve_runtime(s->c, function, &s->k);
	else if (!s->k.package)
		take_place(s, file);
	take_built(s);
	take_file(s, file, &found);
	return true;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static const char *no_function(const struct spotting *s)
{
	const char *why = s->spot.has_symbols ? "no symbol's size reaches there"
					      : "the file has no symbols there, it is stripped";
	return str_format(
		s->c->a, "%s is in section %s, in no function: %s", s->word, s->spot.section, why);
}

static void say_spot(struct spotting *s)
{
	struct arena *a = s->c->a;
	const char *into = s->spot.has_offset
				   ? str_format(a, "0x%jx bytes into", (uintmax_t)s->spot.offset)
				   : "in";
	if (s->spot.function)
		say(s, str_format(a, "%s is %s %s, %s section %s", s->word, into, s->spot.function,
			       s->spot.is_data ? "data of" : "in", s->spot.section));
	else
		say(s, no_function(s));
	if (s->spot.file)
		say(s, str_format(a, "the image's debug information places it at %s:%d",
			       s->spot.file, s->spot.line));
}

static bool read_address(const char *word, uint64_t *out, struct err *e)
{
	bool has_prefix = !strncmp(word, "0x", 2);
	const char *digits = has_prefix ? word + 2 : word;
	if (str_hex(str_of(word), out) || str_u64(str_of(word), out))
		return true;
	if (*digits && !digits[strspn(digits, has_prefix ? "0123456789abcdef" : "0123456789")])
		return fail(e, E_USAGE,
			"'%s' is too long: an address has at most 64 bits, 16 hexadecimal digits",
			word);
	return fail(e, E_USAGE, "'%s' is no address: expected 0x and hexadecimal digits", word);
}

bool resolve_address(struct context *c, const char *file, const char *word, struct resolution *out,
	struct err *e)
{
	struct spotting s = {.c = c, .file = file, .word = word};
	uint64_t address;
	*out = (struct resolution){.query = word};
	if (!read_address(word, &address, e))
		return false;
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
	if (s.info.name)
		vec_push(c->a, &s.k.images, s.info.name);
	say_spot(&s);
	const struct manifest_package *p = manifest_of(&s);
	if (p)
		take_manifest(&s, p);
	if (!s.info.packages.n && !take_distribution(&s, e))
		return false;
	bool is_known = p || (s.k.package && !is_dunes(&s));
	if ((!is_known || is_dunes(&s)) && !take_library(&s, e))
		return false;
	if (!s.spot.function && !s.k.package && !s.k.file)
		vec_push(c->a, &out->looked_in, str_format(c->a, "%s: %s", file, no_function(&s)));
	else
		vec_push(c->a, &out->candidates, s.k);
	return true;
}
