/* stores.h - the network state that machines serve, taken into the run's folder by git.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_STORES_H
#define RESPIN_LAB_STORES_H

#include "lab/session.h"

/* Where a run keeps a store of machine NUMBER: "DIR/state/arp.git", "DIR/state/2/arp.git". */
const char *stores_dir(struct arena *a, const char *dir, const char *store, int64_t number);
/* Brings what the run has of a store up to date with machine NUMBER, from the host of network AT,
 * within TIMEOUT_MS. What an earlier call got stays, also where the machine has dropped it since.
 * True with *WHY NULL where it worked, and with a line that says why it did not. */
MUST_CHECK bool stores_take(struct session *s, size_t at, const char *store, int64_t number,
	int64_t timeout_ms, const char **why, struct err *e);

#endif
