/* sandbox.c - programs of a package's own build, shut in by bubblewrap: no network, the system
 * read-only, a private copy of the source, nothing of the user's. The same paths on every machine.
 * SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>
#include <unistd.h>

#include "build/debian.h"

#define OUTPUT_LIMIT ((size_t)16 << 20)

struct line {
	struct engine *g;
	strings argv;
};

static void add(struct line *l, const char *word)
{
	vec_push(l->g->a, &l->argv, word);
}

static void add3(struct line *l, const char *option, const char *a, const char *b)
{
	add(l, option);
	add(l, a);
	add(l, b);
}

/* /usr, and the links or folders beside it through which its programs find their libraries. */
static bool add_system(struct line *l, struct err *e)
{
	static const char *const parts[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64"};
	add3(l, "--ro-bind", "/usr", "/usr");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char target[4096];
		ssize_t n = readlink(parts[i], target, sizeof(target));
		if (n > 0)
			add3(l, "--symlink", str_copy(l->g->a, (struct str){target, (size_t)n}),
				parts[i]);
		else if (dir_exists(parts[i]))
			add3(l, "--ro-bind", parts[i], parts[i]);
	}
	add3(l, "--ro-bind-try", "/etc/alternatives", "/etc/alternatives");
	if (program_find(l->g->a, "bwrap"))
		return true;
	fail(e, E_ABSENT, "there is no bwrap: packages that build by commands need it");
	return fail_hint(e, "install bubblewrap");
}

/* Where a folder of the search path is inside: /NAME/..., as debug information names it. */
static const char *inner_path(struct engine *g, const char *name)
{
	struct str s = str_of(name);
	ptrdiff_t end = str_find(s, S(">"));
	if (s.p[0] != '<' || end < 0)
		return name;
	struct str place = {s.p + 1, (size_t)end - 1};
	struct str recipe = S("recipe of ");
	bool is_recipe = str_starts(place, recipe);
	if (is_recipe)
		place = str_from(place, recipe.n);
	return str_format(
		g->a, "%s/%.*s%s", is_recipe ? "/recipes" : "", STR(place), name + end + 1);
}

static void add_search_path(struct line *l, const struct node *n, struct text *flags)
{
	vec_for(flag, &n->p->flags)
		text_addf(flags, "%s%s", flags->n ? " " : "", *flag);
	vec_for(s, &n->p->search) {
		const char *inner = inner_path(l->g, s->name);
		add3(l, "--ro-bind", s->dir, inner);
		text_addf(flags, "%s-I%s", flags->n ? " " : "", inner);
	}
}

static void add_environment(struct line *l, const char *flags)
{
	add3(l, "--setenv", "PATH", "/usr/bin:/bin");
	add3(l, "--setenv", "HOME", "/tmp");
	add3(l, "--setenv", "LC_ALL", "C");
	add3(l, "--setenv", "TZ", "UTC0");
	add3(l, "--setenv", "SOURCE_DATE_EPOCH", "1");
	add3(l, "--setenv", "CC", l->g->tools.cc);
	add3(l, "--setenv", "CFLAGS", flags);
}

static const char *copy_dir(const struct engine *g, const struct node *n)
{
	return scratch_file(g, n, ".src");
}

static void add_walls(struct line *l)
{
	static const char *const walls[] = {"bwrap", "--unshare-all", "--die-with-parent",
		"--new-session", "--clearenv", "--cap-drop", "ALL", "--hostname", "respin"};
	for (size_t i = 0; i < sizeof(walls) / sizeof(*walls); i++)
		add(l, walls[i]);
}

bool sandbox_line(struct engine *g, strings *argv, struct err *e)
{
	struct line l = {.g = g};
	add_walls(&l);
	if (!add_system(&l, e))
		return false;
	add3(&l, "--proc", "/proc", "--dev");
	add3(&l, "/dev", "--tmpfs", "/tmp");
	*argv = l.argv;
	return true;
}

bool sandbox_start(struct engine *g, struct node *n, struct err *e)
{
	struct line l = {.g = g};
	struct text flags = {.a = g->a};
	const char *inside = str_format(g->a, "/%s", n->p->r->name);
	if (n->step == 0) {
		n->started_wall_ns = clock_wall_ns();
		if (!tree_copy(n->p->dir, copy_dir(g, n), ".git", e))
			return fail_context(e, "copying the source of %s", n->p->r->name);
	}
	if (!sandbox_line(g, &l.argv, e))
		return false;
	add3(&l, "--bind", copy_dir(g, n), inside);
	text_addz(&flags, "");
	add_search_path(&l, n, &flags);
	add_environment(&l, flags.p);
	add(&l, "--remount-ro");
	add3(&l, "/", "--chdir", inside);
	add(&l, "--");
	vec_for(word, &n->p->r->build.commands->run.v[n->step].argv)
		add(&l, *word);
	add(&l, NULL);
	struct command c = {.argv = l.argv.v, .env = g->env};
	return pool_start(g->pool, g->a, &c, n, e);
}

bool sandbox_finish(struct engine *g, struct node *n, struct err *e)
{
	const char *output = n->p->r->build.commands->output;
	const char *made = path_join(g->a, copy_dir(g, n), output);
	const char *real, *top;
	vec_for(in, &n->known)
		if (in->kind == IN_SOURCE && !check_race(g, n, known_path(g, n, in), e))
			return false;
	if (!file_exists(made)) {
		fail(e, E_INPUT, "the build of %s did not make %s", n->p->r->name, output);
		return fail_where(e, "%s:/build/commands/output", n->p->r->file);
	}
	/* A link may lead out of the copy, to a file that is not ours to move. */
	if (!path_real(g->a, made, &real, e) || !path_real(g->a, copy_dir(g, n), &top, e))
		return false;
	if (!str_starts(str_of(real), str_of(top)))
		return fail(e, E_UNSAFE, "%s of %s leads out of its tree", output, n->p->r->name);
	return store_take(g->store, real, &n->object, e);
}
