/* key.h - connections' names, as in paths. SPDX-License-Identifier: ISC */
#ifndef TCP_KEY_H
#define TCP_KEY_H

#include "tcp_value.h"
#include "words.h"

/* "10.0.0.1:5555-10.0.0.2:80" */
void key_write(struct words *w, const struct tcp_key *key);
bool key_read(struct reading *r, struct tcp_key *key);

#endif
