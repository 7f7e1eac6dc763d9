/* repo.c - making and opening repositories, names, and who commits. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void drop_config(git_config **c)
{
	git_config_free(*c);
}

/* Opens what belongs to a repository; takes REPO over. The handle is libc memory because its
 * life is not that of any arena. */
static bool wrap(git_repository *repo, const char *dir, struct git_repo **out, struct err *e)
{
	struct git_repo *r = base_get_memory(sizeof(*r));
	if (!r)
		base_out_of_memory(sizeof(*r));
	*r = (struct git_repo){.repo = repo, .dir = -1};
	r->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		fail_errno(e, "open folder %s", dir);
	else if (git_repository_odb(&r->odb, repo) < 0)
		fail_git(e, "open the objects of %s", dir);
	else
		return *out = r, true;
	repo_close(&r);
	return false;
}

/* Bytes go in and out as they are, for git programs of the user too. */
static bool keep_bytes(git_repository *repo, const char *dir, struct err *e)
{
	defer(drop_config) git_config *config = NULL;
	if (git_repository_config(&config, repo) < 0 ||
		git_config_set_bool(config, "core.autocrlf", 0) < 0 ||
		git_config_set_bool(config, "core.safecrlf", 0) < 0 ||
		git_config_set_bool(config, "core.fileMode", 1) < 0)
		return fail_git(e, "configure the repository in %s", dir);
	defer(arena_free) struct arena scratch = {0};
	return file_write_cache(path_join(&scratch, dir, ".git/info/attributes"),
		S("* -text -ident -filter -working-tree-encoding merge\n"), 0644, e);
}

bool repo_create(const char *dir, struct git_repo **out, struct err *e)
{
	if (!git_start(e))
		return false;
	git_repository *repo = NULL;
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR;
	options.initial_head = "main";
	if (git_repository_init_ext(&repo, dir, &options) < 0)
		return fail_git(e, "create a git repository in %s", dir);
	if (!keep_bytes(repo, dir, e)) {
		git_repository_free(repo);
		return false;
	}
	/* All of it can be made again, and is synced as a whole when it is put in its place. */
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0);
	return wrap(repo, dir, out, e);
}

bool repo_open(const char *dir, struct git_repo **out, struct err *e)
{
	if (!git_start(e))
		return false;
	git_repository *repo = NULL;
	if (git_repository_open_ext(&repo, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0) {
		fail_git(e, "open the git repository in %s", dir);
		e->code = E_INPUT;
		return false;
	}
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	return wrap(repo, dir, out, e);
}

void repo_close(struct git_repo **r)
{
	if (!*r)
		return;
	close_fd(&(*r)->dir);
	git_odb_free((*r)->odb);
	git_repository_free((*r)->repo);
	base_put_memory(*r);
	*r = NULL;
}

bool repo_find(struct git_repo *r, const char *name, struct git_id *commit, struct git_id *tree,
	struct err *e)
{
	struct git_id none = {""};
	git_oid oid;
	int found = git_reference_name_to_id(&oid, r->repo, name);
	if (found == GIT_ENOTFOUND || found == GIT_EUNBORNBRANCH) {
		*commit = none;
		if (tree)
			*tree = none;
		return true;
	}
	defer(drop_commit) git_commit *c = NULL;
	git_object *object = NULL;
	if (found < 0 || git_object_lookup(&object, r->repo, &oid, GIT_OBJECT_ANY) < 0 ||
		git_object_peel((git_object **)&c, object, GIT_OBJECT_COMMIT) < 0) {
		git_object_free(object);
		return fail_git(e, "read %s", name);
	}
	git_object_free(object);
	*commit = id_of(git_commit_id(c));
	if (tree)
		*tree = id_of(git_commit_tree_id(c));
	return true;
}

/* Adds the file at PATH to CONFIG if there is one. */
static void add_config(git_config *config, const char *path, git_config_level_t level)
{
	if (path && file_exists(path))
		git_config_add_file_ondisk(config, path, level, NULL, 0);
}

/* The repository's own configuration, then the user's, then the machine's. */
static git_config *identity_config(struct git_repo *r, struct arena *a)
{
	git_config *config = NULL;
	if (git_config_new(&config) < 0)
		return NULL;
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	const char *global = getenv("GIT_CONFIG_GLOBAL");
	if (global) {
		add_config(config, global, GIT_CONFIG_LEVEL_GLOBAL);
	} else {
		if (!xdg && home)
			xdg = path_join(a, home, ".config");
		add_config(
			config, xdg ? path_join(a, xdg, "git/config") : NULL, GIT_CONFIG_LEVEL_XDG);
		add_config(config, home ? path_join(a, home, ".gitconfig") : NULL,
			GIT_CONFIG_LEVEL_GLOBAL);
	}
	if (!getenv("GIT_CONFIG_NOSYSTEM"))
		add_config(config, "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM);
	add_config(config, path_join(a, git_repository_commondir(r->repo), "config"),
		GIT_CONFIG_LEVEL_LOCAL);
	return config;
}

/* The first that is set of the environment variable, the configuration's value, and OTHERWISE. */
static const char *pick(struct arena *a, const char *variable, git_config *config, const char *key,
	const char *otherwise)
{
	const char *value = getenv(variable);
	if (value && *value)
		return str_copy(a, str_of(value));
	defer(drop_buf) git_buf found = {0};
	if (config && git_config_get_string_buf(&found, config, key) == 0 && found.size)
		return str_copy(a, (struct str){found.ptr, found.size});
	return otherwise;
}

bool repo_words(struct git_repo *r, struct arena *a, const char *message, struct git_words *out,
	struct err *e)
{
	defer(drop_config) git_config *config = identity_config(r, a);
	if (!config)
		return fail_git(e, "read the git configuration");
	struct passwd *user = getpwuid(getuid());
	const char *login = user && *user->pw_name ? str_copy(a, str_of(user->pw_name)) : "nobody";
	time_t now = (time_t)(clock_wall_ns() / 1000000000);
	struct tm local;
	localtime_r(&now, &local);
	*out = (struct git_words){
		.name = pick(a, "GIT_AUTHOR_NAME", config, "user.name", login),
		.email = pick(a, "GIT_AUTHOR_EMAIL", config, "user.email",
			str_format(a, "%s@localhost", login)),
		.when = now,
		.offset_minutes = (int)(local.tm_gmtoff / 60),
		.message = message,
	};
	return true;
}

const char *repo_busy(struct git_repo *r)
{
	switch (git_repository_state(r->repo)) {
	case GIT_REPOSITORY_STATE_NONE:
		return NULL;
	case GIT_REPOSITORY_STATE_MERGE:
		return "a merge";
	case GIT_REPOSITORY_STATE_REVERT:
	case GIT_REPOSITORY_STATE_REVERT_SEQUENCE:
		return "a revert";
	case GIT_REPOSITORY_STATE_CHERRYPICK:
	case GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE:
		return "a cherry-pick";
	case GIT_REPOSITORY_STATE_BISECT:
		return "a bisection";
	case GIT_REPOSITORY_STATE_APPLY_MAILBOX:
		return "git am";
	default:
		return "a rebase";
	}
}

bool repo_calm(struct git_repo *r, struct err *e)
{
	return git_repository_state_cleanup(r->repo) == 0 ||
	       fail_git(e, "remove what a cherry-pick left");
}
