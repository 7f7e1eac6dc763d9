/* main.c - a table of counters that changes once a second, served by git at port 80. Options:
 * token=TEXT allows pushing to it. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "gitd.h"
#include "lwip_port.h"
#include "platform.h"

#define SECOND 1000000000ull
#define COUNTERS 16

struct key {
	uint32_t number;
};
struct value {
	uint32_t count;
};

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%u", ((const struct key *)key)->number);
}

static bool read_number(const char *p, size_t n, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*out = *out * 10 + (uint32_t)(p[i] - '0');
	}
	return n > 0 && n < 9 && (n == 1 || p[0] != '0');
}

static bool parse_path(const char *p, size_t n, void *key)
{
	return read_number(p, n, &((struct key *)key)->number);
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "%u\n", ((const struct value *)value)->count);
}

static bool parse_text(const char *p, size_t n, void *value)
{
	return n > 1 && p[n - 1] == '\n' && read_number(p, n - 1, &((struct value *)value)->count);
}

static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	const struct value *x = a, *y = b;
	(void)key;
	(void)base;
	*(struct value *)out = x->count > y->count ? *x : *y;
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)note;
	if (!key || !value)
		return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "merge a push");
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "counter %u is %u",
		((const struct key *)key)->number, ((const struct value *)value)->count);
}

static const struct table_kind kind = {"count", "counter", sizeof(struct key), sizeof(struct value),
	path, parse_path, text, parse_text, merge, message};
static uint64_t secret[2];
static const struct table_limits limits = {.entries = 1000,
	.history_bytes = 2 << 20,
	.history_ns = 600 * SECOND,
	.log_records = 256,
	.secret = secret};
static struct table *table;
static struct git_store store = {.name = "count", .read = GIT_OPEN, .note = 1};
static struct git_token right = {.store = "count", .write = true};

static void count(void)
{
	static uint32_t turn;
	struct key key = {turn % COUNTERS};
	struct value value = {++turn};
	table_put(table, &key, &value, 1);
}

static bool work(void)
{
	static uint64_t counted;
	table_set_time(table, wall_ns());
	if (wall_ns() - counted >= SECOND) {
		counted = wall_ns();
		count();
	}
	bool more = table_work(table);
	return gitd_turn() || more;
}

static uint64_t timer(uint64_t now_ns)
{
	return now_ns + SECOND / 4;
}

static void log_line(void *ctx, const char *line)
{
	(void)ctx;
	console_printf("respin: git: %s\n", line);
}

static struct git_server *open_server(void)
{
	static struct git_config config = {.stores = &store,
		.store_count = 1,
		.tokens = &right,
		.connections = 32,
		.per_address = 32,
		.jobs = 4,
		.objects = 16384,
		.log = log_line};
	const char *token = option_get("token");
	store.table = table;
	if (token) {
		if (!git_token_hash(token, strlen(token), right.hash))
			panic("option token=: too short, or not of letters and digits");
		store.write = GIT_TOKEN;
		config.token_count = 1;
	}
	random_bytes(&config.secret, sizeof(config.secret));
	return git_open(memory_take(git_memory(&config)), &config);
}

int main(void)
{
	random_bytes(secret, sizeof(secret));
	table = table_open(memory_take(table_memory(&kind, &limits)), &kind, &limits);
	table_set_time(table, wall_ns());
	lwip_port_open();
	if (!gitd_open(open_server(), 80, wall_ns))
		panic("port 80 can't be served");
	lwip_port_on_turn(work);
	lwip_port_on_timer(timer);
	lwip_port_run();
}
