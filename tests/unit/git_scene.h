/* git_scene.h - a git server over two tables, with requests as bytes and a clock of its own: for
 * unit tests and fuzz targets. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_GIT_SCENE_H
#define RESPIN_TESTS_GIT_SCENE_H

#include <nettle/sha1.h>
#include <zlib.h>

#include "addresses.h"
#include "git.h"

#define READ_TOKEN "read-0123456789abcdefghij"
#define WRITE_TOKEN "write-0123456789abcdefghij"
#define PART_TOKEN "part-0123456789abcdefghij"
#define OLD_TOKEN "old-0123456789abcdefghij"
#define OTHER_TOKEN "other-0123456789abcdefghij"
#define UPLOAD_TYPE "Content-Type: application/x-git-upload-pack-request\r\n"
#define RECEIVE_TYPE "Content-Type: application/x-git-receive-pack-request\r\n"

enum { OPEN_STORE, CLOSED_STORE, SHUT_STORE, STORES };

struct scene {
	struct made_table tables[STORES];
	struct git_store stores[STORES];
	struct git_token tokens[5];
	struct git_config config;
	void *memory;
	struct git_server *s;
	uint64_t now;
	char logged[1024]; /* the last lines */
};

static inline void scene_log(void *ctx, const char *line)
{
	struct scene *s = ctx;
	size_t n = strlen(s->logged);
	if (n + strlen(line) + 2 > sizeof(s->logged))
		n = 0;
	snprintf(s->logged + n, sizeof(s->logged) - n, "%s\n", line);
}

static const char *const part_of_arp[] = {"arp/10.0.0.99", "nat/", NULL};

static inline struct git_token scene_token(const char *text, const char *store, bool write)
{
	struct git_token t = {.store = store, .write = write};
	if (!git_token_hash(text, strlen(text), t.hash))
		abort();
	return t;
}

static inline void scene_rights(struct scene *s)
{
	s->tokens[0] = scene_token(READ_TOKEN, "nat", false);
	s->tokens[1] = scene_token(WRITE_TOKEN, "arp", true);
	s->tokens[2] = scene_token(PART_TOKEN, "arp", true);
	s->tokens[2].paths = part_of_arp;
	s->tokens[3] = scene_token(OLD_TOKEN, "nat", false);
	s->tokens[3].expires_ns = START;
	s->tokens[4] = scene_token(OTHER_TOKEN, "nat", true);
	s->stores[OPEN_STORE] = (struct git_store){
		"arp", s->tables[0].t, GIT_OPEN, GIT_TOKEN, NOTE_MERGED, NULL, NULL};
	s->stores[CLOSED_STORE] = (struct git_store){
		"nat", s->tables[1].t, GIT_TOKEN, GIT_TOKEN, NOTE_MERGED, NULL, NULL};
	s->stores[SHUT_STORE] = (struct git_store){
		"tcp", s->tables[2].t, GIT_CLOSED, GIT_OPEN, NOTE_MERGED, NULL, NULL};
}

/* As CONFIG and LIMITS say, where they say something. */
static inline struct scene *scene_open(struct git_config config, struct table_limits limits)
{
	struct scene *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	config.store_count = config.store_count ? config.store_count : STORES;
	for (size_t i = 0; i < config.store_count; i++)
		s->tables[i] = make_table(&flat_kind, limits);
	scene_rights(s);
	s->config = config;
	s->config.stores = s->stores;
	s->config.tokens = s->tokens;
	s->config.token_count = 5;
	s->config.connections = config.connections ? config.connections : 8;
	s->config.per_address = config.per_address ? config.per_address : 8;
	s->config.jobs = config.jobs ? config.jobs : 2;
	s->config.objects = config.objects ? config.objects : 4096;
	s->config.secret = 12345;
	s->config.log = scene_log;
	s->config.log_ctx = s;
	s->memory = calloc(1, git_memory(&s->config));
	s->s = git_open(s->memory, &s->config);
	s->now = START;
	git_tick(s->s, s->now);
	return s;
}

static inline void scene_close(struct scene *s)
{
	for (size_t i = 0; i < s->config.store_count; i++)
		drop_table(&s->tables[i]);
	free(s->memory);
	free(s);
}

static inline void scene_pass(struct scene *s, uint64_t ns)
{
	s->now += ns;
	for (size_t i = 0; i < s->config.store_count; i++)
		table_set_time(s->tables[i].t, s->now);
	git_tick(s->s, s->now);
}

/* Bytes that came. */
struct bytes {
	char *p;
	size_t n, room;
};

__attribute__((noinline, unused)) static void bytes_add(struct bytes *b, const void *p, size_t n)
{
	size_t need = b->n + n + 1;
	if (n > (size_t)1 << 30)
		abort();
	if (!b->p || need > b->room) {
		b->room = need + need / 2 + 64;
		b->p = realloc(b->p, b->room);
		if (!b->p)
			abort();
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = 0;
}

static inline void bytes_text(struct bytes *b, const char *text)
{
	bytes_add(b, text, strlen(text));
}

static inline bool bytes_have(const struct bytes *b, const char *part)
{
	return memmem(b->p, b->n, part, strlen(part));
}

/* What C has to say, until it says no more; ROOM bytes at a time. */
static inline void hear(struct scene *s, struct git_conn *c, size_t room, struct bytes *out)
{
	uint8_t part[4096];
	size_t n;
	bool more;
	do {
		more = git_work(s->s);
		n = git_conn_output(c, part, room < sizeof(part) ? room : sizeof(part));
		bytes_add(out, part, n);
	} while (more || n);
}

/* Sends N bytes in pieces of STEP, and hears; the answer is added to OUT. Returns how many bytes
 * were taken. */
static inline size_t ask(struct scene *s, struct git_conn *c, const char *p, size_t n, size_t step,
	struct bytes *out)
{
	size_t at = 0, idle = 0;
	while (at < n && idle < 3) {
		size_t part = step < n - at ? step : n - at;
		uint8_t *copy = malloc(part);
		if (!copy)
			abort();
		memcpy(copy, p + at, part);
		size_t taken = git_conn_receive(c, copy, part);
		free(copy);
		at += taken;
		hear(s, c, 4096, out);
		idle = taken ? 0 : idle + 1;
	}
	hear(s, c, 4096, out);
	return at;
}

/* One request on a connection of its own. */
static inline struct bytes ask_once(struct scene *s, const char *p, size_t n, size_t step)
{
	struct bytes out = {0};
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	bytes_add(&out, "", 0);
	if (!c)
		return out;
	ask(s, c, p, n, step, &out);
	git_conn_close(c);
	return out;
}

static inline int status_of(const struct bytes *b)
{
	return b->n > 12 ? atoi(b->p + 9) : 0;
}

/* ---- requests ------------------------------------------------------------------------------- */

static inline void add_packet(struct bytes *b, const char *text, size_t n)
{
	char head[8];
	snprintf(head, sizeof(head), "%04x", (unsigned)(n + 4));
	bytes_add(b, head, 4);
	bytes_add(b, text, n);
}

static inline void add_line(struct bytes *b, const char *text)
{
	add_packet(b, text, strlen(text));
}

/* A POST with BODY as it is, or in chunks of CHUNK bytes. */
static inline struct bytes post(
	const char *path, const char *headers, const struct bytes *body, size_t chunk)
{
	struct bytes b = {0};
	char line[64];
	bytes_text(&b, "POST ");
	bytes_text(&b, path);
	bytes_text(&b, " HTTP/1.1\r\nHost: 10.0.0.1\r\n");
	bytes_text(&b, headers);
	if (!chunk) {
		snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", body->n);
		bytes_text(&b, line);
		bytes_add(&b, body->p, body->n);
		return b;
	}
	bytes_text(&b, "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0; at < body->n; at += chunk) {
		size_t part = chunk < body->n - at ? chunk : body->n - at;
		snprintf(line, sizeof(line), "%zx\r\n", part);
		bytes_text(&b, line);
		bytes_add(&b, body->p + at, part);
		bytes_text(&b, "\r\n");
	}
	bytes_text(&b, "0\r\n\r\n");
	return b;
}

static inline void head_text(struct table *t, char text[41])
{
	struct table_ref ref;
	if (!table_ref(t, 0, &ref))
		abort();
	table_id_text(&ref.id, text);
}

/* A fetch of the commit ID, by a client that has HAVE (NULL: nothing). */
static inline struct bytes fetch_request(const char *path, const char *id, const char *have)
{
	struct bytes body = {0};
	char line[256];
	snprintf(line, sizeof(line), "want %s multi_ack_detailed no-done side-band-64k agent=x\n",
		id);
	add_line(&body, line);
	bytes_text(&body, "0000");
	if (have) {
		snprintf(line, sizeof(line), "have %s\n", have);
		add_line(&body, line);
	}
	add_line(&body, "done\n");
	struct bytes b = post(path, UPLOAD_TYPE, &body, 0);
	free(body.p);
	return b;
}

/* ---- packs ---------------------------------------------------------------------------------- */

struct pack_bytes {
	struct bytes b;
	unsigned count;
};

static inline void pack_add(
	struct pack_bytes *k, enum table_type type, const char *p, size_t n, struct table_id *id)
{
	static const char *const names[] = {"", "commit", "tree", "blob"};
	char head[64];
	uint8_t packed[8192];
	uLongf room = sizeof(packed);
	struct sha1_ctx sha;
	int head_n = snprintf(head, sizeof(head), "%s %zu", names[type], n) + 1;
	sha1_init(&sha);
	sha1_update(&sha, (size_t)head_n, (const uint8_t *)head);
	sha1_update(&sha, n, (const uint8_t *)p);
	sha1_digest(&sha, 20, id->bytes);
	if (!k->count++)
		bytes_add(&k->b, "PACK\0\0\0\2\0\0\0\0", 12);
	uint8_t code[2] = {(uint8_t)(type << 4 | (n & 15) | 128), (uint8_t)(n >> 4)};
	bytes_add(&k->b, code, 2);
	if (n >= 2048 || compress(packed, &room, (const Bytef *)p, n) != Z_OK)
		abort();
	bytes_add(&k->b, packed, room);
}

static inline void pack_end(struct pack_bytes *k)
{
	uint8_t sum[20];
	struct sha1_ctx sha;
	k->b.p[11] = (char)k->count;
	sha1_init(&sha);
	sha1_update(&sha, k->b.n, (const uint8_t *)k->b.p);
	sha1_digest(&sha, 20, sum);
	bytes_add(&k->b, sum, 20);
}

static inline size_t entry(char *to, const char *mode, const char *name, const struct table_id *id)
{
	size_t n = (size_t)sprintf(to, "%s %s", mode, name) + 1;
	memcpy(to + n, id, 20);
	return n + 20;
}

/* A pack of one commit without parents, whose only entry is FOLDER/NAME with TEXT. */
static inline struct pack_bytes pack_of(
	const char *folder, const char *name, const char *text, struct table_id *commit)
{
	struct pack_bytes k = {.count = 0};
	struct table_id blob, inner, root;
	char tree[256], line[512], id[41];
	pack_add(&k, TABLE_BLOB, text, strlen(text), &blob);
	pack_add(&k, TABLE_TREE, tree, entry(tree, "100644", name, &blob), &inner);
	pack_add(&k, TABLE_TREE, tree, entry(tree, "40000", folder, &inner), &root);
	table_id_text(&root, id);
	int n = snprintf(line, sizeof(line),
		"tree %s\nauthor a <a@b> 1700000000 +0000\ncommitter a <a@b> 1700000000 "
		"+0000\n\nx\n",
		id);
	pack_add(&k, TABLE_COMMIT, line, (size_t)n, commit);
	pack_end(&k);
	return k;
}

/* The body of a push of COMMIT to REF. */
static inline struct bytes push_body(
	const char *ref, const struct table_id *commit, const struct pack_bytes *k)
{
	struct bytes body = {0};
	char id[41], line[256];
	table_id_text(commit, id);
	int n = snprintf(line, sizeof(line), "%040d %s %s", 0, id, ref);
	n += snprintf(line + n + 1, sizeof(line) - (size_t)n - 1,
		     " report-status side-band-64k agent=x") +
	     1;
	add_packet(&body, line, (size_t)n);
	bytes_text(&body, "0000");
	bytes_add(&body, k->b.p, k->b.n);
	return body;
}

#endif
