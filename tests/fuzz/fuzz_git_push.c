/* fuzz_git_push.c - any bytes as the commands and the pack of a push; the pack's checksum is put
 * right where the first byte is 'c'. Whatever comes, the table stays one that can be cloned.
 * SPDX-License-Identifier: ISC */
#include "git_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_checksum(struct bytes *body)
{
	uint8_t sum[20];
	struct sha1_ctx sha;
	char *pack = memmem(body->p, body->n, "PACK", 4);
	if (!pack)
		return;
	sha1_init(&sha);
	sha1_update(&sha, (size_t)(body->p + body->n - pack), (const uint8_t *)pack);
	sha1_digest(&sha, 20, sum);
	bytes_add(body, sum, 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene *s = fuzz_scene();
	struct bytes body = {0};
	bytes_add(&body, data + (size > 0), size - (size > 0));
	if (size && data[0] == 'c')
		put_checksum(&body);
	struct bytes request = post("/arp.git/git-receive-pack",
		RECEIVE_TYPE "Authorization: Bearer " WRITE_TOKEN "\r\n", &body, 0);
	struct bytes answer = ask_once(s, request.p, request.n, 1000);
	int status = status_of(&answer);
	fuzz_require(status == 200 || status == 400 || status == 413);
	bool merged = git_stats(s->s).pushes_merged > 0;
	fuzz_require(merged || !bytes_have(&answer, "ok refs/heads/primary\n"));
	fuzz_require(merged || table_count(s->tables[0].t) == FUZZ_ENTRIES);
	fuzz_require(fuzz_is_served(s));
	free(answer.p);
	free(request.p);
	free(body.p);
	scene_close(s);
	return 0;
}
