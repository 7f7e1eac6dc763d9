/* scan.c - all files and folders of the workspace that dune may read, with their stamps.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_LIMIT ((size_t)4 << 20)

/* One folder on the way down, for links that lead in circles. */
struct level {
	const struct level *above;
	dev_t device;
	ino_t inode;
};

static bool is_left_out(const char *dir, const char *name)
{
	static const char *const anywhere[] = {
		".git", ".hg", ".svn", ".bzr", "_darcs", "_build", "_opam", ".respin"};
	for (size_t i = 0; i < sizeof(anywhere) / sizeof(*anywhere); i++)
		if (!strcmp(name, anywhere[i]))
			return true;
	return !*dir && !strcmp(name, "overlays");
}

/* Files that say by themselves what their folder is to dune. */
static bool is_read(const char *name)
{
	return !strcmp(name, "dune") || !strcmp(name, "dune-project") ||
	       !strcmp(name, "dune-file") || !strcmp(name, "jbuild");
}

static bool in_circle(const struct level *level, const struct stat *st)
{
	for (; level; level = level->above)
		if (level->inode == st->st_ino && level->device == st->st_dev)
			return true;
	return false;
}

static struct entry *add(struct build *b, const struct mount *m, enum entry_kind kind,
	const char *path, const char *real, const struct stamp *stamp)
{
	struct entry *entry = vec_add(b->a, &b->inputs);
	*entry = (struct entry){
		.kind = kind, .path = path, .real = real, .mount = m, .stamp = *stamp};
	entry->safe = stamp_is_safe(stamp, clock_wall_ns());
	return entry;
}

/* A file whose stamp is as it was need not be read again. */
static bool known_digest(const struct build *b, struct entry *entry)
{
	const struct entry *old =
		b->has_base ? map_get(&b->last.by_path, str_of(entry->path)) : NULL;
	if (!old || !old->safe || strcmp(old->real, entry->real) ||
		!stamp_eq(&old->stamp, &entry->stamp))
		return false;
	entry->digest = old->digest;
	return true;
}

static bool add_file(struct build *b, const struct mount *m, const char *dir, const char *name,
	const char *path, const char *real, const struct stamp *stamp, struct err *e)
{
	if (!S_ISREG(stamp->mode)) {
		add(b, m, ENTRY_ODD, path, real, stamp);
		return true;
	}
	struct entry *entry = add(b, m, ENTRY_FILE, path, real, stamp);
	struct str text;
	if (access(real, R_OK) < 0) { /* to dune, too */
		entry->kind = ENTRY_ODD;
		return true;
	}
	if (is_read(name)) {
		if (!file_read(b->a, real, TEXT_LIMIT, &text, e))
			return false;
		entry->digest = hash_bytes(text);
		special_read(b, dir, path_dir(b->a, real), text, 0);
		return true;
	}
	return known_digest(b, entry) || hash_file(real, &entry->digest, e);
}

static struct mount *mount_at(struct build *b, const char *path)
{
	for (size_t i = 1; i < b->mounts.n; i++)
		if (!strcmp(b->mounts.v[i].at, path))
			return &b->mounts.v[i];
	return NULL;
}

static bool walk(struct build *b, const struct mount *m, const char *dir, const char *real,
	const struct level *above, struct err *e);

static bool visit(struct build *b, const struct mount *m, const char *dir, const char *path,
	const char *real, const struct level *level, struct err *e)
{
	struct stamp stamp;
	struct stat st;
	struct mount *other = mount_at(b, path);
	if (other) {
		m = other;
		real = other->from;
		other->walked = true;
	}
	if (!file_stamp(real, &stamp)) {
		/* A link that leads nowhere; or the file went while we looked. */
		if (link_stamp_at(AT_FDCWD, real, &stamp))
			add(b, m, ENTRY_ODD, path, real, &stamp);
		return true;
	}
	if (!S_ISDIR(stamp.mode))
		return add_file(b, m, dir, path_base(path), path, real, &stamp, e);
	if (stat(real, &st) < 0 || in_circle(level, &st))
		return true;
	add(b, m, ENTRY_FOLDER, path, real, &stamp);
	return walk(b, m, path, real, &(struct level){level, st.st_dev, st.st_ino}, e);
}

/* Dune leaves out folders with such names, unless the dune file beside them speaks of them. They
 * may be large, and none of ours (".direnv"). */
static bool is_hidden(struct build *b, const char *real, const char *name, struct str *dune)
{
	struct err ignored;
	if ((*name != '.' && *name != '_') || !dir_exists(path_join(b->a, real, name)))
		return false;
	if (!dune->p && !file_read(b->a, path_join(b->a, real, "dune"), TEXT_LIMIT, dune, &ignored))
		*dune = S("");
	return str_find(*dune, str_of(name)) < 0;
}

/* Of the names in a folder. */
static struct digest digest_names(const strings *names)
{
	struct hasher h;
	hash_start(&h);
	vec_for(name, names)
		hash_add(&h, (struct str){*name, strlen(*name) + 1});
	return hash_end(&h);
}

/* DIR's entry is the last one. */
static bool walk(struct build *b, const struct mount *m, const char *dir, const char *real,
	const struct level *level, struct err *e)
{
	strings names;
	struct str dune = {0};
	if (access(real, R_OK | X_OK) < 0)
		return true;
	if (!dir_list(b->a, real, &names, e))
		return false;
	b->inputs.v[b->inputs.n - 1].digest = digest_names(&names);
	vec_for(name, &names) {
		if (is_left_out(dir, *name) || is_hidden(b, real, *name, &dune))
			continue;
		const char *path = path_join(b->a, dir, *name);
		if (!visit(b, m, dir, path, path_join(b->a, real, *name), level, e))
			return false;
	}
	return true;
}

/* Folders above PATH that nothing else brings. */
static void make_way(struct build *b, const char *path)
{
	for (const char *at = path_dir(b->a, path); strcmp(at, "."); at = path_dir(b->a, at)) {
		*map_put(&b->real, str_of(at)) = b;
		*map_put(&b->way, str_of(at)) = b;
	}
}

void scan_ways(struct build *b)
{
	const struct mount *root = b->mounts.v;
	b->real = b->own = b->opam = b->way = b->included = (struct map){.a = b->a};
	*map_put(&b->real, S("")) = b;
	vec_for(m, &b->mounts)
		if (m != root && (m->over || m->added || root->over))
			make_way(b, m->at);
}

bool scan(struct build *b, struct err *e)
{
	struct stamp stamp;
	struct stat st;
	struct mount *root = b->mounts.v;
	scan_ways(b);
	if (!file_stamp(root->from, &stamp) || stat(root->from, &st) < 0)
		return fail_errno(e, "look at %s", root->from);
	vec_for(m, &b->mounts)
		m->walked = m == root;
	add(b, root, ENTRY_FOLDER, "", root->from, &stamp);
	const struct level level = {NULL, st.st_dev, st.st_ino};
	if (!walk(b, root, "", root->from, &level, e))
		return false;
	vec_for(m, &b->mounts)
		if (!m->walked && !visit(b, m, path_dir(b->a, m->at), m->at, m->from, &level, e))
			return false;
	return true;
}

/* A file that was young when it was read, and is the same now that it is old enough. */
static bool is_settled(struct build *b, const struct entry *entry)
{
	struct stamp now;
	struct digest d;
	strings names;
	struct err ignored;
	if (!file_stamp(entry->real, &now) || !stamp_eq(&now, &entry->stamp) ||
		!stamp_is_safe(&now, clock_wall_ns()))
		return false;
	if (entry->kind == ENTRY_FILE)
		return hash_file(entry->real, &d, &ignored) && digest_eq(&d, &entry->digest);
	if (entry->kind != ENTRY_FOLDER || !dir_list(b->a, entry->real, &names, &ignored))
		return false;
	d = digest_names(&names);
	return digest_eq(&d, &entry->digest);
}

void scan_settle(struct build *b)
{
	vec_for(entry, &b->inputs)
		if (!entry->safe && entry->real)
			entry->safe = is_settled(b, entry);
}
