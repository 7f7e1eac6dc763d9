/* client.h - what the files of the git client give each other. SPDX-License-Identifier: ISC */
#ifndef GIT_CLIENT_PARTS_H
#define GIT_CLIENT_PARTS_H

#include "git_client.h"
#include "parts.h"

enum client_stage { CLIENT_REFS, CLIENT_PACK };

struct git_client {
	_Alignas(16) struct job job;
	struct git_url url;
	enum git_client_state state;
	enum client_stage stage;
	bool push, accepted;
	char error[300];
	/* the server's branch: of primary, else of HEAD */
	bool has_primary, has_any;
	struct table_id head;
	/* the answer */
	int status;
	bool in_body;
	struct body body;
	char line[HTTP_LINE_MAX + 1];
	size_t line_n;
	/* a packet of the pack's answer: its head, its band, what is left of it */
	uint8_t packet_head[5];
	size_t packet_n, packet_left;
	/* the request: bytes made, given; what follows them */
	uint8_t stage_bytes[STAGE_ROOM];
	size_t n, at, shallow_at;
	bool is_chunked, commands_sent, ended;
};

/* Says what is wrong: WHAT, and N bytes of MORE. */
void git_client_fail(struct git_client *c, const char *what, const char *more, size_t n);
/* Makes the request of this stage. */
void git_client_request(struct git_client *c);
/* The answer is whole. */
void git_client_answered(struct git_client *c);

#endif
