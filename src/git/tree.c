/* tree.c - the tree that a working tree's files make. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Computes, and with R stores, one object. */
static bool add_object(
	struct git_repo *r, git_object_t type, struct str bytes, git_oid *out, struct err *e)
{
	int result = r ? git_odb_write(out, r->odb, bytes.p, bytes.n, type)
		       : git_odb_hash(out, bytes.p, bytes.n, type);
	return result == 0 || fail_git(e, "store an object");
}

static bool hash_file_of(struct git_repo *r, int dir, struct git_file *f, struct err *e)
{
	defer(arena_free)
	struct arena scratch = {0};
	struct str bytes;
	git_oid oid;
	if (!worktree_read(&scratch, dir, f, &bytes, e) ||
		!add_object(r, GIT_OBJECT_BLOB, bytes, &oid, e))
		return false;
	f->id = id_of(&oid);
	return true;
}

/* An entry of one folder, as git's tree objects hold it. */
struct entry {
	const char *name;
	size_t n;
	uint32_t mode;
	git_oid id;
};

/* git sorts folders as if their names ended with a slash. */
static int by_git(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	size_t n = a->n < b->n ? a->n : b->n;
	int order = memcmp(a->name, b->name, n);
	if (order)
		return order;
	unsigned char next_a = (unsigned char)(a->n > n ? a->name[n] : S_ISDIR(a->mode) ? '/' : 0);
	unsigned char next_b = (unsigned char)(b->n > n ? b->name[n] : S_ISDIR(b->mode) ? '/' : 0);
	return next_a - next_b;
}

/* The tree of FILES[0..N), all of which begin with the same PREFIX bytes of folders. */
static bool make_folder(struct git_repo *r, const struct git_file *files, size_t n, size_t prefix,
	git_oid *out, struct err *e)
{
	defer(arena_free)
	struct arena scratch = {0};
	VEC(struct entry) entries = {0};
	for (size_t i = 0, next; i < n; i = next) {
		const char *name = files[i].path + prefix;
		const char *slash = strchr(name, '/');
		struct entry *entry = vec_add(&scratch, &entries);
		next = i + 1;
		if (!slash) {
			*entry = (struct entry){name, strlen(name), files[i].mode, {{0}}};
			if (!id_parse(&files[i].id, &entry->id))
				return fail(e, E_BUG, "%s has no id", files[i].path);
			continue;
		}
		size_t length = (size_t)(slash - name);
		while (next < n && !strncmp(files[next].path + prefix, name, length + 1))
			next++;
		*entry = (struct entry){name, length, 040000, {{0}}};
		if (!make_folder(r, files + i, next - i, prefix + length + 1, &entry->id, e))
			return false;
	}
	if (entries.n)
		qsort(entries.v, entries.n, sizeof(*entries.v), by_git);
	struct text object = {.a = &scratch};
	vec_for(entry, &entries) {
		text_addf(&object, "%o %.*s", entry->mode, (int)entry->n, entry->name);
		text_add(&object, (struct str){"", 1});
		text_add(&object, (struct str){(const char *)entry->id.id, GIT_OID_RAWSZ});
	}
	return add_object(r, GIT_OBJECT_TREE, text_str(&object), out, e);
}

bool tree_make(
	struct git_repo *r, const char *dir, git_files *files, struct git_id *out, struct err *e)
{
	if (!git_start(e))
		return false;
	defer(close_fd)
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open folder %s", dir);
	vec_for(f, files) {
		git_oid known;
		bool there = id_parse(&f->id, &known) && (!r || git_odb_exists(r->odb, &known));
		if (!there && !hash_file_of(r, fd, f, e))
			return false;
	}
	git_oid oid;
	if (!make_folder(r, files->v, files->n, 0, &oid, e))
		return false;
	*out = id_of(&oid);
	return true;
}
