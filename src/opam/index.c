/* index.c - opens the index of a repository, or has it made. SPDX-License-Identifier: ISC */
#include "opam/index.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>

static const size_t sizes[SECTIONS] = {
	[PACKAGES] = sizeof(struct index_package),
	[VERSIONS] = sizeof(struct index_version),
	[NEEDS] = sizeof(struct index_need),
	[RANGES] = sizeof(struct index_range),
	[EDGES] = sizeof(struct index_edge),
	[USERS] = sizeof(struct index_user),
	[REPOS] = sizeof(struct index_repo),
	[REPO_MEMBERS] = sizeof(uint32_t),
	[TEXT] = 1,
};

static const struct records_format format = {OPAM_INDEX_MAGIC, sizeof(struct index_header),
	offsetof(struct index_header, count), SECTIONS, sizes};

bool opam_index_view(struct str bytes, struct opam_index *out)
{
	const char *at[SECTIONS];
	if (!records_find(&format, bytes, at))
		return false;
	*out = (struct opam_index){.header = (const void *)bytes.p,
		.packages = (const void *)at[PACKAGES],
		.versions = (const void *)at[VERSIONS],
		.needs = (const void *)at[NEEDS],
		.ranges = (const void *)at[RANGES],
		.edges = (const void *)at[EDGES],
		.users = (const void *)at[USERS],
		.repos = (const void *)at[REPOS],
		.members = (const void *)at[REPO_MEMBERS],
		.text = at[TEXT]};
	return true;
}

const char *opam_index_text(const struct opam_index *x, uint32_t offset)
{
	return offset < x->header->count[TEXT] ? x->text + offset : "";
}

uint32_t opam_index_slice(uint32_t first, uint32_t n, uint32_t count)
{
	if (first >= count)
		return 0;
	return n < count - first ? n : count - first;
}

/* ---- is it still true? ----------------------------------------------------------------------- */

static bool same(const struct opam_index *x, const struct stamp *now, const struct stamp *then)
{
	return stamp_eq(now, then) && stamp_is_safe(now, x->header->read_ns);
}

static bool package_is_fresh(const struct opam_index *x, struct arena *a, int dir, uint32_t package)
{
	const struct index_package *p = &x->packages[package];
	struct stamp now;
	if (p->has_folder) {
		const char *folder = str_format(a, "packages/%s", opam_index_text(x, p->name));
		if (!file_stamp_at(dir, folder, &now) || !same(x, &now, &p->stamp))
			return false;
	}
	uint32_t n = opam_index_slice(p->first_version, p->versions, x->header->count[VERSIONS]);
	for (uint32_t i = 0; i < n; i++) {
		const struct index_version *v = &x->versions[p->first_version + i];
		if (!file_stamp_at(dir, opam_index_text(x, v->path), &now) ||
			!same(x, &now, &v->mark.stamp))
			return false;
	}
	return true;
}

static bool folder_is_fresh(
	const struct opam_index *x, const char *place, enum opam_fresh fresh, const char *name)
{
	defer(arena_free) struct arena scratch = {0};
	struct stamp now;
	defer(close_fd) int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !file_stamp_at(dir, "packages", &now) || !same(x, &now, &x->header->root))
		return false;
	if (fresh == OPAM_FRESH_NAMES) {
		uint32_t package = name ? opam_index_package(x, str_of(name)) : OPAM_NONE;
		return package == OPAM_NONE || package_is_fresh(x, &scratch, dir, package);
	}
	for (uint32_t i = 0; i < x->header->count[PACKAGES]; i++)
		if (!package_is_fresh(x, &scratch, dir, i))
			return false;
	return true;
}

static bool is_fresh(
	const struct opam_index *x, const char *place, enum opam_fresh fresh, const char *name)
{
	defer(arena_free) struct arena scratch = {0};
	char commit[48];
	struct stamp now;
	enum repo_kind kind = repo_kind_of(&scratch, place);
	if (kind != x->header->kind)
		return false;
	switch (kind) {
	case REPO_FOLDER:
		return folder_is_fresh(x, place, fresh, name);
	case REPO_ARCHIVE:
		return file_stamp(place, &now) && same(x, &now, &x->header->root);
	case REPO_GIT:
		repo_git_head(&scratch, place, commit);
		return commit[0] && !memcmp(commit, x->header->commit, sizeof(commit));
	}
	return false;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool map_kept(const char *path, struct opam_index *out)
{
	struct str bytes = file_map(path);
	if (!opam_index_view(bytes, out)) {
		file_unmap(bytes);
		return false;
	}
	out->map = bytes;
	return true;
}

static void unmap(struct opam_index *x)
{
	file_unmap(x->map);
	x->map = (struct str){NULL, 0};
}

void opam_index_close(struct opam_index **x)
{
	if (*x)
		unmap(*x);
	*x = NULL;
}

const char *opam_index_machine(struct arena *a, struct opam_env *env)
{
	static const char *const names[] = {
		"os", "arch", "os-distribution", "os-family", "os-version"};
	struct text t = {.a = a};
	opam_env_machine(env);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct str *value = map_get(&env->variables, str_of(names[i]));
		if (value)
			text_addf(&t, "%s=%.*s ", names[i], STR(*value));
	}
	text_addz(&t, "");
	return t.p ? t.p : "";
}

MUST_CHECK static bool renew(struct arena *a, const char *place, const char *kept,
	const struct opam_index *old, const char *machine, struct opam_index *out, struct err *e)
{
	defer(opam_repo_close) struct opam_repo *r = NULL;
	struct str bytes;
	uint32_t read;
	if (!opam_repo_open(place, &r, e) || !opam_index_make(a, r, old, machine, &bytes, &read, e))
		return false;
	if (kept)
		file_keep_cache(kept, bytes);
	if (!opam_index_view(bytes, out))
		return fail(e, E_BUG, "the new index of %s is damaged", place);
	out->read = read;
	return true;
}

bool opam_index_open(struct arena *a, const char *place, const char *kept, enum opam_fresh fresh,
	const char *name, struct opam_index **out, struct err *e)
{
	struct opam_index old = {0}, *x = NEW(a, struct opam_index);
	struct opam_env env = {.variables.a = a};
	const char *machine = opam_index_machine(a, &env);
	bool kept_one = kept && map_kept(kept, &old) &&
			!strcmp(opam_index_text(&old, old.header->place), place) &&
			!strcmp(opam_index_text(&old, old.header->machine), machine);
	bool ok = true;
	if (kept_one && is_fresh(&old, place, fresh, name)) {
		*x = old;
	} else {
		ok = renew(a, place, kept, kept_one ? &old : NULL, machine, x, e);
		unmap(&old);
	}
	*out = ok ? x : NULL;
	return ok;
}
