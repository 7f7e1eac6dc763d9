/* parts.h - what state's own files give each other. SPDX-License-Identifier: ISC */
#ifndef STATE_PARTS_H
#define STATE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* The disk's share of the main loop. True while there is more to do. */
bool keep_on_disk(void);
/* Makes all commits so far durable, with their objects, however long it takes; false where that is
 * not so afterwards. */
bool keep_commits_now(void);
/* Before the frames of a turn leave: makes durable what they tell of. */
void keep_before_send(void);
/* What the next image on the same disk must know: opens its store ... */
void machine_store(void);
/* ... makes the clock go on where an earlier image was ... */
void machine_restored(void);
/* ... and the sequence numbers of TCP, once lwip_port_open() has begun them. */
void machine_open(void);
/* Notes the time, every ten seconds. */
void machine_note(void);
/* Starts the git server, where the options want it. */
void serve_open(void);
/* Pulls and pushes as the options say. */
void seed_open(void);
/* Tells the stores that entries came in from elsewhere. */
void state_merged(void);

#endif
