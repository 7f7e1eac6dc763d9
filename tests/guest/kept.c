/* kept.c - reads what tests/guest/keep.c has left on a disk, on the host:
 *   kept state IMAGE             the counts that a boot would find
 *   kept repo IMAGE STORE DIR    a store's history as loose objects, into a bare repository
 *   kept cuts LOG SECTORS SEED N EARLY  about N power cuts in QEMU's record of a disk's writes
 *                                (blklogwrites); EARLY flushes more are expected to be there
 * SPDX-License-Identifier: ISC */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "disk_file.h"
#include "disk_sim.h"
#include "keep.h"

#define COMMITS 65536

struct commit {
	struct table_id id;
	unsigned store;
	uint64_t count; /* in its message */
};

/* What a log says in the end. */
struct found {
	char names[256][TABLE_NAME_MAX];
	uint64_t each;	  /* store 0: the value of key 0 */
	uint64_t commits; /* store 1: the count of its last commit */
	struct table_id head[256];
	size_t n;
	struct commit commit[COMMITS];
};
typedef void visit(void *ctx, const struct keep_record *r);

static void take(struct found *f, const struct keep_record *r)
{
	if (r->kind == KEEP_STORE)
		memcpy(f->names[r->store], r->name, sizeof(r->name));
	if (r->kind == KEEP_VALUE && r->store == 0 && r->n == 9 && r->p[0] == 0)
		memcpy(&f->each, r->p + 1, 8);
	if (r->kind == KEEP_OBJECT && r->type == TABLE_COMMIT && f->n < COMMITS) {
		struct commit *c = &f->commit[f->n++];
		char text[1024] = "";
		memcpy(text, r->p, r->n < sizeof(text) ? r->n : sizeof(text) - 1);
		const char *message = strstr(text, "\n\ncount ");
		*c = (struct commit){
			r->id, r->store, message ? strtoull(message + 8, NULL, 10) : 0};
	}
	if (r->kind == KEEP_MOVED && strcmp(r->name, "primary") == 0) {
		f->head[r->store] = r->id;
		for (size_t i = f->n; i-- > 0 && r->store == 1;) {
			if (memcmp(&f->commit[i].id, &r->id, sizeof(r->id)) == 0) {
				f->commits = f->commit[i].count;
				break;
			}
		}
	}
}

/* Reads a log; false where there is none. */
static bool read_log(const struct disklog_device *device, struct found *f, visit *also, void *ctx)
{
	static _Alignas(16) uint8_t memory[3 * DISKLOG_BLOCK_MAX];
	struct disklog_options options = {.read_only = true};
	struct disklog *log;
	struct disklog_record record;
	struct keep_record r;
	enum disklog_next next;
	memset(f, 0, sizeof(*f));
	if (disklog_open(memory, device, &options, &log) != DISKLOG_OPENED)
		return false;
	while ((next = disklog_next(log, &record)) == DISKLOG_RECORD) {
		if (!keep_parse(&record, &r))
			errx(1, "a record of nobody's");
		take(f, &r);
		if (also)
			also(ctx, &r);
	}
	return next == DISKLOG_END && !disklog_stats(log).damaged;
}

/* ---- a repository
 * -------------------------------------------------------------------------------- */

struct repository {
	const char *dir, *store;
	const struct found *found;
	FILE *shallow;
};

static void object_path(const struct repository *r, const struct table_id *id, char path[512])
{
	char hex[41];
	table_id_text(id, hex);
	snprintf(path, 512, "%s/objects/%.2s", r->dir, hex);
	mkdir(path, 0777);
	snprintf(path, 512, "%s/objects/%.2s/%s", r->dir, hex, hex + 2);
}

static void write_object(void *ctx, const struct keep_record *o)
{
	static uint8_t plain[TABLE_OBJECT_MAX + 32], packed[TABLE_OBJECT_MAX + 4096];
	static const char *const names[] = {"", "commit", "tree", "blob"};
	struct repository *r = ctx;
	char path[512];
	uLongf n = sizeof(packed);
	if (o->kind != KEEP_OBJECT || strcmp(r->found->names[o->store], r->store) != 0)
		return;
	size_t head = (size_t)sprintf((char *)plain, "%s %zu", names[o->type], o->n) + 1;
	memcpy(plain + head, o->p, o->n);
	compress2(packed, &n, plain, head + o->n, 1);
	object_path(r, &o->id, path);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(packed, 1, n, f) != n || fclose(f) != 0)
		err(1, "%s", path);
}

/* A commit whose parents are not in the log is at the boundary. */
static void write_shallow(void *ctx, const struct keep_record *o)
{
	struct repository *r = ctx;
	struct table_id parent;
	char path[512], hex[41];
	if (o->kind != KEEP_OBJECT || o->type != TABLE_COMMIT ||
		strcmp(r->found->names[o->store], r->store) != 0)
		return;
	if (o->n < 94 || memcmp(o->p + 46, "parent ", 7) != 0 ||
		!table_id_parse((const char *)o->p + 53, 40, &parent))
		return;
	object_path(r, &parent, path);
	table_id_text(&o->id, hex);
	if (access(path, F_OK) != 0)
		fprintf(r->shallow, "%s\n", hex);
}

static int repo(const struct disklog_device *device, const char *store, const char *dir)
{
	static struct found f;
	struct repository r = {.dir = dir, .store = store, .found = &f};
	char path[512], hex[41];
	snprintf(path, sizeof(path), "%s/shallow.new", dir);
	r.shallow = fopen(path, "w");
	if (!r.shallow || !read_log(device, &f, write_object, &r) ||
		!read_log(device, &f, write_shallow, &r))
		errx(1, "there is no log");
	bool is_shallow = ftell(r.shallow) > 0;
	fclose(r.shallow);
	char to[512];
	snprintf(to, sizeof(to), "%s/shallow", dir);
	if (is_shallow ? rename(path, to) != 0 : unlink(path) != 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/refs/heads/primary", dir);
	FILE *ref = fopen(path, "w");
	for (unsigned i = 0; i < 256; i++) {
		if (ref && strcmp(f.names[i], store) == 0) {
			table_id_text(&f.head[i], hex);
			fprintf(ref, "%s\n", hex);
		}
	}
	return ref && fclose(ref) == 0 ? 0 : 1;
}

/* ---- power cuts
 * ------------------------------------------------------------------------------------ */

/* QEMU's record: a superblock, then entries, each in a sector of its own in front of its data
 * (Linux, Documentation/admin-guide/device-mapper/log-writes.rst). */
static void load(struct disk *d, const char *path)
{
	uint64_t head[SECTOR / 8];
	FILE *f = fopen(path, "r");
	if (!f || fread(head, 1, SECTOR, f) != SECTOR || head[0] != 0x6a736677736872)
		errx(1, "%s is no record of writes", path);
	d->recording = true;
	for (uint64_t left = head[2]; left > 0 && fread(head, 1, SECTOR, f) == SECTOR; left--) {
		if (head[2] & 1)
			disk_flush(d);
		if (head[1] == 0)
			continue;
		uint8_t *data = malloc(head[1] * SECTOR);
		if (fread(data, SECTOR, head[1], f) != head[1])
			errx(1, "%s ends early", path);
		disk_write(d, head[0], data, head[1]);
		free(data);
	}
	fclose(f);
}

/* The counts after each flush, with all of the disk's cache lost. */
static size_t promises(struct disk *d, const uint8_t *blank, struct found *f, uint64_t (*at)[2])
{
	struct cutter c;
	size_t n = 0;
	struct disk now = {.sectors = d->sectors};
	cutter_start(&c, d, blank);
	while (cutter_next(&c)) {
		if (d->events[c.at - 1].what != DISK_FLUSH)
			continue;
		now.bytes = c.durable;
		struct disklog_device device = disk_device(&now);
		memset(f, 0, sizeof(*f));
		read_log(&device, f, NULL, NULL);
		at[n][0] = f->each;
		at[n++][1] = f->commits;
	}
	cutter_end(&c);
	return n;
}

static int cuts(const char *log, uint64_t sectors, uint64_t seed, unsigned wanted, size_t early)
{
	static struct found f;
	struct disk d, now = {.sectors = sectors};
	struct cutter c;
	disk_make(&d, sectors);
	load(&d, log);
	uint8_t *blank = calloc(sectors, SECTOR), *image = malloc(sectors * SECTOR);
	uint64_t(*at)[2] = calloc(d.count + 1, sizeof(*at));
	size_t flushes = promises(&d, blank, &f, at), flush = 0;
	if (flushes == 0)
		errx(1, "nothing was ever flushed");
	unsigned images = 0, one_in = 1 + (unsigned)(d.count * CUT_KINDS / wanted);
	cutter_start(&c, &d, blank);
	while (cutter_next(&c)) {
		flush += d.events[c.at - 1].what == DISK_FLUSH;
		for (int kind = 0; kind < CUT_KINDS; kind++) {
			if (random_below(&seed, one_in) != 0 || flush == 0 ||
				flush + early >= flushes)
				continue;
			cutter_image(&c, (enum cut)kind, &seed, image);
			now.bytes = image;
			struct disklog_device device = disk_device(&now);
			if (!read_log(&device, &f, NULL, NULL))
				errx(1, "event %zu: no log", c.at);
			const uint64_t *least = at[flush - 1 + early], *most = at[flush];
			if (f.each < least[0] || f.each > most[0] || f.commits < least[1] ||
				f.commits > most[1])
				errx(1, "event %zu: %ju and %ju, not %ju to %ju and %ju to %ju",
					c.at, (uintmax_t)f.each, (uintmax_t)f.commits,
					(uintmax_t)least[0], (uintmax_t)most[0],
					(uintmax_t)least[1], (uintmax_t)most[1]);
			images++;
		}
	}
	printf("%zu flushes, up to %ju and %ju, %u images\n", flushes,
		(uintmax_t)at[flushes - 1][0], (uintmax_t)at[flushes - 1][1], images);
	return 0;
}

int main(int argc, char **argv)
{
	static struct found f;
	struct disklog_device device;
	int fd;
	if (argc == 7 && strcmp(argv[1], "cuts") == 0)
		return cuts(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
			(unsigned)strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10));
	if (argc < 3 || !disk_file_open(argv[2], &fd, &device))
		errx(2, "usage: kept state|repo IMAGE, kept cuts LOG");
	if (argc == 5 && strcmp(argv[1], "repo") == 0)
		return repo(&device, argv[3], argv[4]);
	if (!read_log(&device, &f, NULL, NULL))
		errx(1, "there is no log");
	printf("%ju %ju\n", (uintmax_t)f.each, (uintmax_t)f.commits);
	return 0;
}
