/* net.c - virtio network devices: frames in, frames and joined TCP segments out (virtio 1.1, 5.1).
 * SPDX-License-Identifier: ISC */
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
#define TRANSMIT_ROOM 2048
#define TRANSMIT_ROOM_JOINED 65536
#define TRANSMIT_SLOTS (QUEUE_SIZE / 2) /* each has a second descriptor, for its tail */
#define TAIL_MIN 256			/* shorter ones are copied sooner */
#define PATIENCE_NS 1000000

struct receive_buffer {
	struct net_header header;
	uint8_t frame[RECEIVE_ROOM - sizeof(struct net_header)];
};
struct transmit_buffer {
	struct net_header header;
	uint8_t frame[];
};

/* A frame on its way to the queue. */
struct outgoing {
	uint16_t slot;
	size_t n;	     /* bytes, the tail included */
	size_t size;	     /* payload of a segment, 0 where the frame is to be sent as it is */
	const uint8_t *tail; /* the last bytes, where they lie for ever */
	size_t tail_n;
};

struct net {
	struct virtio_queue receive, transmit;
	struct virtio_device device;
	struct receive_buffer *received; /* QUEUE_SIZE of them */
	uint8_t *transmitted;		 /* TRANSMIT_SLOTS transmit_buffers of ROOM bytes each */
	size_t room;
	bool offload_checksum, offload_segments;
	int lent; /* the slot whose frame the caller of net_receive() reads, or -1 */
	uint16_t free_slots[TRANSMIT_SLOTS];
	unsigned free_count;
	/* The one that later segments may join, not yet published. */
	struct outgoing joined;
	bool is_joining;
};

static struct net *nets[NETS_MAX];
static bool is_holding;

static struct transmit_buffer *buffer_of(const struct net *net, uint16_t slot)
{
	return (struct transmit_buffer *)(void *)(net->transmitted + slot * net->room);
}

static void receive_open(struct net *net)
{
	net->lent = -1;
	net->received = memory_take(QUEUE_SIZE * sizeof(*net->received));
	virtio_queue_open(&net->device, RECEIVE, &net->receive);
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		net->receive.descriptors[i] = (struct virtio_descriptor){
			(uintptr_t)&net->received[i], RECEIVE_ROOM, DESCRIPTOR_WRITE, 0};
		virtio_publish(&net->receive, i);
	}
}

static void transmit_open(struct net *net)
{
	net->room = net->offload_segments ? TRANSMIT_ROOM_JOINED : TRANSMIT_ROOM;
	net->transmitted = memory_take(TRANSMIT_SLOTS * net->room);
	virtio_queue_open(&net->device, TRANSMIT, &net->transmit);
	for (uint16_t i = 0; i < TRANSMIT_SLOTS; i++) {
		net->transmit.descriptors[i].address = (uintptr_t)buffer_of(net, i);
		net->free_slots[net->free_count++] = i;
	}
}

unsigned net_count(void)
{
	struct virtio_device device;
	unsigned count = 0;
	while (virtio_find(DEVICE_NET, count, &device))
		count++;
	if (count > NETS_MAX)
		panic("the machine has %u network devices, we drive %d", count, NETS_MAX);
	return count;
}

struct net_info net_open(unsigned number)
{
	struct virtio_device device;
	if (number >= NETS_MAX || !virtio_find(DEVICE_NET, number, &device))
		panic("no network device %u: give QEMU -device virtio-net-device", number);
	if (nets[number])
		panic("network device %u is already open", number);
	struct net *net = memory_take(sizeof(*net));
	net->device = device;
	uint64_t agreed = virtio_negotiate(&device, FEATURE_MAC | FEATURE_CSUM | FEATURE_HOST_TSO4);
	net->offload_checksum = agreed & FEATURE_CSUM;
	net->offload_segments = net->offload_checksum && agreed & FEATURE_HOST_TSO4;
	if (!(agreed & FEATURE_MAC))
		panic("network device %u has no address", number);
	receive_open(net);
	transmit_open(net);
	virtio_start(&device);
	virtio_kick(&device, RECEIVE, &net->receive);
	interrupt_wake_on(device.line);
	nets[number] = net;
	struct net_info info = {.tcp_checksum = net->offload_checksum};
	for (size_t i = 0; i < sizeof(info.mac); i++)
		info.mac[i] = virtio_config(&device, i);
	return info;
}

/* Takes the next one, once the one before is given back. */
static bool take_received(struct net *net, uint32_t *length)
{
	uint16_t slot;
	if (net->lent >= 0)
		virtio_publish(&net->receive, (uint16_t)net->lent);
	net->lent = -1;
	if (!virtio_take(&net->receive, &slot, length)) {
		virtio_kick(&net->device, RECEIVE, &net->receive);
		return false;
	}
	net->lent = slot;
	return true;
}

bool net_receive(unsigned number, const uint8_t **frame, size_t *n)
{
	struct net *net = nets[number];
	uint32_t length;
	do {
		if (!take_received(net, &length))
			return false;
		if (length < sizeof(struct net_header) || length > RECEIVE_ROOM)
			panic("network device %u gives a frame of %u bytes", number,
				(unsigned)length);
		*frame = net->received[net->lent].frame;
		*n = length - sizeof(struct net_header);
	} while (*n > NET_FRAME_MAX);
	return true;
}

static void publish(struct net *net, const struct outgoing *f)
{
	struct transmit_buffer *b = buffer_of(net, f->slot);
	struct virtio_descriptor *first = &net->transmit.descriptors[f->slot];
	b->header = (struct net_header){0};
	if (f->size && f->n > SEGMENT_HEADERS + f->size) {
		segment_set_length(b->frame, f->n);
		b->header.kind = KIND_TCP4;
		b->header.header_length = SEGMENT_HEADERS;
		b->header.segment_size = (uint16_t)f->size;
	}
	if (net->offload_checksum && f->n >= SEGMENT_HEADERS && segment_lacks_checksum(b->frame)) {
		segment_start_checksum(b->frame, f->n);
		b->header.flags = NEEDS_CHECKSUM;
		b->header.checksum_start = SEGMENT_HEADERS - 20;
		b->header.checksum_offset = TCP_CHECKSUM_AT;
	}
	first->length = (uint32_t)(sizeof(b->header) + f->n - f->tail_n);
	first->flags = f->tail_n ? DESCRIPTOR_NEXT : 0;
	first->next = (uint16_t)(TRANSMIT_SLOTS + f->slot);
	net->transmit.descriptors[first->next] =
		(struct virtio_descriptor){(uintptr_t)f->tail, (uint32_t)f->tail_n, 0, 0};
	virtio_publish(&net->transmit, f->slot);
}

static void joined_close(struct net *net)
{
	if (net->is_joining)
		publish(net, &net->joined);
	net->is_joining = false;
}

static void reclaim(struct net *net)
{
	uint16_t slot;
	uint32_t length;
	if (net->free_count)
		return;
	while (virtio_take(&net->transmit, &slot, &length))
		net->free_slots[net->free_count++] = slot;
}

static void flush(struct net *net)
{
	joined_close(net);
	virtio_kick(&net->device, TRANSMIT, &net->transmit);
}

/* Where all slots are on their way, waits a little: the host may only be slower than we are. */
static bool take_slot(struct net *net, uint16_t *slot)
{
	reclaim(net);
	if (!net->free_count && !is_holding)
		flush(net);
	for (uint64_t from = clock_ns(); !net->free_count && virtio_is_busy(&net->transmit) &&
					 clock_ns() - from < PATIENCE_NS;)
		reclaim(net);
	if (!net->free_count)
		return false;
	*slot = net->free_slots[--net->free_count];
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
static void append(const struct net *net, struct outgoing *f, const struct net_part *parts,
	size_t count, const struct net_part *tail, size_t skip)
{
	uint8_t *end = buffer_of(net, f->slot)->frame + f->n - f->tail_n;
	f->n += gather(end, parts, tail ? count - 1 : count, skip);
	if (!tail)
		return;
	if (!f->tail_n)
		f->tail = tail->p;
	f->tail_n += tail->n;
	f->n += tail->n;
}

/* Behind a tail only its own continuation has a place. */
static bool joins(const struct net *net, const uint8_t *head, size_t n, const struct net_part *tail)
{
	const struct outgoing *f = &net->joined;
	if (!net->is_joining)
		return false;
	bool fits = !f->tail_n ||
		    (tail && n - tail->n == SEGMENT_HEADERS && tail->p == f->tail + f->tail_n);
	return fits && segment_continues(buffer_of(net, f->slot)->frame, f->n, f->size, head, n);
}

bool net_send(unsigned number, const struct net_part *parts, size_t count)
{
	struct net *net = nets[number];
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += parts[i].n;
	if (n > NET_FRAME_MAX)
		panic("a frame of %u bytes", (unsigned)n);
	const uint8_t *head = parts[0].p;
	const struct net_part *last = &parts[count - 1];
	bool has_tail = n - last->n >= SEGMENT_HEADERS && is_tail(last);
	const struct net_part *tail = has_tail ? last : NULL;
	bool plain =
		net->offload_segments && parts[0].n >= SEGMENT_HEADERS && segment_is_plain(head, n);
	if (plain && joins(net, head, n, tail)) {
		append(net, &net->joined, parts, count, tail, SEGMENT_HEADERS);
		segment_join(buffer_of(net, net->joined.slot)->frame, head);
		return true;
	}
	joined_close(net);
	struct outgoing f = {.size = plain ? n - SEGMENT_HEADERS : 0};
	if (!take_slot(net, &f.slot))
		return false;
	append(net, &f, parts, count, tail, 0);
	net->is_joining = plain;
	if (plain)
		net->joined = f;
	else
		publish(net, &f);
	return true;
}

void net_hold(void)
{
	is_holding = true;
}

bool net_has_queued(void)
{
	for (unsigned i = 0; i < NETS_MAX; i++)
		if (nets[i] && (nets[i]->is_joining || virtio_has_news(&nets[i]->transmit)))
			return true;
	return false;
}

void net_flush(void)
{
	for (unsigned i = 0; i < NETS_MAX; i++) {
		if (!nets[i])
			continue;
		flush(nets[i]);
		virtio_kick(&nets[i]->device, RECEIVE, &nets[i]->receive);
	}
}

bool net_may_sleep(void)
{
	bool may = true;
	for (unsigned i = 0; i < NETS_MAX; i++) {
		if (!nets[i])
			continue;
		virtio_interrupts(&nets[i]->receive, true);
		virtio_acknowledge(&nets[i]->device);
		may &= !virtio_has_done(&nets[i]->receive);
	}
	return may;
}

void net_wake(void)
{
	for (unsigned i = 0; i < NETS_MAX; i++)
		if (nets[i])
			virtio_interrupts(&nets[i]->receive, false);
}
