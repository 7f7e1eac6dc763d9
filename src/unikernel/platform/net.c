/* net.c - the virtio network device: frames in, frames and joined TCP segments out (virtio 1.1,
 * 5.1). SPDX-License-Identifier: ISC */
#include "parts.h"
#include "virtio.h"
#include "segment.h"
#include <string.h>

#define DEVICE_NET 1
#define FEATURE_CSUM (1ull << 0)
#define FEATURE_MAC (1ull << 5)
#define FEATURE_HOST_TSO4 (1ull << 11)
#define RECEIVE 0
#define TRANSMIT 1

/* What stands before each frame. */
struct net_header {
	uint8_t flags, kind;
	uint16_t header_length, segment_size, checksum_start, checksum_offset, buffers;
};
#define NEEDS_CHECKSUM 1
#define KIND_TCP4 1

#define RECEIVE_ROOM 2048
#define TRANSMIT_ROOM 65536
#define TRANSMIT_SLOTS (QUEUE_SIZE / 2) /* each has a second descriptor, for its tail */
#define TAIL_MIN 256			/* shorter ones are copied sooner */
#define PATIENCE_NS 1000000

struct receive_buffer {
	struct net_header header;
	uint8_t frame[RECEIVE_ROOM - sizeof(struct net_header)];
};
struct transmit_buffer {
	struct net_header header;
	uint8_t frame[TRANSMIT_ROOM - sizeof(struct net_header)];
};

static struct virtio_device device;
static struct virtio_queue receive_queue, transmit_queue;
static struct receive_buffer received[QUEUE_SIZE];
static struct transmit_buffer transmitted[TRANSMIT_SLOTS];
static bool offload_checksum, offload_segments;

static int lent = -1; /* the slot whose frame the caller of net_receive() reads */
static uint16_t free_slots[TRANSMIT_SLOTS];
static unsigned free_count;
/* A frame on its way to the queue. */
struct outgoing {
	uint16_t slot;
	size_t n;	     /* bytes, the tail included */
	size_t size;	     /* payload of a segment, 0 where the frame is to be sent as it is */
	const uint8_t *tail; /* the last bytes, where they lie for ever */
	size_t tail_n;
};
/* The one that later segments may join, not yet published. */
static struct outgoing joined;
static bool is_joining;

static void receive_open(void)
{
	virtio_queue_open(&device, RECEIVE, &receive_queue);
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		receive_queue.descriptors[i] = (struct virtio_descriptor){
			(uintptr_t)&received[i], sizeof(received[i]), DESCRIPTOR_WRITE, 0};
		virtio_publish(&receive_queue, i);
	}
}

static void transmit_open(void)
{
	virtio_queue_open(&device, TRANSMIT, &transmit_queue);
	for (uint16_t i = 0; i < TRANSMIT_SLOTS; i++) {
		transmit_queue.descriptors[i].address = (uintptr_t)&transmitted[i];
		free_slots[free_count++] = i;
	}
}

struct net_info net_open(void)
{
	device = virtio_find(DEVICE_NET);
	uint64_t agreed = virtio_negotiate(&device, FEATURE_MAC | FEATURE_CSUM | FEATURE_HOST_TSO4);
	offload_checksum = agreed & FEATURE_CSUM;
	offload_segments = offload_checksum && agreed & FEATURE_HOST_TSO4;
	if (!(agreed & FEATURE_MAC))
		panic("the network device has no address");
	receive_open();
	transmit_open();
	virtio_start(&device);
	virtio_kick(&device, RECEIVE, &receive_queue);
	interrupt_wake_on(device.line);
	struct net_info info = {.tcp_checksum = offload_checksum};
	for (size_t i = 0; i < sizeof(info.mac); i++)
		info.mac[i] = virtio_config(&device, i);
	return info;
}

bool net_receive(const uint8_t **frame, size_t *n)
{
	uint16_t slot;
	uint32_t length;
	if (lent >= 0)
		virtio_publish(&receive_queue, (uint16_t)lent);
	lent = -1;
	if (!virtio_take(&receive_queue, &slot, &length)) {
		virtio_kick(&device, RECEIVE, &receive_queue);
		return false;
	}
	if (length < sizeof(struct net_header) || length > RECEIVE_ROOM)
		panic("the network device gives a frame of %u bytes", (unsigned)length);
	lent = slot;
	*frame = received[slot].frame;
	*n = length - sizeof(struct net_header);
	return true;
}

static void publish(const struct outgoing *f)
{
	struct transmit_buffer *b = &transmitted[f->slot];
	struct virtio_descriptor *first = &transmit_queue.descriptors[f->slot];
	b->header = (struct net_header){0};
	if (f->size && f->n > SEGMENT_HEADERS + f->size) {
		segment_set_length(b->frame, f->n);
		b->header.kind = KIND_TCP4;
		b->header.header_length = SEGMENT_HEADERS;
		b->header.segment_size = (uint16_t)f->size;
	}
	if (offload_checksum && f->n >= SEGMENT_HEADERS && segment_is_tcp(b->frame)) {
		segment_start_checksum(b->frame, f->n);
		b->header.flags = NEEDS_CHECKSUM;
		b->header.checksum_start = SEGMENT_HEADERS - 20;
		b->header.checksum_offset = TCP_CHECKSUM_AT;
	}
	first->length = (uint32_t)(sizeof(b->header) + f->n - f->tail_n);
	first->flags = f->tail_n ? DESCRIPTOR_NEXT : 0;
	first->next = (uint16_t)(TRANSMIT_SLOTS + f->slot);
	transmit_queue.descriptors[first->next] =
		(struct virtio_descriptor){(uintptr_t)f->tail, (uint32_t)f->tail_n, 0, 0};
	virtio_publish(&transmit_queue, f->slot);
}

static void joined_close(void)
{
	if (is_joining)
		publish(&joined);
	is_joining = false;
}

static void reclaim(void)
{
	uint16_t slot;
	uint32_t length;
	if (free_count)
		return;
	while (virtio_take(&transmit_queue, &slot, &length))
		free_slots[free_count++] = slot;
}

/* Where all slots are on their way, waits a little: the host may only be slower than we are. */
static bool take_slot(uint16_t *slot)
{
	reclaim();
	if (!free_count)
		net_flush();
	for (uint64_t from = clock_ns(); !free_count && clock_ns() - from < PATIENCE_NS;)
		reclaim();
	if (!free_count)
		return false;
	*slot = free_slots[--free_count];
	return true;
}

/* Copies the parts without their first SKIP bytes; returns how many bytes that were. */
static size_t gather(uint8_t *to, const struct net_part *parts, size_t count, size_t skip)
{
	size_t n = 0;
	for (const struct net_part *part = parts; part < parts + count; part++) {
		size_t left = skip < part->n ? part->n - skip : 0;
		memcpy(to + n, (const uint8_t *)part->p + part->n - left, left);
		skip -= part->n - left;
		n += left;
	}
	return n;
}

static bool is_tail(const struct net_part *part)
{
	const char *p = part->p;
	return part->n >= TAIL_MIN && p >= rodata_start && p < rodata_end &&
	       part->n <= (size_t)(rodata_end - p);
}

/* Puts the parts without their first SKIP bytes at the frame's end: copies all but TAIL, which is
 * the last part or NULL. */
static void append(struct outgoing *f, const struct net_part *parts, size_t count,
	const struct net_part *tail, size_t skip)
{
	uint8_t *end = transmitted[f->slot].frame + f->n - f->tail_n;
	f->n += gather(end, parts, tail ? count - 1 : count, skip);
	if (!tail)
		return;
	if (!f->tail_n)
		f->tail = tail->p;
	f->tail_n += tail->n;
	f->n += tail->n;
}

/* Behind a tail only its own continuation has a place. */
static bool joins(const uint8_t *head, size_t n, const struct net_part *tail)
{
	if (!is_joining)
		return false;
	bool fits = !joined.tail_n || (tail && n - tail->n == SEGMENT_HEADERS &&
					      tail->p == joined.tail + joined.tail_n);
	return fits &&
	       segment_continues(transmitted[joined.slot].frame, joined.n, joined.size, head, n);
}

bool net_send(const struct net_part *parts, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += parts[i].n;
	if (n > NET_FRAME_MAX)
		panic("a frame of %u bytes", (unsigned)n);
	const uint8_t *head = parts[0].p;
	const struct net_part *last = &parts[count - 1];
	bool has_tail = n - last->n >= SEGMENT_HEADERS && is_tail(last);
	const struct net_part *tail = has_tail ? last : NULL;
	bool plain = offload_segments && parts[0].n >= SEGMENT_HEADERS && segment_is_plain(head, n);
	if (plain && joins(head, n, tail)) {
		append(&joined, parts, count, tail, SEGMENT_HEADERS);
		segment_join(transmitted[joined.slot].frame, head);
		return true;
	}
	joined_close();
	struct outgoing f = {.size = plain ? n - SEGMENT_HEADERS : 0};
	if (!take_slot(&f.slot))
		return false;
	append(&f, parts, count, tail, 0);
	is_joining = plain;
	if (plain)
		joined = f;
	else
		publish(&f);
	return true;
}

void net_flush(void)
{
	joined_close();
	virtio_kick(&device, TRANSMIT, &transmit_queue);
}

bool net_may_sleep(void)
{
	if (!device.base)
		return true;
	virtio_interrupts(&receive_queue, true);
	virtio_acknowledge(&device);
	return !virtio_has_done(&receive_queue);
}

void net_wake(void)
{
	if (device.base)
		virtio_interrupts(&receive_queue, false);
}
