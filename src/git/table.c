/* table.c - what the git module exports. SPDX-License-Identifier: ISC */
#include "git/inner.h"

extern const struct git_api respin_git;

const struct git_api respin_git = {
	.create = repo_create,
	.open = repo_open,
	.close = repo_close,
	.tree = tree_make,
	.commit = history_commit,
	.find = repo_find,
	.log = history_log,
	.words = repo_words,
	.busy = repo_busy,
	.strays = history_strays,
	.mail = history_mail,
	.diff = history_diff,
	.apply = patch_apply,
	.has = patch_has,
	.begin = move_begin,
	.record = move_record,
	.advance = move_advance,
	.settle = move_settle,
	.refs = steps_refs,
	.steps = steps_read,
	.folder = steps_folder,
	.changes = steps_changes,
	.blob = steps_blob,
	.create_bare = bare_create,
	.put = bare_put,
	.point = bare_point,
	.clone_commit = clone_commit,
	.mirror = mirror_update,
};
