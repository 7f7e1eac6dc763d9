/* wire.c - a virtual Ethernet that delays and records. SPDX-License-Identifier: ISC */
#include "lab/wire.h"

#include <errno.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE ((size_t)128 * 1024)
#define LANE_MAX 8192 /* frames on their way, each way */
#define TURN_MAX 64   /* frames taken in one turn from one end: nobody starves */

struct frame {
	struct frame *next;
	int64_t due_ns;
	size_t n;
	char bytes[];
};

void wire_init(struct wire *w, struct arena *a, int image_fd, int host_fd, size_t mtu,
	int64_t delay_ms, struct recording *recording)
{
	*w = (struct wire){.a = a,
		.image_fd = image_fd,
		.host_fd = host_fd,
		.frame_max = mtu + ETHER_HDR_LEN + 4, /* with a VLAN tag */
		.delay_ns = delay_ms * 1000000,
		.to_image = {.out_fd = image_fd},
		.to_host = {.out_fd = host_fd},
		.recording = recording,
		.buffer = arena_alloc(a, BUFFER_SIZE)};
}

static void record(struct wire *w, int64_t now, struct str frame)
{
	if (w->recording)
		recording_add(w->recording, now, frame);
}

static void push(struct wire *w, struct lane *lane, int64_t now, struct str bytes)
{
	if (bytes.n < ETHER_HDR_LEN || bytes.n > w->frame_max || lane->n == LANE_MAX) {
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
	f->n = bytes.n;
	memcpy(f->bytes, bytes.p, bytes.n);
	if (!lane->first)
		lane->last = &lane->first;
	*lane->last = f;
	lane->last = &f->next;
	lane->n++;
}

static void pop(struct wire *w, struct lane *lane)
{
	struct frame *f = lane->first;
	lane->first = f->next;
	lane->n--;
	f->next = w->unused;
	w->unused = f;
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

static void take(struct wire *w, int64_t now)
{
	struct str frame;
	for (int i = 0; i < TURN_MAX && receive(w, w->image_fd, &frame); i++) {
		record(w, now, frame);
		w->from_image++;
		w->in_a_row++;
		push(w, &w->to_host, now, frame);
	}
	for (int i = 0; i < TURN_MAX && receive(w, w->host_fd, &frame); i++)
		push(w, &w->to_image, now, frame);
}

static void deliver(struct wire *w, struct lane *lane, int64_t now)
{
	lane->blocked = false;
	while (lane->first && lane->first->due_ns <= now) {
		struct str frame = {lane->first->bytes, lane->first->n};
		ssize_t n = send(lane->out_fd, frame.p, frame.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		lane->blocked = n < 0 && (errno == EAGAIN || errno == EINTR);
		if (lane->blocked)
			return;
		if (n < 0) {
			w->dropped++;
		} else if (lane == &w->to_image) {
			record(w, now, frame);
			w->to_image_count++;
			w->in_a_row = 0;
		}
		pop(w, lane);
	}
}

void wire_turn(struct wire *w, int64_t now)
{
	take(w, now);
	deliver(w, &w->to_host, now);
	deliver(w, &w->to_image, now);
}

void wire_send(struct wire *w, int64_t now, struct str frame)
{
	push(w, &w->to_image, now, frame);
}

int64_t wire_due(const struct wire *w)
{
	int64_t due = INT64_MAX;
	const struct lane *lanes[] = {&w->to_image, &w->to_host};
	for (size_t i = 0; i < 2; i++)
		if (lanes[i]->first && !lanes[i]->blocked && lanes[i]->first->due_ns < due)
			due = lanes[i]->first->due_ns;
	return due;
}

void wire_polls(const struct wire *w, struct pollfd polls[2])
{
	short image_out = w->to_image.blocked ? POLLOUT : 0;
	short host_out = w->to_host.blocked ? POLLOUT : 0;
	polls[0] = (struct pollfd){w->image_fd, (short)(POLLIN | image_out), 0};
	polls[1] = (struct pollfd){w->host_fd, (short)(POLLIN | host_out), 0};
}

const char *wire_flood(const struct wire *w)
{
	if (w->in_a_row > WIRE_FLOOD_FRAMES)
		return "sent 20000 frames in a row that nothing asked for";
	if (w->recording && w->recording->bytes > WIRE_FLOOD_BYTES)
		return "filled the recording: 512 MiB of packets";
	return NULL;
}
