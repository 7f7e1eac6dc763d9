/* git_client.h - the other half: merges the state that a git server has into a table, and pushes a
 * table to it; any server of the smart HTTP protocol, version 0. The caller has the network and the
 * clock; a connection carries one request. Plain HTTP only: the password goes over the wire as it
 * is. SPDX-License-Identifier: ISC */
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
struct git_client_result {
	size_t ours, theirs, both; /* paths that were merged, as table_report has them */
	bool merged;		   /* the table may have changed, even where the rest failed */
	bool pushed;		   /* false, and done: the server had it already */
	bool reached;		   /* an answer came at all */
};
struct git_client;

/* Bytes that a client needs for packs of so many OBJECTS. */
size_t git_client_memory(size_t objects);
/* MEMORY is zeroed and 16-byte aligned; SECRET is random. One thing at a time, any number of them
 * one after the other. */
struct git_client *git_client_open(void *memory, size_t objects, uint64_t secret);

struct git_client_job {
	const struct git_url *url; /* is copied */
	struct table *table;
	unsigned note;	      /* of merges */
	uint64_t deadline_ns; /* by git_client_tick()'s clock */
};
/* Begins to merge the newest commit of the server's branch "primary", else of HEAD, into the table.
 * Of the history before it, only what follows a commit that the table has comes along; without such
 * a commit, only the newest one, where the server can do that. */
void git_client_pull(struct git_client *c, const struct git_client_job *job);
/* Begins to push the table's history: the server's primary becomes the table's. What others have
 * pushed there is merged into the table first. Where the table's history is cut off and the server
 * does not have what was before, stock servers want receive.shallowUpdate to be true. */
void git_client_push(struct git_client *c, const struct git_client_job *job);

/* The time. Ends what has taken too long. */
void git_client_tick(struct git_client *c, uint64_t now_ns);
enum git_client_state git_client_state(const struct git_client *c);
const struct git_client_result *git_client_result(const struct git_client *c);
/* What went wrong, for people: printable characters only. */
const char *git_client_error(const struct git_client *c);
const struct git_url *git_client_url(const struct git_client *c);
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
/* Ends it, at any time. */
void git_client_end(struct git_client *c);

#endif
