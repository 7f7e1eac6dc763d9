/* enumerate.c - which objects a client needs for the commits that it asked for.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define CHAIN_MAX 50 /* deltas on deltas, as git has them */

static bool too_many(struct job *j)
{
	j->error = j->deepen == 1
			   ? "this table is too large for the machine to serve"
			   : "this fetch is too large for the machine: git fetch --depth 1 gets "
			     "the newest state";
	return false;
}

/* The earlier version that a tree is compared with, and is a delta of where that is sent, too: it
 * was found earlier, so no two trees are deltas of each other. */
static bool compare_with(struct job *j, uint32_t tree, const struct table_id *id)
{
	struct objects *o = &j->objects;
	uint32_t old = git_objects_add(o, id, TABLE_TREE);
	if (old == NONE)
		return too_many(j);
	o->v[tree].old = old;
	if (o->v[old].flags & OBJECT_SEND && o->v[old].deltas < CHAIN_MAX) {
		o->v[tree].base = old;
		o->v[tree].deltas = (uint8_t)(o->v[old].deltas + 1);
	}
	return true;
}

/* A tree that is to be sent, once. OLD is an earlier version that the client has or gets; NULL
 * where there is none. */
static bool add_tree(struct job *j, const struct table_id *id, const struct table_id *old)
{
	struct objects *o = &j->objects;
	uint32_t tree = git_objects_add(o, id, TABLE_TREE);
	if (tree == NONE)
		return too_many(j);
	if (o->v[tree].flags & OBJECT_SEND)
		return true;
	o->v[tree].flags |= OBJECT_SEND;
	git_objects_push(o, tree);
	return !old || compare_with(j, tree, old);
}

static bool add_blob(struct job *j, const struct table_id *id)
{
	uint32_t i = git_objects_add(&j->objects, id, TABLE_BLOB);
	if (i == NONE)
		return too_many(j);
	j->objects.v[i].flags |= OBJECT_SEND;
	return true;
}

static bool same_id(const struct table_id *a, const struct table_id *b)
{
	for (size_t i = 0; i < sizeof(a->bytes); i++)
		if (a->bytes[i] != b->bytes[i])
			return false;
	return true;
}

/* What is in tree number I and not in its earlier version at the same name. */
static bool add_differences(struct job *j, uint32_t i)
{
	const struct object *tree = &j->objects.v[i];
	struct tree_cursor old = {.tree = j->b};
	struct tree_entry e;
	size_t n, at = 0;
	if (!git_job_read(j, &tree->id, TABLE_TREE, j->a, &n))
		return false;
	if (tree->old != NONE &&
		!git_job_read(j, &j->objects.v[tree->old].id, TABLE_TREE, j->b, &old.n))
		return false;
	while (git_tree_next(j->a, n, &at, &e)) {
		bool match = git_tree_match(&old, &e);
		if (match && same_id(&old.entry.id, &e.id))
			continue;
		bool good = e.is_tree ? add_tree(j, &e.id, match ? &old.entry.id : NULL)
				      : add_blob(j, &e.id);
		if (!good)
			return false;
	}
	return true;
}

static bool read_tree_of(struct job *j, uint32_t commit, struct table_id *tree,
	struct table_id *parent, bool *has_parent)
{
	size_t n;
	if (!git_job_read(j, &j->objects.v[commit].id, TABLE_COMMIT, j->a, &n) ||
		!git_tree_of_commit(j->a, n, tree))
		return false;
	*has_parent = git_parent_of_commit(j->a, n, 0, parent);
	return true;
}

/* The first parent, where the client has it or gets it; else NONE. */
static uint32_t parent_at_hand(struct job *j, uint32_t i, const struct table_id *parent)
{
	struct objects *o = &j->objects;
	if (o->v[i].flags & (OBJECT_CUT | OBJECT_EDGE))
		return NONE;
	uint32_t p = git_objects_find(o, parent);
	return p != NONE && o->v[p].flags & (OBJECT_HAVE | OBJECT_SEND) ? p : NONE;
}

static bool add_commit(struct job *j, uint32_t i)
{
	struct table_id tree, parent, old;
	bool has_parent, ignored;
	if (!read_tree_of(j, i, &tree, &parent, &has_parent))
		return false;
	uint32_t p = has_parent ? parent_at_hand(j, i, &parent) : NONE;
	if (p == NONE)
		return add_tree(j, &tree, NULL);
	if (!read_tree_of(j, p, &old, &parent, &ignored))
		return false;
	return same_id(&tree, &old) || add_tree(j, &tree, &old);
}

void git_enumerate_begin(struct job *j)
{
	for (uint32_t i = 0; i < j->commits; i++) {
		struct object *o = &j->objects.v[i];
		bool send = o->flags & OBJECT_SEEN && !(o->flags & OBJECT_HAVE);
		o->flags = (uint16_t)(o->flags | (send ? OBJECT_SEND : 0));
	}
	git_objects_restart(&j->objects);
	j->at = 0;
	j->stack = NONE;
}

static void visit(struct job *j, uint32_t i)
{
	j->objects.v[i].flags |= OBJECT_VISITED;
	j->objects.v[i].old = j->stack; /* of commits: the next one in the stack */
	j->stack = i;
}

static bool is_to_visit(const struct job *j, uint32_t i)
{
	return (j->objects.v[i].flags & (OBJECT_SEND | OBJECT_VISITED)) == OBJECT_SEND;
}

/* A parent of the commit that is to be gone through before it; NONE where there is none. False at
 * an error. */
static bool find_parent(struct job *j, uint32_t i, uint32_t *out)
{
	struct table_id parent;
	size_t n;
	*out = NONE;
	if (j->objects.v[i].flags & (OBJECT_CUT | OBJECT_EDGE))
		return true;
	if (!git_job_read(j, &j->objects.v[i].id, TABLE_COMMIT, j->a, &n))
		return false;
	for (size_t p = 0; *out == NONE && git_parent_of_commit(j->a, n, p, &parent); p++) {
		uint32_t found = git_objects_find(&j->objects, &parent);
		if (found != NONE && is_to_visit(j, found))
			*out = found;
	}
	return true;
}

/* Parents come before their children: what a commit's tree is compared with is complete. */
static int step_commit(struct job *j)
{
	uint32_t top = j->stack, parent;
	if (!find_parent(j, top, &parent))
		return STEP_DONE;
	if (parent != NONE) {
		visit(j, parent);
		return STEP_AGAIN;
	}
	j->stack = j->objects.v[top].old;
	return add_commit(j, top) ? STEP_AGAIN : STEP_DONE;
}

int git_enumerate_step(struct job *j)
{
	uint32_t tree = git_objects_pop(&j->objects);
	if (tree != NONE)
		return add_differences(j, tree) ? STEP_AGAIN : STEP_DONE;
	if (j->stack != NONE)
		return step_commit(j);
	while (j->at < j->commits && !is_to_visit(j, j->at))
		j->at++;
	if (j->at == j->commits)
		return STEP_DONE;
	visit(j, j->at);
	return STEP_AGAIN;
}
