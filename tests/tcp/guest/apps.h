/* apps.h - servers whose connections outlive their machine, for tests: on a host's lwIP and in an
 * image. SPDX-License-Identifier: ISC */
#ifndef APPS_H
#define APPS_H

#include "tcp_journal.h"

/* Streams repeat so many bytes, a prime number: a byte at a wrong place shows. */
#define STREAM_PERIOD 65521
#define PORT_ECHO 7    /* what comes goes back; all its state is lwIP's */
#define PORT_PLAIN 9   /* the same, but nobody has said that it can be resumed */
#define PORT_SINK 19   /* expects stream 1, sends nothing */
#define PORT_STREAM 80 /* sends stream 2 for ever, expects stream 1; keeps the places of both */
#define PORT_SENDER 90 /* sends SENDER_BYTES of stream 2 and closes; takes no data */
#define SENDER_BYTES 50000

/* Opens the five listeners. */
void apps_open(void);
extern const struct tcp_app apps[];
extern const size_t app_count;
/* Bytes that came to PORT_STREAM and were not those of its stream. */
uint64_t apps_wrong(void);

#endif
