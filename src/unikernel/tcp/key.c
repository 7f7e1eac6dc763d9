/* key.c - connections' names, as in paths. SPDX-License-Identifier: ISC */
#include "key.h"

static void write_end(struct words *w, const uint8_t ip[4], uint16_t port)
{
	for (int i = 0; i < 4; i++) {
		words_add(w, i ? "." : "");
		words_number(w, ip[i]);
	}
	words_add(w, ":");
	words_number(w, port);
}

void key_write(struct words *w, const struct tcp_key *key)
{
	write_end(w, key->local_ip, key->local_port);
	words_add(w, "-");
	write_end(w, key->remote_ip, key->remote_port);
}

static bool read_end(struct reading *r, uint8_t ip[4], uint16_t *port)
{
	uint64_t x;
	for (int i = 0; i < 4; i++) {
		if ((i && !reading_word(r, ".")) || !reading_number(r, UINT8_MAX, &x))
			return false;
		ip[i] = (uint8_t)x;
	}
	if (!reading_word(r, ":") || !reading_number(r, UINT16_MAX, &x))
		return false;
	*port = (uint16_t)x;
	return true;
}

bool key_read(struct reading *r, struct tcp_key *key)
{
	return read_end(r, key->local_ip, &key->local_port) && reading_word(r, "-") &&
		read_end(r, key->remote_ip, &key->remote_port);
}
