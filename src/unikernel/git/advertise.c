/* advertise.c - what a store has to offer, before a fetch or a push. SPDX-License-Identifier: ISC
 */
#include "parts.h"

#define UPLOAD_CAPABILITIES                                                                        \
	"multi_ack_detailed no-done side-band-64k shallow no-progress object-format=sha1 "         \
	"agent=respin/1"
#define RECEIVE_CAPABILITIES                                                                       \
	"report-status side-band-64k ofs-delta object-format=sha1 agent=respin/1"
#define UPLOAD_SERVICE "# service=git-upload-pack\n"
#define RECEIVE_SERVICE "# service=git-receive-pack\n"
/* So many bytes are kept for what follows the list of refs. */
#define SPARE 8192

static const struct table_id no_id;

static void put_service(struct out *o, const char *line)
{
	size_t begin = git_packet_begin(o);
	git_out_text(o, line);
	git_packet_end(o, begin);
	git_packet_flush(o);
}

/* One line of the list; capabilities go behind the first one's NUL. */
static void put_ref(struct out *o, const struct table_id *id, const char *prefix, const char *name,
	const char *capabilities)
{
	size_t begin = git_packet_begin(o);
	git_out_id(o, id);
	git_out_text(o, " ");
	git_out_text(o, prefix);
	git_out_text(o, name);
	if (capabilities) {
		git_out_bytes(o, "", 1);
		git_out_text(o, capabilities);
	}
	git_out_text(o, "\n");
	git_packet_end(o, begin);
}

/* An error takes the place of all the rest. */
static int give(struct job *j, struct out *o)
{
	if (j->error) {
		o->n = o->overfull = 0;
		put_service(
			o, j->conn->route == ROUTE_UPLOAD_REFS ? UPLOAD_SERVICE : RECEIVE_SERVICE);
		size_t begin = git_packet_begin(o);
		git_out_text(o, "ERR ");
		git_out_text(o, j->error);
		git_packet_end(o, begin);
	}
	j->ready = o->p;
	j->ready_n = o->n;
	j->ready_at = 0;
	return STEP_DONE;
}

/* Where there is no room for all, the last refs are left out: primary is the first. */
int git_advertise_upload(struct job *j)
{
	struct out o = {.p = j->a, .room = TABLE_OBJECT_MAX};
	struct table_ref ref;
	struct table_id id;
	put_service(&o, UPLOAD_SERVICE);
	if (!table_ref(j->table, 0, &ref))
		put_ref(&o, &no_id, "", "capabilities^{}", UPLOAD_CAPABILITIES);
	else
		put_ref(&o, &ref.id, "", "HEAD",
			UPLOAD_CAPABILITIES " symref=HEAD:refs/heads/primary");
	for (size_t i = 0; table_ref(j->table, i, &ref) && o.n < o.room - SPARE; i++)
		put_ref(&o, &ref.id, "refs/heads/", ref.name, NULL);
	for (size_t i = 0; table_shallow(j->table, i, &id); i++)
		git_packet_id(&o, "shallow", &id, "");
	git_packet_flush(&o);
	if (o.overfull)
		j->error = "this history has too many ends to be served";
	return give(j, &o);
}

/* No ref is named: what primary is now must not stand in the way of a proposal. Commits that are
 * known are, so that the client need not send them. */
int git_advertise_receive(struct job *j)
{
	struct out o = {.p = j->a, .room = TABLE_OBJECT_MAX};
	put_service(&o, RECEIVE_SERVICE);
	if (!j->commits)
		put_ref(&o, &no_id, "", "capabilities^{}", RECEIVE_CAPABILITIES);
	bool first = true;
	for (uint32_t i = 0; i < j->commits && o.n < o.room - SPARE; i++) {
		if (!(j->objects.v[i].flags & OBJECT_KNOWN))
			continue;
		put_ref(&o, &j->objects.v[i].id, "", ".have", first ? RECEIVE_CAPABILITIES : NULL);
		first = false;
	}
	git_packet_flush(&o);
	return give(j, &o);
}
