/* words.h - text in fixed room, and numbers and addresses in it. SPDX-License-Identifier: ISC */
#ifndef TCP_WORDS_H
#define TCP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends to P[0..max); what does not fit is cut off. */
struct words {
	char *p;
	size_t n, max;
};
void words_add(struct words *w, const char *text);
void words_number(struct words *w, uint64_t x);
void words_hex(struct words *w, const uint8_t *p, size_t n);

/* Takes from the front of TEXT; each is false, and may have taken something, where it does not
 * stand there. */
struct reading {
	const char *p;
	size_t n;
};
bool reading_word(struct reading *r, const char *word);
/* Decimal, at most MAX, no leading zeros. */
bool reading_number(struct reading *r, uint64_t max, uint64_t *out);
/* Lower-case digits for exactly N bytes. */
bool reading_hex(struct reading *r, uint8_t *out, size_t n);

#endif
