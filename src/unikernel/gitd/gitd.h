/* gitd.h - the git server on lwIP's TCP: its connections, and its share of the main loop.
 * SPDX-License-Identifier: ISC */
#ifndef GITD_H
#define GITD_H

#include <stdbool.h>
#include <stdint.h>

#include "git.h"

/* Serves S at PORT of every address. NOW gives nanoseconds since 1970. Once an image; false where
 * lwIP has no memory for it or the port is taken. */
bool gitd_open(struct git_server *s, uint16_t port, uint64_t (*now)(void));
/* What the main loop calls when it has time (lwip_port_on_turn()): a piece of the work, and what
 * came of it to the connections. True while there is more to do. */
bool gitd_turn(void);

#endif
