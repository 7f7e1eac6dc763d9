/* url.c - URLs of git repositories. SPDX-License-Identifier: ISC */
#include "git_client.h"
#include "parts.h"

#include <string.h>

/* Visible characters, none of STOP. */
static bool copy(char *to, size_t room, const char *p, size_t n, const char *stop)
{
	if (n >= room)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~' || strchr(stop, p[i]))
			return false;
	memcpy(to, p, n);
	to[n] = 0;
	return true;
}

static bool take_host(const char *p, size_t n, struct git_url *out)
{
	const char *colon = memchr(p, ':', n);
	size_t host = colon ? (size_t)(colon - p) : n;
	uint64_t port = 80;
	if (colon && !git_text_number(colon + 1, n - host - 1, UINT16_MAX, &port))
		return false;
	out->port = (uint16_t)port;
	return host && port && copy(out->host, sizeof(out->host), p, host, "/\\@?#[]%");
}

bool git_url_parse(const char *text, size_t n, struct git_url *out)
{
	static const char scheme[] = "http://";
	memset(out, 0, sizeof(*out));
	if (!git_text_begins(text, n, scheme))
		return false;
	text += strlen(scheme);
	n -= strlen(scheme);
	const char *slash = memchr(text, '/', n);
	if (!slash)
		return false;
	size_t authority = (size_t)(slash - text);
	const char *at = memchr(text, '@', authority);
	size_t user = at ? (size_t)(at - text) : 0;
	if (at && (!memchr(text, ':', user) ||
			  !copy(out->user, sizeof(out->user), text, user, "/\\?#%")))
		return false;
	size_t skip = at ? user + 1 : 0;
	size_t path = n - authority;
	while (path && slash[path - 1] == '/')
		path--;
	return take_host(text + skip, authority - skip, out) &&
	       copy(out->path, sizeof(out->path), slash, path, "\\?#");
}
