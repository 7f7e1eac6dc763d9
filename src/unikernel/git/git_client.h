/* git_client.h - the other half: fetches the state that a git server has, any server of the smart
 * HTTP protocol, and pushes a table to it. The caller has the network and the time limits; a
 * connection carries one request. Plain HTTP only: the password goes over the wire as it is.
 * SPDX-License-Identifier: ISC */
#ifndef GIT_CLIENT_H
#define GIT_CLIENT_H

#include "table.h"

/* "http://[USER:PASSWORD@]HOST[:PORT]/PATH" */
struct git_url {
	char host[128]; /* a name, or an address */
	uint16_t port;
	char path[256]; /* without a slash at the end */
	char user[300]; /* "USER:PASSWORD", empty where there is none */
};
bool git_url_parse(const char *text, size_t n, struct git_url *out);

enum git_client_state {
	GIT_CLIENT_WORKS,    /* wants git_client_work() */
	GIT_CLIENT_CONNECTS, /* wants a connection to the URL's host and port */
	GIT_CLIENT_TALKS,
	GIT_CLIENT_DONE,
	GIT_CLIENT_FAILED
};
struct git_client;

/* Bytes that a client needs for packs of so many OBJECTS. */
size_t git_client_memory(size_t objects);
/* MEMORY is zeroed and 16-byte aligned; SECRET is random. One thing at a time, any number of them
 * one after the other. */
struct git_client *git_client_open(void *memory, size_t objects, uint64_t secret);

/* Begins to fetch the newest commit of the branch "primary", else of HEAD, without what came before
 * it, for T. False where T takes something in already. */
bool git_client_fetch(struct git_client *c, const struct git_url *url, struct table *t);
/* Begins to push T's primary: the server's branch "primary" becomes it, whatever it was. Where the
 * table's history is cut off, stock servers want receive.shallowUpdate to be true. */
void git_client_push(struct git_client *c, const struct git_url *url, struct table *t);

enum git_client_state git_client_state(const struct git_client *c);
/* What went wrong, for people. */
const char *git_client_error(const struct git_client *c);
/* There is the connection that it wanted. */
void git_client_connected(struct git_client *c);
/* It has ended, or could not be made. */
void git_client_disconnected(struct git_client *c);
/* Bytes that came: all are taken. */
void git_client_receive(struct git_client *c, const uint8_t *p, size_t n);
/* Up to ROOM bytes to send, to TO; 0: nothing at the moment. */
size_t git_client_output(struct git_client *c, uint8_t *to, size_t room);
/* A piece of the work; true while there is more to do. */
bool git_client_work(struct git_client *c);

/* What was fetched, and its commit; for table_import_merge() or table_import_restore(). */
struct table_import *git_client_fetched(struct git_client *c, struct table_id *head);
/* Ends it, at any time; the import with it. */
void git_client_end(struct git_client *c);

#endif
