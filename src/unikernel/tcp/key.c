/* key.c - connections' names, as in paths. SPDX-License-Identifier: ISC */
#include "key.h"

static void write_end(struct tcp_text *w, const uint8_t ip[4], uint16_t port)
{
	for (int i = 0; i < 4; i++) {
		tcp_text_add(w, i ? "." : "");
		tcp_text_number(w, ip[i]);
	}
	tcp_text_add(w, ":");
	tcp_text_number(w, port);
}

void tcp_key_write(struct tcp_text *w, const struct tcp_key *key)
{
	write_end(w, key->local_ip, key->local_port);
	tcp_text_add(w, "-");
	write_end(w, key->remote_ip, key->remote_port);
}

static bool read_end(struct tcp_reading *r, uint8_t ip[4], uint16_t *port)
{
	uint64_t x;
	for (int i = 0; i < 4; i++) {
		if ((i && !tcp_read_word(r, ".")) || !tcp_read_number(r, UINT8_MAX, &x))
			return false;
		ip[i] = (uint8_t)x;
	}
	if (!tcp_read_word(r, ":") || !tcp_read_number(r, UINT16_MAX, &x))
		return false;
	*port = (uint16_t)x;
	return true;
}

bool tcp_key_read(struct tcp_reading *r, struct tcp_key *key)
{
	return read_end(r, key->local_ip, &key->local_port) && tcp_read_word(r, "-") &&
	       read_end(r, key->remote_ip, &key->remote_port);
}
