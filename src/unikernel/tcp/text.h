/* text.h - text in fixed room, and numbers and addresses in it. SPDX-License-Identifier: ISC */
#ifndef TCP_TEXT_H
#define TCP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends to P[0..max); what does not fit is cut off. */
struct tcp_text {
	char *p;
	size_t n, max;
};
void tcp_text_add(struct tcp_text *w, const char *text);
void tcp_text_number(struct tcp_text *w, uint64_t x);
void tcp_text_hex(struct tcp_text *w, const uint8_t *p, size_t n);

/* Takes from the front of TEXT; each is false, and may have taken something, where it does not
 * stand there. */
struct tcp_reading {
	const char *p;
	size_t n;
};
bool tcp_read_word(struct tcp_reading *r, const char *word);
/* Decimal, at most MAX, no leading zeros. */
bool tcp_read_number(struct tcp_reading *r, uint64_t max, uint64_t *out);
/* Lower-case digits for exactly N bytes. */
bool tcp_read_hex(struct tcp_reading *r, uint8_t *out, size_t n);

#endif
