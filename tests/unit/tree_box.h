/* tree_box.h - a scratch folder that tests fill with files. SPDX-License-Identifier: ISC */
#ifndef TESTS_TREE_BOX_H
#define TESTS_TREE_BOX_H

#include "unit.h"

#include "sys/sys.h"

struct tree_box {
	struct arena a;
	const char *dir;
};

static inline int tree_box_open(void **state)
{
	static struct tree_box box;
	struct err e = {0};
	box = (struct tree_box){0};
	if (!dir_make_temp(&box.a, "/tmp/respin-tree", &box.dir, &e))
		return -1;
	*state = &box;
	return 0;
}

static inline int tree_box_close(void **state)
{
	struct tree_box *box = *state;
	struct err e = {0};
	bool done = tree_remove(box->dir, &e);
	arena_free(&box->a);
	return done ? 0 : -1;
}

static inline const char *tree_box_in(struct tree_box *box, const char *name)
{
	return path_join(&box->a, box->dir, name);
}

static inline void tree_box_put(struct tree_box *box, const char *name, const char *text)
{
	struct err e = {0};
	const char *path = tree_box_in(box, name);
	assert_ok(dir_make(path_dir(&box->a, path), &e));
	assert_ok(file_write_cache(path, str_of(text), 0644, &e));
}

#endif
