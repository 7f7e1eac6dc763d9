/* actions.c - the programs that actions run, and what is taken from them.
 * SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/debian.h"
#include "build/depfile.h"

#define DEPFILE_LIMIT ((size_t)16 << 20)

const char *scratch_file(const struct engine *g, const struct node *n, const char *ending)
{
	return str_format(g->a, "%s/%zu%s", g->tmp, n->number, ending);
}

static void add(struct engine *g, strings *argv, const char *word)
{
	vec_push(g->a, argv, word);
}

static bool start(struct engine *g, struct node *n, strings *argv, struct command *c, struct err *e)
{
	add(g, argv, NULL);
	c->argv = argv->v;
	c->env = g->env;
	n->started_wall_ns = clock_wall_ns();
	return pool_start(g->pool, g->a, c, n, e);
}

/* ---- compile -------------------------------------------------------------------------- */

/* Debug information and __FILE__ name packages, not folders of this machine. The compiler heeds
 * the last map that fits, so that inner folders come behind outer ones. */
static void add_maps(struct engine *g, const struct package *p, strings *argv)
{
	for (size_t i = g->places.n; i-- > 0;) {
		const struct place *place = &g->places.v[i];
		vec_for(r, &p->closure) {
			const char *tree = str_format(g->a, "<%s>", (*r)->name),
				   *recipe = str_format(g->a, "<recipe of %s>", (*r)->name);
			const char *to = !strcmp(place->name, tree)	? ""
					 : !strcmp(place->name, recipe) ? "/recipes"
									: NULL;
			if (to)
				add(g, argv,
					str_format(g->a, "-ffile-prefix-map=%s=%s/%s", place->dir,
						to, (*r)->name));
		}
	}
}

static strings compile_line(struct engine *g, const struct node *n)
{
	const struct package *p = n->p;
	const char *const base[] = {
		g->tools.cc, "-c", "-g", "-nostdinc", "-isystem", g->tools.include};
	strings argv = {0};
	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++)
		add(g, &argv, base[i]);
	add_maps(g, p, &argv);
	vec_for(flag, &p->flags)
		add(g, &argv, *flag);
	vec_for(s, &p->search)
		if (s->flag)
			add(g, &argv, str_format(g->a, "-I%s", s->flag));
	add(g, &argv, "-MD");
	add(g, &argv, "-MF");
	add(g, &argv, scratch_file(g, n, ".d"));
	add(g, &argv, "-o");
	add(g, &argv, scratch_file(g, n, ".o"));
	add(g, &argv, n->source);
	return argv;
}

static bool start_compile(struct engine *g, struct node *n, struct err *e)
{
	strings argv = compile_line(g, n);
	struct command c = {.dir = n->p->dir};
	/* Only GNU as tells what .incbin and .include read. */
	if (g->tools.cc1) {
		const char *const ask[] = {
			"-Xassembler", "--MD", "-Xassembler", scratch_file(g, n, ".as.d")};
		for (size_t i = 0; i < sizeof(ask) / sizeof(*ask); i++)
			add(g, &argv, ask[i]);
	}
	return start(g, n, &argv, &c, e);
}

/* A file that was seen before the program started must not have changed; one that was seen later
 * must be older than the start. */
bool check_race(struct engine *g, const struct node *n, const char *path, struct err *e)
{
	const struct seen *seen;
	bool same;
	if (!store_see(g->store, path, &seen, e))
		return false;
	bool before = seen->when_ns < n->started_wall_ns;
	if (!before && seen->exists && stamp_is_safe(&seen->stamp, n->started_wall_ns))
		return true;
	if (before && !store_see_again(g->store, path, &same, e))
		return false;
	if (before && same)
		return true;
	g->raced = path;
	return fail(e, E_CONFLICT, "%s changed while it was built", path);
}

/* N's own source, or found before. */
static bool is_known(struct engine *g, const struct node *n, const char *path, const char *name)
{
	vec_for(in, &n->found)
		if (!strcmp(in->name, name))
			return true;
	vec_for(in, &n->known)
		if (in->kind == IN_SOURCE && !strcmp(path_tidy(g->a, known_path(g, n, in)), path))
			return true;
	return false;
}

/* What a program says in DEPFILE that it read, from folder DIR, as inputs of N. */
static bool read_found(
	struct engine *g, struct node *n, const char *dir, const char *ending, struct err *e)
{
	struct str text;
	strings files;
	const char *depfile = scratch_file(g, n, ending);
	if (!file_read(g->a, depfile, DEPFILE_LIMIT, &text, e))
		return false;
	if (!(n->kind == IMAGE ? depfile_read_linker : depfile_read)(g->a, text, &files))
		return fail(e, E_CHILD, "%s: the list of files that were read makes no sense",
			n->output);
	vec_for(file, &files) {
		const char *path = path_tidy(g->a, path_join(g->a, dir, *file));
		const char *name = places_name(g->a, &g->places, path);
		const struct seen *seen;
		if (is_known(g, n, path, name) || str_starts(str_of(path), str_of(g->tmp)))
			continue;
		/* The assembler also lists names that debug information has for sources. */
		if (!file_exists(path) && !strcmp(ending, ".as.d"))
			continue;
		if (!watch(g, path, &seen, e) || !check_race(g, n, path, e))
			return false;
		input_add(g->a, &n->found, IN_HEADER, name, &seen->digest);
	}
	return true;
}

static bool finish_compile(struct engine *g, struct node *n, struct err *e)
{
	inputs shadows = {0};
	const char *source = path_join(g->a, n->p->dir, n->source);
	n->found.n = 0;
	if (!check_race(g, n, source, e) || !read_found(g, n, n->p->dir, ".d", e) ||
		(g->tools.cc1 && !read_found(g, n, n->p->dir, ".as.d", e)) ||
		!probes_find(g, n, e) || !shadows_find(g, n, &n->found, &shadows, e))
		return false;
	vec_for(shadow, &shadows)
		vec_push(g->a, &n->found, *shadow);
	return store_take(g->store, scratch_file(g, n, ".o"), &n->object, e);
}

/* ---- one object for a package --------------------------------------------------------------- */

static bool start_join(struct engine *g, struct node *n, struct err *e)
{
	strings argv = {0};
	const char *const base[] = {g->tools.ld, "-r", "--whole-archive", "-o"};
	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++)
		add(g, &argv, base[i]);
	add(g, &argv, scratch_file(g, n, ".o"));
	vec_for(need, &n->needs)
		add(g, &argv, store_path(g->store, g->a, &(*need)->object));
	struct command c = {0};
	return start(g, n, &argv, &c, e);
}

/* ---- packed files --------------------------------------------------------------------- */

static const char pack_source[] = ".section .rodata.files,\"a\",@progbits\n"
				  ".globl files_start, files_end\n"
				  ".balign 16\n"
				  "files_start:\n"
				  ".incbin \"files.cpio\"\n"
				  "files_end:\n"
				  ".section .note.GNU-stack,\"\",@progbits\n";

static bool start_pack(struct engine *g, struct node *n, struct err *e)
{
	const char *from = path_join(g->a, n->p->r->dir, n->p->r->image->files);
	const char *dir = scratch_file(g, n, ".in");
	struct str archive;
	n->started_wall_ns = clock_wall_ns();
	if (!image_pack(g->a, from, &archive, e) || !dir_make(dir, e) ||
		!file_write_cache(path_join(g->a, dir, "files.cpio"), archive, 0666, e))
		return false;
	strings argv = {0};
	add(g, &argv, g->tools.as);
	add(g, &argv, "-o");
	add(g, &argv, scratch_file(g, n, ".o"));
	struct command c = {.dir = dir, .input = {pack_source, sizeof(pack_source) - 1}};
	int64_t packed_ns = n->started_wall_ns;
	if (!start(g, n, &argv, &c, e))
		return false;
	n->started_wall_ns = packed_ns;
	return true;
}

static bool finish_pack(struct engine *g, struct node *n, struct err *e)
{
	const char *from = path_join(g->a, n->p->r->dir, n->p->r->image->files);
	vec_for(in, &n->known)
		if (in->kind == IN_PACKED && !check_race(g, n, path_join(g->a, from, in->name), e))
			return false;
	return store_take(g->store, scratch_file(g, n, ".o"), &n->object, e);
}

/* ---- image ---------------------------------------------------------------------------- */

/* The linker works in a folder where objects have their own names: the map names them. */
static bool start_image(struct engine *g, struct node *n, struct err *e)
{
	const char *dir = scratch_file(g, n, ".in"), *script;
	strings argv = {0};
	if (!linker_script(g, &script, e) || !dir_make(dir, e))
		return false;
	const char *const base[] = {g->tools.ld, "-T", script, "--gc-sections",
		str_format(g->a, "-Map=%s", scratch_file(g, n, ".map")),
		str_format(g->a, "--dependency-file=%s", scratch_file(g, n, ".d")), "-o",
		scratch_file(g, n, ".out")};
	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++)
		add(g, &argv, base[i]);
	vec_for(need, &n->needs) {
		const char *name = path_base((*need)->output);
		const char *object = store_path(g->store, g->a, &(*need)->object);
		if (symlink(object, path_join(g->a, dir, name)) < 0)
			return fail_errno(e, "link %s to %s", name, object);
		add(g, &argv, name);
	}
	struct command c = {.dir = dir};
	return start(g, n, &argv, &c, e);
}

static bool finish_image(struct engine *g, struct node *n, struct err *e)
{
	struct image_info m;
	const char *script;
	const char *sealed = scratch_file(g, n, ".img");
	n->found.n = 0;
	if (!linker_script(g, &script, e) || !check_race(g, n, script, e) ||
		!read_found(g, n, scratch_file(g, n, ".in"), ".d", e))
		return false;
	manifest_fill(g, &m);
	return image_seal(scratch_file(g, n, ".out"), scratch_file(g, n, ".map"), &m, sealed, e) &&
	       store_take(g->store, sealed, &n->object, e);
}

/* ---- all ------------------------------------------------------------------------------ */

/* What people see: objects by their names, not by their places in the store. */
static const char *link_words(struct engine *g, const struct node *n, const char *first)
{
	struct text t = {.a = g->a};
	text_addf(&t, "%s -o %s", first, n->output);
	vec_for(need, &n->needs)
		text_addf(&t, " %s", (*need)->output);
	return t.p;
}

const char *action_words(struct engine *g, const struct node *n)
{
	switch (n->kind) {
	case COMPILE: {
		strings argv = compile_line(g, n);
		add(g, &argv, NULL);
		return str_format(g->a, "cd %s && %s", n->p->dir, command_line(g->a, argv.v));
	}
	case COMMANDS: {
		struct text t = {.a = g->a};
		vec_for(line, &n->p->r->build.commands->run) {
			strings argv = {0};
			vec_for(word, &line->argv)
				add(g, &argv, *word);
			add(g, &argv, NULL);
			text_addf(&t, "%s%s", t.n ? " && " : "", command_line(g->a, argv.v));
		}
		return t.n ? t.p : "";
	}
	case JOIN:
		return link_words(g, n, "ld -r");
	case PACK:
		return str_format(g->a, "as -o %s", n->output);
	case IMAGE:
		return link_words(g, n, "ld --gc-sections");
	case DEBIAN:
		return debian_words(g, n);
	}
	return "";
}

bool action_start(struct engine *g, struct node *n, struct err *e)
{
	switch (n->kind) {
	case COMPILE:
		return start_compile(g, n, e);
	case COMMANDS:
		return sandbox_start(g, n, e);
	case JOIN:
		return start_join(g, n, e);
	case PACK:
		return start_pack(g, n, e);
	case IMAGE:
		return start_image(g, n, e);
	case DEBIAN:
		return debian_start(g, n, e);
	}
	return fail(e, E_BUG, "an action of no kind");
}

bool action_finish(struct engine *g, struct node *n, bool *again, struct err *e)
{
	*again = false;
	switch (n->kind) {
	case COMPILE:
		return finish_compile(g, n, e);
	case COMMANDS:
		*again = ++n->step < n->p->r->build.commands->run.n;
		return *again || sandbox_finish(g, n, e);
	case JOIN:
		return store_take(g->store, scratch_file(g, n, ".o"), &n->object, e);
	case PACK:
		return finish_pack(g, n, e);
	case IMAGE:
		return finish_image(g, n, e);
	case DEBIAN:
		return debian_finish(g, n, e);
	}
	return fail(e, E_BUG, "an action of no kind");
}
