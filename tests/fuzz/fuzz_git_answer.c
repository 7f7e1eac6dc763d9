/* fuzz_git_answer.c - any bytes as a git server's answers to a fetch: the list of refs, and where
 * the first byte is 'p', a good list and then any answer with a pack. Nothing gets into the table
 * that its rules don't let in. SPDX-License-Identifier: ISC */
#include "git_client.h"
#include "git_fuzz.h"

#define OBJECTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char refs[] = "HTTP/1.1 200 OK\r\n\r\n001e# service=git-upload-pack\n0000"
			   "004e0123456789012345678901234567890123456789 refs/heads/primary\0"
			   "side-band-64k x\n0000";

static void answer(struct git_client *c, const uint8_t *p, size_t n)
{
	uint8_t part[1024];
	git_client_connected(c);
	while (git_client_output(c, part, sizeof(part)))
		;
	for (size_t at = 0, step; at < n; at += step) {
		step = n - at < 700 ? n - at : 700;
		uint8_t *copy = malloc(step);
		if (!copy)
			abort();
		memcpy(copy, p + at, step);
		git_client_receive(c, copy, step);
		free(copy);
	}
	git_client_disconnected(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made_table m = make_table(&flat_kind,
		(struct table_limits){.entries = 64, .history_bytes = 64 << 10, .log_records = 16});
	void *memory = calloc(1, git_client_memory(OBJECTS));
	struct git_client *c = git_client_open(memory, OBJECTS, 5);
	struct git_url url;
	struct table_id head;
	char why[TABLE_MESSAGE_MAX];
	static const char text[] = "http://10.0.0.1/arp.git";
	fuzz_require(git_url_parse(text, strlen(text), &url));
	fuzz_require(git_client_fetch(c, &url, m.t));
	if (size && *data == 'p')
		answer(c, (const uint8_t *)refs, sizeof(refs) - 1);
	answer(c, data + (size > 0), size - (size > 0));
	fuzz_require(git_client_state(c) != GIT_CLIENT_TALKS);
	struct table_import *im = git_client_fetched(c, &head);
	if (im)
		table_import_merge(im, &head, NOTE_MERGED, NULL, NULL, why);
	git_client_end(c);
	im = table_import(m.t);
	fuzz_require(im);
	table_import_close(im);
	free(memory);
	drop_table(&m);
	return 0;
}
