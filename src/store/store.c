/* store.c - objects and results as files named by SHA-256. SPDX-License-Identifier: ISC */
#include "store/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESULT_LIMIT ((size_t)64 * 1024 * 1024)

bool store_open(struct arena *a, const char *dir, struct store **out, struct err *e)
{
	struct store *s = NEW(a, struct store);
	s->a = a;
	s->dir = str_copy(a, str_of(dir));
	s->seen.a = a;
	if (!dir_make(path_join(a, dir, "objects"), e) ||
		!dir_make(path_join(a, dir, "results"), e))
		return false;
	memories_read(a, path_join(a, dir, "seen"), &s->old);
	*out = s;
	return true;
}

static const char *place(
	const struct store *s, struct arena *a, const char *kind, const struct digest *d)
{
	const char *hex = digest_hex(a, d);
	return str_format(a, "%s/%s/%.2s/%s", s->dir, kind, hex, hex + 2);
}

const char *store_path(const struct store *s, struct arena *a, const struct digest *d)
{
	return place(s, a, "objects", d);
}

bool store_has(struct store *s, const struct digest *d)
{
	defer(arena_free) struct arena scratch = {0};
	const char *path = store_path(s, &scratch, d);
	const struct seen *seen;
	struct err ignored;
	if (store_see(s, path, &seen, &ignored) && seen->exists && digest_eq(&seen->digest, d))
		return true;
	unlink(path);
	store_forget(s, path);
	return false;
}

bool store_put(struct store *s, struct str bytes, struct digest *out, struct err *e)
{
	struct digest d = hash_bytes(bytes);
	if (!store_has(s, &d)) {
		defer(arena_free) struct arena scratch = {0};
		const char *path = store_path(s, &scratch, &d);
		if (!dir_make(path_dir(&scratch, path), e) ||
			!file_write_cache(path, bytes, 0444, e) || !store_know(s, path, &d, e))
			return false;
	}
	*out = d;
	return true;
}

static bool move(struct arena *scratch, const char *from, const char *to, struct err *e)
{
	if (rename(from, to) == 0)
		return true;
	if (errno != ENOENT)
		return fail_errno(e, "rename %s to %s", from, to);
	return dir_make(path_dir(scratch, to), e) &&
	       (rename(from, to) == 0 || fail_errno(e, "rename %s to %s", from, to));
}

bool store_take(struct store *s, const char *file, struct digest *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct digest d;
	if (!hash_file(file, &d, e))
		return false;
	if (store_has(s, &d)) {
		if (unlink(file) < 0)
			return fail_errno(e, "remove %s", file);
		*out = d;
		return true;
	}
	const char *path = store_path(s, &scratch, &d);
	struct stamp stamp;
	mode_t programs = file_stamp(file, &stamp) ? stamp.mode & 0111 : 0;
	if (chmod(file, 0444 | programs) < 0)
		return fail_errno(e, "make %s read-only", file);
	if (!move(&scratch, file, path, e) || !store_know(s, path, &d, e))
		return false;
	*out = d;
	return true;
}

/* A result's file is the SHA-256 of what follows, a newline, and the bytes. */
bool store_get_result(
	const struct store *s, struct arena *a, const struct digest *key, struct str *out)
{
	struct err ignored;
	struct str bytes;
	struct digest sum, expected;
	if (!file_read(a, place(s, a, "results", key), RESULT_LIMIT, &bytes, &ignored))
		return false;
	if (!digest_parse(str_cut(&bytes, '\n'), &expected) || !bytes.p)
		return false;
	sum = hash_bytes(bytes);
	if (!digest_eq(&sum, &expected))
		return false;
	*out = bytes;
	return true;
}

bool store_put_result(struct store *s, const struct digest *key, struct str bytes, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct digest sum = hash_bytes(bytes);
	struct text t = {.a = &scratch};
	text_addz(&t, digest_hex(&scratch, &sum));
	text_addz(&t, "\n");
	text_add(&t, bytes);
	const char *path = place(s, &scratch, "results", key);
	return dir_make(path_dir(&scratch, path), e) &&
	       file_write_cache(path, text_str(&t), 0666, e);
}
