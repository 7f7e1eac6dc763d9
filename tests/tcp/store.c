/* store.c - tables in a file: turns of changes, one after the other. SPDX-License-Identifier: ISC
 */
#include "store.h"
#include "tcp_value.h"
#include <fcntl.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define TURN_MAX (16 * 1024 * 1024)
#define COMPACT_AT (64 * 1024 * 1024)

struct turn_head {
	uint32_t size, sum; /* of what follows */
};
/* A change: the table's number, 'p' or 'r', the key, the value. */
enum { CONNECTIONS, PAYLOAD };

static struct store store;
static const uint64_t secret[2] = {1, 2};
static struct table_limits limits[2] = {{.entries = 512,
						.history_bytes = 8 << 20,
						.history_ns = 3600000000000ull,
						.log_records = 4096,
						.secret = secret},
	{.entries = 4096,
		.history_bytes = 64 << 10,
		.history_ns = 1000000000ull,
		.log_records = 64,
		.secret = secret}};
static const struct table_kind *const kinds[2] = {&tcp_kind, &tcp_payload_kind};
static uint8_t turn[TURN_MAX];
static size_t turn_size;
static size_t file_size;
static int file = -1;
static const char *file_name;
static const char *git;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct table *table_of(unsigned i)
{
	return i == CONNECTIONS ? store.connections : store.payload;
}

static void record(unsigned i, const void *key, const void *value)
{
	size_t need = 2 + kinds[i]->key_size + kinds[i]->value_size;
	if (turn_size + need > TURN_MAX)
		die("a turn is too large");
	uint8_t *p = turn + turn_size;
	*p++ = (uint8_t)i;
	*p++ = value ? 'p' : 'r';
	memcpy(p, key, kinds[i]->key_size);
	if (value)
		memcpy(p + kinds[i]->key_size, value, kinds[i]->value_size);
	turn_size += value ? need : need - kinds[i]->value_size;
}

static void replay(const uint8_t *p, size_t n)
{
	while (n) {
		unsigned i = p[0] != CONNECTIONS;
		size_t size = 2 + kinds[i]->key_size + (p[1] == 'p' ? kinds[i]->value_size : 0);
		if (p[1] == 'p')
			table_put(table_of(i), p + 2, p + 2 + kinds[i]->key_size, TABLE_LATER);
		else
			table_remove(table_of(i), p + 2, TABLE_LATER);
		p += size;
		n -= size;
	}
}

static void load(const char *name)
{
	struct turn_head head;
	FILE *in = fopen(name, "rb");
	while (in && fread(&head, sizeof(head), 1, in) == 1 && head.size <= TURN_MAX &&
		fread(turn, 1, head.size, in) == head.size && crc32(0, turn, head.size) == head.sum)
		replay(turn, head.size);
	if (in)
		fclose(in);
}

static bool write_turn(int fd)
{
	struct turn_head head = {(uint32_t)turn_size, (uint32_t)crc32(0, turn, (uInt)turn_size)};
	bool done = write(fd, &head, sizeof(head)) == (ssize_t)sizeof(head) &&
		    write(fd, turn, turn_size) == (ssize_t)turn_size;
	file_size += sizeof(head) + turn_size;
	turn_size = 0;
	return done;
}

static void record_all(void)
{
	const void *key, *value;
	for (unsigned i = CONNECTIONS; i <= PAYLOAD; i++)
		for (size_t cursor = 0; table_next(table_of(i), &cursor, &key, &value);)
			record(i, key, value);
}

/* A file of the present state alone takes the old one's place. */
static void compact(void)
{
	char name[4096];
	snprintf(name, sizeof(name), "%s.new", file_name);
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	file_size = turn_size = 0;
	record_all();
	if (fd < 0 || !write_turn(fd) || rename(name, file_name) != 0)
		die(name);
	if (file >= 0)
		close(file);
	file = fd;
}

bool store_write(void *ctx)
{
	(void)ctx;
	bool done = write_turn(file);
	if (file_size > COMPACT_AT)
		compact();
	return done;
}

/* ---- git ---- */

static void write_file(const char *name, const void *p, size_t n)
{
	FILE *out = fopen(name, "wb");
	if (!out || fwrite(p, 1, n, out) != n || fclose(out) != 0)
		die(name);
}

static void write_object(void *ctx, enum table_type type, const uint8_t *p, size_t n)
{
	static const char *const names[] = {"", "commit", "tree", "blob"};
	static uint8_t raw[TABLE_OBJECT_MAX + 64], packed[TABLE_OBJECT_MAX * 2];
	char text[41], name[4096];
	struct table_id id;
	struct sha1_ctx sha;
	uLongf size = sizeof(packed);
	(void)ctx;
	int head = snprintf((char *)raw, 64, "%s %zu", names[type], n) + 1;
	memcpy(raw + head, p, n);
	compress(packed, &size, raw, (uLong)((size_t)head + n));
	sha1_init(&sha);
	sha1_update(&sha, (size_t)head + n, raw);
	sha1_digest(&sha, sizeof(id.bytes), id.bytes);
	table_id_text(&id, text);
	snprintf(name, sizeof(name), "%s/objects/%.2s", git, text);
	mkdir(name, 0755);
	snprintf(name, sizeof(name), "%s/objects/%.2s/%s", git, text, text + 2);
	write_file(name, packed, size);
}

static void move_ref(void *ctx, const struct table_ref *ref)
{
	char text[42], name[4096], fresh[4096];
	(void)ctx;
	table_id_text(&ref->id, text);
	text[40] = '\n';
	snprintf(name, sizeof(name), "%s/refs/heads/%s", git, ref->name);
	snprintf(fresh, sizeof(fresh), "%s/%s.new", git, ref->name);
	write_file(fresh, text, 41);
	if (rename(fresh, name) != 0) /* git may be reading it */
		die(name);
}

/* ---- opening ---- */

static struct table *open_table(unsigned i)
{
	size_t n = (table_memory(kinds[i], &limits[i]) + 15) & ~(size_t)15;
	void *memory = aligned_alloc(16, n);
	if (!memory)
		die("memory");
	return table_open(memset(memory, 0, n), kinds[i], &limits[i]);
}

struct store store_open(const char *name, const char *objects)
{
	file_name = name;
	git = objects;
	store.connections = open_table(CONNECTIONS);
	store.payload = open_table(PAYLOAD);
	load(name);
	return store;
}

static void changed_connection(void *ctx, const void *key, const void *value)
{
	(void)ctx;
	record(CONNECTIONS, key, value);
}

static void changed_payload(void *ctx, const void *key, const void *value)
{
	(void)ctx;
	record(PAYLOAD, key, value);
}

void store_watch(void)
{
	static struct table_watcher connections = {.changed = changed_connection};
	static const struct table_watcher payload = {.changed = changed_payload};
	if (git) {
		connections.object = write_object;
		connections.moved = move_ref;
	}
	compact();
	table_watch(store.connections, &connections);
	table_watch(store.payload, &payload);
}

/* ---- leaving out ---- */

static void remove_payload(unsigned direction)
{
	const void *key, *value;
	for (size_t cursor = 0; table_next(store.payload, &cursor, &key, &value);)
		if (((const struct tcp_chunk_key *)key)->direction == direction)
			table_remove(store.payload, key, TABLE_LATER);
}

/* What a field is in a connection that nobody has told anything. */
static const char *nothing_in(const char *field)
{
	static const struct {
		const char *field, *value;
	} fresh[] = {{"state", "CLOSED"}, {"opened", "1970-01-01T00:00:00Z"},
		{"resumable", "no: no application"}, {"app", "none"}, {"mss", "536"},
		{"ttl", "255"}, {"prio", "64"}, {"keep_idle", "7200000"}};
	for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
		if (strcmp(fresh[i].field, field) == 0)
			return fresh[i].value;
	return "0";
}

/* The line of FIELD with another value, or the flag of that name taken away. */
static bool edit(const char *text, char *out, size_t max, const char *field)
{
	char word[80];
	snprintf(word, sizeof(word), "\n%s ", field);
	const char *at =
		strncmp(text, word + 1, strlen(word + 1)) == 0 ? text - 1 : strstr(text, word);
	if (at) {
		at += strlen(word);
		snprintf(out, max, "%.*s%s%s", (int)(at - text), text, nothing_in(field),
			strchr(at, '\n'));
		return true;
	}
	snprintf(word, sizeof(word), " %s", field);
	at = strstr(strstr(text, "\nflags"), word);
	if (at)
		snprintf(out, max, "%.*s%s", (int)(at - text), text, at + strlen(word));
	return at;
}

bool store_leave_out(const char *field)
{
	const void *key, *value;
	bool found = false;
	if (strcmp(field, "out") == 0 || strcmp(field, "in") == 0) {
		remove_payload(strcmp(field, "in") == 0);
		return true;
	}
	for (size_t cursor = 0; table_next(store.connections, &cursor, &key, &value);) {
		char text[TABLE_TEXT_MAX + 1], other[TABLE_TEXT_MAX + 1];
		struct tcp_value v;
		if (((const struct tcp_value *)value)->state == TCP_LISTEN)
			continue;
		text[tcp_kind.text(value, text)] = '\0';
		if (!edit(text, other, sizeof(other), field) ||
			!tcp_kind.parse_text(other, strlen(other), &v))
			continue;
		found = true;
		table_put(store.connections, key, &v, TABLE_LATER);
	}
	return found;
}

void store_flag(uint16_t flags)
{
	const void *key, *value;
	for (size_t cursor = 0; table_next(store.connections, &cursor, &key, &value);) {
		struct tcp_value v = *(const struct tcp_value *)value;
		if (v.state == TCP_LISTEN)
			continue;
		v.flags |= flags;
		table_put(store.connections, key, &v, TABLE_LATER);
	}
}

void store_limits(size_t entries, size_t chunks)
{
	limits[CONNECTIONS].entries = entries;
	limits[PAYLOAD].entries = chunks;
}

int store_show(const char *name)
{
	const void *key, *value;
	store_open(name, NULL);
	for (size_t cursor = 0; table_next(store.connections, &cursor, &key, &value);) {
		char path[TABLE_PATH_MAX], text[TABLE_TEXT_MAX];
		int n = (int)tcp_kind.path(key, path), m = (int)tcp_kind.text(value, text);
		printf("%.*s\n%.*s\n", n, path, m, text);
	}
	printf("%zu chunks\n", table_count(store.payload));
	return 0;
}
