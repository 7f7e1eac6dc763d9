/* fuzz_git_http.c - any bytes on a connection of the git server, and again in other pieces: the
 * answer is the same, and the server goes on. SPDX-License-Identifier: ISC */
#include "git_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene *s = fuzz_scene(), *again = fuzz_scene();
	struct bytes whole = ask_once(s, (const char *)data, size, 4096);
	struct bytes pieces = ask_once(again, (const char *)data, size, 1 + size / 7);
	fuzz_require(whole.n == pieces.n && memcmp(whole.p, pieces.p, whole.n) == 0);
	fuzz_require(fuzz_is_served(s));
	free(whole.p);
	free(pieces.p);
	scene_close(s);
	scene_close(again);
	return 0;
}
