/* steps.c - histories of any repository: all commits behind their parents, refs, folders, files.
 * They come from machines that nobody vouches for: what is too large or not there is an error.
 * SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>

#define STEPS_MAX 500000
#define BLOB_MAX ((size_t)16 * 1024 * 1024)

struct node {
	struct git_step step;
	VEC(size_t) children;
	size_t waits; /* parents that are not written out yet */
};

struct graph {
	struct git_repo *r;
	struct arena *a; /* of the result */
	struct arena scratch;
	VEC(struct node) nodes;
	struct map index;    /* by id: number in NODES, and one */
	VEC(size_t) ready;   /* a heap: the oldest first */
	struct map boundary; /* commits that are shallow */
};

static void drop_graph(struct graph *g)
{
	arena_free(&g->scratch);
}

static void drop_strings(git_strarray *names)
{
	git_strarray_dispose(names);
}

bool steps_refs(struct git_repo *r, struct arena *a, git_refs *out, struct err *e)
{
	git_refs found = {0};
	defer(drop_strings) git_strarray names = {0};
	if (git_reference_list(&names, r->repo) < 0)
		return fail_git(e, "list the refs");
	for (size_t i = 0; i < names.count; i++) {
		struct git_id id;
		if (!repo_find(r, names.strings[i], &id, NULL, e))
			return false;
		if (id.hex[0])
			*vec_add(a, &found) =
				(struct git_ref){str_copy(a, str_of(names.strings[i])), id};
	}
	*out = found;
	return true;
}

/* ---- which commits there are ------------------------------------------------------------- */

/* Git's file "shallow": an id a line. */
static bool read_boundary(struct graph *g, struct err *e)
{
	struct str text;
	const char *file = path_join(&g->scratch, git_repository_path(g->r->repo), "shallow");
	if (!file_exists(file))
		return true;
	if (!file_read(&g->scratch, file, BLOB_MAX, &text, e))
		return false;
	while (text.n)
		map_put(&g->boundary, str_cut(&text, '\n'));
	return true;
}

static size_t find_node(struct graph *g, const struct git_id *id)
{
	void **place = map_put(&g->index, str_of(id->hex));
	if (!*place) {
		struct node *node = vec_add(&g->scratch, &g->nodes);
		node->step.id = *id;
		*place = (void *)g->nodes.n;
	}
	return (size_t)(uintptr_t)*place - 1;
}

/* The parents that the commit itself names, whatever the library makes of a boundary. */
static void read_cut(struct graph *g, const git_commit *c, struct git_step *step)
{
	const struct str mark = S("parent ");
	struct str header = str_of(git_commit_raw_header(c));
	while (header.n) {
		struct str line = str_cut(&header, '\n');
		if (!str_starts(line, mark) || line.n != mark.n + GIT_OID_HEXSZ)
			continue;
		struct git_id *id = vec_add(g->a, &step->cut);
		memcpy(id->hex, line.p + mark.n, GIT_OID_HEXSZ);
		id->hex[GIT_OID_HEXSZ] = '\0';
	}
}

static bool read_node(struct graph *g, size_t i, struct err *e)
{
	defer(drop_commit) git_commit *c = NULL;
	struct git_step step = {.id = g->nodes.v[i].step.id};
	if (!commit_lookup(g->r, &step.id, &c, e)) {
		e->code = E_CORRUPT;
		return false;
	}
	step.tree = id_of(git_commit_tree_id(c));
	step.author = str_copy(g->a, str_of(git_commit_author(c)->name));
	step.message = str_copy(g->a, str_trim(str_of(git_commit_message(c))));
	step.when = git_commit_time(c);
	bool is_boundary = map_has(&g->boundary, str_of(step.id.hex));
	if (is_boundary)
		read_cut(g, c, &step);
	for (unsigned k = 0; !is_boundary && k < git_commit_parentcount(c); k++) {
		struct git_id parent = id_of(git_commit_parent_id(c, k));
		vec_push(g->a, &step.parents, parent);
		size_t at = find_node(g, &parent);
		vec_push(&g->scratch, &g->nodes.v[at].children, i);
		g->nodes.v[i].waits++;
	}
	g->nodes.v[i].step = step;
	return true;
}

/* ---- in which order ---------------------------------------------------------------------- */

static bool is_before(const struct graph *g, size_t x, size_t y)
{
	int64_t a = g->nodes.v[x].step.when, b = g->nodes.v[y].step.when;
	return a != b ? a < b : x > y; /* found later is older, as a rule */
}

static void heap_push(struct graph *g, size_t node)
{
	vec_push(&g->scratch, &g->ready, node);
	size_t *v = g->ready.v, i = g->ready.n - 1;
	for (; i && is_before(g, v[i], v[(i - 1) / 2]); i = (i - 1) / 2) {
		size_t up = v[(i - 1) / 2];
		v[(i - 1) / 2] = v[i];
		v[i] = up;
	}
}

static size_t heap_pop(struct graph *g)
{
	size_t *v = g->ready.v, first = v[0], n = --g->ready.n, i = 0;
	v[0] = v[n];
	for (;;) {
		size_t least = i, left = 2 * i + 1;
		if (left < n && is_before(g, v[left], v[least]))
			least = left;
		if (left + 1 < n && is_before(g, v[left + 1], v[least]))
			least = left + 1;
		if (least == i)
			return first;
		size_t down = v[least];
		v[least] = v[i];
		v[i] = down;
		i = least;
	}
}

static void put_in_order(struct graph *g, git_steps *out)
{
	for (size_t i = 0; i < g->nodes.n; i++)
		if (!g->nodes.v[i].waits)
			heap_push(g, i);
	while (g->ready.n) {
		const struct node *node = &g->nodes.v[heap_pop(g)];
		*vec_add(g->a, out) = node->step;
		vec_for(child, &node->children)
			if (--g->nodes.v[*child].waits == 0)
				heap_push(g, *child);
	}
}

bool steps_read(struct git_repo *r, struct arena *a, git_steps *out, struct err *e)
{
	defer(drop_graph) struct graph g = {.r = r, .a = a};
	git_refs refs;
	git_steps steps = {0};
	g.index.a = g.boundary.a = &g.scratch;
	if (!steps_refs(r, a, &refs, e) || !read_boundary(&g, e))
		return false;
	vec_for(ref, &refs)
		find_node(&g, &ref->id);
	for (size_t i = 0; i < g.nodes.n; i++) {
		if (i == STEPS_MAX)
			return fail(e, E_UNSAFE, "more than %d commits", STEPS_MAX);
		if (!read_node(&g, i, e))
			return false;
	}
	put_in_order(&g, &steps);
	*out = steps;
	return true;
}

/* ---- what they hold ---------------------------------------------------------------------- */

bool steps_folder(struct git_repo *r, struct arena *a, const struct git_id *tree, git_files *out,
	struct err *e)
{
	defer(drop_tree) git_tree *t = NULL;
	git_files found = {0};
	if (!tree_lookup(r, tree, &t, e)) {
		e->code = E_CORRUPT;
		return false;
	}
	for (size_t i = 0; i < git_tree_entrycount(t); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(t, i);
		*vec_add(a, &found) = (struct git_file){
			.path = str_copy(a, str_of(git_tree_entry_name(entry))),
			.mode = (uint32_t)git_tree_entry_filemode_raw(entry),
			.id = id_of(git_tree_entry_id(entry)),
		};
	}
	*out = found;
	return true;
}

bool steps_blob(struct git_repo *r, struct arena *a, const struct git_id *id, struct str *out,
	struct err *e)
{
	defer(drop_blob) git_blob *blob = NULL;
	git_oid oid;
	if (!id_parse(id, &oid) || git_blob_lookup(&blob, r->repo, &oid) < 0) {
		fail_git(e, "read blob %s", id->hex);
		e->code = E_CORRUPT;
		return false;
	}
	struct str bytes = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	if (bytes.n > BLOB_MAX)
		return fail(e, E_UNSAFE, "blob %s has %zu bytes", id->hex, bytes.n);
	*out = (struct str){str_copy(a, bytes), bytes.n};
	return true;
}
