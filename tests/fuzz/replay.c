/* replay.c - runs a fuzz target over its corpus, as an ordinary test in TAP.
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "sys/sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay(const char *dir, struct err *e)
{
	defer(arena_free) struct arena a = {0};
	strings names;
	if (!dir_list(&a, dir, &names, e))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		struct str bytes;
		if (!file_read(&a, path_join(&a, dir, names.v[i]), (size_t)1 << 26, &bytes, e))
			return false;
		/* An exact copy, so that a sanitizer sees each byte read beyond the end. */
		uint8_t *copy = base_get_memory(bytes.n ? bytes.n : 1);
		memcpy(copy, bytes.p, bytes.n);
		LLVMFuzzerTestOneInput(copy, bytes.n);
		base_put_memory(copy);
		printf("ok %zu - %s\n", i + 1, names.v[i]);
	}
	printf("1..%zu\n", names.n);
	return names.n > 0 || fail(e, E_INPUT, "%s is empty", dir);
}

/* build/replay_NAME replays tests/fuzz/corpus/NAME. */
int main(int argc, char **argv)
{
	(void)argc;
	char dir[512];
	struct err e = {0};
	const char *name = strstr(path_base(argv[0]), "replay_");
	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name ? name + 7 : argv[0]);
	if (replay(dir, &e))
		return 0;
	printf("not ok 1 - %s\n1..1\n", e.text);
	return 1;
}
