/* packets.h - recordings of a wire: written, and searched in tcpdump's filter language. The only
 * user of libpcap, which lives in the module respin-packets.so: it brings ten libraries along that
 * would double the start of every command. Each call here loads the module if need be.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_PACKETS_H
#define RESPIN_PACKETS_H

#include "sys/sys.h"

/* A pcap file that grows, with nanoseconds. */
struct recording {
	const struct packets_api *api;
	const char *path;
	struct pcap *pcap;
	struct pcap_dumper *file;
	size_t n;	 /* packets so far */
	uint64_t bytes;	 /* of these packets */
	int64_t wall_ns; /* to be added to clock_ns() for the time of day */
};
MUST_CHECK bool recording_open(const char *path, struct recording *r, struct err *e);
void recording_add(struct recording *r, int64_t clock, struct str frame);
/* Everything recorded so far can be read by others after this. E_IO on a full disk. */
MUST_CHECK bool recording_flush(struct recording *r, struct err *e);
void recording_close(struct recording *r);

/* False, with libpcap's words in E (E_INPUT), where FILTER is wrong. */
MUST_CHECK bool filter_check(const char *filter, struct err *e);

/* Packets FROM to before TO of a recording, narrowed by filters: behind the first that matches
 * AFTER, before the next that matches UNTIL (NULL: not narrowed). */
struct window {
	const char *path;
	size_t from, to;
	const char *after, *until;
};
struct packet_count {
	size_t inside;	 /* packets in the window */
	size_t matching; /* of these, how many match the filter */
	bool started;	 /* AFTER has matched */
};
MUST_CHECK bool packets_count(
	const struct window *w, const char *filter, struct packet_count *out, struct err *e);
/* How many of FILTERS matched one after the other, each behind the packet of the one before. */
MUST_CHECK bool packets_in_order(
	const struct window *w, const strings *filters, size_t *matched, struct err *e);
/* The first matching packet's bytes, and when it came (nanoseconds since 1970); empty where there
 * is none. */
MUST_CHECK bool packets_first(struct arena *a, const struct window *w, const char *filter,
	struct str *out, int64_t *ns, struct err *e);

#endif
