/* connections.h - an image's TCP connections as stores: "tcp" is their lives for git to read,
 * "payload" the bytes that they have under way, which nobody reads. On a disk (state.h), those of
 * applications that say how go on in the next image. SPDX-License-Identifier: ISC */
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include <stddef.h>

#include "tcp_journal.h"

/* Opens the two stores; options tcp.entries= (512 connections, 900 at most) and payload.entries=
 * (2,048 chunks of up to TCP_CHUNK bytes). Before state_restore(). */
void connections_store(void);
/* Journals connections from now on, and puts back what state_restore() found. After
 * lwip_port_open() and the opening of the listeners of APPS, which stay the caller's, and before
 * state_open(); COUNT may be 0. */
void connections_open(const struct tcp_app *apps, size_t count);

#endif
