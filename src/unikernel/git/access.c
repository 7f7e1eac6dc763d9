/* access.c - who may do what: stores, verbs, tokens. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#include <nettle/sha2.h>

#define TOKEN_MAX 256

static bool is_token(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || (c && strchr("-._~", c));
		if (!fits)
			return false;
	}
	return n >= GIT_TOKEN_MIN && n <= TOKEN_MAX;
}

bool git_token_hash(const char *text, size_t n, uint8_t hash[32])
{
	if (!is_token(text, n))
		return false;
	struct sha256_ctx sha;
	sha256_init(&sha);
	sha256_update(&sha, n, (const uint8_t *)text);
	sha256_digest(&sha, 32, hash);
	return true;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* False where P is not base64, or decodes to more than ROOM bytes. */
static bool base64_decode(const char *p, size_t n, char *to, size_t room, size_t *out)
{
	unsigned bits = 0;
	uint32_t held = 0;
	while (n && p[n - 1] == '=')
		n--;
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		int value = base64_value(p[i]);
		if (value < 0 || *out == room)
			return false;
		held = held << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			to[(*out)++] = (char)(held >> bits & 255);
		}
	}
	return true;
}

static bool scheme_is(const char *p, size_t n, const char *scheme)
{
	size_t length = strlen(scheme);
	if (n <= length || p[length] != ' ')
		return false;
	for (size_t i = 0; i < length; i++)
		if ((p[i] | 32) != scheme[i])
			return false;
	return true;
}

static bool token_from_basic(const char *p, size_t n, uint8_t hash[32])
{
	char text[TOKEN_MAX * 2];
	size_t length;
	if (!base64_decode(p, n, text, sizeof(text), &length))
		return false;
	const char *colon = memchr(text, ':', length);
	if (!colon)
		return false;
	return git_token_hash(colon + 1, (size_t)(text + length - colon - 1), hash);
}

bool git_token_from_header(const char *p, size_t n, uint8_t hash[32])
{
	size_t skip = scheme_is(p, n, "basic") ? 6 : scheme_is(p, n, "bearer") ? 7 : 0;
	if (!skip)
		return false;
	bool basic = skip == 6;
	while (skip < n && p[skip] == ' ')
		skip++;
	p += skip;
	n -= skip;
	return basic ? token_from_basic(p, n, hash) : git_token_hash(p, n, hash);
}

/* Takes the same time whatever differs. */
static bool same_hash(const uint8_t a[32], const uint8_t b[32])
{
	unsigned differs = 0;
	for (size_t i = 0; i < 32; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return differs == 0;
}

/* Looks at every token, so that the time tells nothing of where one was found. */
static const struct git_token *find_right(
	const struct git_server *s, const struct http *h, const char *store, bool write)
{
	const struct git_token *found = NULL;
	for (size_t i = 0; i < s->config.token_count; i++) {
		const struct git_token *t = &s->config.tokens[i];
		bool same = same_hash(t->hash, h->token);
		bool fits = strcmp(t->store, store) == 0 && t->write == write &&
			    (!t->expires_ns || t->expires_ns > s->now);
		if (h->has_token && same && fits)
			found = t;
	}
	return found;
}

int git_access_check(const struct git_server *s, const struct http *h, enum route route,
	size_t store, const struct git_token **right, const char **why)
{
	const struct git_store *of = &s->config.stores[store];
	bool write = route == ROUTE_RECEIVE_REFS || route == ROUTE_RECEIVE;
	enum git_access access = write ? of->write : of->read;
	*right = NULL;
	if (access == GIT_OPEN && !write)
		return 0;
	if (access != GIT_TOKEN) {
		*why = write ? "this store takes no pushes\n" : "this store is closed to reading\n";
		return 403;
	}
	*right = find_right(s, h, of->name, write);
	if (!h->has_authorization)
		*why = write ? "pushing to this store needs a token\n"
			     : "reading this store needs a token\n";
	else
		*why = write ? "this token is not valid for pushing to this store\n"
			     : "this token is not valid for reading this store\n";
	return *right ? 0 : 401;
}

bool git_access_path(const struct git_token *right, const char *path)
{
	if (!right->paths)
		return true;
	size_t n = strlen(path);
	for (const char *const *p = right->paths; *p; p++) {
		bool folder = **p && (*p)[strlen(*p) - 1] == '/';
		if (folder ? git_text_begins(path, n, *p) : git_text_is(path, n, *p))
			return true;
	}
	return false;
}
