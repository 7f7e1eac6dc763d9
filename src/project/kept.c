/* kept.c - made recipes on disk, with marks of all files that they come from.
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "project/reading.h"

#define KEPT_FORMAT "respin project 1"
#define KEPT_MAX ((size_t)64 << 20)

/* ---- the file -------------------------------------------------------------------------------- */

struct kept_recipe {
	struct recipe recipe;
	struct dune_how how;
	const char *image; /* image_field_text(); NULL */
};
struct kept {
	const char *format, *world; /* world_of() */
	strings marks;		    /* mark_text() */
	strings missing, unpulled;
	const char *lock; /* NULL */
	VEC(struct kept_recipe) recipes;
};

#define AT(t, member, k) .kind = k, .offset = offsetof(struct t, member)
#define TABLE(t) sizeof(t) / sizeof(*(t))

static const struct spec_field added_fields[] = {
	{"name", AT(added_file, name, SPEC_STRING), .required = true},
	{"file", AT(added_file, file, SPEC_STRING)}, {"url", AT(added_file, url, SPEC_STRING)},
	{"mirrors", AT(added_file, mirrors, SPEC_STRINGS)},
	{"sha256", AT(added_file, sha256, SPEC_STRING)},
	{"sha512", AT(added_file, sha512, SPEC_STRING)}, {"md5", AT(added_file, md5, SPEC_STRING)},
	{"patch", AT(added_file, is_patch, SPEC_BOOL)}};
static const struct spec added_spec = {
	"added", sizeof(struct added_file), added_fields, TABLE(added_fields), ""};

static const struct spec_field source_fields[] = {{"debian", AT(source, debian, SPEC_STRING)},
	{"url", AT(source, url, SPEC_STRING)}, {"git", AT(source, git, SPEC_STRING)},
	{"path", AT(source, path, SPEC_STRING)}, {"version", AT(source, version, SPEC_STRING)},
	{"commit", AT(source, commit, SPEC_STRING)}, {"sha256", AT(source, sha256, SPEC_STRING)},
	{"sha512", AT(source, sha512, SPEC_STRING)}, {"md5", AT(source, md5, SPEC_STRING)},
	{"added", AT(source, added, SPEC_STRUCTS), .sub = &added_spec}};
static const struct spec source_spec = {
	"source", sizeof(struct source), source_fields, TABLE(source_fields), ""};

static const struct spec_field recipe_fields[] = {
	{"name", AT(kept_recipe, recipe.name, SPEC_STRING), .required = true},
	{"version", AT(kept_recipe, recipe.version, SPEC_STRING), .required = true},
	{"license", AT(kept_recipe, recipe.license, SPEC_STRING), .required = true},
	{"summary", AT(kept_recipe, recipe.summary, SPEC_STRING)},
	{"source", AT(kept_recipe, recipe.source, SPEC_STRUCTS), .sub = &source_spec},
	{"needs", AT(kept_recipe, recipe.needs, SPEC_STRINGS)},
	{"closed", AT(kept_recipe, recipe.is_closed, SPEC_BOOL)},
	{"file", AT(kept_recipe, recipe.file, SPEC_STRING), .required = true},
	{"place", AT(kept_recipe, how.place, SPEC_STRING), .required = true},
	{"packages", AT(kept_recipe, how.packages, SPEC_STRINGS)},
	{"target", AT(kept_recipe, how.target, SPEC_STRING)},
	{"profile", AT(kept_recipe, how.profile, SPEC_STRING)},
	{"image", AT(kept_recipe, image, SPEC_STRING)}};
static const struct spec recipe_table = {
	"recipe", sizeof(struct kept_recipe), recipe_fields, TABLE(recipe_fields), ""};

static const struct spec_field kept_fields[] = {
	{"format", AT(kept, format, SPEC_STRING), .required = true},
	{"world", AT(kept, world, SPEC_STRING), .required = true},
	{"marks", AT(kept, marks, SPEC_STRINGS), .required = true},
	{"missing", AT(kept, missing, SPEC_STRINGS)},
	{"unpulled", AT(kept, unpulled, SPEC_STRINGS)}, {"lock", AT(kept, lock, SPEC_STRING)},
	{"recipes", AT(kept, recipes, SPEC_STRUCTS), .sub = &recipe_table, .required = true}};
static const struct spec kept_spec = {
	"project", sizeof(struct kept), kept_fields, TABLE(kept_fields), ""};

/* Another respin may make other recipes of the same files. */
static const char *program_mark(struct arena *a)
{
	struct stamp s = {0};
	(void)file_stamp("/proc/self/exe", &s);
	return str_format(
		a, "%llx %llx", (unsigned long long)s.mtime_ns, (unsigned long long)s.size);
}

/* What outside the files decides. */
static const char *world_of(const struct reading *p)
{
	struct ocaml_env env = ocaml_env_now();
	const char *words[] = {p->root, p->opam_switch, env.ocamlfind_conf, env.ocamlfind_toolchain,
		env.ocamlpath, env.ocamllib, env.switch_prefix, program_mark(p->a)};
	struct text t = {.a = p->a};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		text_addf(&t, "%s\n", words[i] ? words[i] : "");
	return t.p;
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* What of a file or folder decides: its bytes, or its names. */
static bool digest_of(struct arena *a, const char *path, const struct stamp *s, struct digest *out)
{
	struct err ignored;
	strings names = {0};
	struct hasher h;
	if (S_ISREG(s->mode))
		return hash_file(path, out, &ignored);
	if (!S_ISDIR(s->mode))
		return false;
	if (!dir_list(a, path, &names, &ignored))
		return false;
	hash_start(&h);
	vec_for(name, &names)
		hash_add(&h, (struct str){*name, strlen(*name) + 1});
	*out = hash_end(&h);
	return true;
}

/* "MTIME CTIME SIZE INODE DIGEST PATH"; times are 0 where the stamp proves nothing. */
static const char *mark_text(struct arena *a, const char *path, int64_t now)
{
	struct stamp s = {0};
	struct digest d = {0};
	bool there = file_stamp(path, &s) && digest_of(a, path, &s, &d);
	bool safe = there && stamp_is_safe(&s, now);
	return str_format(a, "%llx %llx %llx %llx %s %s", safe ? (unsigned long long)s.mtime_ns : 0,
		safe ? (unsigned long long)s.ctime_ns : 0, (unsigned long long)s.size,
		(unsigned long long)s.inode, there ? digest_hex(a, &d) : "-", path);
}

struct mark {
	unsigned long long mtime_ns, ctime_ns, size, inode;
	struct str digest; /* "-": there was nothing */
	const char *path;
};

static bool mark_read(const char *text, struct mark *out)
{
	unsigned long long *const numbers[] = {
		&out->mtime_ns, &out->ctime_ns, &out->size, &out->inode};
	char *end = NULL;
	for (size_t i = 0; i < 4; i++, text = end) {
		*numbers[i] = strtoull(text, &end, 16);
		if (end == text || *end != ' ')
			return false;
	}
	struct str rest = str_of(text + 1);
	out->digest = str_cut(&rest, ' ');
	out->path = rest.p;
	return rest.n > 0;
}

/* Does it look as it did? A stamp that changed is no proof: the bytes may be the same. */
static bool mark_holds(struct arena *a, const struct mark *m)
{
	struct stamp s;
	struct digest d;
	if (!file_stamp(m->path, &s))
		return str_is(m->digest, "-");
	if ((int64_t)m->mtime_ns == s.mtime_ns && (int64_t)m->ctime_ns == s.ctime_ns &&
		m->size == s.size && m->inode == s.inode)
		return true;
	if (S_ISREG(s.mode) && m->size != s.size)
		return false;
	return digest_of(a, m->path, &s, &d) && str_is(m->digest, digest_hex(a, &d));
}

/* ---- reading and writing --------------------------------------------------------------------- */

static const char *file_in(struct arena *a, const char *state)
{
	return path_join(a, state, "project.json");
}

static bool take(struct reading *p, const struct kept *k)
{
	recipes made = {0};
	vec_for(old, &k->recipes) {
		struct recipe *r = NEW(p->a, struct recipe);
		struct err ignored;
		*r = old->recipe;
		r->dir = p->root;
		r->is_made = true;
		r->build.dune = &old->how;
		if (old->image && !image_field(p->a, old->image, &r->image, &ignored))
			return false;
		vec_push(p->a, &made, r);
	}
	p->made = made;
	p->missing = k->missing;
	p->unpulled = k->unpulled;
	p->lock = k->lock;
	return true;
}

MUST_CHECK static bool parse(struct reading *p, struct str text, struct kept *k)
{
	struct err ignored;
	return spec_read(p->a, &kept_spec, text, "project.json", k, &ignored) &&
	       !strcmp(k->format, KEPT_FORMAT);
}

bool kept_parse(struct reading *p, struct str text)
{
	struct kept k = {0};
	struct mark m;
	if (!parse(p, text, &k))
		return false;
	vec_for(mark, &k.marks)
		if (!mark_read(*mark, &m))
			return false;
	return take(p, &k);
}

bool kept_read(struct reading *p, const char *state)
{
	struct str text;
	struct kept k = {0};
	struct err ignored;
	const char *file = file_in(p->a, state);
	if (!file_exists(file) || !file_read(p->a, file, KEPT_MAX, &text, &ignored) ||
		!parse(p, text, &k) || strcmp(k.world, world_of(p)) != 0)
		return false;
	vec_for(mark, &k.marks) {
		struct mark m;
		if (!mark_read(*mark, &m) || !mark_holds(p->a, &m))
			return false;
	}
	return take(p, &k);
}

static void put_if(struct json_writer *w, const char *name, const char *value)
{
	if (value)
		json_put_string(w, name, value);
}

static void put_added(struct json_writer *w, const struct added_file *f)
{
	json_open(w, NULL, '{');
	put_if(w, "name", f->name);
	put_if(w, "file", f->file);
	put_if(w, "url", f->url);
	json_put_strings(w, "mirrors", &f->mirrors);
	put_if(w, "sha256", f->sha256);
	put_if(w, "sha512", f->sha512);
	put_if(w, "md5", f->md5);
	json_put_bool(w, "patch", f->is_patch);
	json_close(w);
}

static void put_source(struct json_writer *w, const struct source *s)
{
	json_open(w, NULL, '{');
	put_if(w, "debian", s->debian);
	put_if(w, "url", s->url);
	put_if(w, "git", s->git);
	put_if(w, "path", s->path);
	put_if(w, "version", s->version);
	put_if(w, "commit", s->commit);
	put_if(w, "sha256", s->sha256);
	put_if(w, "sha512", s->sha512);
	put_if(w, "md5", s->md5);
	json_open(w, "added", '[');
	vec_for(f, &s->added)
		put_added(w, f);
	json_close(w);
	json_close(w);
}

static void put_recipe(struct json_writer *w, const struct reading *p, const struct recipe *r)
{
	json_open(w, NULL, '{');
	json_put_string(w, "name", r->name);
	json_put_string(w, "version", r->version);
	json_put_string(w, "license", r->license);
	put_if(w, "summary", r->summary);
	json_open(w, "source", '[');
	vec_for(s, &r->source)
		put_source(w, s);
	json_close(w);
	json_put_strings(w, "needs", &r->needs);
	json_put_bool(w, "closed", r->is_closed);
	json_put_string(w, "file", r->file);
	json_put_string(w, "place", r->build.dune->place);
	json_put_strings(w, "packages", &r->build.dune->packages);
	put_if(w, "target", r->build.dune->target);
	put_if(w, "profile", r->build.dune->profile);
	put_if(w, "image", map_get(&p->images, str_of(r->name)));
	json_close(w);
}

static void put_all(struct json_writer *w, const struct reading *p, int64_t now)
{
	json_open(w, NULL, '{');
	json_put_string(w, "format", KEPT_FORMAT);
	json_put_string(w, "world", world_of(p));
	json_open(w, "marks", '[');
	vec_for(path, &p->read)
		json_put_string(w, NULL, mark_text(p->a, *path, now));
	json_close(w);
	json_put_strings(w, "missing", &p->missing);
	json_put_strings(w, "unpulled", &p->unpulled);
	put_if(w, "lock", p->lock);
	json_open(w, "recipes", '[');
	vec_for(r, &p->made)
		put_recipe(w, p, *r);
	json_close(w);
	json_close(w);
}

/* The user's git need not know of it: nothing of theirs is changed for that. */
bool kept_begin(struct arena *a, const char *state)
{
	struct err ignored;
	const char *ignore = path_join(a, state, ".gitignore");
	return file_exists(ignore) ||
	       (dir_make(state, &ignored) && file_write_cache(ignore, S("*\n"), 0644, &ignored));
}

/* Has none of it changed since it began to be read? */
static bool is_still(const struct reading *p, int64_t began)
{
	struct stamp s;
	vec_for(path, &p->read)
		if (file_stamp(*path, &s) && (s.ctime_ns >= began || s.mtime_ns >= began))
			return false;
	return true;
}

void kept_write(const struct reading *p, const char *state, int64_t began)
{
	struct text t = {.a = p->a};
	struct json_writer w = {.out = &t};
	struct err ignored;
	put_all(&w, p, began);
	if (is_still(p, began))
		(void)!file_write_cache(file_in(p->a, state), text_str(&t), 0644, &ignored);
}
