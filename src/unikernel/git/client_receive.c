/* client_receive.c - what a git server answers. SPDX-License-Identifier: ISC */
#include "client.h"

#include <string.h>

/* ---- the list of refs, the report of a push: lines ------------------------------------------ */

static void take_capabilities(struct git_client *c, const char *p, size_t n)
{
	c->has_capabilities = true;
	c->has_bands = git_has_word(p, n, "side-band-64k");
	c->has_shallow = git_has_word(p, n, "shallow");
	if (git_has_word(p, n, "object-format=sha256"))
		git_client_fail(c, "the repository's ids are of SHA-256", "", 0);
}

/* What the server has and we know, it need not get. */
static void note_common(struct git_client *c, const struct table_id *id)
{
	struct objects *o = &c->job.objects;
	uint32_t i = git_objects_find(o, id);
	if (c->sends && i != NONE && o->v[i].flags & OBJECT_KNOWN)
		o->v[i].flags |= OBJECT_COMMON;
}

/* "ID NAME", and capabilities behind a NUL. */
static void take_ref(struct git_client *c, const char *p, size_t n)
{
	struct table_id id;
	const char *nul = memchr(p, 0, n);
	size_t line = nul ? (size_t)(nul - p) : n;
	if (line < 42 || p[40] != ' ' || !table_id_parse(p, 40, &id))
		return;
	if (nul && !c->has_capabilities)
		take_capabilities(c, nul + 1, n - line - 1);
	note_common(c, &id);
	bool is_primary = git_text_is(p + 41, line - 41, "refs/heads/primary");
	bool is_head = git_text_is(p + 41, line - 41, "HEAD");
	if (!is_primary && (!is_head || c->has_primary))
		return;
	c->head = id;
	c->has_primary = is_primary;
	c->has_any = true;
}

static void take_refusal(struct git_client *c, const char *p, size_t n)
{
	static const char shallow[] = "refs/heads/primary shallow update not allowed";
	if (git_text_is(p, n, shallow)) {
		git_client_fail(c,
			"the server takes no history that is cut off: it needs "
			"receive.shallowUpdate=true (shallow update not allowed)",
			"", 0);
		return;
	}
	c->refused = true;
	git_client_say(c, "the server refused the push: ", p, n);
}

static void take_report(struct git_client *c, const char *p, size_t n)
{
	if (git_text_begins(p, n, "unpack ") && !git_text_is(p, n, "unpack ok"))
		git_client_fail(c, "the server could not take the push: ", p + 7, n - 7);
	else if (git_text_begins(p, n, "ng "))
		take_refusal(c, p + 3, n - 3);
	else if (git_text_is(p, n, "ok refs/heads/primary"))
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
		case PACKET_FLUSH:
			c->flushes++;
			break;
		case PACKET_BAD:
			git_client_fail(c, "the answer is not made of packets", "", 0);
			break;
		default:
			break;
		}
	}
	return true;
}

/* ---- packets of any length, in bands ---------------------------------------------- */

/* The four digits of a packet's length, and the byte that tells what it is. */
static bool packet_begins(struct git_client *c, uint8_t byte)
{
	c->packet_head[c->packet_n++] = byte;
	if (c->packet_n < 4)
		return true;
	if (c->packet_n == 5) {
		c->words_n = 0;
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

/* What the server says, as far as there is room for it. The line's first byte is the packet's band.
 */
static void take_words(struct git_client *c, const uint8_t *p, size_t n)
{
	size_t room = sizeof(c->words) - c->words_n;
	n = n < room ? n : room;
	memcpy(c->words + c->words_n, p, n);
	c->words_n += n;
	if (c->packet_left)
		return;
	if (c->packet_head[4] == 3)
		git_client_fail(c, "the server says: ", c->words, c->words_n);
	if (c->packet_head[4] == 'E' && git_text_begins(c->words, c->words_n, "RR "))
		git_client_fail(c, "the server says: ", c->words + 3, c->words_n - 3);
	if (c->packet_head[4] == 'A' && git_text_begins(c->words, c->words_n, "CK ") &&
		c->words_n >= 43 && table_id_parse(c->words + 3, 40, &c->common))
		c->has_common = true;
}

static void take_packet(struct git_client *c, const uint8_t *p, size_t n)
{
	c->packet_left -= n;
	if (c->packet_head[4] != 1 || c->stage != CLIENT_PACK)
		take_words(c, p, n);
	else if (c->sends)
		take_lines(c, p, n);
	else if (!git_pack_reader_take(&c->job.reader, p, n))
		git_client_fail(
			c, "the pack is wrong: ", c->job.reader.why, strlen(c->job.reader.why));
	if (!c->packet_left)
		c->packet_n = 0;
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
	bool bands = c->stage == CLIENT_ASK || (c->stage == CLIENT_PACK && c->has_bands);
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

/* Only what git's own servers say: a page for people has another type. */
static void take_type(struct git_client *c, const char *p, size_t n)
{
	bool refs = c->stage == CLIENT_REFS;
	const char *service =
		c->sends ? "application/x-git-receive-pack-" : "application/x-git-upload-pack-";
	size_t service_n = strlen(service);
	c->has_type = git_text_begins(p, n, service) &&
		      git_text_is(p + service_n, n - service_n, refs ? "advertisement" : "result");
	if (!c->has_type)
		git_client_fail(c, "this is no git server, but ", p, n);
}

static void take_length(struct git_client *c, const char *p, size_t n)
{
	c->has_length = true;
	if (!c->body.chunked && !git_text_number(p, n, c->body.limit, &c->body.left))
		git_client_fail(c, "the answer is too large: ", p, n);
}

static void take_coding(struct git_client *c, const char *p, size_t n)
{
	c->body.chunked = true;
	c->body.left = 0;
	if (!git_text_is(p, n, "chunked"))
		git_client_fail(c, "the answer is coded: ", p, n);
}

static void take_field(struct git_client *c, const char *line, size_t n)
{
	const char *value = memchr(line, ':', n), *end = line + n;
	if (!value)
		return;
	do
		value++;
	while (*value == ' ' || *value == '\t');
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	size_t length = (size_t)(end - value);
	if (name_is(line, "transfer-encoding"))
		take_coding(c, value, length);
	else if (name_is(line, "content-length"))
		take_length(c, value, length);
	else if (name_is(line, "content-type"))
		take_type(c, value, length);
	else if (name_is(line, "content-encoding") && !git_text_is(value, length, "identity"))
		git_client_fail(c, "the answer is coded: ", value, length);
}

static void refuse_status(struct git_client *c, const char *text, size_t n)
{
	const char *what = "the server says: ";
	if (c->status == 401)
		what = *c->url.user ? "the server takes another token: "
				    : "the server wants a token: ";
	else if (c->status >= 300 && c->status < 400)
		what = "the server sends us elsewhere: ";
	git_client_fail(c, what, text, n);
}

static void take_status(struct git_client *c, const char *line, size_t n)
{
	uint64_t status;
	if (n < 12 || !git_text_begins(line, n, "HTTP/1.") || line[8] != ' ' ||
		!git_text_number(line + 9, 3, 999, &status)) {
		git_client_fail(c, "this is no web server", "", 0);
		return;
	}
	c->status = (int)status;
	c->result.reached = true;
	if (status < 100 || status == 101 || (status >= 200 && status != 200))
		refuse_status(c, line + 9, n - 9);
}

static void take_head_line(struct git_client *c, const char *line, size_t n)
{
	if (!c->status)
		take_status(c, line, n);
	else if (n && c->status == 200)
		take_field(c, line, n);
	else if (!n && c->status < 200)
		c->status = 0; /* 100 Continue: the answer proper follows */
	else if (!n)
		c->in_body = true;
	if (c->in_body && !c->has_type)
		git_client_fail(c, "this is no git server", "", 0);
}

static void take_head_byte(struct git_client *c, char byte)
{
	if (byte != '\n') {
		if (c->line_n == HTTP_LINE_MAX || ++c->head_n > HTTP_HEAD_MAX)
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
