/* client_receive.c - what a git server answers. SPDX-License-Identifier: ISC */
#include "client.h"

#include <string.h>

/* ---- the list of refs, the report of a push: lines ------------------------------------------ */

/* "ID NAME", and capabilities behind a NUL. */
static void take_ref(struct git_client *c, const char *p, size_t n)
{
	struct table_id id;
	const char *nul = memchr(p, 0, n);
	size_t line = nul ? (size_t)(nul - p) : n;
	if (line < 42 || p[40] != ' ' || !table_id_parse(p, 40, &id))
		return;
	bool is_primary = git_text_is(p + 41, line - 41, "refs/heads/primary");
	bool is_head = git_text_is(p + 41, line - 41, "HEAD");
	if (!is_primary && (!is_head || c->has_primary))
		return;
	c->head = id;
	c->has_primary = is_primary;
	c->has_any = true;
}

static void take_report(struct git_client *c, const char *p, size_t n)
{
	if (git_text_begins(p, n, "unpack ") && !git_text_is(p, n, "unpack ok"))
		git_client_fail(c, "the server could not take the push: ", p + 7, n - 7);
	if (git_text_begins(p, n, "ng "))
		git_client_fail(c, "the server refused the push: ", p + 3, n - 3);
	if (git_text_is(p, n, "ok refs/heads/primary"))
		c->accepted = true;
}

static void take_line(struct git_client *c, const char *p, size_t n)
{
	if (n && p[n - 1] == '\n')
		n--;
	if (git_text_begins(p, n, "ERR "))
		git_client_fail(c, "the server says: ", p + 4, n - 4);
	else if (c->stage == CLIENT_REFS)
		take_ref(c, p, n);
	else
		take_report(c, p, n);
}

static bool take_lines(struct git_client *c, const uint8_t *p, size_t n)
{
	while (n && c->state == GIT_CLIENT_TALKS) {
		switch (git_packets_take(&c->job.packets, &p, &n)) {
		case PACKET_LINE:
			take_line(c, c->job.packets.line, c->job.packets.n);
			break;
		case PACKET_BAD:
			git_client_fail(c, "this is no git server", "", 0);
			break;
		default:
			break;
		}
	}
	return true;
}

/* ---- the pack: packets of any length, in bands ---------------------------------------------- */

/* The four digits of a packet's length, and the byte that tells what it is. */
static bool packet_begins(struct git_client *c, uint8_t byte)
{
	c->packet_head[c->packet_n++] = byte;
	if (c->packet_n < 4)
		return true;
	if (c->packet_n == 5) {
		c->job.packets.n = 0;
		c->packet_left--;
		return true;
	}
	c->packet_left = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = git_hex_digit((char)c->packet_head[i]);
		if (digit < 0)
			return false;
		c->packet_left = c->packet_left * 16 + (size_t)digit;
	}
	if (c->packet_left > 4)
		c->packet_left -= 4;
	else if (c->packet_left == 0)
		c->packet_n = 0;
	else
		return false;
	return true;
}

/* Lines of the server: only an error is of interest. */
static void take_words(struct git_client *c, const uint8_t *p, size_t n)
{
	struct packets *k = &c->job.packets;
	size_t room = sizeof(k->line) - k->n;
	n = n < room ? n : room;
	memcpy(k->line + k->n, p, n);
	k->n += n;
	if (c->packet_left)
		return;
	if (c->packet_head[4] == 3)
		git_client_fail(c, "the server says: ", k->line, k->n);
	if (c->packet_head[4] == 'E' && git_text_begins(k->line, k->n, "RR "))
		git_client_fail(c, "the server says: ", k->line + 3, k->n - 3);
}

static bool take_packet(struct git_client *c, const uint8_t *p, size_t n)
{
	c->packet_left -= n;
	if (c->packet_head[4] != 1)
		take_words(c, p, n);
	else if (!git_pack_reader_take(&c->job.reader, p, n))
		git_client_fail(
			c, "the pack is wrong: ", c->job.reader.why, strlen(c->job.reader.why));
	if (!c->packet_left)
		c->packet_n = 0;
	return true;
}

static bool take_bands(struct git_client *c, const uint8_t *p, size_t n)
{
	while (n && c->state == GIT_CLIENT_TALKS) {
		if (c->packet_n < 5) {
			if (!packet_begins(c, *p))
				git_client_fail(c, "the answer is not made of packets", "", 0);
			p++;
			n--;
			if (c->packet_n < 5 || c->packet_left)
				continue;
		}
		size_t part = c->packet_left < n ? c->packet_left : n;
		take_packet(c, p, part);
		p += part;
		n -= part;
	}
	return true;
}

static bool sink(void *ctx, const uint8_t *p, size_t n)
{
	struct git_client *c = ctx;
	bool bands = c->stage == CLIENT_PACK && !c->push;
	return bands ? take_bands(c, p, n) : take_lines(c, p, n);
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static bool name_is(const char *line, const char *name)
{
	size_t i = 0;
	for (; name[i]; i++) {
		char c = line[i];
		if ((c >= 'A' && c <= 'Z' ? (char)(c | 32) : c) != name[i])
			return false;
	}
	return line[i] == ':';
}

static void take_field(struct git_client *c, const char *line, size_t n)
{
	const char *value = memchr(line, ':', n);
	if (!value)
		return;
	do
		value++;
	while (*value == ' ' || *value == '\t');
	size_t length = (size_t)(line + n - value);
	if (name_is(line, "transfer-encoding")) {
		c->body.chunked = true;
		c->body.left = 0;
	}
	if (name_is(line, "content-length") && !c->body.chunked &&
		(!git_text_number(value, length, UINT32_MAX, &c->body.left)))
		git_client_fail(c, "the answer has no length: ", value, length);
	if (name_is(line, "content-encoding") && !git_text_is(value, length, "identity"))
		git_client_fail(c, "the answer is coded: ", value, length);
}

static void take_status(struct git_client *c, const char *line, size_t n)
{
	uint64_t status;
	if (n < 12 || !git_text_begins(line, n, "HTTP/1.") ||
		!git_text_number(line + 9, 3, 999, &status)) {
		git_client_fail(c, "this is no web server", "", 0);
		return;
	}
	c->status = (int)status;
	if (status != 200 && status >= 200)
		git_client_fail(c, "the server says: ", line + 9, n - 9);
}

static void take_head_line(struct git_client *c, const char *line, size_t n)
{
	if (!c->status)
		take_status(c, line, n);
	else if (n)
		take_field(c, line, n);
	else if (c->status < 200)
		c->status = 0; /* 100 Continue: the answer proper follows */
	else
		c->in_body = true;
}

static void take_head_byte(struct git_client *c, char byte)
{
	if (byte != '\n') {
		if (c->line_n == HTTP_LINE_MAX)
			git_client_fail(c, "the answer's head is too large", "", 0);
		else
			c->line[c->line_n++] = byte;
		return;
	}
	size_t n = c->line_n;
	if (n && c->line[n - 1] == '\r')
		n--;
	c->line[n] = 0;
	c->line_n = 0;
	take_head_line(c, c->line, n);
}

void git_client_receive(struct git_client *c, const uint8_t *p, size_t n)
{
	while (n && c->state == GIT_CLIENT_TALKS && !c->in_body) {
		take_head_byte(c, (char)*p++);
		n--;
	}
	if (c->state != GIT_CLIENT_TALKS || !c->in_body)
		return;
	if (git_body_take(&c->body, &p, &n, sink, c))
		git_client_fail(c, "the answer is malformed, or too large", "", 0);
	else if (c->body.whole)
		git_client_answered(c);
}
