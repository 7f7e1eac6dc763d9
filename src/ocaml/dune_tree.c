/* dune_tree.c - walks a dune workspace and reads its dune files. SPDX-License-Identifier: ISC */
#include "ocaml/dune_tree.h"

#include <string.h>
#include <sys/stat.h>

#include "ocaml/dune_set.h"
#include "ocaml/text_file.h"
#include "sys/sys.h"

#define MAX_FOLDER_DEPTH 100
#define MAX_FOLDERS 200000
#define MAX_INCLUDES 500 /* in one folder */

typedef VEC(struct dune_stanza) stanzas;

const char *dune_path(struct arena *a, const char *dir, const char *name)
{
	struct str rest = str_of(path_join(a, strcmp(dir, ".") ? dir : "", name));
	struct text t = {.a = a};
	text_addz(&t, "");
	if (*name == '/')
		return NULL;
	while (rest.n) {
		struct str part = str_cut(&rest, '/');
		if (!part.n || str_is(part, "."))
			continue;
		if (str_is(part, "..")) {
			if (!t.n)
				return NULL;
			const char *slash = strrchr(t.p, '/');
			t.n = slash ? (size_t)(slash - t.p) : 0;
			t.p[t.n] = '\0';
			continue;
		}
		if (t.n)
			text_addz(&t, "/");
		text_add(&t, part);
	}
	return t.n ? t.p : ".";
}

void dune_problem(struct dune_tree *t, const char *file, const struct err *e)
{
	struct err *kept = NEW(t->a, struct err);
	*kept = *e;
	kept->code = E_INPUT;
	(void)fail_where(kept, "%s:1:1", file);
	vec_push(t->a, &t->out->problems, str_format(t->a, "%s: %s", kept->where, kept->text));
	if (!t->out->broken)
		t->out->broken = kept;
}

void dune_expected(
	struct dune_tree *t, const char *file, const struct sexp *s, const char *expected)
{
	struct err e = {0};
	(void)fail(&e, E_INPUT, "expected %s", expected);
	if (s)
		(void)fail_where(&e, "%s:%d:%d", file, s->line, s->column);
	dune_problem(t, file, &e);
}

bool dune_read(struct dune_tree *t, const char *file, struct sexp *out)
{
	struct str text;
	struct err e = {0};
	vec_push(t->a, &t->out->read, file);
	if (text_file_read(t->a, path_join(t->a, t->root, file), file, SEXP_MAX_SIZE, &text, &e) &&
		sexp_read(t->a, file, text, out, &e))
		return true;
	dune_problem(t, file, &e);
	return false;
}

/* Dune files may be programs: who starts with this comment. */
static bool is_program(struct str text)
{
	return str_starts(str_trim(text), S("(* -*- tuareg -*- *)"));
}

static stanzas *pending_of(struct dune_tree *t, const char *path)
{
	void **at = map_put(&t->pending, str_of(path));
	if (!*at)
		*at = NEW(t->a, stanzas);
	return *at;
}

/* A file that is being read, and the one that includes it. */
struct reading_file {
	const char *name;
	const struct reading_file *above;
};

static bool is_open(const struct reading_file *file, const char *name)
{
	for (; file; file = file->above)
		if (!strcmp(file->name, name))
			return true;
	return false;
}

static void add_stanzas(struct dune_tree *t, struct dune_dir *d, const struct sexp *s,
	const struct reading_file *file);

static void add_include(struct dune_tree *t, struct dune_dir *d, const struct sexp *s,
	const struct reading_file *file)
{
	const char *name = s->n == 2 ? sexp_copy(t->a, &s->items[1]) : NULL;
	const char *from = file->above ? path_dir(t->a, file->name) : d->path;
	const char *path = name ? dune_path(t->a, from, name) : NULL;
	struct sexp more;
	if (!path || !file_exists(path_join(t->a, t->root, path))) {
		d->unsure = str_format(t->a, "%s includes what is not there", file->name);
		dune_expected(t, file->name, s,
			path ? str_format(t->a, "the file %s, which this includes", path)
			     : "the name of a file of the workspace");
	} else if (is_open(file, path) || ++d->includes > MAX_INCLUDES) {
		d->unsure = str_format(t->a, "%s includes files without end", file->name);
		dune_expected(t, file->name, s, "an end: files include each other in a circle");
	} else if (!dune_read(t, path, &more)) {
		d->unsure = str_format(t->a, "%s can't be read", path);
	} else {
		add_stanzas(t, d, &more, &(struct reading_file){path, file});
	}
}

/* "(subdir PATH stanza...)": kept until PATH is visited. */
static void add_subdir(
	struct dune_tree *t, struct dune_dir *d, const struct sexp *s, const char *file)
{
	const char *name = s->n > 1 ? sexp_copy(t->a, &s->items[1]) : NULL;
	const char *path = name ? dune_path(t->a, d->path, name) : NULL;
	if (!path || !strcmp(path, d->path))
		return;
	stanzas *there = pending_of(t, path);
	for (size_t i = 2; i < s->n; i++)
		vec_push(t->a, there, ((struct dune_stanza){s->items[i], file}));
}

static void add_stanza(struct dune_tree *t, struct dune_dir *d, const struct sexp *s,
	const struct reading_file *file)
{
	if (s->kind != SEXP_LIST || !s->n || !sexp_is_atom(s->items)) {
		dune_expected(t, file->name, s, "a stanza: (NAME ...)");
	} else if (sexp_is_call(s, "include")) {
		add_include(t, d, s, file);
	} else if (sexp_is_call(s, "dynamic_include")) {
		d->unsure = str_format(t->a, "%s includes what the build makes", file->name);
	} else if (sexp_is_call(s, "subdir")) {
		add_subdir(t, d, s, file->name);
	} else if (sexp_is_call(s, "include_subdirs")) {
		const char *mode = s->n > 1 ? sexp_copy(t->a, &s->items[1]) : NULL;
		d->subdirs = !mode			    ? SUBDIRS_NO
			     : !strcmp(mode, "unqualified") ? SUBDIRS_UNQUALIFIED
			     : !strcmp(mode, "qualified")   ? SUBDIRS_QUALIFIED
							    : SUBDIRS_NO;
	} else {
		vec_push(t->a, &d->stanzas, ((struct dune_stanza){*s, file->name}));
	}
}

static void add_stanzas(struct dune_tree *t, struct dune_dir *d, const struct sexp *s,
	const struct reading_file *file)
{
	for (size_t i = 0; i < s->n; i++)
		add_stanza(t, d, &s->items[i], file);
}

static void read_dune_file(struct dune_tree *t, struct dune_dir *d, const char *name)
{
	const char *file = dune_path(t->a, d->path, name);
	struct str text;
	struct err e = {0};
	struct sexp all;
	vec_push(t->a, &t->out->read, file);
	if (!text_file_read(t->a, path_join(t->a, t->root, file), file, SEXP_MAX_SIZE, &text, &e)) {
		dune_problem(t, file, &e);
		return;
	}
	if (is_program(text)) {
		vec_push(t->a, &t->out->programs, file);
		d->unsure = str_format(t->a, "%s is an OCaml program", file);
		return;
	}
	if (sexp_read(t->a, file, text, &all, &e)) {
		add_stanzas(t, d, &all, &(struct reading_file){file, NULL});
		return;
	}
	dune_problem(t, file, &e);
	d->unsure = str_format(t->a, "%s can't be read", file);
}

static bool has_name(const strings *names, const char *name)
{
	vec_for(n, names) {
		if (!strcmp(*n, name))
			return true;
	}
	return false;
}

static bool is_word(const char *word, const char *name)
{
	return dune_glob_matches(word, name);
}

static const struct sexp *stanza_of(const struct dune_dir *d, const char *name)
{
	vec_for(stanza, &d->stanzas) {
		if (sexp_is_call(&stanza->s, name))
			return &stanza->s;
	}
	return NULL;
}

static bool is_selected(
	struct dune_tree *t, const struct dune_dir *d, const char *stanza, const char *name)
{
	strings one = {0};
	bool unsure = false;
	vec_push(t->a, &one, name);
	struct dune_universe universe = {.all = &one, .matches = is_word};
	const struct sexp *s = stanza_of(d, stanza);
	return s && dune_set(t->a, s, 1, &universe, &unsure).n;
}

/* Is the folder NAME in D part of the workspace? */
static bool is_wanted(struct dune_tree *t, const struct dune_dir *d, const char *name)
{
	const struct sexp *ignored = stanza_of(d, "ignored_subdirs");
	strings one = {0}, standard = {0};
	bool unsure = false;
	if (!d->parent && t->without && !strcmp(name, t->without))
		return false;
	vec_push(t->a, &one, name);
	if (*name != '.' && *name != '_')
		vec_push(t->a, &standard, name);
	struct dune_universe universe = {&one, &standard, is_word};
	const struct sexp *dirs = stanza_of(d, "dirs");
	if (ignored && dune_set(t->a, ignored, 1, &universe, &unsure).n)
		return false;
	if (!strcmp(name, "_build") || !strcmp(name, ".git"))
		return false;
	return dirs ? dune_set(t->a, dirs, 1, &universe, &unsure).n : standard.n;
}

static struct dune_dir *add_dir(
	struct dune_tree *t, struct dune_dir *parent, const char *path, bool is_data)
{
	struct dune_dir *d = NEW(t->a, struct dune_dir);
	d->path = path;
	d->parent = parent;
	d->project = parent ? parent->project : NULL;
	d->is_vendored = parent && parent->is_vendored;
	d->is_data = is_data;
	*map_put(&t->dirs, str_of(path)) = d;
	vec_push(t->a, &t->all, d);
	if (parent)
		vec_push(t->a, &parent->children, d);
	return d;
}

static void take_pending(struct dune_tree *t, struct dune_dir *d)
{
	stanzas *there = map_get(&t->pending, str_of(d->path));
	for (size_t i = 0; there && i < there->n; i++) {
		struct dune_stanza stanza = there->v[i]; /* the list may grow meanwhile */
		add_stanza(t, d, &stanza.s, &(struct reading_file){stanza.file, NULL});
	}
}

MUST_CHECK static bool walk(struct dune_tree *t, struct dune_dir *d, int depth, struct err *e);

/* A folder that is a link to one that it is in would never end. */
static bool is_own_parent(struct dune_tree *t, const struct dune_dir *d, const char *path)
{
	struct stamp here, above;
	const char *full = path_join(t->a, t->root, path);
	if (!file_stamp(full, &here))
		return true;
	for (; d; d = d->parent)
		if (file_stamp(path_join(t->a, t->root, d->path), &above) &&
			here.inode == above.inode && here.ctime_ns == above.ctime_ns)
			return true;
	return false;
}

MUST_CHECK static bool walk_child(
	struct dune_tree *t, struct dune_dir *d, const char *name, int depth, struct err *e)
{
	const char *path = dune_path(t->a, d->path, name);
	if (d->is_data ? *name == '.' || *name == '_' : !is_wanted(t, d, name))
		return true;
	if (depth > MAX_FOLDER_DEPTH || t->all.n > MAX_FOLDERS)
		return fail(e, E_INPUT, "%s: expected a tree of at most %d folders, %d deep",
			t->root, MAX_FOLDERS, MAX_FOLDER_DEPTH);
	if (is_own_parent(t, d, path))
		return true;
	struct dune_dir *child =
		add_dir(t, d, path, d->is_data || is_selected(t, d, "data_only_dirs", name));
	if (!child->is_vendored && is_selected(t, d, "vendored_dirs", name)) {
		child->is_vendored = true;
		vec_push(t->a, &t->out->vendored, path);
	}
	return walk(t, child, depth + 1, e);
}

/* Folders that only "(subdir ...)" knows. */
static void add_made_dirs(struct dune_tree *t)
{
	for (size_t i = 0; i < t->pending.entries.n; i++) {
		const char *path = str_copy(t->a, t->pending.entries.v[i].key);
		if (map_has(&t->dirs, str_of(path)))
			continue;
		const char *above = path_dir(t->a, path);
		struct dune_dir *parent = map_get(&t->dirs, str_of(above));
		if (!parent || parent->is_data)
			continue;
		take_pending(t, add_dir(t, parent, path, false));
	}
}

/* Pipes and devices are none of dune's; links that lead nowhere are files that can't be read. */
static void sort_names(struct dune_tree *t, struct dune_dir *d, const char *full,
	const strings *names, strings *folders)
{
	vec_for(name, names) {
		struct stamp stamp;
		bool there = file_stamp(path_join(t->a, full, *name), &stamp);
		if (there && S_ISDIR(stamp.mode))
			vec_push(t->a, folders, *name);
		else if (!there || S_ISREG(stamp.mode))
			vec_push(t->a, &d->sources, *name);
		else if (!strncmp(*name, "dune", 4) || str_ends(str_of(*name), S(".opam")))
			vec_push(t->a, &t->out->read, dune_path(t->a, d->path, *name));
	}
}

static bool walk(struct dune_tree *t, struct dune_dir *d, int depth, struct err *e)
{
	const char *full = path_join(t->a, t->root, d->path);
	strings names = {0}, folders = {0};
	if (!dir_list(t->a, full, &names, e))
		return false;
	vec_push(t->a, &t->out->read, d->path);
	sort_names(t, d, full, &names, &folders);
	if (!d->is_data) {
		d->project = dune_project_read(t, d, &d->sources);
		if (has_name(&d->sources, "dune"))
			read_dune_file(t, d, "dune");
		else if (d->project->has_dune_file && has_name(&d->sources, "dune-file"))
			read_dune_file(t, d, "dune-file");
		take_pending(t, d);
	}
	vec_for(name, &folders) {
		if (!walk_child(t, d, *name, depth, e))
			return false;
	}
	return true;
}

/* What it says of contexts and profiles is dune's to know; that it can be read is ours. */
static void read_top(struct dune_tree *t)
{
	struct sexp all;
	if (file_exists(path_join(t->a, t->root, "dune-workspace")) &&
		dune_read(t, "dune-workspace", &all) && all.n && !sexp_is_call(all.items, "lang"))
		dune_expected(t, "dune-workspace", all.items, "'(lang dune VERSION)'");
}

bool dune_tree_read(struct dune_tree *t, struct err *e)
{
	read_top(t);
	if (!walk(t, add_dir(t, NULL, ".", false), 0, e))
		return false;
	add_made_dirs(t);
	return true;
}
