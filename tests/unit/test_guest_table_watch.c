/* test_guest_table_watch.c - what the one who keeps a table beyond the machine is told: enough to
 * make the same table of it, at every moment. SPDX-License-Identifier: ISC */
#include "table_repo.h"

#define KEYS 40u

/* What was told, kept plainly: a disk that never forgets. */
struct told {
	struct repo repo;
	struct holder value[KEYS];
	bool has[KEYS];
	unsigned objects, moved, gone;
	char primary[41];
};

static void changed(void *ctx, const void *key, const void *value)
{
	struct told *d = ctx;
	unsigned k = ((const struct address *)key)->bytes[3];
	assert_true(k < KEYS && (value || d->has[k]));
	d->has[k] = value != NULL;
	if (value)
		d->value[k] = *(const struct holder *)value;
}

static void object(void *ctx, enum table_type type, const uint8_t *p, size_t n)
{
	static const char *const names[] = {"", "commit", "tree", "blob"};
	struct told *d = ctx;
	char path[160], hex[64];
	snprintf(path, sizeof(path), "%s/told", d->repo.dir);
	write_file(path, p, n);
	snprintf(hex, sizeof(hex), "hash-object -w -t %s told", names[type]);
	git(&d->repo, hex);
	d->objects++;
}

/* All that the ref reaches was told before. */
static void moved(void *ctx, const struct table_ref *ref)
{
	static const struct table_id none;
	struct told *d = ctx;
	char command[256], hex[41];
	table_id_text(&ref->id, hex);
	if (memcmp(&ref->id, &none, sizeof(none)) == 0) {
		snprintf(command, sizeof(command), "update-ref -d refs/heads/%s", ref->name);
		git(&d->repo, command);
		d->gone++;
		return;
	}
	snprintf(command, sizeof(command), "update-ref refs/heads/%s %s", ref->name, hex);
	git(&d->repo, command);
	snprintf(command, sizeof(command), "rev-list --objects --quiet %s", hex);
	assert_string_equal(git(&d->repo, command), "");
	if (strcmp(ref->name, "primary") == 0)
		memcpy(d->primary, hex, sizeof(hex));
	d->moved++;
}

static void watch(struct told *d, struct table *t)
{
	const struct table_watcher w = {d, changed, object, moved};
	memset(d, 0, sizeof(*d));
	make_repo(&d->repo);
	table_watch(t, &w);
}

static void assert_told(struct told *d, struct table *t)
{
	char hex[41];
	struct table_ref ref;
	size_t refs = 0;
	for (unsigned k = 0; k < KEYS; k++) {
		const struct holder *v = get(t, k);
		assert_int_equal(v != NULL, d->has[k]);
		if (v)
			assert_memory_equal(v, &d->value[k], sizeof(*v));
	}
	for (; table_ref(t, refs, &ref); refs++) {
		char command[128];
		table_id_text(&ref.id, hex);
		snprintf(command, sizeof(command), "rev-parse refs/heads/%s", ref.name);
		assert_string_equal(git(&d->repo, command), hex);
	}
	assert_int_equal(strtoul(git(&d->repo, "for-each-ref | wc -l"), NULL, 10), refs);
	assert_string_equal(git(&d->repo, "fsck --strict --no-dangling"), "");
}

static void all_is_told_in_time(void **state)
{
	(void)state;
	struct made_table m =
		make_table(&flat_kind, (struct table_limits){.history_ns = 20 * SECOND});
	struct told d;
	watch(&d, m.t);
	uint64_t random = 11;
	for (unsigned step = 0; step < 60; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		unsigned k = (unsigned)(random >> 33) % KEYS, what = (unsigned)(random >> 60);
		table_set_time(m.t, START + step * SECOND);
		if (what < 9)
			put(m.t, k, step, step, what % 2);
		else if (what < 12)
			take_out(m.t, k, NOTE_EXPIRED);
		else {
			struct table_branch *b = table_branch(m.t, what & 1 ? "odd" : "even");
			struct address key = address(k);
			struct holder value = holder(step, step + 5);
			table_branch_put(b, &key, &value);
			if (what < 14)
				put(m.t, (k + 1) % KEYS, step, step, NOTE_LATER);
			if (what == 15)
				table_branch_drop(b);
			else
				table_branch_merge(b, NOTE_MERGED);
		}
		if (step % 3 == 0)
			table_flush(m.t);
	}
	table_flush(m.t);
	assert_told(&d, m.t);
	assert_true(d.gone > 0);
	drop_repo(&d.repo);
	drop_table(&m);
}

/* Of an import, what is taken in is told; what came in vain is not. */
static void an_import_is_told_when_it_is_taken(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	struct told d;
	struct table_id id, root;
	uint8_t tree[64];
	char text[512], hex[41], why[TABLE_MESSAGE_MAX];
	watch(&d, m.t);
	put(m.t, 1, 1, 1, NOTE_ADDED);
	table_flush(m.t);
	unsigned before = d.objects;
	struct table_import *im = table_import(m.t);
	static const char blob[] = "mac 02:00:00:00:00:02\nexpires 2\n", vain[] = "vain";
	assert_true(table_import_add(im, TABLE_BLOB, (const uint8_t *)vain, 4, &id));
	assert_true(table_import_add(im, TABLE_BLOB, (const uint8_t *)blob, sizeof(blob) - 1, &id));
	memcpy(tree, "100644 10.0.0.2", 16);
	memcpy(tree + 16, id.bytes, 20);
	assert_true(table_import_add(im, TABLE_TREE, tree, 36, &id));
	memcpy(tree, "40000 arp", 10);
	memcpy(tree + 10, id.bytes, 20);
	assert_true(table_import_add(im, TABLE_TREE, tree, 30, &root));
	table_id_text(&root, hex);
	int n = snprintf(text, sizeof(text),
		"tree %s\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nby hand\n", hex);
	assert_true(table_import_add(im, TABLE_COMMIT, (uint8_t *)text, (size_t)n, &id));
	assert_int_equal(d.objects, before);
	assert_int_equal(table_import_merge(im, &id, NOTE_MERGED, NULL, NULL, why), TABLE_MERGED);
	table_import_close(im);
	/* A blob, two trees and a commit came; two trees and a commit were made of them. */
	assert_int_equal(d.objects, before + 7);
	assert_told(&d, m.t);
	drop_repo(&d.repo);
	drop_table(&m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_told_in_time),
		cmocka_unit_test(an_import_is_told_when_it_is_taken),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_watch", tests, NULL, NULL);
}
