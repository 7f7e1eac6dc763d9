/* table_repo.h - a table's history as a repository for the git program: loose objects and refs, as
 * far as the refs reach. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_TABLE_REPO_H
#define RESPIN_TESTS_TABLE_REPO_H

#include <sys/stat.h>
#include <zlib.h>

#include "addresses.h"

struct repo {
	char dir[64];
	unsigned tables; /* exported to it; all but the first have a number before their refs' names
			  */
};

static inline void make_repo(struct repo *r)
{
	char command[256];
	*r = (struct repo){.dir = "/tmp/respin-table-XXXXXX"};
	assert_non_null(mkdtemp(r->dir));
	snprintf(command, sizeof(command), "git init -q --bare -b primary %s", r->dir);
	assert_int_equal(system(command), 0);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(command, sizeof(command), "%s/objects/%02x", r->dir, i);
		mkdir(command, 0777);
	}
}

static inline void drop_repo(struct repo *r)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", r->dir);
	assert_int_equal(system(command), 0);
}

/* Output of "git COMMAND" there; its last line feed is cut off. */
static inline char *git(struct repo *r, const char *command)
{
	static char out[1 << 16];
	char line[512];
	snprintf(line, sizeof(line), "git -C %s %s 2>&1", r->dir, command);
	FILE *f = popen(line, "r");
	assert_non_null(f);
	size_t n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	if (n && out[n - 1] == '\n')
		out[n - 1] = '\0';
	int status = pclose(f);
	if (status)
		print_error("%s\n%s\n", line, out);
	assert_int_equal(status, 0);
	return out;
}

static inline void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Writes a loose object under the name that the table says; git fsck sees whether it's true. False
 * where it is there already. */
static inline bool write_loose(
	struct repo *r, const struct table_id *id, enum table_type type, const uint8_t *p, size_t n)
{
	static uint8_t plain[TABLE_OBJECT_MAX + 32], packed[TABLE_OBJECT_MAX + 4096];
	static const char *const names[] = {"", "commit", "tree", "blob"};
	char path[160], hex[41];
	table_id_text(id, hex);
	snprintf(path, sizeof(path), "%s/objects/%.2s/%s", r->dir, hex, hex + 2);
	if (access(path, F_OK) == 0)
		return false;
	size_t head = (size_t)sprintf((char *)plain, "%s %zu", names[type], n) + 1;
	memcpy(plain + head, p, n);
	uLongf packed_n = sizeof(packed);
	assert_int_equal(compress2(packed, &packed_n, plain, head + n, 1), Z_OK);
	write_file(path, packed, packed_n);
	return true;
}

static inline void export_object(struct table *t, struct repo *r, const struct table_id *id);

static inline void export_tree(struct table *t, struct repo *r, const uint8_t *p, size_t n)
{
	for (const uint8_t *at = p; at < p + n;) {
		struct table_id id;
		const uint8_t *end = memchr(at, 0, (size_t)(p + n - at));
		memcpy(id.bytes, end + 1, 20);
		export_object(t, r, &id);
		at = end + 21;
	}
}

static inline bool is_shallow(struct table *t, const struct table_id *id)
{
	struct table_id edge;
	for (size_t i = 0; table_shallow(t, i, &edge); i++)
		if (memcmp(&edge, id, sizeof(edge)) == 0)
			return true;
	return false;
}

static inline void export_commit(
	struct table *t, struct repo *r, const struct table_id *self, const uint8_t *p, size_t n)
{
	struct table_id id;
	const char *text = (const char *)p;
	assert_true(n > 46 && table_id_parse(text + 5, 40, &id));
	export_object(t, r, &id);
	if (is_shallow(t, self))
		return;
	for (const char *at = text + 46; strncmp(at, "parent ", 7) == 0; at += 48) {
		assert_true(table_id_parse(at + 7, 40, &id));
		export_object(t, r, &id);
	}
}

static inline void export_object(struct table *t, struct repo *r, const struct table_id *id)
{
	enum table_type type;
	size_t n;
	uint8_t *p = malloc(TABLE_OBJECT_MAX);
	if (!table_read(t, id, &type, p, &n)) {
		char hex[41];
		table_id_text(id, hex);
		print_error("object %s is not there\n", hex);
		assert_true(false);
	}
	if (write_loose(r, id, type, p, n)) {
		if (type == TABLE_TREE)
			export_tree(t, r, p, n);
		if (type == TABLE_COMMIT)
			export_commit(t, r, id, p, n);
	}
	free(p);
}

static inline void export_refs(struct table *t, struct repo *r, const char *prefix)
{
	struct table_ref ref;
	char path[192], hex[42];
	for (size_t i = 0; table_ref(t, i, &ref); i++) {
		export_object(t, r, &ref.id);
		table_id_text(&ref.id, hex);
		hex[40] = '\n';
		snprintf(path, sizeof(path), "%s/refs/heads/%s%s", r->dir, prefix, ref.name);
		write_file(path, hex, 41);
	}
}

/* Everything that the refs reach, as "git clone" would bring it. */
static inline void export_table(struct table *t, struct repo *r)
{
	struct table_id edge;
	char path[128], prefix[16] = "", hex[41];
	if (r->tables)
		snprintf(prefix, sizeof(prefix), "%u-", r->tables);
	export_refs(t, r, prefix);
	snprintf(path, sizeof(path), "%s/shallow", r->dir);
	for (size_t i = 0; table_shallow(t, i, &edge); i++) {
		FILE *f = fopen(path, "a");
		assert_non_null(f);
		table_id_text(&edge, hex);
		fprintf(f, "%s\n", hex);
		assert_int_equal(fclose(f), 0);
	}
	r->tables++;
}

static inline void assert_git_agrees(struct table *t, struct repo *r)
{
	export_table(t, r);
	assert_string_equal(git(r, "fsck --strict --full --no-dangling"), "");
}

#endif
