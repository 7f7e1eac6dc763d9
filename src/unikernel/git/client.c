/* client.c - a pull or a push as a state machine: a few requests, each on a connection of its own
 * (gitprotocol-http, version 0). SPDX-License-Identifier: ISC */
#include "client.h"

#include <string.h>

#define ANSWER_MAX (64u << 20) /* bytes of an answer */
/* How often a push begins anew because somebody else was faster. */
#define ROUNDS_MAX 4

static const struct table_id no_id;

size_t git_client_memory(size_t objects)
{
	return sizeof(struct git_client) + 3 * TABLE_OBJECT_MAX + 2 * sizeof(struct zlib_memory) +
	       git_objects_memory(objects);
}

struct git_client *git_client_open(void *memory, size_t objects, uint64_t secret)
{
	struct git_client *c = memory;
	uint8_t *rest = (uint8_t *)memory + sizeof(*c);
	c->job.zlib = (struct zlib_memory *)(void *)rest;
	rest += 2 * sizeof(struct zlib_memory);
	git_objects_open(&c->job.objects, rest, objects, secret);
	rest += git_objects_memory(objects);
	c->job.a = rest;
	c->job.b = c->job.a + TABLE_OBJECT_MAX;
	c->job.c = c->job.b + TABLE_OBJECT_MAX;
	c->job.pin = -1;
	c->state = GIT_CLIENT_DONE;
	return c;
}

void git_client_say(struct git_client *c, const char *what, const char *more, size_t n)
{
	struct out o = {.p = (uint8_t *)c->error, .room = sizeof(c->error) - 1};
	git_out_text(&o, what);
	if (n > o.room - o.n)
		n = o.room - o.n;
	for (size_t i = 0; i < n; i++) {
		char plain = more[i] < ' ' || more[i] > '~' ? ' ' : more[i];
		git_out_bytes(&o, &plain, 1);
	}
	while (o.n && o.p[o.n - 1] == ' ')
		o.n--;
	c->error[o.n] = 0;
}

void git_client_fail(struct git_client *c, const char *what, const char *more, size_t n)
{
	if (c->state == GIT_CLIENT_FAILED)
		return;
	git_client_say(c, what, more, n);
	c->state = GIT_CLIENT_FAILED;
}

static void fail(struct git_client *c, const char *what)
{
	git_client_fail(c, what, "", 0);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static void unpin(struct git_client *c)
{
	if (c->job.pin >= 0)
		table_unpin(c->job.table, c->job.pin);
	c->job.pin = -1;
}

static void release(struct git_client *c)
{
	if (c->job.import)
		table_import_close(c->job.import);
	c->job.import = NULL;
	unpin(c);
}

/* One half: a pull, or a push where nothing has to be pulled. */
static void begin_half(struct git_client *c, bool sends)
{
	struct job old = c->job;
	release(c);
	c->job = (struct job){.table = old.table,
		.pin = -1,
		.now = &c->now,
		.begun = c->now,
		.objects = old.objects,
		.a = old.a,
		.b = old.b,
		.c = old.c,
		.zlib = old.zlib};
	c->sends = sends;
	c->stage = CLIENT_COLLECT;
	c->state = GIT_CLIENT_WORKS;
}

static void begin(struct git_client *c, const struct git_client_job *job, bool push)
{
	release(c);
	c->job.table = job->table;
	c->url = *job->url;
	c->note = job->note;
	c->deadline = job->deadline_ns;
	c->push = push;
	c->rounds = 0;
	c->refused = false;
	c->error[0] = 0;
	c->result = (struct git_client_result){0};
	begin_half(c, push);
}

void git_client_pull(struct git_client *c, const struct git_client_job *job)
{
	begin(c, job, false);
}

void git_client_push(struct git_client *c, const struct git_client_job *job)
{
	begin(c, job, true);
}

void git_client_end(struct git_client *c)
{
	release(c);
	c->state = GIT_CLIENT_DONE;
}

static void done(struct git_client *c)
{
	c->error[0] = 0;
	git_client_end(c);
}

void git_client_tick(struct git_client *c, uint64_t now_ns)
{
	bool ended = c->state == GIT_CLIENT_DONE || c->state == GIT_CLIENT_FAILED;
	c->now = now_ns > c->now ? now_ns : c->now;
	if (ended || c->now < c->deadline)
		return;
	fail(c, c->state == GIT_CLIENT_CONNECTS ? "no connection in time"
		: c->state == GIT_CLIENT_TALKS	? "the answer did not come in time"
						: "no time left");
}

enum git_client_state git_client_state(const struct git_client *c)
{
	return c->state;
}

const struct git_client_result *git_client_result(const struct git_client *c)
{
	return &c->result;
}

const char *git_client_error(const struct git_client *c)
{
	return c->error;
}

const struct git_url *git_client_url(const struct git_client *c)
{
	return &c->url;
}

/* ---- work ----------------------------------------------------------------------------------- */

static void connect(struct git_client *c, enum client_stage stage)
{
	c->stage = stage;
	c->state = GIT_CLIENT_CONNECTS;
}

static void work(struct git_client *c, enum client_stage stage)
{
	c->stage = stage;
	c->state = GIT_CLIENT_WORKS;
}

/* What the server has must come to the table first. */
static void pull_first(struct git_client *c)
{
	if (++c->rounds > ROUNDS_MAX)
		fail(c, "others push there again and again");
	else
		begin_half(c, false);
}

static void collected(struct git_client *c)
{
	if (c->sends && !c->job.commits)
		fail(c, "the table has no history yet");
	else
		connect(c, CLIENT_REFS);
}

/* It is a push of what follows the server's commit, or there is something to merge first. */
static void walked(struct git_client *c)
{
	const struct objects *o = &c->job.objects;
	uint32_t old = c->has_primary ? git_objects_find(o, &c->head) : NONE;
	if (c->has_primary && (old == NONE || !(o->v[old].flags & OBJECT_SEEN)))
		pull_first(c);
	else
		connect(c, CLIENT_PACK);
}

static void opened(struct git_client *c)
{
	enum table_type type;
	size_t n;
	if (table_import_read(c->job.import, &c->head, &type, c->job.a, &n))
		work(c, CLIENT_MERGE); /* it is here already */
	else
		connect(c, CLIENT_PACK);
}

static const char *count(
	void *ctx, const char *path, enum table_won won, const void *key, const void *value)
{
	struct git_client_result *r = &((struct git_client *)ctx)->result;
	(void)path, (void)key, (void)value;
	r->ours += won == TABLE_OURS;
	r->theirs += won == TABLE_THEIRS;
	r->both += won == TABLE_BOTH;
	return NULL;
}

static void merge(struct git_client *c)
{
	char why[TABLE_MESSAGE_MAX];
	enum table_merge_result result =
		table_import_merge(c->job.import, &c->head, c->note, count, c, why);
	c->result.merged = c->result.merged || result != TABLE_UP_TO_DATE;
	if (result == TABLE_REFUSED) {
		git_client_fail(c, "refused: ", why, strlen(why));
		release(c);
		return;
	}
	if (c->push)
		begin_half(c, true);
	else
		done(c);
}

static int step(struct git_client *c)
{
	switch (c->stage) {
	case CLIENT_COLLECT:
		return git_collect_step(&c->job);
	case CLIENT_OPEN:
		unpin(c);
		return git_receive_begin(&c->job);
	case CLIENT_WALK:
		return git_upload_step(&c->job);
	case CLIENT_MERGE:
		return git_job_settles(&c->job) ? STEP_AGAIN : STEP_DONE;
	default:
		return STEP_DONE;
	}
}

bool git_client_work(struct git_client *c)
{
	if (c->state != GIT_CLIENT_WORKS)
		return false;
	int result = step(c);
	if (c->job.error)
		fail(c, c->job.objects.n == c->job.objects.max
				? "the history is too long to be pushed"
				: c->job.error);
	if (result != STEP_DONE || c->job.error)
		return result == STEP_AGAIN;
	if (c->stage == CLIENT_COLLECT)
		collected(c);
	else if (c->stage == CLIENT_WALK)
		walked(c);
	else if (c->stage == CLIENT_OPEN)
		opened(c);
	else
		merge(c);
	return c->state == GIT_CLIENT_WORKS;
}

/* ---- requests and answers ------------------------------------------------------------------- */

void git_client_connected(struct git_client *c)
{
	if (c->state != GIT_CLIENT_CONNECTS)
		return;
	c->state = GIT_CLIENT_TALKS;
	c->status = 0;
	c->line_n = c->head_n = c->words_n = 0;
	c->in_body = c->has_length = c->has_type = false;
	c->packet_n = 0;
	c->flushes = 0;
	c->body = (struct body){.limit = ANSWER_MAX, .left = UINT64_MAX};
	memset(&c->job.packets, 0, sizeof(c->job.packets));
	if (c->stage == CLIENT_REFS) {
		c->has_primary = c->has_any = c->has_common = false;
		c->has_capabilities = c->has_bands = c->has_shallow = false;
	}
	git_client_request(c);
}

static bool same_id(const struct table_id *a, const struct table_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Nobody has moved the server's branch since it refused the last push. */
static bool is_refused_for_good(const struct git_client *c)
{
	return c->refused && c->was_there == c->has_primary &&
	       (!c->has_primary || same_id(&c->head, &c->refused_head));
}

/* The server's branch has what its commit has; without one, it has what it told of otherwise. */
static void mark_known(struct git_client *c)
{
	struct objects *o = &c->job.objects;
	uint32_t old = git_objects_find(o, &c->head);
	if (!c->has_primary)
		return;
	for (uint32_t i = 0; i < c->job.commits; i++)
		o->v[i].flags &= (uint16_t)~OBJECT_COMMON;
	if (old != NONE && o->v[old].flags & OBJECT_KNOWN)
		o->v[old].flags |= OBJECT_COMMON;
}

static void find_what_to_push(struct git_client *c)
{
	struct objects *o = &c->job.objects;
	if (is_refused_for_good(c)) {
		c->state = GIT_CLIENT_FAILED;
	} else if (c->has_primary && same_id(&c->head, &o->v[c->job.primary].id)) {
		done(c);
	} else {
		mark_known(c);
		o->v[c->job.primary].flags |= OBJECT_WANT;
		c->job.wants = 1;
		c->job.done = true;
		git_upload_finish(&c->job);
		work(c, CLIENT_WALK);
	}
}

/* The answer to the list of refs is whole. */
static void refs_ended(struct git_client *c)
{
	if (c->flushes < 2)
		fail(c, "the list of the server's branches is not whole");
	else if (c->sends)
		find_what_to_push(c);
	else if (!c->has_any)
		fail(c, "the repository has no commits");
	else if (!c->has_bands)
		fail(c, "the server is too old: it has no side-band-64k");
	else if (c->job.commits)
		connect(c, CLIENT_ASK);
	else
		work(c, CLIENT_OPEN);
}

static void pushed(struct git_client *c)
{
	if (c->refused) {
		c->refused_head = c->has_primary ? c->head : no_id;
		c->was_there = c->has_primary;
		begin_half(c, true);
	} else if (!c->accepted) {
		fail(c, "the server did not say what became of the push");
	} else {
		c->result.pushed = true;
		done(c);
	}
}

static void pack_ended(struct git_client *c)
{
	if (c->sends)
		pushed(c);
	else if (!git_pack_reader_finish(&c->job.reader))
		git_client_fail(
			c, "the pack is wrong: ", c->job.reader.why, strlen(c->job.reader.why));
	else
		work(c, CLIENT_MERGE);
}

void git_client_answered(struct git_client *c)
{
	if (c->state != GIT_CLIENT_TALKS)
		return;
	if (c->stage == CLIENT_REFS)
		refs_ended(c);
	else if (c->stage == CLIENT_ASK)
		work(c, CLIENT_OPEN);
	else
		pack_ended(c);
}

void git_client_disconnected(struct git_client *c)
{
	if (c->state == GIT_CLIENT_CONNECTS)
		git_client_fail(c, "no connection to ", c->url.host, strlen(c->url.host));
	if (c->state != GIT_CLIENT_TALKS)
		return;
	if (c->in_body && !c->body.chunked && !c->has_length)
		git_client_answered(c); /* an answer that the connection's end ends */
	else
		fail(c, "the connection ended early");
}
