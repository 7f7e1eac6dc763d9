/* stores.c - clones what machines serve. SPDX-License-Identifier: ISC */
#include "lab/stores.h"
#include "lab/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *stores_dir(struct arena *a, const char *dir, const char *store, int64_t number)
{
	return number == 1 ? str_format(a, "%s/state/%s.git", dir, store)
			   : str_format(a, "%s/state/%lld/%s.git", dir, (long long)number, store);
}

/* Nothing of the user's configuration, no questions, no proxy; the token is on no command line. */
static const char *const *environment(struct session *s)
{
	struct arena *a = s->a;
	strings env = {0};
	const char *path = getenv("PATH"), *token = s->how->state->token;
	const char *const fixed[] = {str_format(a, "PATH=%s", path ? path : "/usr/bin:/bin"),
		"LC_ALL=C", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader",
		str_format(a, "GIT_CONFIG_VALUE_0=%s%s", token ? "Authorization: Bearer " : "",
			token ? token : "")};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		vec_push(a, &env, fixed[i]);
	vec_push(a, &env, NULL);
	return env.v;
}

/* A first time into a folder beside, so that one that is there is whole. */
static const char *const *clone_words(
	struct session *s, const char *url, const char *dir, const char *fresh)
{
	const char *const clone[] = {
		"git", "-c", "http.proxy=", "clone", "--quiet", "--mirror", url, fresh, NULL};
	const char *const fetch[] = {"git", "-c", "http.proxy=", "-c", "gc.auto=0", "-c",
		"safe.directory=*", "--git-dir", dir, "fetch", "--quiet", "--update-shallow",
		"--force", "--prune", "origin", "+refs/*:refs/*", NULL};
	bool again = dir_exists(dir);
	size_t n = again ? sizeof(fetch) / sizeof(*fetch) : sizeof(clone) / sizeof(*clone);
	const char **words = NEW_ARRAY(s->a, const char *, n);
	memcpy(words, again ? fetch : clone, n * sizeof(*words));
	return words;
}

static const char *url_of(struct session *s, size_t at, const char *store, int64_t number)
{
	return str_format(s->a, "http://%s:%lld/%s.git",
		network_address(s->a, &s->nets.v[at], number), (long long)s->how->state->port,
		store);
}

/* What the image itself said, which git shows as "remote: ..."; "" where it said nothing. */
static const char *image_words(struct arena *a, struct str output)
{
	const struct str mark = S("remote: ");
	while (output.n) {
		struct str line = str_trim(str_cut(&output, '\n'));
		if (str_starts(line, mark))
			return str_format(a, "; the image says: %s",
				one_line(a, str_from(line, mark.n), 200));
	}
	return "";
}

static bool is_refused(struct str output)
{
	return str_find(output, S("Authentication failed")) >= 0 ||
	       str_find(output, S("returned error: 403")) >= 0;
}

static const char *failure_words(
	struct session *s, const char *url, const char *store, struct str output)
{
	struct arena *a = s->a;
	const char *hint =
		is_refused(output)
			? str_format(a,
				  " (%s.read= in image.boot.command_line, and image.state.token "
				  "where that is a token, let the lab read it)",
				  store)
			: "";
	return str_format(a, "git can't get %s: %s%s%s", url, last_line(a, output, 300),
		image_words(a, output), hint);
}

bool stores_take(struct session *s, size_t at, const char *store, int64_t number,
	int64_t timeout_ms, const char **why, struct err *e)
{
	struct arena *a = s->a;
	const char *dir = stores_dir(a, s->dir, store, number);
	const char *fresh = str_format(a, "%s.new", dir), *url = url_of(s, at, store, number);
	const struct command git = {.argv = clone_words(s, url, dir, fresh),
		.env = environment(s),
		.output_limit = (size_t)1024 * 1024};
	enum waited how;
	struct outcome out;
	if (!dir_make(path_dir(a, dir), e) || !tree_remove(fresh, e) ||
		!session_run(s, at, &git, timeout_ms, &how, &out, e))
		return false;
	*why = NULL;
	if (how == WAIT_MACHINE)
		*why = str_format(a, "the machine came to its end: %s", session_end(s));
	else if (how == WAIT_TIMEOUT)
		*why = str_format(
			a, "git did not get %s within %g s", url, (double)timeout_ms / 1000);
	else if (out.exit_code)
		*why = failure_words(s, url, store, out.output);
	if (*why)
		return tree_remove(fresh, e);
	return !dir_exists(fresh) || rename(fresh, dir) == 0 || fail_errno(e, "keep %s", dir);
}
