/* http.c - the head of a request, line by line (RFC 9112). SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{411, "Length Required"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{421, "Misdirected Request"},
	{431, "Request Header Fields Too Large"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

const char *git_http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Text of either case is WORD, which is in lower case. */
static bool same_word(const char *p, size_t n, const char *word)
{
	if (n != strlen(word))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 32);
		if (c != word[i])
			return false;
	}
	return true;
}

/* No path of ours has anything but plain characters, nor an empty segment or one of dots: there is
 * one way to write each. */
static bool is_canonical(const char *p, size_t n)
{
	if (!n || p[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c && strchr("/-._~", c));
		if (!plain)
			return false;
		if (c == '/' && i + 1 < n && (p[i + 1] == '/' || p[i + 1] == '.'))
			return false;
	}
	return true;
}

static void keep(char to[HTTP_PATH_MAX], const char *p, size_t n)
{
	if (n >= HTTP_PATH_MAX)
		n = HTTP_PATH_MAX - 1;
	memcpy(to, p, n);
	to[n] = 0;
}

static int take_target(struct http *h, const char *p, size_t n)
{
	const char *query = memchr(p, '?', n);
	size_t path_n = query ? (size_t)(query - p) : n;
	if (!is_canonical(p, path_n))
		return 400;
	keep(h->path, p, path_n);
	if (query)
		keep(h->query, query + 1, n - path_n - 1);
	return 0;
}

static enum http_method find_method(const char *p, size_t n)
{
	if (git_text_is(p, n, "GET"))
		return HTTP_GET;
	if (git_text_is(p, n, "HEAD"))
		return HTTP_HEAD;
	return git_text_is(p, n, "POST") ? HTTP_POST : HTTP_OTHER;
}

static int take_version(struct http *h, const char *p, size_t n)
{
	if (!git_text_begins(p, n, "HTTP/"))
		return 400;
	h->old = git_text_is(p, n, "HTTP/1.0");
	h->closes = h->old;
	return h->old || git_text_is(p, n, "HTTP/1.1") ? 0 : 505;
}

static int take_request_line(struct http *h, const char *line, size_t n)
{
	const char *target = memchr(line, ' ', n);
	if (!target || target == line)
		return 400;
	for (const char *p = line; p < target; p++)
		if (!is_token_char(*p))
			return 400;
	h->method = find_method(line, (size_t)(target - line));
	target++;
	const char *end = line + n;
	const char *version = memchr(target, ' ', (size_t)(end - target));
	if (!version)
		return 400;
	int status = take_version(h, version + 1, (size_t)(end - version - 1));
	h->has_line = true;
	return status ? status : take_target(h, target, (size_t)(version - target));
}

/* An address or the machine's own name, with or without a port. An address can't be one that a
 * name server has made up. */
static bool is_our_host(const char *host, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	bool brackets = n && p[0] == '[';
	size_t name = colon && !brackets ? (size_t)(colon - p) : n;
	if (same_word(p, name, "localhost") || brackets)
		return true;
	if (host && git_text_is(p, name, host))
		return true;
	for (size_t i = 0; i < name; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || p[i] == '.'))
			return false;
	return name > 0;
}

static int take_host(struct http *h, const char *host, const char *p, size_t n)
{
	if (h->has_host)
		return 400;
	h->has_host = true;
	return is_our_host(host, p, n) ? 0 : 421;
}

static int take_length(struct http *h, const char *p, size_t n)
{
	if (h->has_length)
		return 400;
	h->has_length = true;
	return git_text_number(p, n, UINT64_MAX, &h->length) ? 0 : 400;
}

static int take_coding(struct http *h, const char *p, size_t n)
{
	if (h->chunked)
		return 400;
	h->chunked = true;
	return same_word(p, n, "chunked") ? 0 : 501;
}

static int take_content_coding(struct http *h, const char *p, size_t n)
{
	h->gzip = same_word(p, n, "gzip") || same_word(p, n, "x-gzip");
	return h->gzip || same_word(p, n, "identity") ? 0 : 415;
}

static int take_expectation(struct http *h, const char *p, size_t n)
{
	h->expects = true;
	return same_word(p, n, "100-continue") ? 0 : 417;
}

static void take_type(struct http *h, const char *p, size_t n)
{
	h->type = HTTP_TYPE_OTHER;
	if (same_word(p, n, "application/x-git-upload-pack-request"))
		h->type = HTTP_TYPE_UPLOAD;
	if (same_word(p, n, "application/x-git-receive-pack-request"))
		h->type = HTTP_TYPE_RECEIVE;
}

static int take_authorization(struct http *h, const char *p, size_t n)
{
	if (h->has_authorization)
		return 400;
	h->has_authorization = true;
	h->has_token = git_token_from_header(p, n, h->token);
	return 0;
}

static int take_connection(struct http *h, const char *p, size_t n)
{
	if (same_word(p, n, "close"))
		h->closes = true;
	else if (h->old && same_word(p, n, "keep-alive"))
		h->closes = false;
	return 0;
}

static int take_field(
	struct http *h, const char *host, const char *name, size_t name_n, const char *p, size_t n)
{
	if (same_word(name, name_n, "host"))
		return take_host(h, host, p, n);
	if (same_word(name, name_n, "content-length"))
		return take_length(h, p, n);
	if (same_word(name, name_n, "transfer-encoding"))
		return take_coding(h, p, n);
	if (same_word(name, name_n, "content-encoding"))
		return take_content_coding(h, p, n);
	if (same_word(name, name_n, "expect"))
		return take_expectation(h, p, n);
	if (same_word(name, name_n, "authorization"))
		return take_authorization(h, p, n);
	if (same_word(name, name_n, "connection"))
		return take_connection(h, p, n);
	if (same_word(name, name_n, "content-type"))
		take_type(h, p, n);
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A continued line (obs-fold) begins with a blank, which no name has. */
static int take_header(struct http *h, const char *host, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	if (!colon || colon == line)
		return 400;
	for (const char *p = line; p < colon; p++)
		if (!is_token_char(*p))
			return 400;
	const char *p = colon + 1, *end = line + n;
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	return take_field(h, host, line, (size_t)(colon - line), p, (size_t)(end - p));
}

int git_http_line(struct http *h, const char *host, char *line, size_t n)
{
	h->bytes += n + 2;
	if (h->has_line && h->bytes > HTTP_LINE_MAX + HTTP_HEAD_MAX)
		return 431;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)line[i] < 32 && line[i] != '\t')
			return 400;
	return h->has_line ? take_header(h, host, line, n) : take_request_line(h, line, n);
}

int git_http_check(const struct http *h)
{
	if (!h->has_line || (!h->old && !h->has_host))
		return 400;
	if (h->chunked && (h->has_length || h->old))
		return 400;
	if (h->method == HTTP_POST)
		return h->chunked || h->has_length ? 0 : 411;
	return h->chunked || h->length ? 400 : 0;
}
