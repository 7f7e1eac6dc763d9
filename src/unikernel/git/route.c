/* route.c - what a request's path means. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

static bool store_find(const struct git_server *s, const char *name, size_t n, size_t *store)
{
	for (size_t i = 0; i < s->config.store_count; i++)
		if (git_text_is(name, n, s->config.stores[i].name)) {
			*store = i;
			return true;
		}
	return false;
}

static int find_service(const struct http *h, enum route *route, const char **why)
{
	bool get = h->method == HTTP_GET || h->method == HTTP_HEAD;
	*why = "this is read with GET\n";
	if (!get)
		return 405;
	*route = ROUTE_UPLOAD_REFS;
	if (strcmp(h->query, "service=git-upload-pack") == 0)
		return 0;
	*route = ROUTE_RECEIVE_REFS;
	if (strcmp(h->query, "service=git-receive-pack") == 0)
		return 0;
	*why = "only git's smart protocol is served here: ask with a git client of this century\n";
	return 403;
}

static int find_post(const struct http *h, enum http_type type, const char **why)
{
	*why = "this is asked with POST\n";
	if (h->method != HTTP_POST)
		return 405;
	*why = "the Content-Type is not git's\n";
	return h->type == type ? 0 : 415;
}

/* PATH is what follows "/NAME.git". */
static int find_in_store(
	const struct http *h, const char *path, enum route *route, const char **why)
{
	if (strcmp(path, "/info/refs") == 0)
		return find_service(h, route, why);
	if (strcmp(path, "/git-upload-pack") == 0) {
		*route = ROUTE_UPLOAD;
		return find_post(h, HTTP_TYPE_UPLOAD, why);
	}
	if (strcmp(path, "/git-receive-pack") == 0) {
		*route = ROUTE_RECEIVE;
		return find_post(h, HTTP_TYPE_RECEIVE, why);
	}
	*why = "there is nothing here by itself: git clone the address up to .git\n";
	bool dumb = strcmp(path, "/HEAD") == 0 || git_text_begins(path, strlen(path), "/objects/");
	return dumb ? 403 : 404;
}

int git_route_find(const struct git_server *s, const struct http *h, enum route *route,
	size_t *store, const char **why)
{
	*why = "only GET, HEAD and POST are understood\n";
	if (h->method == HTTP_OTHER)
		return 405;
	if (strcmp(h->path, "/") == 0) {
		*route = ROUTE_PAGE;
		*why = "this is read with GET\n";
		return h->method == HTTP_POST ? 405 : 0;
	}
	*why = "there is no such store; the page / lists them\n";
	const char *dot = strstr(h->path, ".git");
	if (!dot || !store_find(s, h->path + 1, (size_t)(dot - h->path - 1), store))
		return 404;
	return find_in_store(h, dot + 4, route, why);
}
