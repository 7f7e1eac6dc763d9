/* store.h - tables in a file, for tests: what a killed process leaves behind.
 * SPDX-License-Identifier: ISC */
#ifndef STORE_H
#define STORE_H

#include "table.h"

/* The two tables of the journal, with what FILE holds of an earlier process; a turn that was not
 * written to its end is not there. OBJECTS: a bare git repository's folder for the history of the
 * connections, or NULL. */
struct store {
	struct table *connections, *payload;
};
struct store store_open(const char *file, const char *objects);
/* Writes the changes since the last call as one turn. */
bool store_write(void *ctx);
/* From now on changes are written to the file. */
void store_watch(void);
/* Makes FIELD of all connections what it is in a new one, or takes all payload away. False where
 * there is no such field. */
bool store_leave_out(const char *field);
/* Sets flags of all connections; enum tcp_value_flag. */
void store_flag(uint16_t flags);
/* Connections with listeners, and chunks of payload, at most; before store_open(). */
void store_limits(size_t entries, size_t chunks);
/* Prints the paths and texts of FILE's connections; returns an exit status. */
int store_show(const char *file);

#endif
