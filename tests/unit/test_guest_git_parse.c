/* test_guest_git_parse.c - what the git server reads of others: heads and bodies of requests,
 * packets, tokens, deltas, packs. SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unikernel/git/parts.h"

#define TOKEN "0123456789abcdefghijklmnop"

/* ---- heads ---------------------------------------------------------------------------------- */

/* Feeds lines separated by LF. The status that refuses them, or 0. */
static int head(const char *text, struct http *h)
{
	int status = 0;
	*h = (struct http){0};
	while (*text && !status) {
		size_t n = strcspn(text, "\n");
		char *line = malloc(n + 1);
		assert_non_null(line);
		memcpy(line, text, n);
		line[n] = 0;
		status = git_http_line(h, "machine.example", line, n);
		free(line);
		text += n + (text[n] == '\n');
	}
	return status ? status : git_http_check(h);
}

static void good_heads_are_read(void **state)
{
	(void)state;
	struct http h;
	assert_int_equal(head("GET / HTTP/1.1\nHost: 10.0.0.2", &h), 0);
	assert_int_equal(h.method, HTTP_GET);
	assert_string_equal(h.path, "/");
	assert_false(h.closes);
	assert_int_equal(head("GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\n"
			      "HOST:10.0.0.2:8080 \nConnection: CLOSE",
				 &h),
		0);
	assert_string_equal(h.path, "/arp.git/info/refs");
	assert_string_equal(h.query, "service=git-upload-pack");
	assert_true(h.closes);
	assert_int_equal(head("POST /x HTTP/1.1\nHost: localhost\nContent-Length: 12\n"
			      "Content-Type: application/x-git-upload-pack-request\n"
			      "Content-Encoding: gzip\nExpect: 100-continue",
				 &h),
		0);
	assert_int_equal(h.length, 12);
	assert_int_equal(h.type, HTTP_TYPE_UPLOAD);
	assert_true(h.gzip && h.expects && !h.chunked);
	assert_int_equal(
		head("POST /x HTTP/1.1\nHost: machine.example\nTransfer-Encoding: chunked", &h), 0);
	assert_true(h.chunked);
	assert_int_equal(head("GET / HTTP/1.0", &h), 0);
	assert_true(h.old && h.closes);
	assert_int_equal(head("GET / HTTP/1.1\nHost: [::1]:80", &h), 0);
}

static void bad_heads_are_refused(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *text;
	} cases[] = {
		{400, ""},
		{400, "GET"},
		{400, "GET /"},
		{400, "GET  / HTTP/1.1"},
		{400, " / HTTP/1.1"},
		{400, "GET / FTP/1.1"},
		{505, "GET / HTTP/2.0"},
		{505, "GET / HTTP/1.1 "},
		{400, "G(T / HTTP/1.1"},
		{400, "GET http://a/ HTTP/1.1"},
		{400, "GET * HTTP/1.1"},
		{400, "GET /../x HTTP/1.1"},
		{400, "GET /a/../x HTTP/1.1"},
		{400, "GET /a/./x HTTP/1.1"},
		{400, "GET //x HTTP/1.1"},
		{400, "GET /%2e%2e/x HTTP/1.1"},
		{400, "GET /a\\b HTTP/1.1"},
		{400, "GET /a\tb HTTP/1.1"},
		{400, "GET /a\001b HTTP/1.1"},
		{400, "GET / HTTP/1.1"},
		{400, "GET / HTTP/1.1\nHost: 1.2.3.4\nHost: 1.2.3.4"},
		{421, "GET / HTTP/1.1\nHost: evil.example"},
		{421, "GET / HTTP/1.1\nHost: 10.0.0.2.evil.example"},
		{421, "GET / HTTP/1.1\nHost:"},
		{400, "GET / HTTP/1.1\nHost: 1.2.3.4\n folded"},
		{400, "GET / HTTP/1.1\nHost : 1.2.3.4"},
		{400, "GET / HTTP/1.1\nno colon"},
		{400, "GET / HTTP/1.1\n: empty"},
		{400, "GET / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: 5"},
		{411, "POST / HTTP/1.1\nHost: 1.2.3.4"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: -1"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: +1"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: 1, 1"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: 1\nContent-Length: 1"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: 99999999999999999999"},
		{400, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Length: 1\nTransfer-Encoding: "
		      "chunked"},
		{400, "POST / HTTP/1.0\nHost: 1.2.3.4\nTransfer-Encoding: chunked"},
		{400, "POST / HTTP/1.1\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked"},
		{501, "POST / HTTP/1.1\nHost: 1.2.3.4\nTransfer-Encoding: gzip, chunked"},
		{415, "POST / HTTP/1.1\nHost: 1.2.3.4\nContent-Encoding: br"},
		{417, "POST / HTTP/1.1\nHost: 1.2.3.4\nExpect: miracles"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http h;
		int status = head(cases[i].text, &h);
		if (status != cases[i].status)
			print_error("%d for %s\n", status, cases[i].text);
		assert_int_equal(status, cases[i].status);
	}
}

static void large_heads_are_refused(void **state)
{
	(void)state;
	struct http h = {0};
	char line[1024] = "GET / HTTP/1.1";
	int status = git_http_line(&h, NULL, line, strlen(line));
	size_t lines = 0;
	memset(line, 'x', 1000);
	memcpy(line, "X-Y: ", 5);
	for (; !status && lines < 100; lines++)
		status = git_http_line(&h, NULL, line, 1000);
	assert_int_equal(status, 431);
	assert_in_range(lines, 16, 26);
}

static void tokens_come_in_two_forms(void **state)
{
	(void)state;
	struct http h;
	uint8_t hash[32];
	assert_true(git_token_hash(TOKEN, strlen(TOKEN), hash));
	static const char *const good[] = {
		"Bearer " TOKEN, "bearer  " TOKEN,
		"Basic eDowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcA==", /* x:TOKEN */
		"basic OjAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9w",	  /* :TOKEN */
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char text[256];
		snprintf(text, sizeof(text), "GET / HTTP/1.1\nHost: 1.1.1.1\nAuthorization: %s",
			good[i]);
		assert_int_equal(head(text, &h), 0);
		assert_true(h.has_token);
		assert_memory_equal(h.token, hash, 32);
	}
	static const char *const bad[] = {"Bearer", "Bearer ", "Bearer short", "Basic ",
		"Basic !!!!", "Basic eDo=", "Basic " TOKEN, "Digest " TOKEN, "Bearer " TOKEN " x",
		"Bearer \"" TOKEN};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[256];
		snprintf(text, sizeof(text), "GET / HTTP/1.1\nHost: 1.1.1.1\nAuthorization: %s",
			bad[i]);
		assert_int_equal(head(text, &h), 0);
		assert_false(h.has_token);
	}
}

/* ---- bodies --------------------------------------------------------------------------------- */

struct collected {
	uint8_t p[4096];
	size_t n;
};

static bool collect(void *ctx, const uint8_t *p, size_t n)
{
	struct collected *c = ctx;
	assert_true(n <= sizeof(c->p) - c->n);
	memcpy(c->p + c->n, p, n);
	c->n += n;
	return true;
}

static struct zlib_memory zlib_memory[2];

/* Decodes TEXT in pieces of STEP bytes. The status, or -1 where it did not end; *LEFT is what
 * follows the body. */
static int decode(struct body *b, const uint8_t *text, size_t n, size_t step, struct collected *c,
	size_t *left)
{
	z_stream z;
	int status = 0;
	git_zlib_prepare(&z, &zlib_memory[0]);
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	b->z = &z;
	c->n = 0;
	while (n && !b->whole && !status) {
		size_t part = step < n ? step : n;
		uint8_t *copy = malloc(part);
		assert_non_null(copy);
		memcpy(copy, text, part);
		const uint8_t *p = copy;
		size_t rest = part;
		status = git_body_take(b, &p, &rest, collect, c);
		text += part - rest;
		n -= part - rest;
		free(copy);
	}
	b->z = NULL;
	*left = n;
	return status ? status : b->whole ? 0 : -1;
}

static int decode_chunked(const char *text, size_t step, struct collected *c, size_t *left)
{
	struct body b = {.limit = GIT_BODY_MAX, .chunked = true};
	return decode(&b, (const uint8_t *)text, strlen(text), step, c, left);
}

static void chunks_are_joined(void **state)
{
	(void)state;
	static const char text[] =
		"3\r\nabc\r\n00a;ext=\"1\"\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET /";
	for (size_t step = 1; step < sizeof(text); step++) {
		struct collected c;
		size_t left;
		assert_int_equal(decode_chunked(text, step, &c, &left), 0);
		assert_int_equal(c.n, 13);
		assert_memory_equal(c.p, "abc0123456789", 13);
		assert_int_equal(left, 5);
	}
}

static void bad_chunks_are_refused(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *text;
	} cases[] = {
		{400, "\r\n"},
		{400, "x\r\n"},
		{400, " 3\r\nabc\r\n"},
		{400, "3 \r\nabc\r\n"},
		{400, "3\nabc\n0\n\n"},
		{400, "3\r\nabcd\r\n"},
		{400, "3\r\nabc\n"},
		{400, "3\r\nabc0\r\n\r\n"},
		{400, ";x\r\n"},
		{400, "3\rx"},
		{400, "0\r\nX: y\n\r\n"},
		{413, "ffffffff\r\n"},
		{413, "100001\r\n"},
		{413, "000000000000000003\r\nabc\r\n"},
		{-1, "3\r\nabc\r\n"},
		{-1, "3\r\nabc\r\n0\r\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 30; step++) {
			struct collected c;
			size_t left;
			int status = decode_chunked(cases[i].text, step, &c, &left);
			if (status != cases[i].status)
				print_error("%d for %s\n", status, cases[i].text);
			assert_int_equal(status, cases[i].status);
		}
}

/* TEXT as gzip. */
static size_t gzip(const uint8_t *text, size_t n, uint8_t *to, size_t room)
{
	z_stream z = {.zalloc = Z_NULL};
	assert_int_equal(
		deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (z_const Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)n;
	z.next_out = to;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void gzip_is_inflated(void **state)
{
	(void)state;
	uint8_t text[3000], packed[4096];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * i / 7);
	size_t n = gzip(text, sizeof(text), packed, sizeof(packed));
	for (size_t step = 1; step <= n; step += 1 + step / 8) {
		struct body b = {.limit = GIT_BODY_MAX, .gzip = true, .left = n};
		struct collected c;
		size_t left;
		assert_int_equal(decode(&b, packed, n, step, &c, &left), 0);
		assert_int_equal(c.n, sizeof(text));
		assert_memory_equal(c.p, text, sizeof(text));
	}
	for (size_t cut = 1; cut < n; cut++) {
		struct body b = {.limit = GIT_BODY_MAX, .gzip = true, .left = cut};
		struct collected c;
		size_t left;
		assert_int_equal(decode(&b, packed, cut, cut, &c, &left), 400);
	}
	packed[n] = 'x'; /* something behind it */
	struct body b = {.limit = GIT_BODY_MAX, .gzip = true, .left = n + 1};
	struct collected c;
	size_t left;
	assert_int_equal(decode(&b, packed, n + 1, n + 1, &c, &left), 400);
}

static bool count_bytes(void *ctx, const uint8_t *p, size_t n)
{
	(void)p;
	*(size_t *)ctx += n;
	return true;
}

/* 64 MiB of zeros are some 64 KiB of gzip. */
static void a_bomb_is_stopped(void **state)
{
	(void)state;
	size_t n = (size_t)64 << 20, got = 0;
	uint8_t *zeros = calloc(1, n), *packed = malloc(n / 512);
	assert_non_null(zeros);
	assert_non_null(packed);
	z_stream z;
	struct body b = {.limit = GIT_BODY_MAX,
		.gzip = true,
		.left = gzip(zeros, n, packed, n / 512),
		.z = &z};
	git_zlib_prepare(&z, &zlib_memory[0]);
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	const uint8_t *p = packed;
	size_t left = (size_t)b.left;
	assert_int_equal(git_body_take(&b, &p, &left, count_bytes, &got), 413);
	assert_in_range(got, 0, GIT_BODY_MAX);
	free(zeros);
	free(packed);
}

/* ---- packets -------------------------------------------------------------------------------- */

static void packets_are_put_together(void **state)
{
	(void)state;
	static const char text[] = "0006a\n0000000bwant it00040001";
	for (size_t step = 1; step < sizeof(text); step++) {
		struct packets k = {.head_n = 0};
		const uint8_t *p = (const uint8_t *)text;
		size_t left = sizeof(text) - 1, seen = 0;
		enum packet found = PACKET_NONE;
		while (left && found != PACKET_BAD) {
			size_t part = step < left ? step : left;
			left -= part;
			while (part && found != PACKET_BAD) {
				found = git_packets_take(&k, &p, &part);
				static const enum packet kinds[] = {PACKET_LINE, PACKET_FLUSH,
					PACKET_LINE, PACKET_LINE, PACKET_BAD};
				if (found != PACKET_NONE)
					assert_int_equal(found, kinds[seen++]);
				if (seen == 3 && found == PACKET_LINE)
					assert_memory_equal(k.line, "want it", 7);
			}
		}
		assert_int_equal(seen, 5);
	}
}

static void bad_packets_are_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"0003", "0001", "0002", "ffff", "00g0", "    ", "0x10", "0405"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packets k = {.head_n = 0};
		const uint8_t *p = (const uint8_t *)cases[i];
		size_t n = 4;
		assert_int_equal(git_packets_take(&k, &p, &n), PACKET_BAD);
	}
}

/* ---- deltas and trees ----------------------------------------------------------------------- */

static size_t add_entry(uint8_t *tree, size_t at, const char *mode, const char *name, unsigned seed)
{
	int n = sprintf((char *)tree + at, "%s %s", mode, name);
	at += (size_t)n + 1;
	memset(tree + at, (int)seed, 20);
	return at + 20;
}

/* A tree of the names 0 to COUNT-1, without SKIP, CHANGED with another id. */
static size_t make_tree(uint8_t *tree, unsigned count, unsigned skip, unsigned changed)
{
	size_t n = 0;
	for (unsigned i = 0; i < count; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%05u", i);
		if (i != skip)
			n = add_entry(tree, n, i % 5 ? "100644" : "40000", name,
				i == changed ? 255 : i % 99);
	}
	return n;
}

static void trees_are_rebuilt_from_deltas(void **state)
{
	(void)state;
	static uint8_t a[TABLE_OBJECT_MAX], b[TABLE_OBJECT_MAX], delta[TABLE_OBJECT_MAX],
		got[TABLE_OBJECT_MAX];
	for (unsigned count = 1; count < 1500; count += 1 + count / 2) {
		for (unsigned i = 0; i < count; i += 1 + count / 7) {
			size_t a_n = make_tree(a, count, 9999, 9999), n;
			size_t b_n = make_tree(b, count + 1, i, count / 2);
			size_t delta_n = git_tree_delta(a, a_n, b, b_n, delta, sizeof(delta));
			assert_true(delta_n > 0);
			if (count > 10)
				assert_in_range(delta_n, 1, 140);
			assert_true(git_delta_apply(a, a_n, delta, delta_n, got, &n));
			assert_int_equal(n, b_n);
			assert_memory_equal(got, b, n);
			assert_int_equal(git_tree_delta(a, a_n, b, b_n, delta, delta_n - 1), 0);
		}
	}
}

static void bad_deltas_are_refused(void **state)
{
	(void)state;
	static const struct {
		size_t n;
		const char *text;
	} cases[] = {
		{0, ""}, {1, "\4"}, {2, "\3\1"}, /* another base */
		{3, "\4\1\0"},			 /* reserved */
		{4, "\4\1\2x"},			 /* insertion that ends early */
		{4, "\4\1\2xy"},		 /* more than promised */
		{5, "\4\3\2xy"},		 /* less than promised */
		{4, "\4\2\x91\3"},		 /* copy's size ends early */
		{5, "\4\2\x91\3\2"},		 /* copy beyond the base */
		{3, "\4\4\x80"},		 /* copy of 64 KiB */
		{5, "\4\x81\x80\x04\1x"},	 /* larger than any object */
		{6, "\4\x80\x80\x80\x80\x80"},	 /* size without end */
	};
	uint8_t got[16];
	size_t n;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t *copy = malloc(cases[i].n + 1);
		assert_non_null(copy);
		memcpy(copy, cases[i].text, cases[i].n);
		assert_false(
			git_delta_apply((const uint8_t *)"base", 4, copy, cases[i].n, got, &n));
		free(copy);
	}
	assert_true(git_delta_apply(
		(const uint8_t *)"base", 4, (const uint8_t *)"\4\5\x91\1\2\3xyz", 9, got, &n));
	assert_memory_equal(got, "asxyz", 5);
}

/* ---- packs ---------------------------------------------------------------------------------- */

#define OBJECTS 8
struct kept {
	struct table_id id;
	enum table_type type;
	size_t n;
	uint8_t p[256];
};
struct pack {
	uint8_t p[4096];
	size_t n;
	struct kept kept[OBJECTS];
	size_t count;
	struct object objects[OBJECTS];
};

static const char *keep(
	void *ctx, enum table_type type, const uint8_t *p, size_t n, struct table_id *id)
{
	struct pack *k = ctx;
	struct sha1_ctx sha;
	sha1_init(&sha);
	sha1_update(&sha, n, p);
	sha1_digest(&sha, 20, id->bytes);
	if (n > 256 || k->count == OBJECTS)
		return "too much";
	k->kept[k->count] = (struct kept){.id = *id, .type = type, .n = n};
	memcpy(k->kept[k->count++].p, p, n);
	return NULL;
}

static bool read_kept(
	void *ctx, const struct table_id *id, enum table_type *type, uint8_t *out, size_t *n)
{
	struct pack *k = ctx;
	for (size_t i = 0; i < k->count; i++)
		if (memcmp(&k->kept[i].id, id, sizeof(*id)) == 0) {
			*type = k->kept[i].type;
			*n = k->kept[i].n;
			memcpy(out, k->kept[i].p, *n);
			return true;
		}
	return false;
}

static void begin_pack(struct pack *k, unsigned count)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->p, "PACK\0\0\0\2\0\0\0", 11);
	k->p[11] = (uint8_t)count;
	k->n = 12;
}

/* TYPE and up to 15 bytes of size in the head, then BASE, then the data. */
static void add_object(
	struct pack *k, unsigned type, const char *base, size_t base_n, const char *p, size_t n)
{
	uLongf room = sizeof(k->p) - k->n;
	k->p[k->n++] = (uint8_t)(type << 4 | n);
	memcpy(k->p + k->n, base, base_n);
	k->n += base_n;
	assert_int_equal(compress(k->p + k->n, &room, (const Bytef *)p, n), Z_OK);
	k->n += room;
}

static void end_pack(struct pack *k)
{
	struct sha1_ctx sha;
	sha1_init(&sha);
	sha1_update(&sha, k->n, k->p);
	sha1_digest(&sha, 20, k->p + k->n);
	k->n += 20;
}

static uint8_t *buffers[3];

/* What is wrong with the pack, NULL where nothing is; fed in pieces of STEP bytes. */
static const char *read_pack(struct pack *k, size_t step)
{
	struct objects o;
	static uint8_t memory[8192];
	assert_true(git_objects_memory(OBJECTS) <= sizeof(memory));
	git_objects_open(&o, memory, OBJECTS, 7);
	struct pack_reader r = {.sink = {k, keep, read_kept},
		.objects = &o,
		.data = buffers[0],
		.base = buffers[1],
		.result = buffers[2]};
	k->count = 0;
	git_pack_reader_open(&r, &zlib_memory[1]);
	bool good = true;
	for (size_t at = 0; at < k->n && good; at += step) {
		size_t part = step < k->n - at ? step : k->n - at;
		uint8_t *copy = malloc(part);
		assert_non_null(copy);
		memcpy(copy, k->p + at, part);
		good = git_pack_reader_take(&r, copy, part);
		free(copy);
	}
	return git_pack_reader_finish(&r) ? NULL : r.why;
}

static struct pack sample_pack(void)
{
	struct pack k;
	begin_pack(&k, 3);
	size_t first = k.n;
	add_object(&k, 3, "", 0, "hello", 5);
	char back = (char)(k.n - first);
	add_object(&k, 6, &back, 1, "\5\6\x90\5\1!", 6); /* "hello" and "!" */
	add_object(&k, 3, "", 0, "", 0);
	end_pack(&k);
	return k;
}

static void a_pack_is_read_in_any_pieces(void **state)
{
	(void)state;
	struct pack k = sample_pack();
	for (size_t step = 1; step <= k.n; step++) {
		const char *why = read_pack(&k, step);
		if (why)
			print_error("%s\n", why);
		assert_null(why);
		assert_int_equal(k.count, 3);
		assert_memory_equal(k.kept[1].p, "hello!", 6);
		assert_int_equal(k.kept[1].type, TABLE_BLOB);
		assert_int_equal(k.kept[2].n, 0);
	}
}

static void a_pack_that_ends_early_is_refused(void **state)
{
	(void)state;
	struct pack k = sample_pack();
	size_t whole = k.n;
	for (k.n = 0; k.n < whole; k.n++)
		assert_non_null(read_pack(&k, 7));
	k.n = whole + 1;
	assert_string_equal(read_pack(&k, 7), "something follows it");
}

/* Whatever bit is wrong, it is noticed. */
static void wrong_bits_are_noticed(void **state)
{
	(void)state;
	struct pack k = sample_pack();
	for (size_t bit = 0; bit < k.n * 8; bit++) {
		k.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_non_null(read_pack(&k, 64));
		k.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_null(read_pack(&k, 64));
}

static void bad_objects_are_refused(void **state)
{
	(void)state;
	struct pack k;
	begin_pack(&k, 1);
	add_object(&k, 4, "", 0, "tag", 3);
	end_pack(&k);
	assert_string_equal(read_pack(&k, 9), "tags are not taken");
	begin_pack(&k, 2);
	add_object(&k, 3, "", 0, "same", 4);
	add_object(&k, 3, "", 0, "same", 4);
	end_pack(&k);
	assert_string_equal(read_pack(&k, 9), "an object comes twice");
	begin_pack(&k, 1);
	add_object(&k, 6, "\1", 1, "\5\6\x90\5\1!", 6);
	end_pack(&k);
	assert_string_equal(read_pack(&k, 9), "a delta has no base");
	begin_pack(&k, 1);
	add_object(&k, 7, "01234567890123456789", 20, "\5\6\x90\5\1!", 6);
	end_pack(&k);
	assert_string_equal(read_pack(&k, 9), "a delta has no base");
	begin_pack(&k, 1);
	add_object(&k, 3, "", 0, "size", 4);
	k.p[12] = 3 << 4 | 3;
	end_pack(&k);
	assert_string_equal(read_pack(&k, 9), "an object has another size than it says");
	k.p[12] = 3 << 4 | 5;
	assert_string_equal(read_pack(&k, 9), "an object has another size than it says");
	begin_pack(&k, OBJECTS + 1);
	assert_string_equal(read_pack(&k, 9), "it has too many objects");
	begin_pack(&k, 1);
	memcpy(k.p + k.n, "\xbf\xff\xff\xff\x7f", 5);
	k.n += 5;
	assert_string_equal(read_pack(&k, 9), "an object is too large");
}

static int get_buffers(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		buffers[i] = malloc(TABLE_OBJECT_MAX);
	return buffers[0] && buffers[1] && buffers[2] ? 0 : -1;
}

static int put_buffers(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		free(buffers[i]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_heads_are_read),
		cmocka_unit_test(bad_heads_are_refused),
		cmocka_unit_test(large_heads_are_refused),
		cmocka_unit_test(tokens_come_in_two_forms),
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(bad_chunks_are_refused),
		cmocka_unit_test(gzip_is_inflated),
		cmocka_unit_test(a_bomb_is_stopped),
		cmocka_unit_test(packets_are_put_together),
		cmocka_unit_test(bad_packets_are_refused),
		cmocka_unit_test(trees_are_rebuilt_from_deltas),
		cmocka_unit_test(bad_deltas_are_refused),
		cmocka_unit_test(a_pack_is_read_in_any_pieces),
		cmocka_unit_test(a_pack_that_ends_early_is_refused),
		cmocka_unit_test(wrong_bits_are_noticed),
		cmocka_unit_test(bad_objects_are_refused),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_git_parse", tests, get_buffers, put_buffers);
}
