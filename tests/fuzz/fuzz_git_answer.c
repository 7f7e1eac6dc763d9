/* fuzz_git_answer.c - any bytes as a git server's answers: to a pull into an empty table (first
 * byte 'r', or 'p' behind a good list of refs), into one with a history ('a', behind a good list),
 * to a push ('u', or 'k' behind a good list). Answers end with "\n====\n". Nothing gets into the
 * table that its rules don't let in, and nothing stays behind. SPDX-License-Identifier: ISC */
#include "git_client.h"
#include "git_fuzz.h"

#define OBJECTS 64
#define END "\n====\n"
#define STEPS_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The commit is the one in the corpus's packs. */
static const char upload_refs[] =
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n"
	"001e# service=git-upload-pack\n0000"
	"0058c02e7be0b548e60c4bd6aa794a40445b0dff7ef3 refs/heads/primary\0"
	"side-band-64k shallow x\n0000";
static const char receive_refs[] =
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-receive-pack-advertisement\r\n\r\n"
	"001f# service=git-receive-pack\n0000"
	"00610000000000000000000000000000000000000000 capabilities^{}\0"
	" report-status side-band-64k agent=x0000";

/* The client's own work, and where it wants a connection, the answer. */
static void answer(struct git_client *c, const uint8_t *p, size_t n)
{
	uint8_t part[1024];
	for (unsigned i = 0; i < STEPS_MAX && git_client_work(c); i++)
		;
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

static void answers(struct git_client *c, const uint8_t *p, size_t n)
{
	while (n) {
		const uint8_t *end = memmem(p, n, END, strlen(END));
		size_t part = end ? (size_t)(end - p) : n, skip = end ? strlen(END) : 0;
		answer(c, p, part);
		p += part + skip;
		n -= part + skip;
	}
	while (git_client_work(c))
		;
	fuzz_require(git_client_state(c) != GIT_CLIENT_TALKS);
}

static void begin(struct git_client *c, struct table *t, char what)
{
	static const char text[] = "http://10.0.0.1/arp.git";
	struct git_url url;
	const struct git_client_job job = {
		.url = &url, .table = t, .note = NOTE_MERGED, .deadline_ns = SECOND};
	fuzz_require(git_url_parse(text, strlen(text), &url));
	if (what == 'r' || what == 'p') {
		git_client_pull(c, &job);
	} else {
		put(t, 1, 1, 1, NOTE_ADDED);
		table_flush(t);
		if (what == 'a')
			git_client_pull(c, &job);
		else
			git_client_push(c, &job);
	}
	if (what == 'p' || what == 'a')
		answer(c, (const uint8_t *)upload_refs, sizeof(upload_refs) - 1);
	if (what == 'k')
		answer(c, (const uint8_t *)receive_refs, sizeof(receive_refs) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made_table m = make_table(&flat_kind,
		(struct table_limits){.entries = 64, .history_bytes = 64 << 10, .log_records = 16});
	void *memory = calloc(1, git_client_memory(OBJECTS));
	struct git_client *c = git_client_open(memory, OBJECTS, 5);
	begin(c, m.t, size ? (char)*data : 'r');
	answers(c, data + (size > 0), size - (size > 0));
	bool merged = git_client_result(c)->merged;
	fuzz_require(merged || table_count(m.t) <= 1);
	for (const char *p = git_client_error(c); *p; p++)
		fuzz_require(*p >= ' ' && *p <= '~');
	git_client_end(c);
	struct table_import *im = table_import(m.t);
	fuzz_require(im);
	table_import_close(im);
	free(memory);
	drop_table(&m);
	return 0;
}
