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
#define TRANSMIT_SLOTS 128
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
/* The frame that later segments may join, not yet published: slot, bytes, payload of a segment. */
static struct {
	bool open;
	uint16_t slot;
	size_t n, size;
} joined;

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

/* SEGMENT_SIZE: payload of a segment, 0 where the frame is to be sent as it is. */
static void publish(uint16_t slot, size_t n, size_t segment_size)
{
	struct transmit_buffer *b = &transmitted[slot];
	b->header = (struct net_header){0};
	if (segment_size && n > SEGMENT_HEADERS + segment_size) {
		segment_set_length(b->frame, n);
		b->header.kind = KIND_TCP4;
		b->header.header_length = SEGMENT_HEADERS;
		b->header.segment_size = (uint16_t)segment_size;
	}
	if (offload_checksum && n >= SEGMENT_HEADERS && segment_is_tcp(b->frame)) {
		segment_start_checksum(b->frame, n);
		b->header.flags = NEEDS_CHECKSUM;
		b->header.checksum_start = SEGMENT_HEADERS - 20;
		b->header.checksum_offset = TCP_CHECKSUM_AT;
	}
	transmit_queue.descriptors[slot].length = (uint32_t)(sizeof(b->header) + n);
	virtio_publish(&transmit_queue, slot);
}

static void joined_close(void)
{
	if (joined.open)
		publish(joined.slot, joined.n, joined.size);
	joined.open = false;
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

static bool joins(const uint8_t *head, size_t n)
{
	return joined.open &&
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
	bool plain = offload_segments && parts[0].n >= SEGMENT_HEADERS && segment_is_plain(head, n);
	if (plain && joins(head, n)) {
		uint8_t *frame = transmitted[joined.slot].frame;
		joined.n += gather(frame + joined.n, parts, count, SEGMENT_HEADERS);
		segment_join(frame, head);
		return true;
	}
	uint16_t slot;
	joined_close();
	if (!take_slot(&slot))
		return false;
	gather(transmitted[slot].frame, parts, count, 0);
	if (!plain) {
		publish(slot, n, 0);
		return true;
	}
	joined.open = true;
	joined.slot = slot;
	joined.n = n;
	joined.size = n - SEGMENT_HEADERS;
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
