/* seed.c - stores pulled from git URLs before the image is ready, and pushed to one while it lives.
 * One exchange at a time. SPDX-License-Identifier: ISC */
#include "state.h"
#include "parts.h"
#include "gitd.h"
#include "lwip_port.h"
#include "platform.h"
#include "store.h"
#include <stdio.h>
#include <string.h>

#define SECOND 1000000000ull
#define MS 1000000ull
#define URLS_MAX 16
#define URL_TEXT_MAX 420
#define SAID_MAX 80
#define PULL_SECONDS 5
#define PULL_SECONDS_MAX 600
#define PUSH_SECONDS 10
#define PUSH_SECONDS_MAX 86400
#define PUSH_TIME (30 * SECOND) /* for one push */
/* How long an exchange may wait for the clock to be looked at. */
#define PATIENCE (50 * MS)
#define OBJECT_BYTES 128 /* on average */

struct source {
	struct git_url url;
	bool folder; /* of NAME.git for all stores */
	size_t store;
};
/* What is being done for one store. */
struct task {
	struct git_url url;
	size_t store;
};

static struct git_client *client;
static enum { RESTS, PULLS, PUSHES } doing;
static struct task task;

static struct source sources[URLS_MAX];
static size_t source_count;
static bool pulling;	    /* sources are left */
static size_t source, next; /* of the sources; of the stores, in a folder */
static uint64_t pull_ns;    /* for all, from the moment when there is an address */
static uint64_t pull_end;   /* 0: not yet */

static struct source target;
static uint64_t push_ns, push_due; /* 0: nothing is pushed */
static size_t push_next;
static struct {
	struct table_id head; /* when it was pushed last */
	bool pushed;
	char said[SAID_MAX]; /* the last line about it */
} pushes[STORES_MAX];

/* ---- options -------------------------------------------------------------------------------- */

/* Number I, or the first behind it that is not secret. */
static size_t next_served(size_t i)
{
	while (i < store_count() && store_at(i)->secret)
		i++;
	return i;
}

static size_t store_named(const char *name, size_t n)
{
	size_t i = 0;
	for (; i < store_count(); i++) {
		const char *its = store_at(i)->kind->name;
		if (!store_at(i)->secret && strlen(its) == n && memcmp(its, name, n) == 0)
			break;
	}
	return i;
}

static void find_store(const char *key, unsigned number, struct source *s)
{
	size_t n = strlen(s->url.path), at = n;
	s->folder = n < 4 || strcmp(s->url.path + n - 4, ".git") != 0;
	if (s->folder && next_served(0) == store_count())
		refuse("%s=: there is no store that is not secret", key);
	if (s->folder)
		return;
	while (at && s->url.path[at - 1] != '/')
		at--;
	s->store = store_named(s->url.path + at, n - 4 - at);
	if (s->store == store_count())
		refuse("%s=: URL %u: there is no store %s to serve", key, number, s->url.path + at);
	if (strcmp(key, "state.pull") == 0 && store_at(s->store)->own)
		refuse("%s=: URL %u: nobody but the image changes the store %s", key, number,
			store_at(s->store)->kind->name);
}

/* The text may have a password in it: it is not told. */
static void parse_url(
	const char *key, unsigned number, const char *text, size_t n, struct source *out)
{
	if (!git_url_parse(text, n, &out->url) || !gitd_client_knows(out->url.host))
		refuse("%s=: URL %u: expected http://[USER:PASSWORD@]ADDRESS[:PORT]/PATH, "
		       "with an address like 10.0.0.1",
			key, number);
	find_store(key, number, out);
}

static size_t parse_urls(const char *key, struct source *out, size_t most)
{
	char text[OPTION_SECRET_MAX];
	size_t count = 0, n = option_secret(key, text);
	for (size_t at = 0; n && at <= n;) {
		const char *comma = memchr(text + at, ',', n - at);
		size_t part = comma ? (size_t)(comma - text) - at : n - at;
		if (count == most)
			refuse("%s=: more than %lu URLs", key, most);
		parse_url(key, (unsigned)count + 1, text + at, part, &out[count]);
		count++;
		at += part + 1;
	}
	memset(text, 0, sizeof(text));
	return count;
}

static uint64_t seconds(const char *key, uint64_t preset, uint64_t most)
{
	uint64_t s = option_number(key, preset);
	if (s < 1 || s > most)
		refuse("%s=%lu: expected 1 to %lu seconds", key, s, most);
	return s * SECOND;
}

/* Objects of the largest store's state and history. */
static size_t objects_max(void)
{
	size_t most = 0;
	for (size_t i = 0; i < store_count(); i++) {
		const struct store *s = store_at(i);
		size_t n = 2 * s->entries + s->history_bytes / OBJECT_BYTES;
		if (!s->secret && n > most)
			most = n;
	}
	return most;
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static const char *name_of(size_t store)
{
	return store_at(store)->kind->name;
}

/* "http://10.0.0.1:8080/state/arp.git" */
static void url_text(const struct git_url *url, char out[URL_TEXT_MAX])
{
	if (url->port == 80)
		snprintf(out, URL_TEXT_MAX, "http://%s%s", url->host, url->path);
	else
		snprintf(out, URL_TEXT_MAX, "http://%s:%u%s", url->host, url->port, url->path);
}

/* The repository of a store in a folder. */
static void set_task(const struct source *s, size_t store)
{
	task.url = s->url;
	task.store = store;
	size_t n = strlen(task.url.path), room = sizeof(task.url.path) - n;
	if (s->folder &&
		(size_t)snprintf(task.url.path + n, room, "/%s.git", name_of(store)) >= room)
		panic("the URL for the store %s is too long", name_of(store));
}

static void begin(uint64_t deadline)
{
	const struct git_client_job job = {.url = &task.url,
		.table = store_at(task.store)->table,
		.note = doing == PULLS ? TABLE_SEEDED : TABLE_PUSHED,
		.deadline_ns = deadline};
	if (doing == PULLS)
		git_client_pull(client, &job);
	else
		git_client_push(client, &job);
}

/* ---- pulling -------------------------------------------------------------------------------- */

static size_t next_pulled(size_t i)
{
	while (i < store_count() && (store_at(i)->secret || store_at(i)->own))
		i++;
	return i;
}

static size_t pulled_from(size_t i)
{
	size_t n = 0;
	for (i = next_pulled(i); i < store_count(); i = next_pulled(i + 1))
		n++;
	return n;
}

/* Tasks that are left, this one included. */
static size_t pulls_left(void)
{
	size_t n = sources[source].folder ? pulled_from(next) : 1;
	for (size_t i = source + 1; i < source_count; i++)
		n += sources[i].folder ? pulled_from(0) : 1;
	return n;
}

static void next_source(void)
{
	next = 0;
	if (++source < source_count)
		return;
	pulling = false;
	lwip_port_release_ready();
}

/* Each task gets its part of the time that is left. */
static void begin_pull(uint64_t now)
{
	const struct source *s = &sources[source];
	size_t left = pulls_left();
	doing = PULLS;
	next = next_pulled(next);
	set_task(s, s->folder ? next : s->store);
	begin(now + (now < pull_end ? (pull_end - now) / left : 0));
}

static void report_pull(const char *url, const struct git_client_result *r)
{
	size_t n = r->ours + r->theirs + r->both;
	if (git_client_state(client) == GIT_CLIENT_FAILED)
		console_printf("respin: %s: nothing from %s: %s\n", name_of(task.store), url,
			git_client_error(client));
	else if (!r->merged)
		console_printf("respin: %s: nothing new from %s\n", name_of(task.store), url);
	else if (!r->both)
		console_printf("respin: %s: %lu entries from %s (%lu ours, %lu theirs)\n",
			name_of(task.store), n, url, r->ours, r->theirs);
	else
		console_printf(
			"respin: %s: %lu entries from %s (%lu ours, %lu theirs, %lu of both)\n",
			name_of(task.store), n, url, r->ours, r->theirs, r->both);
}

/* Where nobody answers, the other stores of the same folder are not tried. */
static void pull_ended(const char *url)
{
	const struct git_client_result *r = git_client_result(client);
	bool failed = git_client_state(client) == GIT_CLIENT_FAILED;
	report_pull(url, r);
	next = next_pulled(next + 1);
	if (!sources[source].folder || next == store_count() || (failed && !r->reached))
		next_source();
}

/* ---- pushing -------------------------------------------------------------------------------- */

static size_t next_pushed(size_t i)
{
	while (i < store_count() && store_at(i)->secret)
		i++;
	return i;
}

/* A line that says again what the last one said is left out. */
static void say(size_t store, const char *what, const char *url, const char *why)
{
	char line[SAID_MAX];
	snprintf(line, sizeof(line), "%s%s", what, why);
	if (strcmp(line, pushes[store].said) == 0)
		return;
	memcpy(pushes[store].said, line, sizeof(line));
	console_printf("respin: %s: %s %s%s%s\n", name_of(store), what, url, *why ? ": " : "", why);
}

static void push_ended(const char *url)
{
	bool failed = git_client_state(client) == GIT_CLIENT_FAILED;
	pushes[task.store].pushed = !failed;
	say(task.store, failed ? "not pushed to" : "pushed to", url,
		failed ? git_client_error(client) : "");
}

static bool has_changed(size_t store)
{
	struct table_ref ref;
	if (!table_ref(store_at(store)->table, 0, &ref))
		return false;
	bool same = memcmp(&ref.id, &pushes[store].head, sizeof(ref.id)) == 0;
	pushes[store].head = ref.id;
	return !same || !pushes[store].pushed;
}

/* The next store that has something to push; none: the next time begins. */
static void begin_push(uint64_t now)
{
	size_t i = target.folder ? next_pushed(push_next)
		   : push_next	 ? store_count()
				 : target.store;
	push_next = i + 1;
	if (i == store_count()) {
		push_next = 0;
		push_due = now + push_ns;
	} else if (has_changed(i)) {
		doing = PUSHES;
		set_task(&target, i);
		begin(now + PUSH_TIME);
	}
}

/* ---- the main loop -------------------------------------------------------------------------- */

static void task_ended(void)
{
	char url[URL_TEXT_MAX];
	bool merged = git_client_result(client)->merged;
	url_text(&task.url, url);
	if (doing == PULLS)
		pull_ended(url);
	else
		push_ended(url);
	doing = RESTS;
	git_client_end(client);
	if (merged)
		state_merged();
}

static bool is_busy(void)
{
	enum git_client_state state = git_client_state(client);
	return state != GIT_CLIENT_DONE && state != GIT_CLIENT_FAILED;
}

/* Begins what is next. True where anything was to do. */
static bool begin_next(uint64_t now)
{
	if (pulling && gitd_client_is_online()) {
		if (!pull_end)
			pull_end = now + pull_ns;
		begin_pull(now);
		return true;
	}
	bool due = !pulling && push_ns && now >= push_due;
	if (due)
		begin_push(now);
	return due;
}

static bool turn(void)
{
	uint64_t now = clock_ns();
	git_client_tick(client, now);
	bool more = gitd_client_turn(client);
	if (is_busy())
		return more;
	if (doing != RESTS) {
		task_ended();
		return true;
	}
	return begin_next(now) || more;
}

static uint64_t timer(uint64_t now)
{
	if (doing != RESTS || pulling)
		return now + PATIENCE;
	return push_ns ? push_due : UINT64_MAX;
}

static void set_pull(void)
{
	pull_ns = seconds("state.pull.seconds", PULL_SECONDS, PULL_SECONDS_MAX);
	pulling = source_count > 0;
	if (pulling)
		lwip_port_hold_ready();
}

static void set_push(bool wanted)
{
	uint64_t period = seconds("state.push.seconds", PUSH_SECONDS, PUSH_SECONDS_MAX);
	push_ns = wanted ? period : 0;
	push_due = clock_ns() + push_ns;
}

void seed_open(void)
{
	uint64_t secret;
	source_count = parse_urls("state.pull", sources, URLS_MAX);
	set_pull();
	set_push(parse_urls("state.push", &target, 1) > 0);
	if (!pulling && !push_ns)
		return;
	random_bytes(&secret, sizeof(secret));
	size_t objects = objects_max();
	client = git_client_open(memory_take(git_client_memory(objects)), objects, secret);
	lwip_port_on_turn(turn);
	lwip_port_on_timer(timer);
}
