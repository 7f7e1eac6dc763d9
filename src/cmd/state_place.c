/* state_place.c - finds stores: in kept runs, and on live machines. SPDX-License-Identifier: ISC */
#include "cmd/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "project/project.h"

#define FETCH_MS 60000

/* ---- git, by itself ------------------------------------------------------------------------ */

/* Nothing of the user's configuration counts: what is shown is the same everywhere. */
static const char *const *environment(struct context *c, const char *token, const char *const *more)
{
	strings env = {0};
	const char *path = getenv("PATH");
	const char *const fixed[] = {str_format(c->a, "PATH=%s", path ? path : "/usr/bin:/bin"),
		"LC_ALL=C.UTF-8", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true",
		"GIT_PAGER=cat", "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=safe.directory",
		"GIT_CONFIG_VALUE_0=*", "GIT_CONFIG_KEY_1=http.extraHeader",
		str_format(c->a, "GIT_CONFIG_VALUE_1=%s%s", token ? "Authorization: Bearer " : "",
			token ? token : "")};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		vec_push(c->a, &env, fixed[i]);
	for (; more && *more; more++)
		vec_push(c->a, &env, *more);
	vec_push(c->a, &env, NULL);
	return env.v;
}

/* The length of a colour's sequence at the start of S; 0: there is none. */
static size_t color_length(struct str s)
{
	size_t n = 2;
	if (!str_starts(s, S("\033[")))
		return 0;
	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == ';'))
		n++;
	return n < s.n && s.p[n] == 'm' ? n + 1 : 0;
}

/* C0 and C1 control characters, the latter in UTF-8. */
static bool is_control(struct str s)
{
	unsigned char b = (unsigned char)s.p[0], next = s.n > 1 ? (unsigned char)s.p[1] : 0;
	return (b < ' ' && b != '\n' && b != '\t') || b == 0x7f ||
	       (b == 0xc2 && next >= 0x80 && next < 0xa0);
}

const char *place_text(struct context *c, struct str s)
{
	struct text t = {.a = c->a};
	text_addz(&t, "");
	while (s.n) {
		size_t n = color_length(s);
		if (!n)
			n = 1;
		if (n == 1 && is_control(s))
			text_addz(&t, "?");
		else
			text_add(&t, (struct str){s.p, n});
		s = str_from(s, n);
	}
	return t.p;
}

bool place_git(struct context *c, const struct placed *store, const char *const *words,
	const char *const *more, int *status, struct err *e)
{
	strings argv = {0};
	struct outcome out;
	vec_push(c->a, &argv, "git");
	vec_push(c->a, &argv, "--git-dir");
	vec_push(c->a, &argv, store->dir);
	for (; *words; words++)
		vec_push(c->a, &argv, *words);
	vec_push(c->a, &argv, NULL);
	const struct command git = {.argv = argv.v,
		.env = environment(c, NULL, more),
		.split = true,
		.output_limit = (size_t)256 * 1024 * 1024};
	if (!command_run(c->a, &git, &out, e))
		return false;
	if (out.exit_code > 1)
		return fail(e, E_IO, "git: %.*s", STR(str_trim(out.errors)));
	term_out("%s", place_text(c, out.output));
	*status = out.exit_code;
	return true;
}

/* ---- kept runs ------------------------------------------------------------------------------- */

static bool open_run(
	struct context *c, const char *what, const char *store, struct place *out, struct err *e)
{
	struct run run;
	(void)store;
	if ((!c->w.root && !project_open(c->a, ".", &c->w, e)) ||
		!run_read(c->a, &c->w, what, &run, e))
		return false;
	out->what = run.id;
	vec_for(kept, &run.state)
		if (kept->machine == c->options.machine)
			*vec_add(c->a, &out->stores) =
				(struct placed){kept->store, path_join(c->a, run.dir, kept->path)};
	if (out->stores.n)
		return true;
	if (run.state.n)
		return fail(e, E_NOTFOUND, "run %s has no state of machine %lld", run.id,
			(long long)c->options.machine);
	return fail(e, E_NOTFOUND, "run %s has no state: its image serves none, or it ended early",
		run.id);
}

static bool make_scratch(struct context *c, struct place *out, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	const char *prefix = path_join(c->a, tmp && *tmp ? tmp : "/tmp", "respin-state.");
	return dir_make_temp(c->a, prefix, &out->scratch, e);
}

/* ---- live machines --------------------------------------------------------------------------- */

bool place_is_live(const char *what)
{
	return str_starts(str_of(what), S("http://")) || str_starts(str_of(what), S("https://"));
}

/* "http://10.77.0.2/arp.git" is a store; to "http://10.77.0.2" its name is added. */
static bool live_url(
	struct context *c, const char *what, const char **store, const char **url, struct err *e)
{
	struct str address = str_of(what);
	const char *name = path_base(what);
	while (str_ends(address, S("/")))
		address.n--;
	if (str_ends(address, S(".git"))) {
		*url = str_copy(c->a, address);
		*store = str_copy(c->a, (struct str){name, strlen(name) - 4});
		return true;
	}
	if (!*store) {
		fail(e, E_USAGE, "which store of %s?", what);
		return fail_hint(e, "give its name, or an address like %.*s/arp.git", STR(address));
	}
	*url = str_format(c->a, "%.*s/%s.git", STR(address), *store);
	return true;
}

/* Why git could not get a store; its last words are in E. */
static bool judge_refusal(const char *store, struct err *e)
{
	if (e->code != E_CHILD)
		return false;
	e->code = strstr(e->text, "' not found") ? E_NOTFOUND : E_NET;
	if (strstr(e->text, "Authentication failed"))
		return fail_hint(e, "it wants a token: --token TOKEN, as its %s.read= says", store);
	if (strstr(e->text, "error: 403"))
		return fail_hint(e, "nobody may read it: its command line has no %s.read=", store);
	return false;
}

static bool open_live(
	struct context *c, const char *what, const char *store, struct place *out, struct err *e)
{
	const char *url = NULL;
	struct outcome ignored;
	if (!live_url(c, what, &store, &url, e) || !make_scratch(c, out, e))
		return false;
	const char *dir = str_format(c->a, "%s/%s.git", out->scratch, store);
	const char *const argv[] = {"git", "clone", "--quiet", "--mirror", "--", url, dir, NULL};
	const struct command git = {.argv = argv,
		.env = environment(c, c->options.token, NULL),
		.timeout_ms = FETCH_MS};
	if (!command_must(c->a, &git, &ignored, e))
		return judge_refusal(store, e) || fail_context(e, "get %s", url);
	out->what = url;
	*vec_add(c->a, &out->stores) = (struct placed){store, dir};
	return true;
}

/* ---- disks -------------------------------------------------------------------------------------
 */

static bool is_file(const char *what)
{
	struct stamp stamp;
	return file_stamp(what, &stamp) && S_ISREG(stamp.mode);
}

/* What images never serve: bytes that TCP connections had under way, and the secret of their
 * sequence numbers. */
static bool is_secret(const char *name)
{
	return !strcmp(name, "payload") || !strcmp(name, "machine");
}

static bool open_disk(
	struct context *c, const char *what, const char *store, struct place *out, struct err *e)
{
	strings names;
	if (!make_scratch(c, out, e) || !past_from_disk(c->a, what, out->scratch, &names, e))
		return false;
	vec_for(name, &names)
		if (!is_secret(*name) || (store && !strcmp(store, *name)))
			*vec_add(c->a, &out->stores) = (struct placed){
				*name, str_format(c->a, "%s/%s.git", out->scratch, *name)};
	return out->stores.n || fail(e, E_NOTFOUND, "the disk %s has no stores", what);
}

/* ---- all of them -------------------------------------------------------------------------------
 */

static bool is_anything(const char *what)
{
	(void)what;
	return true;
}

/* The first that fits is it. */
static const struct {
	bool (*fits)(const char *what);
	bool (*open)(struct context *c, const char *what, const char *store, struct place *out,
		struct err *e);
} sources[] = {{place_is_live, open_live}, {is_file, open_disk}, {is_anything, open_run}};

bool place_open(
	struct context *c, const char *what, const char *store, struct place *out, struct err *e)
{
	struct place p = {.what = what};
	size_t i = 0;
	while (!sources[i].fits(what))
		i++;
	if (sources[i].open(c, what, store, &p, e)) {
		*out = p;
		return true;
	}
	place_close(&p);
	return false;
}

void place_close(struct place *p)
{
	struct err e;
	if (p->scratch && !tree_remove(p->scratch, &e))
		term_warn("%s is left: %s", p->scratch, e.text);
	p->scratch = NULL;
}

const struct placed *place_find(const struct place *p, const char *store)
{
	vec_for(s, &p->stores)
		if (!strcmp(s->store, store))
			return s;
	return NULL;
}
