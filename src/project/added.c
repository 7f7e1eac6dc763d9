/* added.c - the files and patches that an opam package adds to its source.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "project/reading.h"

#define ADDED_MAX ((size_t)64 << 20)

struct adding {
	struct reading *p;
	const struct opam_package *opam;
	const char *dir; /* of the files that opam keeps with the package */
	struct opam_env env;
	struct source *out;
};

/* What filters of patches may ask for: the machine, and versions of what is installed. */
static void set_env(struct adding *x, const struct opam_switch *state)
{
	struct arena *a = x->p->a;
	struct str ocaml = opam_switch_version(state, S("ocaml"));
	x->env = (struct opam_env){
		.variables.a = a, .installed = opam_switch_has, .ctx = (void *)(uintptr_t)state};
	opam_env_machine(&x->env);
	opam_env_roles(&x->env);
	vec_for(pair, &state->installed)
		opam_env_set(
			&x->env, str_format(a, "%.*s:version", STR(pair->first)), pair->second);
	if (ocaml.n)
		opam_env_set(&x->env, "ocaml-version", ocaml);
	opam_env_set(&x->env, "name", x->opam->name);
	opam_env_set(&x->env, "version", x->opam->version);
}

/* Its checksum is that of now: opam has compared it with the package's when it installed that. What
 * is not there, or changes, is an error once the source is fetched. */
static void add_local(struct adding *x, const char *name, const char *file, bool is_patch)
{
	struct arena *a = x->p->a;
	struct str bytes = S("");
	struct err ignored;
	if (!file_exists(file) || !file_read(a, file, ADDED_MAX, &bytes, &ignored))
		bytes = S("");
	struct digest d = hash_bytes(bytes);
	vec_push(a, &x->p->read, file);
	vec_push(a, &x->out->added,
		((struct added_file){.name = name,
			.file = file,
			.sha256 = digest_hex(a, &d),
			.is_patch = is_patch}));
}

static void add_remote(
	struct adding *x, const char *name, const struct opam_source *extra, bool is_patch)
{
	struct arena *a = x->p->a;
	struct source pinned = {0};
	struct str address = opam_url_parse(extra->src).address;
	if (str_starts(address, S("file://")))
		address = str_from(address, strlen("file://"));
	if (str_starts(address, S("/"))) {
		add_local(x, name, str_copy(a, address), is_patch);
		return;
	}
	make_checksums(a, &extra->checksums, &pinned);
	strings mirrors = {0};
	vec_for(mirror, &extra->mirrors)
		vec_push(a, &mirrors, str_copy(a, opam_url_parse(*mirror).address));
	vec_push(a, &x->out->added,
		((struct added_file){.name = name,
			.url = str_copy(a, address),
			.mirrors = mirrors,
			.sha256 = pinned.sha256,
			.sha512 = pinned.sha512,
			.md5 = pinned.md5,
			.is_patch = is_patch}));
}

static void add(struct adding *x, const char *name, bool is_patch)
{
	vec_for(extra, &x->opam->extra_sources)
		if (str_is(extra->name, name)) {
			add_remote(x, name, extra, is_patch);
			return;
		}
	add_local(x, name, path_join(x->p->a, x->dir, name), is_patch);
}

static bool is_patch(const struct adding *x, const char *name)
{
	vec_for(patch, &x->opam->patches)
		if (patch->words.n && str_is(patch->words.v[0], name))
			return true;
	return false;
}

static void add_files(struct adding *x)
{
	strings names = {0};
	struct err ignored;
	vec_for(extra, &x->opam->extra_sources) {
		const char *name = str_copy(x->p->a, extra->name);
		if (!is_patch(x, name))
			add(x, name, false);
	}
	if (!dir_exists(x->dir) || !tree_list(x->p->a, x->dir, NULL, &names, &ignored))
		return;
	vec_for(name, &names)
		if (!is_patch(x, *name))
			add_local(x, *name, path_join(x->p->a, x->dir, *name), false);
}

void make_added(struct reading *p, const struct opam_package *opam, const char *dir,
	const struct opam_switch *state, struct source *out)
{
	struct adding x = {.p = p, .opam = opam, .dir = dir, .out = out};
	set_env(&x, state);
	add_files(&x);
	vec_for(patch, &opam->patches)
		if (patch->words.n && opam_eval_bool(patch->filter, &x.env, false))
			add(&x, str_copy(p->a, patch->words.v[0]), true);
}

void merge_added(struct arena *a, struct source *into, const struct source *more)
{
	size_t own = into->added.n;
	vec_for(f, &more->added) {
		bool known = false;
		for (size_t i = 0; i < own; i++)
			known |= !strcmp(into->added.v[i].name, f->name);
		if (!known)
			vec_push(a, &into->added, *f);
	}
}
