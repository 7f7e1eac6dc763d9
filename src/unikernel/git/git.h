/* git.h - serves tables to stock git clients: git's smart HTTP protocol, version 0 (git's own
 * gitprotocol-http, gitprotocol-pack and gitformat-pack; HTTP/1.1 is RFC 9112). A store NAME is
 * http://ADDRESS/NAME.git. Cloning and fetching read it; a push is a proposal, merged into the
 * table by its kind's typed rules. The server is a set of state machines over byte streams: the
 * caller has the network, the clock and the main loop.
 *
 * A fresh clone is shallow where the table's history is cut off; the ids stay. A clone goes on
 * pulling as long as its newest commit, or that one's child, is in the history. When it is not,
 * git says that the server "did not send all necessary objects": `git fetch --update-shallow` and
 * `git reset --hard origin/primary` take the state as it is now.
 *
 * There is no encryption here: whoever sees the wire sees the tokens and the tables.
 * All memory is given at the start. Freestanding: the same code in images and in the host's tests.
 * SPDX-License-Identifier: ISC */
#ifndef GIT_H
#define GIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define GIT_NAME_MAX 32		/* bytes of a store's name */
#define GIT_PEER_MAX 48		/* bytes of a peer's address as text, with the terminating NUL */
#define GIT_BODY_MAX (1u << 20) /* bytes of a request's body, and of what it inflates to */
#define GIT_TOKEN_MIN 22	/* characters of a token: 128 bits in base64url */

enum git_access {
	GIT_CLOSED, /* refused to everybody */
	GIT_OPEN,   /* to everybody */
	GIT_TOKEN   /* to those who have a token for it */
};

struct git_store {
	const char *name; /* "arp" */
	struct table *table;
	enum git_access read;
	enum git_access write; /* GIT_OPEN is taken for GIT_CLOSED: nobody writes without a token */
	unsigned note;	       /* of the commits that merge pushes: goes to the kind's message() */
	/* Why a push may not give KEY this value, in plain words; NULL: it may. May be NULL. */
	const char *(*check)(void *ctx, const void *key, const void *value);
	void *check_ctx;
};

/* A right, given to whoever shows a text with this hash. */
struct git_token {
	uint8_t hash[32];    /* SHA-256 */
	const char *store;   /* name of the one store that it opens */
	bool write;	     /* pushing, else fetching; who may do both has two rights */
	uint64_t expires_ns; /* nanoseconds since 1970; 0: never */
	/* Only these paths may be changed, and what lies in folders, which end with "/"
	 * ("nat/tcp/"); ends with NULL. NULL: every path. */
	const char *const *paths;
};
/* The hash of a token. False where the text is too short to be one, or has other characters than
 * letters, digits and -._~ (RFC 6750, 2.1, less those that need quoting in a URL). */
bool git_token_hash(const char *text, size_t n, uint8_t hash[32]);

struct git_config {
	const struct git_store *stores;
	size_t store_count;
	const struct git_token *tokens;
	size_t token_count;
	unsigned connections; /* at once, in all */
	unsigned per_address; /* at once, from one address */
	unsigned jobs;	      /* requests worked on at once, at most TABLE_PINS / 2; others wait */
	size_t objects;	      /* in one pack: a larger fetch is refused, with what to do */
	uint64_t secret;      /* random */
	/* A name that the machine is called by, besides its addresses: requests under any other
	 * name are refused, so that no web page can reach it by a name of its own. May be NULL. */
	const char *host;
	/* Makes all that the tables' commits have durable: called before a push is answered and
	 * before refs are told, so that no power cut undoes what somebody knows of. False where it
	 * can't be done; such a push stays, and its sender is told. May be NULL. */
	bool (*durable)(void *ctx);
	void *durable_ctx;
	/* Told of every push, and of every request that was denied though it had a token or none
	 * would do; may be NULL. */
	void (*log)(void *ctx, const char *line);
	void *log_ctx;
};

struct git_stats {
	uint64_t connections, connections_refused; /* because there were too many */
	uint64_t requests, bad_requests;	   /* bad: malformed or too large */
	uint64_t denied;			   /* by access: token, closed store, path */
	uint64_t timeouts, displaced;		   /* displaced: too slow while others waited */
	uint64_t fetches, objects_sent;
	uint64_t pushes_merged, pushes_refused;
};

struct git_server;
struct git_conn;

/* Bytes that a server with this configuration needs. */
size_t git_memory(const struct git_config *config);
/* CONFIG and all that it names must stay. MEMORY is zeroed and 16-byte aligned. */
struct git_server *git_open(void *memory, const struct git_config *config);
struct git_stats git_stats(const struct git_server *s);

/* The time, nanoseconds since 1970, and what follows from it: at least once a second. */
void git_tick(struct git_server *s, uint64_t now_ns);
/* A piece of what was asked for, some tens of microseconds. True while there is more to do, or
 * where a connection has got new output. */
bool git_work(struct git_server *s);

/* Where there is no room for another connection, from PEER: one that nothing is worked on for, to
 * be closed at once. Such are those between two requests, those whose request has not come yet,
 * with what a waiting one needs of its body, and those that are ending. NULL: there is room, all
 * are at work, or PEER has as many as one address may. */
struct git_conn *git_displace(struct git_server *s, const char *peer);
/* A new connection from PEER ("10.0.0.2"); NULL where there are too many: to be closed at once. */
struct git_conn *git_accept(struct git_server *s, const char *peer);
/* Bytes that came. Returns how many were taken: where fewer than N, the rest is to be offered
 * again after git_work() or git_conn_output(). */
size_t git_conn_receive(struct git_conn *c, const uint8_t *p, size_t n);
/* After it, where the transport has more than it offered: N bytes in all were not taken yet. Who
 * waits goes first if his request has come. */
void git_conn_waiting(struct git_conn *c, size_t n);
/* Up to ROOM bytes to send, to TO. 0: nothing at the moment. */
size_t git_conn_output(struct git_conn *c, uint8_t *to, size_t room);
/* The peer sends nothing more. */
void git_conn_finish(struct git_conn *c);
/* No more output will come: when all is sent, the transport closes its side. */
bool git_conn_is_done(const struct git_conn *c);
/* Nobody waits for an answer any more, or time is up: to be closed at once. */
bool git_conn_is_dead(const struct git_conn *c);
/* The connection is gone; whatever it was doing is undone. */
void git_conn_close(struct git_conn *c);

#endif
