/* hash.c - SHA-256, others' checksums, and git's SHA-1, by nettle. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <fcntl.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(struct sha512_ctx) <= sizeof(((struct hasher *)0)->u.state),
	"hasher holds nettle's state");

void hash_start_as(struct hasher *h, enum hash_kind kind)
{
	h->kind = kind;
	if (kind == HASH_SHA512)
		sha512_init((struct sha512_ctx *)&h->u);
	else if (kind == HASH_MD5)
		md5_init((struct md5_ctx *)&h->u);
	else
		sha256_init((struct sha256_ctx *)&h->u);
}

void hash_start(struct hasher *h)
{
	hash_start_as(h, HASH_SHA256);
}

void hash_add(struct hasher *h, struct str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	if (h->kind == HASH_SHA512)
		sha512_update((struct sha512_ctx *)&h->u, bytes.n, p);
	else if (h->kind == HASH_MD5)
		md5_update((struct md5_ctx *)&h->u, bytes.n, p);
	else
		sha256_update((struct sha256_ctx *)&h->u, bytes.n, p);
}

struct digest hash_end(struct hasher *h)
{
	struct digest d;
	sha256_digest((struct sha256_ctx *)&h->u, sizeof(d.b), d.b);
	return d;
}

struct digest hash_bytes(struct str bytes)
{
	struct hasher h;
	hash_start(&h);
	hash_add(&h, bytes);
	return hash_end(&h);
}

bool hash_file(const char *path, struct digest *out, struct err *e)
{
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open %s", path);
	struct hasher h;
	char buffer[65536];
	hash_start(&h);
	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));
		if (n < 0)
			return fail_errno(e, "read %s", path);
		if (n == 0)
			break;
		hash_add(&h, (struct str){buffer, (size_t)n});
	}
	*out = hash_end(&h);
	return true;
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

static void put_hex(char *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

const char *hash_end_hex(struct arena *a, struct hasher *h)
{
	uint8_t sum[SHA512_DIGEST_SIZE];
	size_t n = h->kind == HASH_SHA512 ? SHA512_DIGEST_SIZE
		   : h->kind == HASH_MD5  ? MD5_DIGEST_SIZE
					  : SHA256_DIGEST_SIZE;
	if (h->kind == HASH_SHA512)
		sha512_digest((struct sha512_ctx *)&h->u, n, sum);
	else if (h->kind == HASH_MD5)
		md5_digest((struct md5_ctx *)&h->u, n, sum);
	else
		sha256_digest((struct sha256_ctx *)&h->u, n, sum);
	char *hex = arena_alloc(a, 2 * n + 1);
	put_hex(hex, sum, n);
	return hex;
}

const char *hash_kind_name(enum hash_kind kind)
{
	return kind == HASH_SHA512 ? "sha512" : kind == HASH_MD5 ? "md5" : "sha256";
}

const char *digest_hex(struct arena *a, const struct digest *d)
{
	char *z = arena_alloc(a, 2 * sizeof(d->b) + 1);
	put_hex(z, d->b, sizeof(d->b));
	return z;
}

void hash_git(const char *type, struct str bytes, char hex[41])
{
	struct sha1_ctx h;
	uint8_t id[SHA1_DIGEST_SIZE];
	char head[64];
	int n = snprintf(head, sizeof(head), "%s %zu", type, bytes.n);
	sha1_init(&h);
	sha1_update(&h, (size_t)n + 1, (const uint8_t *)head);
	sha1_update(&h, bytes.n, (const uint8_t *)bytes.p);
	sha1_digest(&h, sizeof(id), id);
	put_hex(hex, id, sizeof(id));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool digest_parse(struct str hex, struct digest *out)
{
	struct digest d;
	if (hex.n != 2 * sizeof(d.b))
		return false;
	for (size_t i = 0; i < sizeof(d.b); i++) {
		int high = hex_value(hex.p[2 * i]), low = hex_value(hex.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		d.b[i] = (uint8_t)(high << 4 | low);
	}
	*out = d;
	return true;
}
