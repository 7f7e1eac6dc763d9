/* gitd.h - git on lwIP's TCP: the connections of the server and of the client, and their share of
 * the main loop.
 * SPDX-License-Identifier: ISC */
#ifndef GITD_H
#define GITD_H

#include <stdbool.h>
#include <stdint.h>

#include "git.h"
#include "git_client.h"

/* Serves S at PORT of every address. NOW gives nanoseconds since 1970. Once an image; false where
 * lwIP has no memory for it or the port is taken. */
bool gitd_open(struct git_server *s, uint16_t port, uint64_t (*now)(void));
/* What the main loop calls when it has time (lwip_port_on_turn()): a piece of the work, and what
 * came of it to the connections. True while there is more to do. */
bool gitd_turn(void);

/* The client's share: a piece of its work, its connections. C is the only one of the image; its
 * clock is the caller's. True while there is more to do. */
bool gitd_client_turn(struct git_client *c);
/* Is HOST an address? The client knows no name server. */
bool gitd_client_knows(const char *host);
/* Has the first network card an address yet? */
bool gitd_client_is_online(void);

#endif
