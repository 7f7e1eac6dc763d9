/* answer.c - an answer on its way: its head, its pieces as chunks (RFC 9112 section 7.1), its end.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define CHUNK_HEAD 6  /* four digits, CR LF */
#define CHUNK_ROOM 16 /* for a chunk's end and the last chunk */

static const char *content_type(const struct git_conn *c)
{
	if (c->text)
		return "text/plain; charset=utf-8";
	switch (c->route) {
	case ROUTE_UPLOAD_REFS:
		return "application/x-git-upload-pack-advertisement";
	case ROUTE_RECEIVE_REFS:
		return "application/x-git-receive-pack-advertisement";
	case ROUTE_UPLOAD:
		return "application/x-git-upload-pack-result";
	case ROUTE_RECEIVE:
		return "application/x-git-receive-pack-result";
	default:
		return "text/plain; charset=utf-8";
	}
}

static void put_head(struct git_conn *c, struct out *o)
{
	git_out_text(o, "HTTP/1.1 ");
	git_out_number(o, (uint64_t)c->status);
	git_out_text(o, " ");
	git_out_text(o, git_http_reason(c->status));
	git_out_text(o, "\r\nContent-Type: ");
	git_out_text(o, content_type(c));
	git_out_text(o, "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (c->status == 401)
		git_out_text(o, "WWW-Authenticate: Basic realm=\"git\"\r\n");
	if (c->status == 405)
		git_out_text(o, "Allow: GET, HEAD, POST\r\n");
	if (c->status == 503)
		git_out_text(o, "Retry-After: 5\r\n");
	if (!c->http.old)
		git_out_text(o, "Transfer-Encoding: chunked\r\n");
	if (c->closes)
		git_out_text(o, "Connection: close\r\n");
	else if (c->http.old)
		git_out_text(o, "Connection: keep-alive\r\n");
	git_out_text(o, "\r\n");
}

static void put_access(struct out *o, const char *verb, enum git_access access, bool write)
{
	static const char *const texts[] = {
		[GIT_CLOSED] = "closed", [GIT_OPEN] = "open", [GIT_TOKEN] = "with a token"};
	git_out_text(o, verb);
	git_out_text(o, texts[write && access == GIT_OPEN ? GIT_CLOSED : access]);
}

/* The page at /: which stores there are. */
static bool fill_page(const struct git_server *s, struct out *o)
{
	git_out_text(o, "The state of this machine, as git history:\n\n");
	for (size_t i = 0; i < s->config.store_count; i++) {
		const struct git_store *store = &s->config.stores[i];
		git_out_text(o, "    git clone http://ADDRESS/");
		git_out_text(o, store->name);
		git_out_text(o, ".git    ");
		put_access(o, "reading: ", store->read, false);
		put_access(o, ", pushing: ", store->write, true);
		git_out_text(o, "\n");
	}
	git_out_text(o, "\nADDRESS is what you asked for this page. A token goes into the address: "
			"http://x:TOKEN@ADDRESS/...\n");
	return true;
}

static bool fill_ready(struct job *j, struct out *o)
{
	size_t part = j->ready_n - j->ready_at;
	part = part < o->room - o->n ? part : o->room - o->n;
	git_out_bytes(o, j->ready + j->ready_at, part);
	j->ready_at += part;
	return j->ready_at == j->ready_n;
}

/* The next bytes of the body; true at its end. */
static bool fill_body(struct git_conn *c, struct out *o)
{
	if (c->http.method == HTTP_HEAD && c->http.has_line)
		return true;
	if (c->text) {
		git_out_text(o, c->text);
		return true;
	}
	if (c->route == ROUTE_PAGE)
		return fill_page(c->server, o);
	return c->route == ROUTE_UPLOAD ? git_upload_fill(c->job, o) : fill_ready(c->job, o);
}

static void answer_ended(struct git_conn *c)
{
	git_job_release(c);
	c->text = NULL;
	c->answered = true;
	bool again = !c->closes;
	git_conn_set_state(c, again ? CONN_IDLE : CONN_DRAIN);
	if (again) {
		c->http = (struct http){0};
		c->head_read = false;
		c->line_n = 0;
	}
}

/* A piece of the body as a chunk; without chunks as it is. True at the body's end. */
static bool put_piece(struct git_conn *c, struct out *o)
{
	bool chunks = !c->http.old && !(c->http.method == HTTP_HEAD && c->http.has_line);
	size_t head = chunks ? CHUNK_HEAD : 0;
	struct out part = {.p = o->p + o->n + head, .room = STAGE_ROOM - o->n - head - CHUNK_ROOM};
	bool end = fill_body(c, &part);
	if (chunks && part.n) {
		git_four_digits(o->p + o->n, part.n);
		memcpy(o->p + o->n + 4, "\r\n", 2);
		o->n += head + part.n;
		git_out_text(o, "\r\n");
	} else {
		o->n += part.n;
	}
	if (chunks && end)
		git_out_text(o, "0\r\n\r\n");
	return end;
}

static void refill(struct git_conn *c)
{
	struct out o = {.p = c->stage, .room = STAGE_ROOM};
	if (!c->head_sent)
		put_head(c, &o);
	c->head_sent = true;
	bool end = put_piece(c, &o);
	c->n = o.n;
	c->at = 0;
	if (end)
		answer_ended(c);
}

size_t git_answer_give(struct git_conn *c, uint8_t *to, size_t room)
{
	size_t given = 0;
	while (given < room) {
		if (c->at == c->n) {
			if (c->state != CONN_ANSWER)
				break;
			refill(c);
			continue;
		}
		size_t part = c->n - c->at < room - given ? c->n - c->at : room - given;
		memcpy(to + given, c->stage + c->at, part);
		c->at += part;
		given += part;
	}
	return given;
}
