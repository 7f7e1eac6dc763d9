/* parts.h - what the files of the git server give each other. SPDX-License-Identifier: ISC */
#ifndef GIT_PARTS_H
#define GIT_PARTS_H

#include <zlib.h>

#include <nettle/sha1.h>

#include "git.h"

/* ---- text ----------------------------------------------------------------------------------- */

/* Bytes being written; what does not fit is left out and sets OVERFULL. */
struct out {
	uint8_t *p;
	size_t n, room;
	bool overfull;
};
void git_out_bytes(struct out *o, const void *p, size_t n);
void git_out_text(struct out *o, const char *text);
void git_out_number(struct out *o, uint64_t value);
void git_out_id(struct out *o, const struct table_id *id);
/* A pkt-line: git_packet_begin() leaves room for its length, git_packet_end() writes that. */
size_t git_packet_begin(struct out *o);
void git_packet_end(struct out *o, size_t begin);
void git_packet_flush(struct out *o);
/* One pkt-line "KEYWORD ID". */
void git_packet_id(
	struct out *o, const char *keyword, const struct table_id *id, const char *after);
void git_four_digits(uint8_t *to, size_t value);

bool git_text_is(const char *p, size_t n, const char *text);
/* Does P begin with PREFIX? */
bool git_text_begins(const char *p, size_t n, const char *prefix);
/* Is WORD among the words of P, with single blanks between them? */
bool git_has_word(const char *p, size_t n, const char *word);
/* Decimal digits, all of P; false where it is no number or above MAX. */
bool git_text_number(const char *p, size_t n, uint64_t max, uint64_t *out);
int git_hex_digit(char c); /* -1: none */

/* Puts pkt-lines together from bytes as they come. */
#define PACKET_MAX 1024 /* the longest that a client has reason to send */
struct packets {
	uint8_t head[4];
	size_t head_n, need, n;
	char line[PACKET_MAX];
};
enum packet { PACKET_NONE, PACKET_LINE, PACKET_FLUSH, PACKET_BAD };
/* Takes bytes from *P until a packet is whole: PACKET_LINE is in line[0..n). */
enum packet git_packets_take(struct packets *k, const uint8_t **p, size_t *n);
bool git_packets_is_between(const struct packets *k);

/* ---- HTTP ----------------------------------------------------------------------------------- */

#define HTTP_LINE_MAX 8192
#define HTTP_HEAD_MAX 16384
#define HTTP_PATH_MAX 128

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };
enum http_type { HTTP_TYPE_OTHER, HTTP_TYPE_UPLOAD, HTTP_TYPE_RECEIVE };

/* A request's head. */
struct http {
	enum http_method method;
	char path[HTTP_PATH_MAX], query[HTTP_PATH_MAX]; /* cut off where longer: no route */
	bool has_line, old, closes;			/* old: HTTP/1.0 */
	bool has_host, has_length, chunked, gzip, expects;
	bool has_authorization, has_token; /* there is such a header; and a token in it */
	uint64_t length;
	enum http_type type;
	uint8_t token[32]; /* SHA-256 of the token shown */
	size_t bytes;	   /* of the head, so far */
};
/* Takes one line of the head, N bytes without its line end, NUL-terminated. Returns 0, or the
 * status that refuses the request. HOST as in git_config. */
int git_http_line(struct http *h, const char *host, char *line, size_t n);
/* Is the head whole and consistent? 0 or the status. */
int git_http_check(const struct http *h);
/* "Not Found" */
const char *git_http_reason(int status);
/* A token out of an Authorization header's value: Bearer TOKEN, or Basic with any user. */
bool git_token_from_header(const char *value, size_t n, uint8_t hash[32]);

/* Decodes a request's body as it comes. */
enum chunk_state { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };
struct body {
	bool chunked, gzip, whole;
	enum chunk_state state;
	uint64_t left;	 /* of the body, or of the chunk */
	uint64_t limit;	 /* bytes that it may have */
	uint64_t coded;	 /* bytes of the body so far */
	uint64_t plain;	 /* the same, inflated */
	unsigned digits; /* of a chunk's size; in trailers: bytes of the line */
	bool has_cr, gzip_ended;
	size_t trailer;
	z_stream *z;
};
typedef bool body_sink(void *ctx, const uint8_t *p, size_t n);
/* Takes bytes until the body is whole; gives what it decodes to SINK. Returns 0 or the status that
 * refuses it; a sink that returns false makes it 400. */
int git_body_take(struct body *b, const uint8_t **p, size_t *n, body_sink *sink, void *ctx);

/* ---- objects of a request ------------------------------------------------------------------- */

#define NONE UINT32_MAX

enum object_flags {
	OBJECT_KNOWN = 1,    /* commits that the refs reach */
	OBJECT_CUT = 2,	     /* the table's shallow boundary */
	OBJECT_WANT = 4,     /* asked for */
	OBJECT_COMMON = 8,   /* the client said that it has it */
	OBJECT_SHALLOW = 16, /* the client said that it has none of its parents */
	OBJECT_HAVE = 32,    /* the client has it */
	OBJECT_SEEN = 64,    /* a want reaches it, as deep as asked for */
	OBJECT_EDGE = 128,   /* will be the client's shallow boundary */
	OBJECT_SEND = 256,
	OBJECT_VISITED = 512,
};
struct object {
	struct table_id id;
	uint8_t type;	/* enum table_type */
	uint8_t deltas; /* length of the chain of bases */
	uint16_t flags;
	union {
		uint32_t base;	 /* tree: number of the one that it is sent as a delta of */
		uint32_t depth;	 /* commit: from the wants, 1 is a want */
		uint32_t offset; /* in a received pack */
	};
	uint32_t old; /* tree: number of the tree that it is compared with; commit: next to visit */
};
/* A set of objects, numbered in order of their coming, and a queue of some of them. */
struct objects {
	struct object *v;
	uint32_t *slots, *queue;
	uint32_t n, max, slot_count, head, tail;
	uint64_t secret;
};
size_t git_objects_memory(size_t max);
void git_objects_open(struct objects *o, void *memory, size_t max, uint64_t secret);
void git_objects_clear(struct objects *o);
uint32_t git_objects_find(const struct objects *o, const struct table_id *id);
/* The number of ID, added where it was not there; NONE where the set is full. */
uint32_t git_objects_add(struct objects *o, const struct table_id *id, enum table_type type);
void git_objects_push(struct objects *o, uint32_t i);
uint32_t git_objects_pop(struct objects *o); /* NONE: empty */
void git_objects_restart(struct objects *o); /* empties the queue */

/* Commits and trees as git writes them (gitformat: objects). */
bool git_tree_of_commit(const uint8_t *p, size_t n, struct table_id *out);
bool git_parent_of_commit(const uint8_t *p, size_t n, size_t i, struct table_id *out);
struct tree_entry {
	const uint8_t *p, *name;
	size_t n, name_n; /* of the whole entry, of the name */
	bool is_tree;
	struct table_id id;
};
/* The entry at *AT, and *AT behind it; false at the end or where the tree is damaged. */
bool git_tree_next(const uint8_t *tree, size_t n, size_t *at, struct tree_entry *out);
/* The order of entries in trees. */
int git_tree_compare(const struct tree_entry *a, const struct tree_entry *b);
/* The entry of the sorted tree that is ENTRY's match, *AT and HELD being where the last search
 * ended. */
struct tree_cursor {
	const uint8_t *tree;
	size_t n, at;
	bool held;
	struct tree_entry entry;
};
bool git_tree_match(struct tree_cursor *c, const struct tree_entry *entry);
/* The delta that makes tree A of tree BASE (gitformat-pack: deltified representation); 0 where it
 * would not be shorter than ROOM. */
size_t git_tree_delta(
	const uint8_t *base, size_t base_n, const uint8_t *a, size_t n, uint8_t *to, size_t room);

/* ---- jobs: what a request needs while it is worked on --------------------------------------- */

#define ZLIB_MEMORY 49152 /* inflate: 7 KiB and its window of 32; deflate below: 39 KiB */
struct zlib_memory {
	_Alignas(16) uint8_t bytes[ZLIB_MEMORY];
	size_t used;
};
/* Prepares Z to take its memory from M, from its start again. */
void git_zlib_prepare(z_stream *z, struct zlib_memory *m);

/* Reads a pack as it comes; each object goes to a sink, as soon as it is whole. */
enum pack_state {
	PACK_HEAD,
	PACK_OBJECT,
	PACK_BASE,
	PACK_OFFSET,
	PACK_DATA,
	PACK_TRAILER,
	PACK_END
};
#define PACK_DELTAS_MAX 250 /* in a chain; git makes them up to 50 long */
struct pack_sink {
	void *ctx;
	/* NULL, or why it can't be taken. */
	const char *(*take)(
		void *ctx, enum table_type type, const uint8_t *p, size_t n, struct table_id *id);
	bool (*read)(void *ctx, const struct table_id *id, enum table_type *type, uint8_t *out,
		size_t *n);
};
struct pack_reader {
	struct pack_sink sink;
	struct objects *objects;       /* of this pack, by offset */
	uint8_t *data, *base, *result; /* TABLE_OBJECT_MAX bytes each */
	size_t data_n;
	z_stream z;
	struct sha1_ctx sha;
	enum pack_state state;
	uint8_t small[20]; /* a field that is being put together */
	size_t small_n;
	uint32_t left;	    /* objects to come */
	uint32_t at, begin; /* offset in the pack, of this object */
	uint64_t size;	    /* as the object's head says */
	unsigned type, shift;
	uint32_t back; /* OFS_DELTA */
	struct table_id base_id;
	unsigned deltas;
	const char *why; /* NULL, or what is wrong */
};
void git_pack_reader_open(struct pack_reader *r, struct zlib_memory *m);
/* False where something is wrong with it: WHY says what. */
bool git_pack_reader_take(struct pack_reader *r, const uint8_t *p, size_t n);
/* Did it come whole? */
bool git_pack_reader_finish(struct pack_reader *r);
/* Makes an object of BASE and DELTA, at most TABLE_OBJECT_MAX bytes; false where DELTA is none. */
bool git_delta_apply(const uint8_t *base, size_t base_n, const uint8_t *delta, size_t delta_n,
	uint8_t *to, size_t *n);

/* Writes a pack in pieces. */
struct pack_writer {
	z_stream z;
	struct sha1_ctx sha;
	uint32_t next;	   /* number of the next object */
	uint8_t small[40]; /* a head or the trailer, on its way out */
	size_t small_n, small_at;
	bool in_object, trailer;
};

#define RECEIVE_COMMANDS 4
struct receive_command {
	char ref[128];
	struct table_id id;
	bool deletes;
};

enum upload_stage { UPLOAD_SHALLOW, UPLOAD_ACKS, UPLOAD_PACK, UPLOAD_END };

struct job {
	struct git_conn *conn; /* NULL: free, or the client's */
	struct table *table;
	int pin; /* -1: none */
	const uint64_t *now;
	uint64_t begun;
	struct objects objects;
	uint8_t *a, *b, *c; /* TABLE_OBJECT_MAX bytes each */
	z_stream body_z;
	struct zlib_memory *zlib; /* two: for the body, for the pack */
	struct packets packets;
	bool sideband;
	int (*step)(struct job *j); /* what is to be done */
	int (*part)(struct job *j); /* of it, in a fetch */
	const char *error;	    /* told to git's user */
	char why[TABLE_MESSAGE_MAX];
	/* An answer made at once, in A or C. */
	const uint8_t *ready;
	size_t ready_n, ready_at;
	/* fetching */
	bool in_haves, done, detailed, no_done, gives_pack, flushed;
	uint32_t deepen; /* 0: not asked for */
	uint32_t wants, commons, last_common, commits, at, stack;
	uint32_t primary; /* number of its commit when they were collected */
	enum upload_stage stage;
	struct pack_writer writer;
	/* pushing */
	struct table_import *import;
	struct receive_command commands[RECEIVE_COMMANDS];
	size_t command_count;
	bool in_pack, reports;
	struct pack_reader reader;
	struct out report; /* lines for the user's terminal, in C */
	uint32_t report_left, report_more;
	bool settling; /* what the table changed before the merge is worked out, since: */
	uint64_t settling_since;
};

/* A step's results. */
enum { STEP_AGAIN = 0, STEP_DONE = 1, STEP_WAIT = 2 /* or the HTTP status that refuses it */ };

/* Reads an object of the job's table. */
bool git_job_read(
	struct job *j, const struct table_id *id, enum table_type want, uint8_t *to, size_t *n);
/* Collects the commits that the refs reach, after waiting until none is missing. */
int git_collect_step(struct job *j);
/* After it: what a client is told of the store. */
int git_advertise_upload(struct job *j);
int git_advertise_receive(struct job *j);
/* Before a merge, which works out at once all that waits: does that a step at a time, for some
 * seconds at most. True while there is more. */
bool git_job_settles(struct job *j);

/* git-upload-pack: the body's bytes, its end, the work after that, the answer. */
bool git_upload_take(void *job, const uint8_t *p, size_t n);
void git_upload_finish(struct job *j);
int git_upload_step(struct job *j);
/* Writes as much of the answer as fits; true at its end. */
bool git_upload_fill(struct job *j, struct out *o);
/* Finds what to send: one commit or folder a step. */
int git_enumerate_step(struct job *j);
void git_enumerate_begin(struct job *j);
void git_pack_writer_begin(struct job *j);
/* Writes the next bytes of the pack; true at its end. False and nothing written: an error. */
bool git_pack_writer_fill(struct job *j, struct out *o);

/* git-receive-pack: the same. */
int git_receive_begin(struct job *j);
bool git_receive_take(void *job, const uint8_t *p, size_t n);
int git_receive_step(struct job *j);

/* ---- connections ---------------------------------------------------------------------------- */

enum route { ROUTE_PAGE, ROUTE_UPLOAD_REFS, ROUTE_RECEIVE_REFS, ROUTE_UPLOAD, ROUTE_RECEIVE };
/* What a request asks for: 0 and ROUTE, STORE; or the status that refuses it, and WHY. */
int git_route_find(const struct git_server *s, const struct http *h, enum route *route,
	size_t *store, const char **why);
/* May the request do that? 0 or the status; RIGHT is the token's, where one was needed. */
int git_access_check(const struct git_server *s, const struct http *h, enum route route,
	size_t store, const struct git_token **right, const char **why);
bool git_access_path(const struct git_token *right, const char *path);

enum conn_state {
	CONN_FREE,
	CONN_IDLE,    /* between requests */
	CONN_HEAD,    /* reading a request's head */
	CONN_QUEUED,  /* waiting for a job */
	CONN_PREPARE, /* the job is being prepared */
	CONN_BODY,    /* reading the body */
	CONN_COMPUTE, /* the answer is being found */
	CONN_ANSWER,  /* and sent */
	CONN_DRAIN,   /* what still comes is thrown away until the peer closes */
	CONN_DEAD
};
#define STAGE_MAX 8192
/* Around the bytes of an answer: a head before the first, a chunk's size and end. */
#define STAGE_ROOM (STAGE_MAX + 1024)

struct git_conn {
	struct git_server *server;
	enum conn_state state;
	char peer[GIT_PEER_MAX];
	uint64_t since; /* beginning of the state, by git_tick()'s clock */
	uint64_t moved; /* bytes taken or given in it */
	size_t offered; /* bytes that came and were not taken yet */
	struct http http;
	enum route route;
	size_t store;
	const struct git_token *right;
	struct body body;
	struct job *job;
	/* The answer. */
	int status;
	const char *text; /* its body, where it is a plain one */
	bool head_read, head_sent, closes;
	bool answered; /* a request before this one */
	size_t n, at;  /* of the bytes below: made, given */
	union {
		char line[HTTP_LINE_MAX + 1]; /* line_n bytes of the head's line so far */
		uint8_t stage[STAGE_ROOM];
	};
	size_t line_n;
};

/* Keeps what was advertised until it can have been fetched. */
#define KEPT_PINS 24
struct kept_pin {
	struct table *table; /* NULL: none */
	int pin;
	uint64_t since;
};

struct git_server {
	struct git_config config;
	struct git_stats stats;
	uint64_t now;
	struct git_conn *conns;
	struct job *jobs;
	unsigned turn; /* of the jobs */
	struct kept_pin kept[KEPT_PINS];
};

void git_conn_set_state(struct git_conn *c, enum conn_state state);
/* Answers with STATUS and a plain text, and closes the connection where the request was not read to
 * its end. */
void git_conn_refuse(struct git_conn *c, int status, const char *text);
void git_conn_answer(struct git_conn *c);
/* The job is ready: from now on the body is read. */
void git_conn_begin_body(struct git_conn *c);
size_t git_answer_give(struct git_conn *c, uint8_t *to, size_t room);
void git_job_release(struct git_conn *c);
/* As git_config's durable(); true where there is none. */
bool git_server_durable(struct git_server *s);
void git_server_log(
	struct git_server *s, const struct git_conn *c, const char *what, const char *why);

#endif
