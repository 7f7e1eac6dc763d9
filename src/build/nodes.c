/* nodes.c - the actions of a build, and what each depends on. SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/debian.h"
#include "build/glob.h"

struct node *node_add(struct engine *g, enum node_kind kind, struct package *p, const char *output)
{
	struct node *n = NEW(g->a, struct node);
	n->kind = kind;
	n->p = p;
	n->output = output;
	n->number = g->nodes.n;
	n->log.a = g->a;
	vec_push(g->a, &g->nodes, n);
	return n;
}

/* "lwip/src/core/tcp_in.o" for "src/core/tcp_in.c". */
static const char *object_name(struct arena *a, const struct package *p, const char *source)
{
	const char *dot = strrchr(path_base(source), '.');
	struct str stem = {source, dot ? (size_t)(dot - source) : strlen(source)};
	return str_format(a, "%s/%.*s.o", p->r->name, STR(stem));
}

static bool is_compilable(const char *source)
{
	struct str s = str_of(source);
	return str_ends(s, S(".c")) || str_ends(s, S(".S"));
}

static bool wrong_source(const struct package *p, size_t i, const char *what, struct err *e)
{
	fail(e, E_INPUT, "%s %s", p->r->build.objects->sources.v[i], what);
	return fail_where(e, "%s:/build/objects/sources/%zu", p->r->file, i);
}

/* One compile for each file that matches, in the order of the patterns. */
static bool add_compiles(struct engine *g, struct package *p, struct node *join, struct err *e)
{
	const strings *patterns = &p->r->build.objects->sources;
	struct map taken = {.a = g->a};
	for (size_t i = 0; i < patterns->n; i++) {
		strings files;
		const char *pattern = path_tidy(g->a, patterns->v[i]);
		if (!glob_files(g->a, p->dir, pattern, &files, watch_only, g, e))
			return false;
		if (!files.n)
			return wrong_source(p, i, "matches no file in the source tree", e);
		vec_for(file, &files) {
			if (!is_compilable(*file))
				return wrong_source(p, i, "matches a file that isn't .c or .S", e);
			if (map_has(&taken, str_of(*file)))
				continue;
			*map_put(&taken, str_of(*file)) = p;
			struct node *n = node_add(g, COMPILE, p, object_name(g->a, p, *file));
			n->source = *file;
			vec_push(g->a, &join->needs, n);
		}
	}
	return true;
}

/* The package's own build works on a copy of the whole tree, which must not hold itself. */
static bool add_commands(struct engine *g, struct package *p, struct node *join, struct err *e)
{
	if (str_starts(str_of(g->tmp), str_of(path_join(g->a, p->dir, "")))) {
		fail(e, E_INPUT, "the source tree %s holds the workspace's own state", p->dir);
		fail_hint(e, "keep the source in a folder beside .respin");
		return fail_where(e, "%s:/source", p->r->file);
	}
	const char *output = p->r->build.commands->output;
	const char *name = str_format(g->a, "%s/%s", p->r->name, output);
	vec_push(g->a, &join->needs, node_add(g, COMMANDS, p, name));
	return true;
}

static bool add_package(struct engine *g, struct package *p, struct err *e)
{
	const struct build_how *how = &p->r->build;
	if (how->debian)
		return debian_node_add(g, p, e);
	if (!how->objects && !how->commands)
		return true;
	struct node join = {0};
	if (p->dir && how->objects && !add_compiles(g, p, &join, e))
		return false;
	if (p->dir && how->commands && !add_commands(g, p, &join, e))
		return false;
	p->object = node_add(g, JOIN, p, str_format(g->a, "%s.o", p->r->name));
	p->object->needs = join.needs;
	return true;
}

static bool add_image(struct engine *g, struct err *e)
{
	struct package *p = g->packages.v;
	struct node *pack = NULL;
	if (p->r->image->files)
		pack = node_add(g, PACK, p, str_format(g->a, "%s/files.o", p->r->name));
	struct node *image = node_add(g, IMAGE, p, p->r->name);
	vec_for(one, &g->packages)
		if (one->object)
			vec_push(g->a, &image->needs, one->object);
	if (!image->needs.n) {
		fail(e, E_INPUT, "%s needs no package that builds anything", p->r->name);
		return fail_where(e, "%s:/needs", p->r->file);
	}
	if (pack)
		vec_push(g->a, &image->needs, pack);
	return true;
}

bool nodes_make(struct engine *g, struct err *e)
{
	if (!g->q->image->image)
		return add_package(g, g->packages.v, e);
	vec_for(p, &g->packages)
		if (!add_package(g, p, e))
			return false;
	return add_image(g, e);
}

struct node *nodes_target(const struct engine *g)
{
	return g->nodes.v[g->nodes.n - 1];
}

/* ---- what an action depends on ---------------------------------------------------------- */

static bool add_file(struct engine *g, inputs *known, enum input_kind kind, const char *path,
	const char *name, struct err *e)
{
	const struct seen *seen;
	if (!watch(g, path, &seen, e))
		return false;
	input_add(g->a, known, kind, name, &seen->digest);
	return true;
}

static bool know_compile(struct engine *g, struct node *n, struct err *e)
{
	vec_for(in, &n->p->known)
		vec_push(g->a, &n->known, *in);
	fields_inputs(g->a, n->p->r, COMPILE, &n->known);
	return add_file(
		g, &n->known, IN_SOURCE, path_join(g->a, n->p->dir, n->source), n->source, e);
}

/* A file of a tree that programs of the package's own run over: its bytes, whether it is
 * executable, and where it leads. */
static bool add_tree_file(struct engine *g, inputs *known, const char *root, const char *file,
	const char *name, struct err *e)
{
	const char *path = path_join(g->a, root, file);
	const struct seen *seen;
	char target[4096];
	if (!watch(g, path, &seen, e))
		return false;
	ssize_t n = readlink(path, target, sizeof(target));
	struct hasher h;
	hash_start(&h);
	hash_add(&h, (struct str){(const char *)seen->digest.b, sizeof(seen->digest.b)});
	hash_add(&h, seen->stamp.mode & S_IXUSR ? S("x") : S("-"));
	hash_add(&h, (struct str){target, n > 0 ? (size_t)n : 0});
	struct digest d = hash_end(&h);
	input_add(g->a, known, IN_SOURCE, name, &d);
	return true;
}

bool node_know_tree(
	struct engine *g, inputs *known, const char *root, const char *name, struct err *e)
{
	strings files;
	if (!watch_tree(g, root, &files, e))
		return false;
	vec_for(file, &files)
		if (!add_tree_file(g, known, root, *file, path_join(g->a, name, *file), e))
			return false;
	return true;
}

/* The programs of the system that the package names; its own are in its tree. */
static bool add_programs(struct engine *g, struct node *n, struct err *e)
{
	vec_for(line, &n->p->r->build.commands->run) {
		const char *name = line->argv.n ? line->argv.v[0] : "";
		const char *path = strchr(name, '/') ? NULL : program_find(g->a, name);
		if (!tool_input(g, &n->known, name, path, e))
			return false;
	}
	return true;
}

static bool know_commands(struct engine *g, struct node *n, struct err *e)
{
	vec_for(in, &n->p->known)
		vec_push(g->a, &n->known, *in);
	fields_inputs(g->a, n->p->r, COMMANDS, &n->known);
	if (!tool_input(g, &n->known, "linker", g->tools.ld, e) || !add_programs(g, n, e) ||
		!node_know_tree(g, &n->known, n->p->dir, "", e))
		return false;
	vec_for(s, &n->p->search)
		if (!node_know_tree(g, &n->known, s->dir, s->name, e))
			return false;
	return true;
}

const char *known_path(struct engine *g, const struct node *n, const struct input *in)
{
	const char *path = in->name[0] == '<' ? places_path(g->a, &g->places, in->name) : in->name;
	return path_join(g->a, n->p->dir, path);
}

static void add_objects(struct engine *g, struct node *n)
{
	vec_for(need, &n->needs)
		input_add(g->a, &n->known, IN_OBJECT, (*need)->output, &(*need)->object);
}

static bool know_join(struct engine *g, struct node *n, struct err *e)
{
	fields_inputs(g->a, n->p->r, JOIN, &n->known);
	add_objects(g, n);
	return tool_input(g, &n->known, "linker", g->tools.ld, e);
}

static bool know_pack(struct engine *g, struct node *n, struct err *e)
{
	strings files;
	const char *dir = path_join(g->a, n->p->r->dir, n->p->r->image->files);
	if (!dir_exists(dir)) {
		fail(e, E_INPUT, "there is no folder %s", dir);
		return fail_where(e, "%s:/image/files", n->p->r->file);
	}
	fields_inputs(g->a, n->p->r, PACK, &n->known);
	if (!tool_input(g, &n->known, "assembler", g->tools.as, e) ||
		!watch_tree(g, dir, &files, e))
		return false;
	vec_for(file, &files) {
		const char *path = path_join(g->a, dir, *file);
		struct stat st;
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
			!add_file(g, &n->known, IN_PACKED, path, *file, e))
			return false;
	}
	return true;
}

bool linker_script(struct engine *g, const char **out, struct err *e)
{
	const struct package *giver = NULL;
	const struct recipe *image = g->packages.v->r;
	vec_for(p, &g->packages) {
		if (!p->r->provides.link)
			continue;
		if (giver) {
			fail(e, E_INPUT, "both %s and %s provide a linker script for %s",
				giver->r->name, p->r->name, image->name);
			return fail_where(e, "%s:/provides/link", p->r->file);
		}
		giver = p;
	}
	if (!giver) {
		fail(e, E_INPUT, "no package that %s needs provides a linker script", image->name);
		fail_hint(e, "an image needs a platform: a package with provides.link");
		return fail_where(e, "%s:/needs", image->file);
	}
	*out = giver->dir ? path_join(g->a, giver->dir, giver->r->provides.link) : NULL;
	return true;
}

static bool know_image(struct engine *g, struct node *n, struct err *e)
{
	const char *script;
	if (!linker_script(g, &script, e) || !tool_input(g, &n->known, "linker", g->tools.ld, e))
		return false;
	if (script && !add_file(g, &n->known, IN_SOURCE, script,
			      places_name(g->a, &g->places, script), e))
		return false;
	fields_inputs(g->a, n->p->r, IMAGE, &n->known);
	add_objects(g, n);
	manifest_inputs(g, &n->known);
	return true;
}

bool node_know(struct engine *g, struct node *n, struct err *e)
{
	bool (*know)(struct engine *, struct node *, struct err *) =
		n->kind == COMPILE    ? know_compile
		: n->kind == COMMANDS ? know_commands
		: n->kind == JOIN     ? know_join
		: n->kind == PACK     ? know_pack
		: n->kind == DEBIAN   ? debian_know
				      : know_image;
	n->known.n = 0;
	if (!know(g, n, e))
		return false;
	n->key = inputs_key(&n->known);
	return true;
}
