/* client_send.c - the client's requests. SPDX-License-Identifier: ISC */
#include "client.h"

#include <string.h>

#define CHUNK_HEAD 6
#define CHUNK_ROOM 16
#define LINE_ROOM 64
/* Commits that a server is asked for. */
#define HAVES_NEW 64
#define HAVES_OLD 128

static void put_base64(struct out *o, const char *p, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t held = 0;
		for (size_t k = 0; k < 3; k++)
			held = held << 8 | (i + k < n ? (uint8_t)p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			git_out_bytes(o, i + k > n ? "=" : &digits[held >> (18 - 6 * k) & 63], 1);
	}
}

static void put_head(struct git_client *c, struct out *o, const char *method, const char *path)
{
	git_out_text(o, method);
	git_out_text(o, c->url.path);
	git_out_text(o, path);
	git_out_text(o, " HTTP/1.1\r\nHost: ");
	git_out_text(o, c->url.host);
	if (c->url.port != 80) {
		git_out_text(o, ":");
		git_out_number(o, c->url.port);
	}
	git_out_text(o, "\r\nUser-Agent: respin/1\r\nConnection: close\r\n");
	if (*c->url.user) {
		git_out_text(o, "Authorization: Basic ");
		put_base64(o, c->url.user, strlen(c->url.user));
		git_out_text(o, "\r\n");
	}
}

static void put_line(struct out *o, const char *text)
{
	size_t begin = git_packet_begin(o);
	git_out_text(o, text);
	git_packet_end(o, begin);
}

/* Where our history ends: below that, a commit that we have tells nothing. */
static void put_shallow(struct git_client *c, struct out *o)
{
	struct table_id id;
	for (size_t i = 0; table_shallow(c->job.table, i, &id); i++)
		git_packet_id(o, "shallow", &id, "");
}

static void put_have(struct out *o, const struct table_id *id)
{
	git_packet_id(o, "have", id, "\n");
}

/* Which of our commits does the server have? All of the newest ones, some of the others. */
static void put_question(struct git_client *c, struct out *o)
{
	const struct objects *objects = &c->job.objects;
	uint32_t step = c->job.commits / HAVES_OLD + 1, known = 0;
	git_packet_id(o, "want", &c->head, " multi_ack_detailed side-band-64k agent=respin/1\n");
	put_shallow(c, o);
	git_packet_flush(o);
	for (uint32_t i = 0; i < c->job.commits; i++) {
		if (!(objects->v[i].flags & OBJECT_KNOWN))
			continue;
		if (known < HAVES_NEW || known % step == 0)
			put_have(o, &objects->v[i].id);
		known++;
	}
	git_packet_flush(o);
}

static void put_fetch(struct git_client *c, struct out *o)
{
	git_packet_id(o, "want", &c->head, " side-band-64k ofs-delta no-progress agent=respin/1\n");
	if (c->has_common)
		put_shallow(c, o);
	else if (c->has_shallow)
		put_line(o, "deepen 1\n");
	git_packet_flush(o);
	if (c->has_common)
		put_have(o, &c->common);
	put_line(o, "done\n");
}

static void put_upload(struct git_client *c, struct out *o)
{
	struct out body = {.p = c->job.b, .room = TABLE_OBJECT_MAX};
	if (c->stage == CLIENT_ASK)
		put_question(c, &body);
	else
		put_fetch(c, &body);
	put_head(c, o, "POST ", "/git-upload-pack");
	git_out_text(o, "Content-Type: application/x-git-upload-pack-request\r\nContent-Length: ");
	git_out_number(o, body.n);
	git_out_text(o, "\r\n\r\n");
	git_out_bytes(o, body.p, body.n);
	o->overfull = o->overfull || body.overfull;
}

void git_client_request(struct git_client *c)
{
	struct out o = {.p = c->stage_bytes, .room = sizeof(c->stage_bytes)};
	c->is_chunked = c->commands_sent = c->ended = false;
	c->shallow_at = 0;
	if (c->stage == CLIENT_REFS) {
		put_head(c, &o, "GET ",
			c->sends ? "/info/refs?service=git-receive-pack"
				 : "/info/refs?service=git-upload-pack");
		git_out_text(&o, "\r\n");
	} else if (!c->sends) {
		put_upload(c, &o);
	} else {
		put_head(c, &o, "POST ", "/git-receive-pack");
		git_out_text(&o, "Content-Type: application/x-git-receive-pack-request\r\n"
				 "Transfer-Encoding: chunked\r\n\r\n");
		c->is_chunked = true;
		c->accepted = c->refused = false;
	}
	if (o.overfull)
		git_client_fail(c, "the table's history has too many ends", "", 0);
	c->n = o.n;
	c->at = 0;
}

/* Ends of the history that is sent, then the one command. True when all is there. */
static bool put_commands(struct git_client *c, struct out *o)
{
	static const struct table_id none;
	const struct objects *objects = &c->job.objects;
	for (; c->shallow_at < c->job.commits; c->shallow_at++) {
		const struct object *commit = &objects->v[c->shallow_at];
		if (o->room - o->n < 4 * LINE_ROOM)
			return false;
		if (commit->flags & OBJECT_CUT && commit->flags & OBJECT_SEND)
			git_packet_id(o, "shallow", &commit->id, "");
	}
	if (o->room - o->n < 8 * LINE_ROOM)
		return false;
	size_t begin = git_packet_begin(o);
	git_out_id(o, c->has_primary ? &c->head : &none);
	git_out_text(o, " ");
	git_out_id(o, &objects->v[c->job.primary].id);
	git_out_text(o, " refs/heads/primary");
	git_out_bytes(o, "", 1);
	git_out_text(o, c->has_bands ? " report-status side-band-64k agent=respin/1"
				     : " report-status agent=respin/1");
	git_packet_end(o, begin);
	git_packet_flush(o);
	return true;
}

/* The next chunk of a push; the last one is empty. */
static void put_chunk(struct git_client *c)
{
	struct out part = {.p = c->stage_bytes + CHUNK_HEAD,
		.room = sizeof(c->stage_bytes) - CHUNK_HEAD - CHUNK_ROOM};
	if (!c->commands_sent)
		c->commands_sent = put_commands(c, &part);
	else
		c->ended = git_pack_writer_fill(&c->job, &part);
	if (c->job.error) {
		git_client_fail(c, c->job.error, "", 0);
		return;
	}
	struct out o = {
		.p = c->stage_bytes, .n = CHUNK_HEAD + part.n, .room = sizeof(c->stage_bytes)};
	git_four_digits(o.p, part.n);
	memcpy(o.p + 4, "\r\n", 2);
	git_out_text(&o, "\r\n");
	if (c->ended)
		git_out_text(&o, "0\r\n\r\n");
	c->n = o.n;
	c->at = 0;
}

size_t git_client_output(struct git_client *c, uint8_t *to, size_t room)
{
	size_t given = 0;
	while (given < room && c->state == GIT_CLIENT_TALKS) {
		if (c->at == c->n) {
			if (!c->is_chunked || c->ended)
				break;
			put_chunk(c);
			continue;
		}
		size_t part = c->n - c->at < room - given ? c->n - c->at : room - given;
		memcpy(to + given, c->stage_bytes + c->at, part);
		c->at += part;
		given += part;
	}
	return given;
}
