/* state.h - where an image's stores (store.h) live besides its memory: on a disk, from which they
 * come back at boot; at git URLs, from which they are seeded and to which they are pushed; and with
 * whoever clones them.
 *
 * Options, where NAME is a store's name:
 *   git.port=80               serves the stores at http://ADDRESS:PORT/NAME.git. Without: nothing
 *   NAME.read=open            everybody may clone it; NAME.read=TOKEN: who has the token. Without:
 *                             nobody
 *   NAME.write=TOKEN          who has the token may push to it. Without: nobody
 *   NAME.write.paths=A,B      pushes may change only these paths, and what is in folders:
 *                             those end with "/"
 *   state.disk=format         a disk with something else on it is overwritten. Without: the image
 *                             does not start, and the disk stays as it is
 *   state.pull=URL,URL,...    before it is ready, merges what is there, in this order
 *   state.pull.seconds=5      how long that may hold up the boot, in all
 *   state.push=URL            pushes each store there, when it has changed,
 *   state.push.seconds=10     every so often
 * A token has at least 22 letters, digits and -._~ (128 bits). A URL is http://ADDRESS[:PORT]/PATH;
 * one that ends with /NAME.git is of that store, any other is a folder that has NAME.git for each.
 * Secret stores are never served, pulled or pushed; into those that are the image's own nothing is
 * pulled, and nobody may push to them. SPDX-License-Identifier: ISC */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>

/* Brings back from the disk what the stores held, where the machine has a disk. To be called when
 * all stores are open and nothing has been put into them, before lwip_port_open() begins ARP's
 * history. Panics where the disk can't be used: an image that is given one depends on it. */
void state_restore(void);
/* Serves, keeps and seeds as the options say, from the main loop. After lwip_port_open(). */
void state_open(void);
bool state_has_disk(void);
/* JOURNAL is called before the frames of a turn leave, and before what it writes down is made
 * durable. One function, before state_open(). */
void state_before_send(void (*journal)(void));
/* Makes all changes so far durable, on a disk. True where they are; false where there is no disk or
 * it has failed. */
bool state_flush(void);

#endif
