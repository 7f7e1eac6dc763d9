/* series.c - overlay.json and its patches on disk, replaced as one. SPDX-License-Identifier: ISC */
#include "overlay/series.h"

#include <stdio.h>
#include <string.h>

#include "spec/spec.h"

#define JSON_LIMIT ((size_t)1024 * 1024)
#define PATCH_LIMIT ((size_t)64 * 1024 * 1024)

static bool is_patch_name(struct str s, const char **expected)
{
	*expected = "the name of a .patch file beside overlay.json";
	return str_ends(s, S(".patch")) && str_find(s, S("/")) < 0 && s.p[0] != '.';
}

#define AT(T, name, kind) #name, kind, offsetof(struct T, name)
static const struct spec_field series_fields[] = {
	{AT(series, version, SPEC_STRING), .required = true,
		.help = "Version of the package that the patches are for."},
	{AT(series, sha256, SPEC_STRING), .help = "Checksum of the source that they are for."},
	{AT(series, patches, SPEC_STRINGS), .check = is_patch_name,
		.help = "The patches, in the order in which they are applied."}};
static const struct spec series_spec = {"overlay", sizeof(struct series), series_fields,
	sizeof(series_fields) / sizeof(*series_fields), "Local edits of a package."};

static const struct spec_field sync_fields[] = {
	{AT(sync, version, SPEC_STRING), .required = true, .help = "Version of the package."},
	{AT(sync, digest, SPEC_STRING), .required = true, .help = "SHA-256 of the series."},
	{AT(sync, tree, SPEC_STRING), .required = true, .help = "Tree that the series gives."}};
static const struct spec sync_spec = {"sync", sizeof(struct sync), sync_fields,
	sizeof(sync_fields) / sizeof(*sync_fields), "What a working tree was in step with."};

/* A patch that lies beside overlay.json unlisted would be left out in silence. */
static bool check_listed(
	struct arena *a, const char *dir, const struct series *s, bool found, struct err *e)
{
	strings names;
	if (!dir_list(a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		bool listed = !str_ends(str_of(*name), S(".patch"));
		vec_for(patch, &s->patches)
			listed |= !strcmp(*name, *patch);
		if (listed)
			continue;
		fail(e, E_INPUT,
			found ? "%s is not in the list of patches" : "%s has no overlay.json",
			*name);
		fail_hint(e, "move it elsewhere and let respin overlay apply take it in");
		return fail_where(e, "%s/overlay.json", dir);
	}
	return true;
}

bool series_read(struct arena *a, const char *dir, struct series *out, bool *found, struct err *e)
{
	struct series s = {0};
	const char *file = path_join(a, dir, "overlay.json");
	bool there = file_exists(file);
	struct str text;
	if (there && (!file_read(a, file, JSON_LIMIT, &text, e) ||
			     !spec_read(a, &series_spec, text, file, &s, e)))
		return false;
	if (dir_exists(dir) && !check_listed(a, dir, &s, there, e))
		return false;
	*out = s;
	*found = there;
	return true;
}

static bool read_patch(
	struct arena *a, const char *dir, const char *name, struct str *out, struct err *e)
{
	if (file_read(a, path_join(a, dir, name), PATCH_LIMIT, out, e))
		return true;
	if (e->code == E_ABSENT)
		fail(e, E_INPUT, "%s is listed, but there is no such file", name);
	return fail_where(e, "%s/overlay.json", dir);
}

bool series_mails(
	struct arena *a, const char *dir, const struct series *s, mails *out, struct err *e)
{
	mails all = {0};
	vec_for(name, &s->patches) {
		struct str text;
		mails some;
		if (!read_patch(a, dir, *name, &text, e) ||
			!mails_read(a, text, path_join(a, dir, *name), &some, e))
			return false;
		vec_for(m, &some) {
			m->file = *name;
			if (!m->subject)
				m->subject = *name;
			vec_push(a, &all, *m);
		}
	}
	*out = all;
	return true;
}

static void hash_facts(struct hasher *h, struct arena *a, const struct series *s)
{
	struct text facts = {.a = a};
	spec_canonical(&series_spec, s, &facts);
	hash_start(h);
	hash_add(h, text_str(&facts));
}

static const char *digest_of(struct arena *a, const struct series *s, const struct str *contents)
{
	struct hasher h;
	hash_facts(&h, a, s);
	for (size_t i = 0; i < s->patches.n; i++) {
		struct digest d = hash_bytes(contents[i]);
		hash_add(&h, (struct str){(const char *)d.b, sizeof(d.b)});
	}
	struct digest all = hash_end(&h);
	return digest_hex(a, &all);
}

bool series_digest(
	struct arena *a, const char *dir, const struct series *s, const char **out, struct err *e)
{
	struct str *contents = NEW_ARRAY(a, struct str, s->patches.n + 1);
	for (size_t i = 0; i < s->patches.n; i++)
		if (!read_patch(a, dir, s->patches.v[i], &contents[i], e))
			return false;
	*out = digest_of(a, s, contents);
	return true;
}

static struct str series_json(struct arena *a, const struct series *s)
{
	struct text out = {.a = a};
	struct json_writer w = {.out = &out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "version", s->version);
	if (s->sha256)
		json_put_string(&w, "sha256", s->sha256);
	json_put_strings(&w, "patches", &s->patches);
	json_close(&w);
	return text_str(&out);
}

static struct str sync_json(struct arena *a, const struct sync *s)
{
	struct text out = {.a = a};
	struct json_writer w = {.out = &out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "version", s->version);
	json_put_string(&w, "digest", s->digest);
	json_put_string(&w, "tree", s->tree);
	json_close(&w);
	return text_str(&out);
}

bool sync_read(struct arena *a, const char *src, struct sync *out, struct err *e)
{
	const char *file = path_join(a, src, ".git/respin.json");
	struct str text;
	struct sync s = {0};
	if (!file_read(a, file, JSON_LIMIT, &text, e)) {
		if (e->code == E_ABSENT)
			fail(e, E_CONFLICT, "%s was not made by respin overlay add", src);
		return fail_hint(e, "move it away, then: respin overlay add");
	}
	if (!spec_read(a, &sync_spec, text, file, &s, e))
		return false;
	*out = s;
	return true;
}

bool sync_write(struct arena *a, const char *src, const struct sync *s, struct err *e)
{
	return file_write(path_join(a, src, ".git/respin.json"), sync_json(a, s), 0644, e);
}

static bool move(struct arena *a, const char *from, const char *name, const char *to, struct err *e)
{
	const char *old = path_join(a, from, name);
	if (rename(old, to) < 0)
		return fail_errno(e, "rename %s to %s", old, to);
	return true;
}

/* The series that FILE describes; an empty one where there is no such file. */
static bool read_json(struct arena *a, const char *file, struct series *out, struct err *e)
{
	struct str text;
	*out = (struct series){0};
	return !file_exists(file) || (file_read(a, file, JSON_LIMIT, &text, e) &&
					     spec_read(a, &series_spec, text, file, out, e));
}

static bool is_listed(const struct series *s, const char *name)
{
	vec_for(patch, &s->patches)
		if (!strcmp(*patch, name))
			return true;
	return false;
}

/* Removes the old patches that the new series does not have. What it has under the same name may
 * have been moved in already, and is replaced if not. */
static bool remove_old(
	struct arena *a, const char *dir, const char *old_json, const char *new_json, struct err *e)
{
	struct series old, new;
	if (!read_json(a, old_json, &old, e) || !read_json(a, new_json, &new, e))
		return false;
	vec_for(name, &old.patches)
		if (!is_listed(&new, *name) && !tree_remove(path_join(a, dir, *name), e))
			return false;
	return true;
}

/* Moves a complete new series from SAVED into its place. overlay.json goes last but one: until
 * then the old one tells which patches are to go. Any step may have been done before. */
static bool move_in(struct arena *a, const char *dir, const char *saved, struct err *e)
{
	strings new;
	const char *json = path_join(a, dir, "overlay.json");
	const char *new_json = path_join(a, saved, "overlay.json");
	if (!dir_list(a, saved, &new, e) ||
		(file_exists(new_json) && !remove_old(a, dir, json, new_json, e)))
		return false;
	vec_for(name, &new) {
		if (str_ends(str_of(*name), S(".patch")) &&
			!move(a, saved, *name, path_join(a, dir, *name), e))
			return false;
	}
	if (file_exists(new_json) && !move(a, saved, "overlay.json", json, e))
		return false;
	if (file_exists(path_join(a, saved, "sync.json")) &&
		dir_exists(path_join(a, dir, "src/.git")) &&
		!move(a, saved, "sync.json", path_join(a, dir, "src/.git/respin.json"), e))
		return false;
	return true;
}

bool series_recover(struct arena *a, const char *dir, struct err *e)
{
	const char *staging = path_join(a, dir, STAGING);
	if (!file_exists(staging))
		return true;
	const char *saved = path_join(a, staging, "saved");
	if (dir_exists(saved) && !move_in(a, dir, saved, e))
		return fail_context(e, "finish saving");
	return tree_remove(staging, e);
}

bool series_begin(struct arena *a, const char *dir, const struct series *s, struct err *e)
{
	const char *staging = path_join(a, dir, STAGING);
	return file_write(path_join(a, staging, "overlay.json"), series_json(a, s), 0644, e) &&
	       move(a, staging, "overlay.json", path_join(a, dir, "overlay.json"), e);
}

bool series_write(struct arena *a, const char *dir, const struct series *s,
	const struct str *contents, const char *tree, struct err *e)
{
	const char *saving = path_join(a, dir, STAGING "/saving");
	struct sync sync = {s->version, digest_of(a, s, contents), tree};
	if (!dir_make(saving, e) ||
		!file_write(path_join(a, saving, "overlay.json"), series_json(a, s), 0644, e) ||
		!file_write(path_join(a, saving, "sync.json"), sync_json(a, &sync), 0644, e))
		return false;
	for (size_t i = 0; i < s->patches.n; i++)
		if (!file_write(path_join(a, saving, s->patches.v[i]), contents[i], 0644, e))
			return false;
	/* From this rename on the new series counts. */
	if (!move(a, path_join(a, dir, STAGING), "saving", path_join(a, dir, STAGING "/saved"), e))
		return false;
	return series_recover(a, dir, e);
}

const char *series_name(struct arena *a, size_t number, const char *subject)
{
	struct text out = {.a = a};
	text_addf(&out, "%04zu-", number);
	size_t start = out.n;
	for (const char *p = subject; *p && out.n - start < 52; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || *p == '_' || *p == '.';
		char last = out.p[out.n - 1];
		if (plain && !(*p == '.' && last == '.'))
			text_add(&out, (struct str){p, 1});
		else if (last != '-')
			text_addz(&out, "-");
	}
	while (out.n > start && (out.p[out.n - 1] == '-' || out.p[out.n - 1] == '.'))
		out.n--;
	if (out.n == start)
		text_addz(&out, "patch");
	text_addz(&out, ".patch");
	return out.p;
}
