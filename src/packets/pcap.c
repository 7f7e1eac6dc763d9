/* pcap.c - recordings of the wire, by libpcap. SPDX-License-Identifier: ISC */
#include "packets/api.h"

#include <pcap/pcap.h>
#include <stdio.h>

#define SNAP_LENGTH 65535

static bool open_recording(const char *path, struct recording *r, struct err *e)
{
	pcap_t *p = pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, SNAP_LENGTH, PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *file = p ? pcap_dump_open(p, path) : NULL;
	if (!file) {
		(void)fail(e, E_IO, "record packets: %s", p ? pcap_geterr(p) : "out of memory");
		if (p)
			pcap_close(p);
		return false;
	}
	*r = (struct recording){
		.path = path, .pcap = p, .file = file, .wall_ns = clock_wall_ns() - clock_ns()};
	return true;
}

static void add_frame(struct recording *r, int64_t clock, struct str frame)
{
	int64_t ns = clock + r->wall_ns;
	struct pcap_pkthdr header = {
		.caplen = (bpf_u_int32)(frame.n < SNAP_LENGTH ? frame.n : SNAP_LENGTH),
		.len = (bpf_u_int32)frame.n};
	header.ts.tv_sec = ns / 1000000000;
	header.ts.tv_usec = ns % 1000000000; /* nanoseconds, as the file's header says */
	pcap_dump((u_char *)r->file, &header, (const u_char *)frame.p);
	r->n++;
	r->bytes += frame.n;
}

static bool flush_recording(struct recording *r, struct err *e)
{
	if (pcap_dump_flush(r->file) < 0 || ferror(pcap_dump_file(r->file)))
		return fail_errno(e, "write %s", r->path);
	return true;
}

static void close_recording(struct recording *r)
{
	if (r->file)
		pcap_dump_close(r->file);
	if (r->pcap)
		pcap_close(r->pcap);
}

/* ---- filters -------------------------------------------------------------------------- */

struct filter {
	struct bpf_program program;
	bool set;
};

static void filter_free(struct filter *f)
{
	if (f->set)
		pcap_freecode(&f->program);
}

static void close_pcap(pcap_t **p)
{
	if (*p)
		pcap_close(*p);
}

/* TEXT may be NULL: a filter that is not set matches nothing. */
static bool filter_make(const char *text, struct filter *out, struct err *e)
{
	if (!text)
		return true;
	defer(close_pcap) pcap_t *p = pcap_open_dead(DLT_EN10MB, SNAP_LENGTH);
	if (!p)
		return fail(e, E_IO, "libpcap has no memory");
	if (pcap_compile(p, &out->program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return fail(e, E_INPUT, "filter '%s': %s", text, pcap_geterr(p));
	out->set = true;
	return true;
}

static bool filter_matches(const struct filter *f, const struct pcap_pkthdr *h, const u_char *bytes)
{
	return f->set && pcap_offline_filter(&f->program, h, bytes) != 0;
}

static bool check_filter(const char *filter, struct err *e)
{
	defer(filter_free) struct filter f = {0};
	if (!filter_make(filter, &f, e))
		return fail_hint(e, "the language is tcpdump's: man 7 pcap-filter");
	return true;
}

/* ---- reading -------------------------------------------------------------------------- */

/* Called for each packet of a window; false ends the walk. */
typedef bool visit_fn(void *ctx, const struct pcap_pkthdr *h, const u_char *bytes);

static bool open_reader(const char *path, pcap_t **out, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	*out = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	return *out || fail(e, E_IO, "read packets: %s", why);
}

static bool each_packet(
	const struct window *w, bool *started, visit_fn *visit, void *ctx, struct err *e)
{
	defer(filter_free) struct filter after = {0};
	defer(filter_free) struct filter until = {0};
	defer(close_pcap) pcap_t *p = NULL;
	if (!filter_make(w->after, &after, e) || !filter_make(w->until, &until, e) ||
		!open_reader(w->path, &p, e))
		return false;
	struct pcap_pkthdr *h;
	const u_char *bytes;
	*started = !after.set;
	for (size_t i = 0; i < w->to && pcap_next_ex(p, &h, &bytes) == 1; i++) {
		if (i < w->from)
			continue;
		if (!*started) {
			*started = filter_matches(&after, h, bytes);
			continue;
		}
		if (filter_matches(&until, h, bytes) || !visit(ctx, h, bytes))
			break;
	}
	return true;
}

struct counting {
	struct filter filter;
	struct packet_count count;
};

static bool count_one(void *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct counting *c = ctx;
	c->count.inside++;
	c->count.matching += filter_matches(&c->filter, h, bytes);
	return true;
}

static void free_counting(struct counting *c)
{
	filter_free(&c->filter);
}

static bool count_packets(
	const struct window *w, const char *filter, struct packet_count *out, struct err *e)
{
	defer(free_counting) struct counting c = {0};
	if (!filter_make(filter, &c.filter, e) ||
		!each_packet(w, &c.count.started, count_one, &c, e))
		return false;
	*out = c.count;
	return true;
}

struct ordering {
	struct filter *filters;
	size_t n, matched;
};

static bool order_one(void *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct ordering *o = ctx;
	o->matched += filter_matches(&o->filters[o->matched], h, bytes);
	return o->matched < o->n;
}

static void free_ordering(struct ordering *o)
{
	for (size_t i = 0; i < o->n; i++)
		filter_free(&o->filters[i]);
}

static bool match_in_order(
	const struct window *w, const strings *filters, size_t *matched, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(free_ordering) struct ordering o = {
		.filters = NEW_ARRAY(&scratch, struct filter, filters->n), .n = filters->n};
	for (size_t i = 0; i < filters->n; i++)
		if (!filter_make(filters->v[i], &o.filters[i], e))
			return false;
	bool started;
	if (!each_packet(w, &started, order_one, &o, e))
		return false;
	*matched = o.matched;
	return true;
}

struct first {
	struct arena *a;
	struct filter filter;
	struct str bytes;
	int64_t ns;
};

static bool first_one(void *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct first *f = ctx;
	if (!filter_matches(&f->filter, h, bytes))
		return true;
	struct str frame = {(const char *)bytes, h->caplen};
	f->bytes = (struct str){str_copy(f->a, frame), frame.n};
	f->ns = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec; /* nanoseconds, as opened */
	return false;
}

static void free_first(struct first *f)
{
	filter_free(&f->filter);
}

static bool first_packet(struct arena *a, const struct window *w, const char *filter,
	struct str *out, int64_t *ns, struct err *e)
{
	defer(free_first) struct first f = {.a = a};
	bool started;
	if (!filter_make(filter, &f.filter, e) || !each_packet(w, &started, first_one, &f, e))
		return false;
	*out = f.bytes;
	*ns = f.ns;
	return true;
}

extern const struct packets_api respin_packets;
const struct packets_api respin_packets = {.open = open_recording,
	.add = add_frame,
	.flush = flush_recording,
	.close = close_recording,
	.check = check_filter,
	.count = count_packets,
	.in_order = match_in_order,
	.first = first_packet};
