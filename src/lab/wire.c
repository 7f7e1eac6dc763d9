/* wire.c - a virtual Ethernet that delays and records. SPDX-License-Identifier: ISC */
#include "lab/wire.h"

#include <errno.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE ((size_t)128 * 1024)
#define LANE_MAX 8192 /* frames on their way, to each port */
#define TURN_MAX 64   /* frames taken in one turn from one port: nobody starves */
#define RETRY_NS ((int64_t)1000000)
#define HOST 0

struct frame {
	struct frame *next;
	int64_t due_ns;
	bool recorded; /* or another copy of it */
	size_t n;
	char bytes[];
};

void wire_init(struct wire *w, struct arena *a, size_t machines, size_t mtu, int64_t delay_ms,
	struct recording *recording)
{
	*w = (struct wire){.a = a,
		.ports = NEW_ARRAY(a, struct port, machines + 1),
		.n = machines + 1,
		.frame_max = mtu + ETHER_HDR_LEN + 4, /* with a VLAN tag */
		.delay_ns = delay_ms * 1000000,
		.recording = recording,
		.buffer = arena_alloc(a, BUFFER_SIZE)};
	for (size_t i = 0; i < w->n; i++)
		w->ports[i].fd = -1;
}

static void record(struct wire *w, int64_t now, struct str frame)
{
	if (w->recording)
		recording_add(w->recording, now, frame);
}

static void pop(struct wire *w, struct port *p)
{
	struct frame *f = p->first;
	p->first = f->next;
	p->n--;
	f->next = w->unused;
	w->unused = f;
}

void wire_plug(struct wire *w, size_t port, int fd)
{
	struct port *p = &w->ports[port];
	for (; p->first; w->dropped++)
		pop(w, p);
	p->fd = fd;
	p->blocked = false;
	p->in_a_row = 0;
	memset(p->answered, 0, sizeof(p->answered));
}

/* ---- which way ------------------------------------------------------------------------- */

/* An address's seat is found by its last bytes, which count up in machines. Two addresses that
 * want the same one take it in turn: frames to the other go everywhere meanwhile. */
static struct seat *seat_of(struct wire *w, const char *address)
{
	const unsigned char *b = (const unsigned char *)address;
	return &w->seats[(b[5] + 31u * b[4] + 17u * b[0]) % WIRE_SEATS];
}

static bool is_group(const char *address)
{
	return address[0] & 1;
}

static void learn(struct wire *w, size_t port, const char *source)
{
	struct seat *s = seat_of(w, source);
	if (is_group(source))
		return;
	memcpy(s->address, source, sizeof(s->address));
	s->port = (unsigned char)port;
	s->taken = true;
}

/* The port that a frame to DESTINATION goes to; FROM itself stands for all others. */
static size_t way(struct wire *w, size_t from, const char *destination)
{
	const struct seat *s = seat_of(w, destination);
	bool known = s->taken && !is_group(destination) &&
		     !memcmp(s->address, destination, sizeof(s->address));
	return known ? s->port : from;
}

/* ---- frames on their way --------------------------------------------------------------- */

static void push(struct wire *w, struct port *p, int64_t now, struct str bytes, bool recorded)
{
	if (p->n == LANE_MAX) {
		w->dropped++;
		return;
	}
	struct frame *f = w->unused;
	if (f)
		w->unused = f->next;
	else
		f = arena_alloc(w->a, sizeof(*f) + w->frame_max);
	f->next = NULL;
	f->due_ns = now + w->delay_ns;
	f->recorded = recorded;
	f->n = bytes.n;
	memcpy(f->bytes, bytes.p, bytes.n);
	if (!p->first)
		p->last = &p->first;
	*p->last = f;
	p->last = &f->next;
	p->n++;
}

/* A frame is recorded once: on its way out of a machine, or when the first machine takes it. */
void wire_send(struct wire *w, size_t port, int64_t now, struct str frame)
{
	if (frame.n < ETHER_HDR_LEN || frame.n > w->frame_max) {
		w->dropped++;
		return;
	}
	bool recorded = port != HOST;
	size_t to = way(w, port, frame.p);
	learn(w, port, frame.p + ETHER_ADDR_LEN);
	for (size_t i = 0; i < w->n; i++) {
		if (i == port || (to != port && i != to) || w->ports[i].fd < 0)
			continue;
		push(w, &w->ports[i], now, frame, recorded);
		recorded |= i != HOST;
	}
}

static bool receive(struct wire *w, int fd, struct str *out)
{
	ssize_t n;
	do
		n = recv(fd, w->buffer, BUFFER_SIZE, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	*out = (struct str){w->buffer, n < 0 ? 0 : (size_t)n};
	return n >= 0;
}

/* Remembers who an ARP reply speaks for (RFC 826). One to all is an announcement. */
static void note_answer(struct port *p, struct str frame)
{
	static const char reply[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};
	const size_t sender = 28;
	if (frame.n < sender + sizeof(p->answered) || is_group(frame.p) ||
		memcmp(frame.p + 12, reply, sizeof(reply)) != 0)
		return;
	memcpy(p->answered, frame.p + sender, sizeof(p->answered));
}

static void take(struct wire *w, size_t port, int64_t now)
{
	struct port *p = &w->ports[port];
	struct str frame;
	for (int i = 0; i < TURN_MAX && p->fd >= 0 && receive(w, p->fd, &frame); i++) {
		if (port != HOST)
			record(w, now, frame);
		p->sent++;
		p->in_a_row++;
		note_answer(p, frame);
		wire_send(w, port, now, frame);
	}
}

static void deliver(struct wire *w, size_t port, int64_t now)
{
	struct port *p = &w->ports[port];
	p->blocked = false;
	while (p->first && p->first->due_ns <= now) {
		struct str frame = {p->first->bytes, p->first->n};
		ssize_t n = send(p->fd, frame.p, frame.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		p->blocked = n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS);
		p->retry_ns = p->blocked && errno == ENOBUFS ? now + RETRY_NS : 0;
		if (p->blocked)
			return;
		if (n < 0) {
			w->dropped++;
		} else {
			if (!p->first->recorded)
				record(w, now, frame);
			p->received++;
			p->in_a_row = 0;
		}
		pop(w, p);
	}
}

void wire_turn(struct wire *w, int64_t now)
{
	for (size_t i = w->n; i-- > 0;) /* the machines first, then the host */
		take(w, i, now);
	for (size_t i = 0; i < w->n; i++)
		deliver(w, i, now);
}

static int64_t port_due(const struct port *p)
{
	if (!p->first || (p->blocked && !p->retry_ns))
		return INT64_MAX;
	return p->blocked ? p->retry_ns : p->first->due_ns;
}

int64_t wire_due(const struct wire *w)
{
	int64_t due = INT64_MAX;
	for (const struct port *p = w->ports; p < w->ports + w->n; p++)
		if (port_due(p) < due)
			due = port_due(p);
	return due;
}

void wire_polls(const struct wire *w, struct pollfd *polls)
{
	for (size_t i = 0; i < w->n; i++) {
		short out = w->ports[i].blocked && !w->ports[i].retry_ns ? POLLOUT : 0;
		polls[i] = (struct pollfd){w->ports[i].fd, (short)(POLLIN | out), 0};
	}
}

size_t wire_waiting(const struct wire *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++)
		n += w->ports[i].n;
	return n;
}

uint64_t wire_moves(const struct wire *w)
{
	uint64_t n = w->dropped + wire_waiting(w);
	for (size_t i = 0; i < w->n; i++)
		n += w->ports[i].sent + w->ports[i].received;
	return n;
}

const char *wire_flood(const struct wire *w, size_t machine)
{
	if (w->ports[machine].in_a_row > WIRE_FLOOD_FRAMES)
		return "sent 20000 frames in a row that nothing asked for";
	if (w->recording && w->recording->bytes > WIRE_FLOOD_BYTES)
		return "filled the recording: 512 MiB of packets";
	return NULL;
}
