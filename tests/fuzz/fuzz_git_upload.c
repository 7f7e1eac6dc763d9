/* fuzz_git_upload.c - any bytes as the body of a fetch: an answer comes, with a pack only of what
 * is served. SPDX-License-Identifier: ISC */
#include "git_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene *s = fuzz_scene();
	struct bytes body = {0};
	bytes_add(&body, data, size);
	struct bytes request = post("/arp.git/git-upload-pack", UPLOAD_TYPE, &body, 0);
	struct bytes answer = ask_once(s, request.p, request.n, 1000);
	int status = status_of(&answer);
	fuzz_require(status == 200 || status == 413);
	fuzz_require(!bytes_have(&answer, "history was cut"));
	fuzz_require(fuzz_is_served(s));
	free(answer.p);
	free(request.p);
	free(body.p);
	scene_close(s);
	return 0;
}
