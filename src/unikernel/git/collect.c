/* collect.c - the commits of a store, before anything is told of it. SPDX-License-Identifier: ISC
 */
#include "parts.h"

#define SECOND 1000000000ull
/* How long to wait for commits that are still to be made of changes. */
#define BEHIND_MAX (2 * SECOND)
#define COMMITS_A_STEP 8

bool git_job_read(
	struct job *j, const struct table_id *id, enum table_type want, uint8_t *to, size_t *n)
{
	enum table_type type;
	if (table_pin_holds(j->table, j->pin) && table_read(j->table, id, &type, to, n) &&
		type == want)
		return true;
	j->error = "the history was cut in between; try again";
	return false;
}

static bool know(struct job *j, const struct table_id *id, unsigned flags)
{
	struct objects *o = &j->objects;
	uint32_t i = git_objects_add(o, id, TABLE_COMMIT);
	if (i == NONE) {
		j->error = "this history is too long to be served";
		return false;
	}
	o->v[i].flags |= (uint16_t)flags;
	if (flags & OBJECT_KNOWN && !(o->v[i].flags & OBJECT_SEND)) {
		o->v[i].flags |= OBJECT_SEND; /* here: it is in the queue */
		git_objects_push(o, i);
	}
	return true;
}

static bool begin(struct job *j)
{
	struct table_ref ref;
	struct table_id id;
	j->pin = table_pin(j->table);
	if (j->pin < 0) {
		j->error = "too many are reading this store; try again";
		return false;
	}
	git_objects_clear(&j->objects);
	bool good = true;
	for (size_t i = 0; good && table_shallow(j->table, i, &id); i++)
		good = know(j, &id, OBJECT_CUT);
	for (size_t i = 0; good && table_ref(j->table, i, &ref); i++) {
		good = know(j, &ref.id, OBJECT_KNOWN);
		if (!i)
			j->primary = git_objects_find(&j->objects, &ref.id);
	}
	return good;
}

static bool know_parents(struct job *j, uint32_t i)
{
	struct table_id parent;
	size_t n;
	if (j->objects.v[i].flags & OBJECT_CUT)
		return true;
	if (!git_job_read(j, &j->objects.v[i].id, TABLE_COMMIT, j->a, &n))
		return false;
	for (size_t p = 0; git_parent_of_commit(j->a, n, p, &parent); p++)
		if (!know(j, &parent, OBJECT_KNOWN))
			return false;
	return true;
}

static void end(struct job *j)
{
	for (uint32_t i = 0; i < j->objects.n; i++)
		j->objects.v[i].flags &= (uint16_t)~OBJECT_SEND;
	j->commits = j->objects.n;
	git_objects_restart(&j->objects);
}

/* Works out a part of what the table has changed; false where nothing more can be done, or it took
 * too long. */
static bool waits_for_table(struct job *j, uint64_t since)
{
	if (!table_is_behind(j->table) || *j->now - since >= BEHIND_MAX)
		return false;
	return table_work(j->table) || !table_is_behind(j->table);
}

bool git_job_settles(struct job *j)
{
	struct table_ref head;
	if (!j->settling) {
		if (table_ref(j->table, 0, &head))
			table_commit(j->table, TABLE_LATER);
		j->settling = true;
		j->settling_since = *j->now;
	}
	return waits_for_table(j, j->settling_since);
}

int git_collect_step(struct job *j)
{
	if (j->pin < 0) {
		if (waits_for_table(j, j->begun))
			return STEP_AGAIN;
		return begin(j) ? STEP_AGAIN : STEP_DONE;
	}
	for (unsigned steps = 0; steps < COMMITS_A_STEP; steps++) {
		uint32_t i = git_objects_pop(&j->objects);
		if (i == NONE) {
			end(j);
			return STEP_DONE;
		}
		if (!know_parents(j, i))
			return STEP_DONE;
	}
	return STEP_AGAIN;
}
