/* plug.h - what session.c and plug.c share: how networks and machines come and go.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_PLUG_H
#define RESPIN_LAB_PLUG_H

#include "lab/session.h"

/* To be called once the networks and the number of machines are known. */
void session_make_polls(struct session *s);
/* Pulls the cables of machine I (0 is the first) out of their wires. */
void session_unplug(struct session *s, size_t i);
/* Ends P and all that it started, and collects it. */
void end_process(struct process *p, struct outcome *out);

#endif
