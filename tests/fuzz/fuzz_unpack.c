/* fuzz_unpack.c - any bytes as an archive: whatever comes out lies below the folder, and is a file,
 * a folder or a link that stays there. SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/unpack.h"
#include "sys/sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* A link's way from the folder that holds it, resolved by the kernel. */
static void check_link(struct arena *a, const char *root, const char *path)
{
	const char *end;
	struct err e;
	if (path_real(a, path, &end, &e))
		must(str_starts(str_of(end), str_of(root)));
}

static void check_tree(struct arena *a, const char *root)
{
	strings names;
	struct err e;
	must(tree_list(a, root, NULL, &names, &e));
	vec_for(name, &names) {
		struct stat st;
		const char *path = path_join(a, root, *name);
		must(lstat(path, &st) == 0 && !(st.st_mode & 07000));
		must(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
		if (S_ISLNK(st.st_mode))
			check_link(a, root, path);
	}
}

/* The size is bounded by what a socket takes without a reader. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct limits limits = {.bytes = 1 << 20,
		.entries = 1000,
		.ratio = 200,
		.ratio_from = 1 << 16,
		.depth = 64};
	defer(arena_free) struct arena scratch = {0};
	int ends[2];
	struct err e = {0};
	const char *root;
	if (size > 1 << 16)
		return 0;
	defer(close_fd) int here = open(".", O_PATH | O_CLOEXEC);
	must(dir_make_temp(&scratch, "/tmp/respin-fuzz.", &root, &e) && chdir(root) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	must(send(ends[0], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	close(ends[0]);
	if (!unpack_archive(ends[1], "fuzz", &limits, &e))
		must(e.code != OK && e.text[0]);
	close(ends[1]);
	check_tree(&scratch, root);
	must(fchdir(here) == 0 && tree_remove(root, &e));
	return 0;
}
