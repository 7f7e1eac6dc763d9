/* serve.c - the git server over the stores, as the options say. SPDX-License-Identifier: ISC */
#include "state.h"
#include "parts.h"
#include "gitd.h"
#include "lwip_port.h"
#include "platform.h"
#include "store.h"
#include <stdio.h>
#include <string.h>

#define OPTION_MAX 64
#define TOKENS_MAX (2 * STORES_MAX)
#define PATHS_MAX 16
#define CONNECTIONS 24
#define PER_ADDRESS 8
#define JOBS 4
#define OBJECTS 65536
#define LINES_A_SECOND 10

static struct git_store served[STORES_MAX];
static size_t served_count;
static struct git_token tokens[TOKENS_MAX];
static size_t token_count;
static const char *paths[PATHS_MAX + STORES_MAX]; /* lists of all stores, each ends with NULL */
static size_t path_count;
static struct git_config config;
static struct git_server *server;
static uint64_t merged; /* pushes, when the stores were last told */

static const char *option_name(char out[OPTION_MAX], const char *store, const char *what)
{
	snprintf(out, OPTION_MAX, "%s.%s", store, what);
	return out;
}

static struct git_token *add_token(const char *store, const char *key, const char *instead)
{
	char text[OPTION_SECRET_MAX];
	size_t n = option_secret(key, text);
	struct git_token *t = &tokens[token_count++];
	t->store = store;
	if (!git_token_hash(text, n, t->hash))
		refuse("%s=: expected %sa token of at least %d letters, digits, '-', '.', "
		       "'_', '~'",
			key, instead, GIT_TOKEN_MIN);
	memset(text, 0, sizeof(text));
	return t;
}

/* Can it match anything? Paths are of entries, or of folders. */
static bool is_path(const struct table_kind *kind, const char *path)
{
	size_t n = strlen(path), skip = strlen(kind->name) + 1;
	uint64_t room[TABLE_KEY_MAX / sizeof(uint64_t)] = {0};
	if (n < skip || memcmp(path, kind->name, skip - 1) != 0 || path[skip - 1] != '/')
		return false;
	/* No folder has such a name: it would be a mistake that opens nothing. */
	if (strstr(path, "//") || strstr(path, "/."))
		return false;
	return path[n - 1] == '/' || kind->parse_path(path + skip, n - skip, room);
}

/* Makes a list of words of "A,B"; the option's text stays. */
static const char *const *path_list(
	const struct table_kind *kind, const char *key, const char *text)
{
	const char *const *list = &paths[path_count];
	size_t n = strlen(text);
	char *copy = memory_take(n + 1);
	memcpy(copy, text, n + 1);
	for (char *p = copy; p;) {
		char *comma = strchr(p, ',');
		if (path_count >= PATHS_MAX)
			refuse("%s=: more than %d paths", key, PATHS_MAX);
		if (comma)
			*comma++ = '\0';
		if (!is_path(kind, p))
			refuse("%s=: %s: expected a folder like %s/, or an entry's path", key, p,
				kind->name);
		paths[path_count++] = p;
		p = comma;
	}
	paths[path_count++] = NULL;
	return list;
}

static enum git_access read_access(const char *store)
{
	char key[OPTION_MAX];
	const char *text = option_get(option_name(key, store, "read"));
	if (!text)
		return GIT_CLOSED;
	if (strcmp(text, "open") == 0)
		return GIT_OPEN;
	add_token(store, key, "open, or ");
	return GIT_TOKEN;
}

static enum git_access write_access(const struct store *s)
{
	char key[OPTION_MAX];
	const char *name = s->kind->name;
	bool wanted = option_get(option_name(key, name, "write"));
	if (s->own && wanted)
		refuse("%s=: nobody but the image changes this store", key);
	if (!wanted)
		return GIT_CLOSED;
	struct git_token *t = add_token(name, key, "");
	t->write = true;
	const char *text = option_get(option_name(key, name, "write.paths"));
	if (text)
		t->paths = path_list(s->kind, key, text);
	return GIT_TOKEN;
}

static void add_store(const struct store *s)
{
	const char *name = s->kind->name;
	served[served_count++] = (struct git_store){.name = name,
		.table = s->table,
		.read = read_access(name),
		.write = write_access(s),
		.note = TABLE_PUSHED,
		.check = s->check,
		.check_ctx = s->ctx};
}

/* A stranger who asks often does not keep the console busy. */
static void log_line(void *ctx, const char *line)
{
	static uint64_t second;
	static unsigned count;
	static uint64_t left_out;
	uint64_t now = clock_ns() / 1000000000u;
	(void)ctx;
	if (now != second)
		count = 0;
	second = now;
	if (++count > LINES_A_SECOND) {
		left_out++;
		return;
	}
	if (left_out)
		console_printf("respin: git: %lu lines left out\n", left_out);
	left_out = 0;
	console_printf("respin: git: %s\n", line);
}

static bool durable(void *ctx)
{
	(void)ctx;
	return keep_commits_now();
}

static bool turn(void)
{
	bool more = gitd_turn();
	uint64_t now = git_stats(server).pushes_merged;
	if (now != merged)
		state_merged();
	merged = now;
	return more;
}

void serve_open(void)
{
	uint64_t port = option_number("git.port", 0);
	if (port > UINT16_MAX)
		refuse("git.port=%lu: expected a port", port);
	for (size_t i = 0; i < store_count(); i++)
		if (!store_at(i)->secret)
			add_store(store_at(i));
	if (!port)
		return;
	config = (struct git_config){.stores = served,
		.store_count = served_count,
		.tokens = tokens,
		.token_count = token_count,
		.connections = CONNECTIONS,
		.per_address = PER_ADDRESS,
		.jobs = JOBS,
		.objects = OBJECTS,
		.host = option_get("git.host"),
		.durable = state_has_disk() ? durable : NULL,
		.log = log_line};
	random_bytes(&config.secret, sizeof(config.secret));
	server = git_open(memory_take(git_memory(&config)), &config);
	if (!gitd_open(server, (uint16_t)port, wall_ns))
		refuse("git.port=%lu: the port can't be had", port);
	lwip_port_on_turn(turn);
}
