/* git.c - the part that needs no libgit2: ids of trees; and loading the rest.
 * SPDX-License-Identifier: ISC */
#include "git/git.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source files are small; what is larger is a mistake that would fill the memory. */
#define FILE_LIMIT ((size_t)1 << 30)

bool git_load(const struct git_api **out, struct err *e)
{
	const void *table;
	if (!module_load("git", &table, e))
		return false;
	*out = table;
	return true;
}

/* The bytes that git keeps for a file: its content, or the target of a link. */
static bool read_blob(
	struct arena *a, const char *dir, const struct git_file *f, struct str *out, struct err *e)
{
	const char *path = path_join(a, dir, f->path);
	if (!S_ISLNK(f->mode))
		return file_read(a, path, FILE_LIMIT, out, e);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));
	if (n < 0)
		return fail_errno(e, "read link %s", path);
	*out = (struct str){str_copy(a, (struct str){target, (size_t)n}), (size_t)n};
	return true;
}

static bool add_file(
	const char *dir, struct git_file *f, const struct git_sink *sink, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes;
	if (f->id.hex[0] && sink->has(sink->ctx, &f->id))
		return true;
	return read_blob(&scratch, dir, f, &bytes, e) &&
	       sink->add(sink->ctx, "blob", bytes, &f->id, e);
}

/* An entry of one folder. */
struct entry {
	const char *name;
	size_t n;
	uint32_t mode;
	struct git_id id;
};

/* Git sorts folders as if their names ended with a slash. */
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

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* "MODE NAME", NUL, and the 20 bytes of the id: git's format of a tree. */
static void add_entry(struct text *object, const struct entry *entry)
{
	char id[20];
	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (char)(hex_value(entry->id.hex[2 * i]) << 4 |
			       hex_value(entry->id.hex[2 * i + 1]));
	text_addf(object, "%o %.*s", entry->mode, (int)entry->n, entry->name);
	text_add(object, (struct str){"", 1});
	text_add(object, (struct str){id, sizeof(id)});
}

/* The tree of FILES[0..N), whose paths all begin with the same folders, PREFIX bytes long. */
static bool add_folder(const struct git_file *files, size_t n, size_t prefix,
	const struct git_sink *sink, struct git_id *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	VEC(struct entry) entries = {0};
	for (size_t i = 0, next; i < n; i = next) {
		const char *name = files[i].path + prefix, *slash = strchr(name, '/');
		struct entry *entry = vec_add(&scratch, &entries);
		next = i + 1;
		if (!slash) {
			*entry = (struct entry){name, strlen(name), files[i].mode, files[i].id};
			continue;
		}
		size_t length = (size_t)(slash - name);
		while (next < n && !strncmp(files[next].path + prefix, name, length + 1))
			next++;
		*entry = (struct entry){name, length, S_IFDIR, {""}};
		if (!add_folder(files + i, next - i, prefix + length + 1, sink, &entry->id, e))
			return false;
	}
	if (entries.n)
		qsort(entries.v, entries.n, sizeof(*entries.v), by_git);
	struct text object = {.a = &scratch};
	text_addz(&object, "");
	vec_for(entry, &entries)
		add_entry(&object, entry);
	return sink->add(sink->ctx, "tree", text_str(&object), out, e);
}

bool git_folder_to(const char *dir, git_files *files, const struct git_sink *sink,
	struct git_id *out, struct err *e)
{
	vec_for(f, files)
		if (!add_file(dir, f, sink, e))
			return false;
	return add_folder(files->v, files->n, 0, sink, out, e);
}

static bool only_hash(
	void *ctx, const char *type, struct str bytes, struct git_id *out, struct err *e)
{
	(void)ctx;
	(void)e;
	hash_git(type, bytes, out->hex);
	return true;
}

static bool is_known(void *ctx, const struct git_id *id)
{
	(void)ctx;
	(void)id;
	return true;
}

bool git_folder_id(const char *dir, git_files *files, struct git_id *out, struct err *e)
{
	static const struct git_sink hash = {only_hash, is_known, NULL};
	return git_folder_to(dir, files, &hash, out, e);
}
