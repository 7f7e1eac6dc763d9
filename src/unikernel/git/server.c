/* server.c - connections and jobs: who is worked for, and who waited too long.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define SECOND 1000000000ull
#define IDLE_MAX (15 * SECOND)
#define HEAD_MAX (10 * SECOND)
#define QUEUE_MAX (30 * SECOND)
#define MOVE_MAX (10 * SECOND) /* for a body or an answer, and a second more for each: */
#define MOVE_RATE 512	       /* bytes */
#define DRAIN_MAX (2 * SECOND)
#define DRAIN_BYTES (2 * GIT_BODY_MAX)
/* Where others wait, whoever is slower than this after a while goes. */
#define GRACE (2 * SECOND)
#define FAIR_RATE 4096
/* Bytes of a body that have come, or all of it: then a job can begin with it. */
#define READY 256
/* What was advertised can be fetched for so long, at least the time of PIN_LIFE - PIN_SHARED. */
#define PIN_LIFE (30 * SECOND)
#define PIN_SHARED (10 * SECOND)
#define LOG_MAX 256

/* ---- memory --------------------------------------------------------------------------------- */

static size_t rounded(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static size_t job_memory(const struct git_config *config)
{
	return 3 * TABLE_OBJECT_MAX + 2 * rounded(sizeof(struct zlib_memory)) +
	       rounded(git_objects_memory(config->objects));
}

size_t git_memory(const struct git_config *config)
{
	return rounded(sizeof(struct git_server)) +
	       rounded(config->connections * sizeof(struct git_conn)) +
	       rounded(config->jobs * sizeof(struct job)) + config->jobs * job_memory(config);
}

static void *take(uint8_t **memory, size_t n)
{
	void *p = *memory;
	*memory += rounded(n);
	return p;
}

struct git_server *git_open(void *memory, const struct git_config *config)
{
	uint8_t *rest = memory;
	struct git_server *s = take(&rest, sizeof(*s));
	s->config = *config;
	s->conns = take(&rest, config->connections * sizeof(struct git_conn));
	s->jobs = take(&rest, config->jobs * sizeof(struct job));
	for (unsigned i = 0; i < config->jobs; i++) {
		struct job *j = &s->jobs[i];
		j->a = take(&rest, TABLE_OBJECT_MAX);
		j->b = take(&rest, TABLE_OBJECT_MAX);
		j->c = take(&rest, TABLE_OBJECT_MAX);
		j->zlib = take(&rest, 2 * sizeof(struct zlib_memory));
		void *objects = take(&rest, git_objects_memory(config->objects));
		git_objects_open(&j->objects, objects, config->objects, config->secret);
	}
	return s;
}

struct git_stats git_stats(const struct git_server *s)
{
	return s->stats;
}

void git_server_log(
	struct git_server *s, const struct git_conn *c, const char *what, const char *why)
{
	char line[LOG_MAX];
	if (!s->config.log)
		return;
	struct out o = {.p = (uint8_t *)line, .room = sizeof(line) - 1};
	git_out_text(&o, c->peer);
	git_out_text(&o, " ");
	git_out_text(&o, s->config.stores[c->store].name);
	git_out_text(&o, ": ");
	git_out_text(&o, what);
	if (*why) {
		size_t n = strlen(why);
		git_out_text(&o, ": ");
		git_out_bytes(&o, why, why[n - 1] == '\n' ? n - 1 : n);
	}
	line[o.n] = 0;
	s->config.log(s->config.log_ctx, line);
}

bool git_server_durable(struct git_server *s)
{
	return !s->config.durable || s->config.durable(s->config.durable_ctx);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

/* The history that was advertised is kept until it can have been asked for. One pin does for all
 * that came within some seconds: what it holds, later ones would hold, too. */
static bool keep_pin(struct git_server *s, const struct git_conn *c)
{
	struct kept_pin *empty = NULL;
	for (size_t i = 0; i < KEPT_PINS; i++) {
		struct kept_pin *k = &s->kept[i];
		bool ours = k->table == c->job->table;
		if (ours && s->now - k->since < PIN_SHARED)
			return false;
		if (!k->table)
			empty = k;
	}
	if (empty)
		*empty = (struct kept_pin){c->job->table, c->job->pin, s->now};
	return empty;
}

static void drop_pins(struct git_server *s)
{
	for (size_t i = 0; i < KEPT_PINS; i++) {
		struct kept_pin *k = &s->kept[i];
		if (!k->table || s->now - k->since < PIN_LIFE)
			continue;
		table_unpin(k->table, k->pin);
		k->table = NULL;
	}
}

void git_job_release(struct git_conn *c)
{
	struct job *j = c->job;
	if (!j)
		return;
	bool keeps = c->route == ROUTE_UPLOAD_REFS && j->pin >= 0 && keep_pin(c->server, c);
	if (j->pin >= 0 && !keeps)
		table_unpin(j->table, j->pin);
	if (j->import)
		table_import_close(j->import);
	j->import = NULL;
	j->conn = NULL;
	c->job = NULL;
}

static void job_begin(struct job *j, struct git_conn *c)
{
	struct git_server *s = c->server;
	*j = (struct job){.conn = c,
		.table = s->config.stores[c->store].table,
		.pin = -1,
		.now = &s->now,
		.begun = s->now,
		.objects = j->objects,
		.a = j->a,
		.b = j->b,
		.c = j->c,
		.zlib = j->zlib};
	git_objects_clear(&j->objects);
	j->step = c->route == ROUTE_RECEIVE ? git_receive_begin : git_collect_step;
	c->job = j;
	git_conn_set_state(c, CONN_PREPARE);
}

/* A job for PEER: no address gets more than half of them. */
static struct job *find_job(struct git_server *s, const char *peer)
{
	unsigned same = 0;
	struct job *found = NULL;
	for (unsigned i = 0; i < s->config.jobs; i++) {
		struct job *j = &s->jobs[i];
		if (!j->conn)
			found = j;
		else if (strcmp(j->conn->peer, peer) == 0)
			same++;
	}
	return same < (s->config.jobs + 1) / 2 ? found : NULL;
}

static bool is_too_slow(const struct git_server *s, const struct git_conn *c)
{
	uint64_t age = s->now - c->since;
	return (c->state == CONN_BODY || c->state == CONN_ANSWER) && age > GRACE &&
	       c->moved / (age / SECOND) < FAIR_RATE;
}

static void displace(struct git_server *s)
{
	for (unsigned i = 0; i < s->config.jobs; i++) {
		struct git_conn *c = s->jobs[i].conn;
		if (!c || !is_too_slow(s, c))
			continue;
		s->stats.displaced++;
		git_job_release(c);
		git_conn_set_state(c, CONN_DEAD);
		return;
	}
}

/* Would a job have something to read, if it needs that? */
static bool is_ready(const struct git_conn *c)
{
	uint64_t least = c->http.has_length && c->http.length < READY ? c->http.length : READY;
	return c->http.method != HTTP_POST || c->http.chunked || c->offered >= least;
}

/* Requests whose body has not come wait behind those whose has. */
static struct git_conn *longest_queued(struct git_server *s)
{
	struct git_conn *first = NULL;
	for (unsigned i = 0; i < s->config.connections; i++) {
		struct git_conn *c = &s->conns[i];
		if (c->state != CONN_QUEUED || !find_job(s, c->peer))
			continue;
		bool sooner = first && is_ready(c) == is_ready(first) ? c->since < first->since
								      : first && is_ready(c);
		if (!first || sooner)
			first = c;
	}
	return first;
}

static void assign_jobs(struct git_server *s)
{
	struct git_conn *c;
	while ((c = longest_queued(s)))
		job_begin(find_job(s, c->peer), c);
}

/* The job is ready for its request. */
static void prepared(struct job *j)
{
	struct git_conn *c = j->conn;
	switch (c->route) {
	case ROUTE_UPLOAD_REFS:
		git_server_durable(c->server);
		git_advertise_upload(j);
		git_conn_answer(c);
		break;
	case ROUTE_RECEIVE_REFS:
		git_server_durable(c->server);
		git_advertise_receive(j);
		git_conn_answer(c);
		break;
	default:
		git_conn_begin_body(c);
	}
}

/* One step of job J; true where there is more to do, or something to send. */
static bool work_on(struct job *j)
{
	struct git_conn *c = j->conn;
	if (!c || (c->state != CONN_PREPARE && c->state != CONN_COMPUTE))
		return false;
	int result = j->step(j);
	if (result == STEP_AGAIN)
		return true;
	if (result == STEP_WAIT)
		return false;
	if (result >= 400) {
		git_conn_refuse(c, result, "the request is malformed\n");
	} else if (c->state == CONN_PREPARE) {
		prepared(j);
	} else {
		c->server->stats.fetches += c->route == ROUTE_UPLOAD && j->gives_pack;
		git_conn_answer(c);
	}
	return true;
}

bool git_work(struct git_server *s)
{
	assign_jobs(s);
	for (unsigned i = 0; i < s->config.jobs; i++) {
		struct job *j = &s->jobs[s->turn++ % s->config.jobs];
		if (work_on(j))
			return true;
	}
	return false;
}

/* ---- time ----------------------------------------------------------------------------------- */

static void die(struct git_conn *c)
{
	c->server->stats.timeouts += c->state != CONN_IDLE && c->state != CONN_DRAIN;
	git_job_release(c);
	git_conn_set_state(c, CONN_DEAD);
}

static void refuse_late(struct git_conn *c, int status)
{
	c->server->stats.timeouts++;
	git_conn_refuse(c, status,
		status == 408 ? "the request did not come in time\n"
			      : "too much to do at the moment; try again\n");
}

static void check_time(struct git_conn *c)
{
	uint64_t age = c->server->now - c->since;
	bool slow = age > MOVE_MAX + c->moved / MOVE_RATE * SECOND;
	switch (c->state) {
	case CONN_IDLE:
		if (age > IDLE_MAX)
			die(c);
		break;
	case CONN_HEAD:
		if (age > HEAD_MAX)
			refuse_late(c, 408);
		break;
	case CONN_QUEUED:
	case CONN_PREPARE:
		if (age > QUEUE_MAX)
			refuse_late(c, 503);
		break;
	case CONN_BODY:
		if (slow)
			refuse_late(c, 408);
		break;
	case CONN_ANSWER:
		if (slow)
			die(c);
		break;
	case CONN_DRAIN:
		if (age > DRAIN_MAX && (c->at == c->n || slow))
			die(c);
		if (c->moved > DRAIN_BYTES)
			die(c);
		break;
	default:
		break;
	}
}

void git_tick(struct git_server *s, uint64_t now_ns)
{
	s->now = now_ns > s->now ? now_ns : s->now;
	for (unsigned i = 0; i < s->config.connections; i++)
		if (s->conns[i].state != CONN_FREE)
			check_time(&s->conns[i]);
	drop_pins(s);
	for (unsigned i = 0; i < s->config.connections; i++)
		if (s->conns[i].state == CONN_QUEUED && s->now - s->conns[i].since > SECOND) {
			displace(s);
			break;
		}
}

/* Connections of one address, whose text may be longer than what is kept of it. */
static unsigned count_of(const struct git_server *s, const char *peer)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->config.connections; i++)
		n += s->conns[i].state != CONN_FREE &&
		     strncmp(s->conns[i].peer, peer, GIT_PEER_MAX - 1) == 0;
	return n;
}

/* Is A sooner closed than B: one of an address that has more, then one that never asked for
 * anything, then the one that does nothing for longer? */
static bool goes_first(
	const struct git_server *s, const struct git_conn *a, const struct git_conn *b)
{
	unsigned of_a = count_of(s, a->peer), of_b = count_of(s, b->peer);
	if (of_a != of_b)
		return of_a > of_b;
	return a->answered != b->answered ? !a->answered : a->since < b->since;
}

struct git_conn *git_displace(struct git_server *s, const char *peer)
{
	struct git_conn *first = NULL;
	if (count_of(s, peer) >= s->config.per_address)
		return NULL;
	for (unsigned i = 0; i < s->config.connections; i++) {
		struct git_conn *c = &s->conns[i];
		bool idles = c->state == CONN_IDLE || c->state == CONN_HEAD ||
			     c->state == CONN_DRAIN || c->state == CONN_DEAD ||
			     (c->state == CONN_QUEUED && !is_ready(c));
		if (c->state == CONN_FREE)
			return NULL;
		if (idles && (!first || goes_first(s, c, first)))
			first = c;
	}
	if (!first)
		return NULL;
	s->stats.displaced += first->state != CONN_DRAIN && first->state != CONN_DEAD;
	git_conn_set_state(first, CONN_DEAD);
	return first;
}

struct git_conn *git_accept(struct git_server *s, const char *peer)
{
	struct git_conn *found = NULL;
	size_t n = strlen(peer);
	if (n >= GIT_PEER_MAX)
		n = GIT_PEER_MAX - 1;
	for (unsigned i = 0; i < s->config.connections; i++)
		if (s->conns[i].state == CONN_FREE)
			found = &s->conns[i];
	if (!found || count_of(s, peer) >= s->config.per_address) {
		s->stats.connections_refused++;
		return NULL;
	}
	*found = (struct git_conn){.server = s};
	memcpy(found->peer, peer, n);
	git_conn_set_state(found, CONN_IDLE);
	s->stats.connections++;
	return found;
}
