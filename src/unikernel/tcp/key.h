/* key.h - connections' names, as in paths. SPDX-License-Identifier: ISC */
#ifndef TCP_KEY_H
#define TCP_KEY_H

#include "tcp_value.h"
#include "text.h"

/* "10.0.0.1:5555-10.0.0.2:80" */
void tcp_key_write(struct tcp_text *w, const struct tcp_key *key);
bool tcp_key_read(struct tcp_reading *r, struct tcp_key *key);

#endif
