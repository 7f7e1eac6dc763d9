/* text.c - text in fixed room, and numbers and addresses in it. SPDX-License-Identifier: ISC */
#include "text.h"
#include <string.h>

static void add(struct tcp_text *w, char c)
{
	if (w->n < w->max)
		w->p[w->n++] = c;
}

void tcp_text_add(struct tcp_text *w, const char *text)
{
	while (*text)
		add(w, *text++);
}

void tcp_text_number(struct tcp_text *w, uint64_t x)
{
	char digits[20];
	size_t n = 0;
	do {
		digits[n++] = (char)('0' + x % 10);
		x /= 10;
	} while (x);
	while (n)
		add(w, digits[--n]);
}

void tcp_text_hex(struct tcp_text *w, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add(w, "0123456789abcdef"[p[i] >> 4]);
		add(w, "0123456789abcdef"[p[i] & 15]);
	}
}

bool tcp_read_word(struct tcp_reading *r, const char *word)
{
	size_t n = strlen(word);
	if (r->n < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	r->n -= n;
	return true;
}

static bool digit(const struct tcp_reading *r)
{
	return r->n && *r->p >= '0' && *r->p <= '9';
}

bool tcp_read_number(struct tcp_reading *r, uint64_t max, uint64_t *out)
{
	const char *start = r->p;
	uint64_t x = 0;
	for (; digit(r); r->p++, r->n--) {
		unsigned d = (unsigned)(*r->p - '0');
		if (x > (max - d) / 10 || d > max)
			return false;
		x = x * 10 + d;
	}
	*out = x;
	return r->p > start && (*start != '0' || r->p == start + 1);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool tcp_read_hex(struct tcp_reading *r, uint8_t *out, size_t n)
{
	if (r->n < 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex(r->p[2 * i]), low = hex(r->p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	r->p += 2 * n;
	r->n -= 2 * n;
	return true;
}
