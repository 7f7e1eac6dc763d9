/* upload.c - git-upload-pack: what a client wants and has, and the answer (gitprotocol-pack).
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define COMMITS_A_STEP 8
#define BAND_MAX 8000 /* bytes of a pack in one packet */

static bool refuse(struct job *j, const char *why)
{
	if (!j->error)
		j->error = why;
	return false;
}

static bool take_want(struct job *j, const char *p, size_t n)
{
	struct table_id id;
	if (n < 40 || !table_id_parse(p, 40, &id) || (n > 40 && p[40] != ' '))
		return refuse(j, "a want has no id");
	uint32_t i = git_objects_find(&j->objects, &id);
	if (i == NONE || !(j->objects.v[i].flags & OBJECT_KNOWN))
		return refuse(j, "the history went on in between, or you ask for what is not "
				 "served; try again");
	j->objects.v[i].flags |= OBJECT_WANT;
	if (!j->wants++) {
		j->detailed = git_has_word(p + 40, n - 40, "multi_ack_detailed");
		j->no_done = j->detailed && git_has_word(p + 40, n - 40, "no-done");
		j->sideband = git_has_word(p + 40, n - 40, "side-band-64k");
	}
	return true;
}

static bool take_shallow(struct job *j, const char *p, size_t n)
{
	struct table_id id;
	if (!table_id_parse(p, n, &id))
		return refuse(j, "a shallow line has no id");
	uint32_t i = git_objects_find(&j->objects, &id);
	if (i != NONE)
		j->objects.v[i].flags |= OBJECT_SHALLOW;
	return true;
}

static bool take_deepen(struct job *j, const char *p, size_t n)
{
	uint64_t depth;
	if (!git_text_number(p, n, INT32_MAX, &depth) || !depth)
		return refuse(j, "the depth is no number");
	j->deepen = (uint32_t)depth;
	return true;
}

static bool take_request(struct job *j, const char *p, size_t n)
{
	if (git_text_begins(p, n, "want "))
		return take_want(j, p + 5, n - 5);
	if (git_text_begins(p, n, "shallow "))
		return take_shallow(j, p + 8, n - 8);
	if (git_text_begins(p, n, "deepen "))
		return take_deepen(j, p + 7, n - 7);
	return refuse(j, "a line of the request is not understood");
}

static bool take_have(struct job *j, const char *p, size_t n)
{
	struct table_id id;
	if (!table_id_parse(p, n, &id))
		return refuse(j, "a have has no id");
	uint32_t i = git_objects_find(&j->objects, &id);
	if (i == NONE || j->objects.v[i].flags & OBJECT_COMMON ||
		!(j->objects.v[i].flags & OBJECT_KNOWN))
		return true;
	j->objects.v[i].flags |= OBJECT_COMMON;
	git_objects_push(&j->objects, i);
	j->last_common = i;
	j->commons++;
	return true;
}

static bool take_line(struct job *j, const char *p, size_t n)
{
	if (n && p[n - 1] == '\n')
		n--;
	if (j->done)
		return refuse(j, "something follows the request");
	if (!j->in_haves)
		return take_request(j, p, n);
	if (git_text_begins(p, n, "have "))
		return take_have(j, p + 5, n - 5);
	j->done = git_text_is(p, n, "done");
	return j->done || refuse(j, "a line of the request is not understood");
}

static bool take_flush(struct job *j)
{
	j->flushed = j->flushed || j->in_haves;
	j->in_haves = true;
	return true;
}

/* An error is told in the answer: the rest of the request is read and thrown away. */
bool git_upload_take(void *job, const uint8_t *p, size_t n)
{
	struct job *j = job;
	bool good = true;
	while (n && good && !j->error) {
		switch (git_packets_take(&j->packets, &p, &n)) {
		case PACKET_NONE:
			break;
		case PACKET_LINE:
			good = take_line(j, j->packets.line, j->packets.n);
			break;
		case PACKET_FLUSH:
			good = take_flush(j);
			break;
		default:
			good = refuse(j, "the request is not made of packets");
		}
	}
	return true;
}

/* ---- what follows from it ------------------------------------------------------------------- */

/* Calls EACH for the parents of commit I. */
static bool each_parent(struct job *j, uint32_t i, void (*each)(struct job *, uint32_t, uint32_t))
{
	struct table_id parent;
	size_t n;
	if (!git_job_read(j, &j->objects.v[i].id, TABLE_COMMIT, j->a, &n))
		return false;
	for (size_t p = 0; git_parent_of_commit(j->a, n, p, &parent); p++) {
		uint32_t found = git_objects_find(&j->objects, &parent);
		if (found != NONE)
			each(j, i, found);
	}
	return true;
}

static void mark_have(struct job *j, uint32_t child, uint32_t i)
{
	(void)child;
	if (j->objects.v[i].flags & OBJECT_HAVE)
		return;
	j->objects.v[i].flags |= OBJECT_HAVE;
	git_objects_push(&j->objects, i);
}

static void mark_seen(struct job *j, uint32_t child, uint32_t i)
{
	struct object *o = &j->objects.v[i];
	if (o->flags & OBJECT_SEEN)
		return;
	o->flags |= OBJECT_SEEN;
	o->depth = child == NONE ? 1 : j->objects.v[child].depth + 1;
	git_objects_push(&j->objects, i);
}

static int haves_step(struct job *j);
static int wants_step(struct job *j);

/* What the client has: the common commits, and what they reach in its history. */
static int begin_haves(struct job *j)
{
	git_objects_restart(&j->objects);
	for (uint32_t i = 0; i < j->commits; i++)
		if (j->objects.v[i].flags & OBJECT_COMMON)
			mark_have(j, NONE, i);
	j->part = haves_step;
	return STEP_AGAIN;
}

static int begin_wants(struct job *j)
{
	git_objects_restart(&j->objects);
	for (uint32_t i = 0; i < j->commits; i++)
		if (j->objects.v[i].flags & OBJECT_WANT)
			mark_seen(j, NONE, i);
	j->part = wants_step;
	return STEP_AGAIN;
}

static int haves_step(struct job *j)
{
	for (unsigned steps = 0; steps < COMMITS_A_STEP; steps++) {
		uint32_t i = git_objects_pop(&j->objects);
		if (i == NONE)
			return begin_wants(j);
		bool ends = j->objects.v[i].flags & (OBJECT_CUT | OBJECT_SHALLOW);
		if (!ends && !each_parent(j, i, mark_have))
			return STEP_DONE;
	}
	return STEP_AGAIN;
}

static bool has_parents(struct job *j, uint32_t i, bool *out)
{
	struct table_id parent;
	size_t n;
	if (!git_job_read(j, &j->objects.v[i].id, TABLE_COMMIT, j->a, &n))
		return false;
	*out = git_parent_of_commit(j->a, n, 0, &parent);
	return true;
}

static bool see(struct job *j, uint32_t i)
{
	struct object *o = &j->objects.v[i];
	bool parents;
	if (!j->deepen && o->flags & OBJECT_HAVE)
		return true;
	if (o->flags & OBJECT_CUT) {
		o->flags |= OBJECT_EDGE;
		return true;
	}
	if (!j->deepen || o->depth < j->deepen)
		return each_parent(j, i, mark_seen);
	if (!has_parents(j, i, &parents))
		return false;
	if (parents)
		o->flags |= OBJECT_EDGE;
	return true;
}

static int wants_step(struct job *j)
{
	for (unsigned steps = 0; steps < COMMITS_A_STEP; steps++) {
		uint32_t i = git_objects_pop(&j->objects);
		if (i != NONE) {
			if (!see(j, i))
				return STEP_DONE;
			continue;
		}
		if (!j->gives_pack)
			return STEP_DONE;
		git_enumerate_begin(j);
		j->part = git_enumerate_step;
		return STEP_AGAIN;
	}
	return STEP_AGAIN;
}

void git_upload_finish(struct job *j)
{
	if (!git_packets_is_between(&j->packets))
		refuse(j, "the request ends early");
	bool ready = j->no_done && j->flushed && j->commons;
	j->gives_pack = j->wants && (j->done || ready);
	j->part = begin_haves;
}

int git_upload_step(struct job *j)
{
	int result = j->error || !j->wants ? STEP_DONE : j->part(j);
	if (result == STEP_DONE && !j->error && j->gives_pack)
		git_pack_writer_begin(j);
	if (result == STEP_DONE) {
		j->at = 0;
		j->stage = UPLOAD_SHALLOW;
	}
	return result;
}

/* ---- the answer ----------------------------------------------------------------------------- */

#define LINE_ROOM 64 /* the longest line below */

static bool fill_shallow(struct job *j, struct out *o)
{
	for (; j->deepen && j->at < j->commits; j->at++) {
		if (o->room - o->n < LINE_ROOM)
			return false;
		const struct object *c = &j->objects.v[j->at];
		if (c->flags & OBJECT_EDGE && !(c->flags & OBJECT_SHALLOW))
			git_packet_id(o, "shallow", &c->id, "");
		if (c->flags & OBJECT_SHALLOW && c->flags & OBJECT_SEEN &&
			!(c->flags & OBJECT_EDGE))
			git_packet_id(o, "unshallow", &c->id, "");
	}
	if (j->deepen)
		git_packet_flush(o);
	return true;
}

static void put_nak(struct out *o)
{
	size_t begin = git_packet_begin(o);
	git_out_text(o, "NAK\n");
	git_packet_end(o, begin);
}

/* The end of the acknowledgements: see "Packfile Negotiation" in gitprotocol-pack. */
static void put_ready(struct job *j, struct out *o)
{
	const struct table_id *last = &j->objects.v[j->last_common].id;
	if (!j->commons) {
		put_nak(o);
		return;
	}
	if (!j->detailed) {
		git_packet_id(o, "ACK", last, "\n");
		return;
	}
	if (!j->done) {
		git_packet_id(o, "ACK", last, " ready\n");
		put_nak(o);
	}
	if (j->gives_pack)
		git_packet_id(o, "ACK", last, "\n");
}

static bool fill_acks(struct job *j, struct out *o)
{
	if (!j->flushed && !j->done)
		return true;
	for (; j->detailed && j->at < j->commits; j->at++) {
		if (o->room - o->n < LINE_ROOM)
			return false;
		const struct object *c = &j->objects.v[j->at];
		if (c->flags & OBJECT_COMMON)
			git_packet_id(o, "ACK", &c->id, " common\n");
	}
	if (o->room - o->n < 4 * LINE_ROOM)
		return false;
	put_ready(j, o);
	return true;
}

/* Something went wrong before the answer began, or in the middle of the pack. */
static void put_error(struct job *j, struct out *o)
{
	bool in_pack = j->stage == UPLOAD_PACK;
	size_t begin = git_packet_begin(o);
	git_out_text(o, in_pack ? "\003" : "ERR ");
	git_out_text(o, j->error);
	git_out_text(o, in_pack ? "\n" : "");
	git_packet_end(o, begin);
}

/* A piece of the pack, in its band; without bands as it is. */
static bool fill_pack(struct job *j, struct out *o)
{
	size_t head = j->sideband ? 5 : 0;
	struct out part = {.p = o->p + o->n + head};
	part.room = o->room - o->n < BAND_MAX ? o->room - o->n : BAND_MAX;
	if (part.room < 2 * LINE_ROOM)
		return false;
	part.room -= LINE_ROOM;
	bool end = git_pack_writer_fill(j, &part);
	if (j->sideband && part.n) {
		size_t begin = git_packet_begin(o);
		git_out_text(o, "\001");
		o->n += part.n;
		git_packet_end(o, begin);
	} else {
		o->n += part.n;
	}
	if (end && j->sideband)
		git_packet_flush(o);
	return end;
}

/* Goes to the next part of the answer where PART_ENDED. */
static bool next_stage(struct job *j, bool part_ended, enum upload_stage next)
{
	if (part_ended) {
		j->stage = next;
		j->at = 0;
	}
	return part_ended;
}

bool git_upload_fill(struct job *j, struct out *o)
{
	for (;;) {
		bool next = false;
		if (j->error) {
			if (j->stage != UPLOAD_PACK || j->sideband)
				put_error(j, o);
			return true;
		}
		switch (j->stage) {
		case UPLOAD_SHALLOW:
			next = next_stage(j, fill_shallow(j, o), UPLOAD_ACKS);
			break;
		case UPLOAD_ACKS:
			next = next_stage(
				j, fill_acks(j, o), j->gives_pack ? UPLOAD_PACK : UPLOAD_END);
			break;
		case UPLOAD_PACK:
			next = next_stage(j, fill_pack(j, o), UPLOAD_END);
			next = next || j->error;
			break;
		case UPLOAD_END:
			return true;
		}
		if (!next)
			return false;
	}
}
