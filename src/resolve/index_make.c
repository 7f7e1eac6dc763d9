/* index_make.c - makes an index: walks the tree and asks ctags about what is new in it.
 * SPDX-License-Identifier: ISC */
#include "resolve/index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "resolve/tags.h"

#define MAX_DEPTH 64

struct node {
	const char *path;
	struct stamp stamp;
};
struct name {
	struct str name;
	uint32_t file, line;
	char kind;
	bool local;
};
struct maker {
	struct arena *a;
	const char *root;
	const struct index *old; /* header is NULL where there is none */
	int64_t read_ns;
	VEC(struct node) files;
	VEC(struct node) folders;
	VEC(struct name) names;
};

/* ---- the tree ------------------------------------------------------------------------- */

/* A folder's stamp is taken before its names are read: who comes later is seen next time. Hidden
 * names (.git, an editor's) are no sources, neither here nor for the patterns of recipes. */
static bool walk(struct maker *m, int fd, const char *folder, int depth, struct err *e)
{
	struct stamp stamp;
	strings names;
	if (depth > MAX_DEPTH)
		return fail(
			e, E_INPUT, "%s/%s: more than %d folders deep", m->root, folder, MAX_DEPTH);
	if (!file_stamp_at(fd, *folder ? folder : ".", &stamp))
		return fail_errno(e, "look at %s/%s", m->root, folder);
	vec_push(m->a, &m->folders, ((struct node){folder, stamp}));
	if (!dir_list(m->a, path_join(m->a, m->root, folder), &names, e))
		return false;
	vec_for(name, &names) {
		const char *path = path_join(m->a, folder, *name);
		struct stat st;
		if (**name == '.' || fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode) && !walk(m, fd, path, depth + 1, e))
			return false;
		if (!S_ISDIR(st.st_mode) && file_stamp_at(fd, path, &stamp) && S_ISREG(stamp.mode))
			vec_push(m->a, &m->files, ((struct node){path, stamp}));
	}
	return true;
}

static int by_path(const void *x, const void *y)
{
	return strcmp(((const struct node *)x)->path, ((const struct node *)y)->path);
}

static bool read_tree(struct maker *m, struct err *e)
{
	defer(close_fd) int fd = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open folder %s", m->root);
	if (!walk(m, fd, "", 0, e))
		return false;
	if (m->files.n)
		qsort(m->files.v, m->files.n, sizeof(*m->files.v), by_path);
	if (m->files.n + m->folders.n > UINT32_MAX)
		return fail(e, E_INPUT, "%s has too many files", m->root);
	return true;
}

/* ---- the names ------------------------------------------------------------------------ */

static bool is_unchanged(
	const struct maker *m, const struct index_node *old, const struct node *now)
{
	return stamp_eq(&old->stamp, &now->stamp) &&
	       stamp_is_safe(&now->stamp, m->old->header->read_ns);
}

/* Takes over what the old index says of unchanged files. TAKEN[i]: file i needs no ctags. */
static void take_old_names(struct maker *m, bool *taken)
{
	if (!m->old->header)
		return;
	defer(arena_free) struct arena scratch = {0};
	size_t old_files = m->old->header->files, o = 0;
	uint32_t *place = NEW_ARRAY(&scratch, uint32_t, old_files); /* new index + 1 */
	for (size_t i = 0; i < m->files.n; i++) {
		const struct node *now = &m->files.v[i];
		while (o < old_files &&
			strcmp(index_text(m->old, m->old->nodes[o].path), now->path) < 0)
			o++;
		if (o == old_files ||
			strcmp(index_text(m->old, m->old->nodes[o].path), now->path) ||
			!is_unchanged(m, &m->old->nodes[o], now))
			continue;
		place[o] = (uint32_t)i + 1;
		taken[i] = true;
	}
	for (size_t i = 0; i < m->old->header->entries; i++) {
		const struct index_entry *entry = &m->old->entries[i];
		if (entry->kind == INDEX_FILE_KIND || entry->file >= old_files ||
			!place[entry->file])
			continue;
		vec_push(m->a, &m->names,
			((struct name){str_of(index_name(m->old, entry)), place[entry->file] - 1,
				entry->line, entry->kind, entry->local}));
	}
}

static bool add_new_names(struct maker *m, const bool *taken, struct err *e)
{
	strings changed = {0};
	VEC(uint32_t) places = {0};
	tags found;
	for (size_t i = 0; i < m->files.n; i++) {
		if (taken[i] || !tags_knows(m->files.v[i].path))
			continue;
		vec_push(m->a, &changed, m->files.v[i].path);
		vec_push(m->a, &places, (uint32_t)i);
	}
	if (!tags_read(m->a, m->root, &changed, &found, e))
		return false;
	vec_for(tag, &found) {
		vec_push(m->a, &m->names,
			((struct name){
				tag->name, places.v[tag->file], tag->line, tag->kind, tag->local}));
	}
	return true;
}

static int by_name(const void *x, const void *y)
{
	const struct name *a = x, *b = y;
	int order = str_cmp(a->name, b->name);
	if (order)
		return order;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

/* ---- the bytes ------------------------------------------------------------------------ */

static uint32_t add_text(struct text *text, struct str s)
{
	size_t at = text->n;
	text_add(text, s);
	text_add(text, (struct str){"", 1});
	return (uint32_t)at;
}

static struct index_node pack_node(struct text *text, const struct node *n)
{
	return (struct index_node){n->stamp, add_text(text, str_of(n->path)), tags_knows(n->path)};
}

static void add_bytes(struct text *out, const void *p, size_t n)
{
	text_add(out, (struct str){p, n});
}

/* Entries are sorted: equal names follow each other and share their text. */
static void pack_entries(const struct maker *m, struct text *out, struct text *text)
{
	struct str last = {0};
	uint32_t at = 0;
	vec_for(n, &m->names) {
		if (!last.p || !str_eq(last, n->name))
			at = add_text(text, n->name);
		last = n->name;
		add_bytes(out, &(struct index_entry){at, n->file, n->line, n->kind, n->local},
			sizeof(struct index_entry));
	}
}

static bool pack(const struct maker *m, struct str *out, struct err *e)
{
	struct text body = {.a = m->a}, text = {.a = m->a}, whole = {.a = m->a};
	struct index_header header = {.magic = INDEX_MAGIC,
		.read_ns = m->read_ns,
		.files = (uint32_t)m->files.n,
		.folders = (uint32_t)m->folders.n,
		.entries = (uint32_t)m->names.n,
		.symbols = (uint32_t)(m->names.n - m->files.n)};
	vec_for(file, &m->files) {
		struct index_node node = pack_node(&text, file);
		add_bytes(&body, &node, sizeof(node));
	}
	vec_for(folder, &m->folders) {
		struct index_node node = pack_node(&text, folder);
		add_bytes(&body, &node, sizeof(node));
	}
	pack_entries(m, &body, &text);
	if (text.n > UINT32_MAX || m->names.n > UINT32_MAX)
		return fail(e, E_INPUT, "%s has too many names", m->root);
	header.text = (uint32_t)text.n;
	header.size = sizeof(header) + body.n + text.n;
	add_bytes(&whole, &header, sizeof(header));
	text_add(&whole, text_str(&body));
	text_add(&whole, text_str(&text));
	header.sum = records_sum(str_from(text_str(&whole), sizeof(header)));
	memcpy(whole.p, &header, sizeof(header));
	*out = text_str(&whole);
	return true;
}

bool index_make(
	struct arena *a, const char *tree, const struct index *old, struct str *out, struct err *e)
{
	struct maker m = {.a = a, .root = tree, .old = old, .read_ns = clock_wall_ns()};
	if (!read_tree(&m, e))
		return false;
	bool *taken = NEW_ARRAY(a, bool, m.files.n);
	take_old_names(&m, taken);
	if (!add_new_names(&m, taken, e))
		return false;
	for (size_t i = 0; i < m.files.n; i++)
		vec_push(a, &m.names,
			((struct name){str_of(path_base(m.files.v[i].path)), (uint32_t)i, 0,
				INDEX_FILE_KIND, false}));
	if (m.names.n)
		qsort(m.names.v, m.names.n, sizeof(*m.names.v), by_name);
	return pack(&m, out, e);
}
