/* receive.c - git-receive-pack: a push is a proposal, merged by the table's rules.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define PRIMARY "refs/heads/primary"
#define REPORT_LINES 100
#define BAND_MAX 8000

static bool refuse(struct job *j, const char *why)
{
	if (!j->error)
		j->error = why;
	return false;
}

/* ---- the commands --------------------------------------------------------------------------- */

static bool is_zero(const struct table_id *id)
{
	for (size_t i = 0; i < sizeof(id->bytes); i++)
		if (id->bytes[i])
			return false;
	return true;
}

/* "OLD NEW REF", and capabilities behind a NUL. OLD is of no interest: whatever primary was for the
 * client, it is a merge. */
static bool take_command(struct job *j, const char *p, size_t n)
{
	struct table_id old;
	if (j->command_count == RECEIVE_COMMANDS)
		return refuse(j, "too many refs at once");
	struct receive_command *c = &j->commands[j->command_count];
	const char *nul = memchr(p, 0, n);
	size_t line = nul ? (size_t)(nul - p) : n;
	if (line < 83 || p[40] != ' ' || p[81] != ' ' || !table_id_parse(p, 40, &old) ||
		!table_id_parse(p + 41, 40, &c->id) || line - 82 >= sizeof(c->ref))
		return refuse(j, "a command is not understood");
	for (size_t i = 82; i < line; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return refuse(j, "a ref has a name that is none");
	memcpy(c->ref, p + 82, line - 82);
	c->ref[line - 82] = 0;
	c->deletes = is_zero(&c->id);
	if (nul && !j->command_count++) {
		size_t rest = n - line - 1;
		j->sideband = git_has_word(nul + 1, rest, "side-band-64k");
		j->reports = git_has_word(nul + 1, rest, "report-status");
	} else if (!nul) {
		j->command_count++;
	}
	return true;
}

/* Where the client's history ends is plain from the objects that it sends. */
static bool take_line(struct job *j, const char *p, size_t n)
{
	if (n && p[n - 1] == '\n')
		n--;
	return git_text_begins(p, n, "shallow ") || take_command(j, p, n);
}

static bool expects_pack(const struct job *j)
{
	for (size_t i = 0; i < j->command_count; i++)
		if (!j->commands[i].deletes)
			return true;
	return false;
}

/* Bytes before the pack; stops where it begins. */
static void take_commands(struct job *j, const uint8_t **p, size_t *n)
{
	while (*n && !j->in_pack && !j->error) {
		switch (git_packets_take(&j->packets, p, n)) {
		case PACKET_NONE:
			break;
		case PACKET_LINE:
			take_line(j, j->packets.line, j->packets.n);
			break;
		case PACKET_FLUSH:
			j->in_pack = true;
			break;
		default:
			refuse(j, "the request is not made of packets");
		}
	}
}

bool git_receive_take(void *job, const uint8_t *p, size_t n)
{
	struct job *j = job;
	take_commands(j, &p, &n);
	if (j->error || !n)
		return true;
	if (!expects_pack(j))
		refuse(j, "a pack without a command");
	else if (!git_pack_reader_take(&j->reader, p, n))
		refuse(j, j->reader.why);
	return true;
}

/* ---- its objects ---------------------------------------------------------------------------- */

static const char *sink_take(
	void *ctx, enum table_type type, const uint8_t *p, size_t n, struct table_id *id)
{
	struct job *j = ctx;
	return table_import_add(j->import, type, p, n, id) ? NULL
							   : "an object is malformed, or too much";
}

static bool sink_read(
	void *ctx, const struct table_id *id, enum table_type *type, uint8_t *out, size_t *n)
{
	struct job *j = ctx;
	return table_import_read(j->import, id, type, out, n);
}

static bool may_change(void *ctx, const char *path)
{
	struct job *j = ctx;
	bool may = git_access_path(j->conn->right, path);
	j->conn->server->stats.denied += !may;
	return may;
}

int git_receive_begin(struct job *j)
{
	j->import = table_import(j->table);
	if (!j->import)
		return STEP_WAIT;
	if (j->conn) /* a pull is of a place that the image's owner named */
		table_import_guard(j->import, may_change, j);
	j->reader = (struct pack_reader){
		.sink = {j, sink_take, sink_read},
		.objects = &j->objects,
		.data = j->a,
		.base = j->b,
		.result = j->c,
	};
	git_pack_reader_open(&j->reader, &j->zlib[1]);
	return STEP_DONE;
}

/* ---- the merge ------------------------------------------------------------------------------ */

static const char *const won_texts[] = {
	[TABLE_OURS] = ": ours stays\n",
	[TABLE_THEIRS] = ": yours won\n",
	[TABLE_BOTH] = ": made of both\n",
};

/* Why the path can't become VALUE; NULL: it can. */
static const char *check_path(struct job *j, const char *path, const void *key, const void *value)
{
	const struct git_store *store = &j->conn->server->config.stores[j->conn->store];
	if (!may_change(j, path))
		return "this path is not theirs to change";
	return value && store->check ? store->check(store->check_ctx, key, value) : NULL;
}

/* One line for the user's terminal for each path. */
static const char *report_path(
	void *ctx, const char *path, enum table_won won, const void *key, const void *value)
{
	struct job *j = ctx;
	const char *no = check_path(j, path, key, value);
	if (no)
		return no;
	if (!j->report_left) {
		j->report_more++;
		return NULL;
	}
	j->report_left--;
	git_out_text(&j->report, path);
	git_out_text(&j->report, won_texts[won]);
	return NULL;
}

static void report_end(struct job *j, enum table_merge_result result)
{
	if (j->report_more) {
		git_out_text(&j->report, "and ");
		git_out_number(&j->report, j->report_more);
		git_out_text(&j->report, " more\n");
	}
	if (result == TABLE_UP_TO_DATE)
		git_out_text(&j->report, "nothing that is not here already\n");
}

static const char *merge(struct job *j, const struct receive_command *c)
{
	struct git_server *s = j->conn->server;
	unsigned note = s->config.stores[j->conn->store].note;
	enum table_merge_result result =
		table_import_merge(j->import, &c->id, note, report_path, j, j->why);
	if (result == TABLE_REFUSED) {
		j->report.n = 0;
		return j->why;
	}
	report_end(j, result);
	if (!git_server_durable(s))
		git_out_text(&j->report, "not on the disk: a power cut would undo it\n");
	return NULL;
}

static const char *run_command(struct job *j, const struct receive_command *c)
{
	if (c->deletes)
		return "nothing can be deleted";
	if (strcmp(c->ref, PRIMARY) != 0)
		return "only " PRIMARY " takes pushes";
	return merge(j, c);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void put_line(struct out *o, const char *a, const char *b, const char *c, const char *d)
{
	size_t begin = git_packet_begin(o);
	git_out_text(o, a);
	git_out_text(o, b);
	git_out_text(o, c);
	git_out_text(o, d);
	git_out_text(o, "\n");
	git_packet_end(o, begin);
}

static void put_command(struct job *j, struct out *o, const struct receive_command *c)
{
	struct git_conn *conn = j->conn;
	const char *why = j->error ? "nothing was taken" : run_command(j, c);
	if (why) {
		put_line(o, "ng ", c->ref, " ", why);
		conn->server->stats.pushes_refused++;
	} else {
		put_line(o, "ok ", c->ref, "", "");
		conn->server->stats.pushes_merged++;
	}
	const char *told = j->error ? j->error : why ? why : "";
	git_server_log(conn->server, conn, why ? "push refused" : "push merged", told);
}

/* TEXT in packets of BAND. */
static void put_band(struct out *o, char band, const uint8_t *text, size_t n)
{
	while (n) {
		size_t part = n < BAND_MAX ? n : BAND_MAX;
		size_t begin = git_packet_begin(o);
		git_out_bytes(o, &band, 1);
		git_out_bytes(o, text, part);
		git_packet_end(o, begin);
		text += part;
		n -= part;
	}
}

/* The status goes to B while the merge's report goes to C; then both to A, in their bands. */
static void make_answer(struct job *j)
{
	struct out status = {.p = j->b, .room = TABLE_OBJECT_MAX / 2};
	struct out o = {.p = j->a, .room = TABLE_OBJECT_MAX};
	j->report = (struct out){.p = j->c, .room = TABLE_OBJECT_MAX / 2};
	j->report_left = REPORT_LINES;
	put_line(&status, "unpack ", j->error ? j->error : "ok", "", "");
	for (size_t i = 0; i < j->command_count; i++)
		put_command(j, &status, &j->commands[i]);
	git_packet_flush(&status);
	if (!j->reports)
		status.n = 0;
	if (j->sideband) {
		put_band(&o, 2, j->report.p, j->report.n);
		put_band(&o, 1, status.p, status.n);
		git_packet_flush(&o);
	} else {
		git_out_bytes(&o, status.p, status.n);
	}
	j->ready = o.p;
	j->ready_n = o.n;
	j->ready_at = 0;
}

/* The body is whole: nothing was changed so far. */
int git_receive_step(struct job *j)
{
	if (!j->error && expects_pack(j) && git_job_settles(j))
		return STEP_AGAIN;
	if (!j->in_pack)
		refuse(j, "the request ends early");
	if (!j->error && expects_pack(j) && !git_pack_reader_finish(&j->reader))
		refuse(j, j->reader.why);
	if (j->command_count)
		make_answer(j);
	if (j->import)
		table_import_close(j->import);
	j->import = NULL;
	return j->command_count || !j->error ? STEP_DONE : 400;
}
