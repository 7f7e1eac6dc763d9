/* conn.c - a connection: requests in, one after the other. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

void git_conn_set_state(struct git_conn *c, enum conn_state state)
{
	c->state = state;
	c->since = c->server->now;
	c->moved = 0;
}

void git_conn_answer(struct git_conn *c)
{
	c->n = c->at = 0;
	c->head_sent = false;
	c->closes = c->closes || c->http.closes;
	git_conn_set_state(c, CONN_ANSWER);
}

void git_conn_refuse(struct git_conn *c, int status, const char *text)
{
	struct git_server *s = c->server;
	bool whole = c->head_read && c->http.method != HTTP_POST;
	bool denied = status == 401 || status == 403;
	git_job_release(c);
	c->status = status;
	c->text = text;
	c->closes = c->closes || !whole;
	s->stats.denied += denied;
	s->stats.bad_requests += !denied && status < 500;
	/* git asks without a token first: that is no news. */
	if (denied && (status != 401 || c->http.has_authorization))
		git_server_log(s, c, "denied", text);
	git_conn_answer(c);
}

/* ---- the head ------------------------------------------------------------------------------- */

static void head_ended(struct git_conn *c)
{
	struct git_server *s = c->server;
	const char *why = "the request is malformed\n";
	int status = git_http_check(&c->http);
	s->stats.requests++;
	c->head_read = !status;
	if (!status)
		status = git_route_find(s, &c->http, &c->route, &c->store, &why);
	if (!status && c->route != ROUTE_PAGE)
		status = git_access_check(s, &c->http, c->route, c->store, &c->right, &why);
	if (status) {
		git_conn_refuse(c, status, why);
		return;
	}
	c->status = 200;
	if (c->route == ROUTE_PAGE)
		git_conn_answer(c);
	else
		git_conn_set_state(c, CONN_QUEUED);
}

static void line_ended(struct git_conn *c)
{
	size_t n = c->line_n - 1;
	c->line_n = 0;
	c->line[n] = 0;
	if (!n) {
		if (c->http.has_line)
			head_ended(c);
		return; /* RFC 9112, 2.2: empty lines before a request are skipped */
	}
	int status = git_http_line(&c->http, c->server->config.host, c->line, n);
	if (status)
		git_conn_refuse(c, status,
			status == 421 ? "this machine is not called that: give its address, or the "
					"name of git.host=\n"
				      : "the request is malformed or too large\n");
}

/* Lines end with CR LF and nothing else: two readers must not see two different requests. */
static void take_head_byte(struct git_conn *c, char byte)
{
	if (c->state == CONN_IDLE)
		git_conn_set_state(c, CONN_HEAD);
	if (byte == '\n') {
		if (!c->line_n || c->line[c->line_n - 1] != '\r')
			git_conn_refuse(c, 400, "a line ends without CR\n");
		else
			line_ended(c);
		return;
	}
	if (c->line_n == HTTP_LINE_MAX)
		git_conn_refuse(c, c->http.has_line ? 431 : 414, "a line is too long\n");
	else
		c->line[c->line_n++] = byte;
}

/* ---- the body ------------------------------------------------------------------------------- */

static void body_ended(struct git_conn *c)
{
	if (c->route == ROUTE_UPLOAD)
		git_upload_finish(c->job);
	c->job->step = c->route == ROUTE_UPLOAD ? git_upload_step : git_receive_step;
	git_conn_set_state(c, CONN_COMPUTE);
}

static void take_body(struct git_conn *c, const uint8_t **p, size_t *n)
{
	body_sink *sink = c->route == ROUTE_UPLOAD ? git_upload_take : git_receive_take;
	int status = git_body_take(&c->body, p, n, sink, c->job);
	if (status)
		git_conn_refuse(c, status,
			status == 413 ? "the request is too large\n"
				      : "the request's body is malformed\n");
	else if (c->body.whole)
		body_ended(c);
}

void git_conn_begin_body(struct git_conn *c)
{
	const struct http *h = &c->http;
	struct job *j = c->job;
	const uint8_t *nothing = (const uint8_t *)"";
	size_t n = 0;
	c->body = (struct body){.chunked = h->chunked, .gzip = h->gzip, .z = &j->body_z};
	c->body.left = h->length;
	c->body.limit = GIT_BODY_MAX;
	git_conn_set_state(c, CONN_BODY);
	git_zlib_prepare(&j->body_z, &j->zlib[0]);
	if (h->has_length && h->length > GIT_BODY_MAX) {
		git_conn_refuse(c, 413, "the request is too large\n");
	} else if (h->gzip && inflateInit2(&j->body_z, 16 + MAX_WBITS) != Z_OK) {
		git_conn_refuse(c, 503, "no memory to inflate it\n");
	} else {
		struct out o = {.p = c->stage, .room = STAGE_ROOM};
		if (h->expects)
			git_out_text(&o, "HTTP/1.1 100 Continue\r\n\r\n");
		c->n = o.n;
		c->at = 0;
		take_body(c, &nothing, &n);
	}
}

/* ---- what the transport calls --------------------------------------------------------------- */

size_t git_conn_receive(struct git_conn *c, const uint8_t *p, size_t n)
{
	const uint8_t *begin = p;
	while (n) {
		if (c->state == CONN_IDLE || c->state == CONN_HEAD) {
			if (c->at < c->n)
				break; /* the line's memory is still in use */
			take_head_byte(c, (char)*p++);
			n--;
		} else if (c->state == CONN_BODY) {
			take_body(c, &p, &n);
		} else if (c->state == CONN_DRAIN) {
			p += n;
			n = 0;
		} else {
			break;
		}
	}
	c->moved += (uint64_t)(p - begin);
	c->offered = n;
	return (size_t)(p - begin);
}

void git_conn_waiting(struct git_conn *c, size_t n)
{
	c->offered = n;
}

void git_conn_finish(struct git_conn *c)
{
	bool useless = c->state < CONN_QUEUED || c->state == CONN_BODY || c->state == CONN_DRAIN;
	c->closes = true;
	if (useless && c->at == c->n) {
		git_job_release(c);
		git_conn_set_state(c, CONN_DEAD);
	}
}

size_t git_conn_output(struct git_conn *c, uint8_t *to, size_t room)
{
	size_t n = c->state == CONN_DEAD ? 0 : git_answer_give(c, to, room);
	c->moved += n;
	return n;
}

bool git_conn_is_done(const struct git_conn *c)
{
	return c->state == CONN_DRAIN && c->at == c->n;
}

bool git_conn_is_dead(const struct git_conn *c)
{
	return c->state == CONN_DEAD;
}

void git_conn_close(struct git_conn *c)
{
	git_job_release(c);
	c->state = CONN_FREE;
}
