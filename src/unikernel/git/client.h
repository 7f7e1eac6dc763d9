/* client.h - what the files of the git client give each other. SPDX-License-Identifier: ISC */
#ifndef GIT_CLIENT_PARTS_H
#define GIT_CLIENT_PARTS_H

#include "git_client.h"
#include "parts.h"

#define CLIENT_STAGE 32768 /* bytes of a request; longer ones are made in pieces */
#define CLIENT_WORDS 256   /* of what the server says */

enum client_stage {
	CLIENT_COLLECT, /* works: which commits the table has */
	CLIENT_REFS,	/* talks: what the server has */
	CLIENT_ASK,	/* talks: which of ours the server has (pull) */
	CLIENT_OPEN,	/* works: the table is to take objects in (pull) */
	CLIENT_WALK,	/* works: which objects to send (push) */
	CLIENT_PACK,	/* talks: the objects */
	CLIENT_MERGE	/* works (pull) */
};

struct git_client {
	_Alignas(16) struct job job;
	struct git_url url;
	struct git_client_result result;
	enum git_client_state state;
	enum client_stage stage;
	uint64_t now, deadline;
	unsigned note;
	bool push;	 /* that is what it is all for */
	bool sends;	 /* this half of it does: a push may have to pull first */
	unsigned rounds; /* of a push */
	char error[CLIENT_WORDS + 64];
	/* what the server has and can */
	bool has_primary, has_any; /* HEAD is the branch primary, or any */
	struct table_id head;
	bool has_capabilities, has_bands, has_shallow;
	unsigned flushes;
	bool has_common; /* a commit of ours that it has, too */
	struct table_id common;
	/* what became of a push */
	bool accepted, refused, was_there;
	struct table_id refused_head; /* the server's, then; where WAS_THERE */
	/* the answer */
	int status;
	bool in_body, has_length, has_type;
	struct body body;
	char line[HTTP_LINE_MAX + 1];
	size_t line_n, head_n;
	/* a packet of an answer in bands: its head, its band, what is left of it */
	uint8_t packet_head[5];
	size_t packet_n, packet_left;
	char words[CLIENT_WORDS];
	size_t words_n;
	/* the request: bytes made, given; what follows them */
	uint8_t stage_bytes[CLIENT_STAGE];
	size_t n, at, shallow_at;
	bool is_chunked, commands_sent, ended;
};

/* Notes what is wrong: WHAT, and N bytes of MORE ... */
void git_client_say(struct git_client *c, const char *what, const char *more, size_t n);
/* ... and ends all with it. */
void git_client_fail(struct git_client *c, const char *what, const char *more, size_t n);
/* Makes the request of this stage. */
void git_client_request(struct git_client *c);
/* The answer is whole. */
void git_client_answered(struct git_client *c);

#endif
