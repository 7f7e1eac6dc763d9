/* client.c - a fetch or a push as a state machine: two requests, each on a connection of its own
 * (gitprotocol-http, version 0). SPDX-License-Identifier: ISC */
#include "client.h"

#include <string.h>

#define PRIMARY "refs/heads/primary"
#define ANSWER_MAX (64u << 20) /* bytes of a pack that is fetched */

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

void git_client_fail(struct git_client *c, const char *what, const char *more, size_t n)
{
	struct out o = {.p = (uint8_t *)c->error, .room = sizeof(c->error) - 1};
	if (c->state == GIT_CLIENT_FAILED)
		return;
	git_out_text(&o, what);
	if (n > o.room - o.n)
		n = o.room - o.n;
	for (size_t i = 0; i < n; i++) {
		char plain = more[i] < ' ' || more[i] > '~' ? ' ' : more[i];
		git_out_bytes(&o, &plain, 1);
	}
	c->error[o.n] = 0;
	c->state = GIT_CLIENT_FAILED;
}

static void begin(struct git_client *c, const struct git_url *url, struct table *t, bool push)
{
	struct job old = c->job;
	git_client_end(c);
	c->job = (struct job){.table = t,
		.pin = -1,
		.objects = old.objects,
		.a = old.a,
		.b = old.b,
		.c = old.c,
		.zlib = old.zlib};
	c->url = *url;
	c->push = push;
	c->stage = CLIENT_REFS;
	c->state = GIT_CLIENT_CONNECTS;
	c->has_primary = c->has_any = false;
	c->error[0] = 0;
}

bool git_client_fetch(struct git_client *c, const struct git_url *url, struct table *t)
{
	begin(c, url, t, false);
	if (git_receive_begin(&c->job) == STEP_DONE)
		return true;
	git_client_fail(c, "the table takes something in already", "", 0);
	return false;
}

void git_client_push(struct git_client *c, const struct git_url *url, struct table *t)
{
	begin(c, url, t, true);
	c->state = GIT_CLIENT_WORKS;
}

bool git_client_work(struct git_client *c)
{
	if (c->state != GIT_CLIENT_WORKS)
		return false;
	bool first = c->stage == CLIENT_REFS;
	int result = first ? git_collect_step(&c->job) : git_upload_step(&c->job);
	if (c->job.error)
		git_client_fail(c, c->job.error, "", 0);
	else if (result == STEP_DONE && !c->job.commits)
		git_client_fail(c, "the table has no history yet", "", 0);
	else if (result == STEP_DONE)
		c->state = GIT_CLIENT_CONNECTS;
	return result == STEP_AGAIN;
}

enum git_client_state git_client_state(const struct git_client *c)
{
	return c->state;
}

const char *git_client_error(const struct git_client *c)
{
	return c->error;
}

struct table_import *git_client_fetched(struct git_client *c, struct table_id *head)
{
	*head = c->head;
	return c->state == GIT_CLIENT_DONE && !c->push ? c->job.import : NULL;
}

void git_client_end(struct git_client *c)
{
	if (c->job.import)
		table_import_close(c->job.import);
	if (c->job.pin >= 0)
		table_unpin(c->job.table, c->job.pin);
	c->job.import = NULL;
	c->job.pin = -1;
	c->state = GIT_CLIENT_DONE;
}

void git_client_connected(struct git_client *c)
{
	if (c->state != GIT_CLIENT_CONNECTS)
		return;
	c->state = GIT_CLIENT_TALKS;
	c->status = 0;
	c->line_n = 0;
	c->in_body = false;
	c->packet_n = 0;
	c->body = (struct body){.limit = ANSWER_MAX, .left = UINT64_MAX};
	memset(&c->job.packets, 0, sizeof(c->job.packets));
	git_client_request(c);
}

/* From the server's commit, where the table knows it, to the table's own. */
static void find_what_to_push(struct git_client *c)
{
	struct objects *o = &c->job.objects;
	uint32_t old = c->has_primary ? git_objects_find(o, &c->head) : NONE;
	o->v[c->job.primary].flags |= OBJECT_WANT;
	if (old != NONE && o->v[old].flags & OBJECT_KNOWN)
		o->v[old].flags |= OBJECT_COMMON;
	c->job.wants = 1;
	c->job.done = true;
	git_upload_finish(&c->job);
}

/* The answer to the list of refs is whole. */
static void refs_ended(struct git_client *c)
{
	c->stage = CLIENT_PACK;
	c->state = c->push ? GIT_CLIENT_WORKS : GIT_CLIENT_CONNECTS;
	if (c->push)
		find_what_to_push(c);
	else if (!c->has_any)
		git_client_fail(c, "the repository has no commits", "", 0);
}

static void pack_ended(struct git_client *c)
{
	if (c->push && !c->accepted)
		git_client_fail(c, "the server did not say what became of the push", "", 0);
	else if (!c->push && !git_pack_reader_finish(&c->job.reader))
		git_client_fail(
			c, "the pack is wrong: ", c->job.reader.why, strlen(c->job.reader.why));
	else if (c->state != GIT_CLIENT_FAILED)
		c->state = GIT_CLIENT_DONE;
}

void git_client_answered(struct git_client *c)
{
	if (c->state != GIT_CLIENT_TALKS)
		return;
	if (c->stage == CLIENT_REFS)
		refs_ended(c);
	else
		pack_ended(c);
}

void git_client_disconnected(struct git_client *c)
{
	if (c->state == GIT_CLIENT_CONNECTS && c->stage == CLIENT_REFS)
		git_client_fail(c, "no connection to ", c->url.host, strlen(c->url.host));
	if (c->state != GIT_CLIENT_TALKS)
		return;
	if (c->in_body && !c->body.chunked && c->body.left > ANSWER_MAX)
		git_client_answered(c); /* an answer that the connection's end ends */
	else
		git_client_fail(c, "the connection ended early", "", 0);
}
