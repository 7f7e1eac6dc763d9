/* stuck.c - a dune that waits for ever: on a full disk dune 3 loses the thread that collects its
 * programs, and then neither works nor ends. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define LEAST_ROOM ((unsigned long)1 << 20)

/* State and parent of a process or thread by its stat file (proc(5)); false where it is gone. */
static bool read_stat(const char *file, char *state, long *parent)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text;
	struct err gone;
	if (!file_read(&scratch, file, 4096, &text, &gone))
		return false;
	const char *end = strrchr(text.p, ')'); /* of its name, which may hold anything */
	if (!end || strlen(end) < 5)
		return false;
	*state = end[2];
	*parent = strtol(end + 4, NULL, 10);
	return true;
}

static bool all_sleep(struct arena *a, long pid)
{
	strings threads = {0};
	struct err gone;
	const char *dir = str_format(a, "/proc/%ld/task", pid);
	char state;
	long parent;
	if (!dir_list(a, dir, &threads, &gone))
		return false;
	vec_for(thread, &threads)
		if (read_stat(str_format(a, "%s/%s/stat", dir, *thread), &state, &parent) &&
			state != 'S')
			return false;
	return true;
}

/* Does PID sleep, while each of its programs has ended, and one at least was not collected? A dune
 * that works does so at once: this means something where it lasts. */
bool dune_seems_stuck(long pid)
{
	defer(arena_free) struct arena scratch = {0};
	strings names = {0};
	struct err gone;
	size_t ended = 0;
	char state;
	long parent;
	if (!all_sleep(&scratch, pid) || !dir_list(&scratch, "/proc", &names, &gone))
		return false;
	vec_for(name, &names) {
		if (**name < '0' || **name > '9' ||
			!read_stat(str_format(&scratch, "/proc/%s/stat", *name), &state, &parent) ||
			parent != pid)
			continue;
		if (state != 'Z')
			return false;
		ended++;
	}
	return ended > 0;
}

static bool is_full(const char *dir)
{
	struct statvfs room;
	return statvfs(dir, &room) == 0 &&
	       (room.f_bavail * room.f_frsize < LEAST_ROOM || (room.f_files && !room.f_favail));
}

bool disk_is_full(const struct build *b)
{
	return is_full(b->dir);
}

/* Compilers have files of their own in /tmp. */
const char *full_place(const struct build *b)
{
	return !is_full(b->dir) && is_full("/tmp") ? "/tmp" : b->dir;
}

bool fail_full(const struct build *b, struct err *e)
{
	fail(e, E_IO, "No space left on device: %s is not built", b->q->image->name);
	fail_hint(e, "make room there, then the same command again goes on with what it built");
	return fail_where(e, "%s", full_place(b));
}

bool fail_stuck(const struct build *b, struct err *e)
{
	if (disk_is_full(b))
		return fail_full(b, e);
	fail(e, E_CHILD, "dune waited for programs that had ended, and was ended");
	return fail_hint(e, "the same command again goes on with what it built");
}
