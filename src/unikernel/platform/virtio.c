/* virtio.c - finding a virtio-mmio device, agreeing on features, moving buffers through queues.
 * SPDX-License-Identifier: ISC */
#include "virtio.h"
#include "parts.h"
#include "cpu.h"

/* QEMU's microvm: eight slots, filled from the top, each with an interrupt line. */
#define SLOT_BASE 0xfeb00000u
#define SLOT_SIZE 512u
#define SLOTS 8u
#define SLOT_LINE 5u

/* Registers (virtio 1.1, 4.2.2). */
#define MAGIC 0x00
#define VERSION 0x04
#define DEVICE_ID 0x08
#define DEVICE_FEATURES 0x10
#define DEVICE_FEATURES_SELECT 0x14
#define DRIVER_FEATURES 0x20
#define DRIVER_FEATURES_SELECT 0x24
#define QUEUE_SELECT 0x30
#define QUEUE_LENGTH_MAX 0x34
#define QUEUE_LENGTH 0x38
#define QUEUE_READY 0x44
#define QUEUE_NOTIFY 0x50
#define INTERRUPT_STATUS 0x60
#define INTERRUPT_ACKNOWLEDGE 0x64
#define STATUS 0x70
#define QUEUE_DESCRIPTORS 0x80
#define QUEUE_AVAILABLE 0x90
#define QUEUE_USED 0xa0
#define CONFIG 0x100

#define MAGIC_VALUE 0x74726976u
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define FEATURE_VERSION_1 (1ull << 32)
#define NO_INTERRUPT 1
#define NO_NOTIFY 1

static uint32_t get(const struct virtio_device *d, uintptr_t reg)
{
	return mmio_read(d->base + reg);
}

static void set(const struct virtio_device *d, uintptr_t reg, uint32_t value)
{
	mmio_write(d->base + reg, value);
}

static void set64(const struct virtio_device *d, uintptr_t reg, const volatile void *p)
{
	set(d, reg, (uint32_t)(uintptr_t)p);
	set(d, reg + 4, (uint32_t)((uintptr_t)p >> 32));
}

bool virtio_find(uint32_t id, unsigned index, struct virtio_device *out)
{
	/* QEMU lists the occupied slots on the command line; we look into all of them. */
	option_get("virtio_mmio.device");
	for (unsigned slot = SLOTS; slot-- > 0;) {
		struct virtio_device d = {SLOT_BASE + slot * SLOT_SIZE, SLOT_LINE + slot};
		if (get(&d, MAGIC) != MAGIC_VALUE || get(&d, DEVICE_ID) != id || index-- > 0)
			continue;
		if (get(&d, VERSION) == 1)
			panic("the virtio device has the legacy interface: give QEMU "
			      "-global virtio-mmio.force-legacy=false");
		*out = d;
		return true;
	}
	return false;
}

uint64_t virtio_negotiate(const struct virtio_device *d, uint64_t wanted)
{
	set(d, STATUS, 0);
	set(d, STATUS, STATUS_ACKNOWLEDGE);
	set(d, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	uint64_t agreed = 0;
	for (uint32_t half = 0; half < 2; half++) {
		set(d, DEVICE_FEATURES_SELECT, half);
		uint64_t offered = (uint64_t)get(d, DEVICE_FEATURES) << (32 * half);
		agreed |= offered & (wanted | FEATURE_VERSION_1);
		set(d, DRIVER_FEATURES_SELECT, half);
		set(d, DRIVER_FEATURES, (uint32_t)(agreed >> (32 * half)));
	}
	set(d, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (!(agreed & FEATURE_VERSION_1) || !(get(d, STATUS) & STATUS_FEATURES_OK))
		panic("the virtio device refuses our features");
	return agreed;
}

void virtio_start(const struct virtio_device *d)
{
	set(d, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

void virtio_queue_open(const struct virtio_device *d, uint32_t n, struct virtio_queue *q)
{
	set(d, QUEUE_SELECT, n);
	if (get(d, QUEUE_LENGTH_MAX) < QUEUE_SIZE)
		panic("queue %u of the virtio device is too short", (unsigned)n);
	q->available.flags = NO_INTERRUPT;
	set(d, QUEUE_LENGTH, QUEUE_SIZE);
	set64(d, QUEUE_DESCRIPTORS, q->descriptors);
	set64(d, QUEUE_AVAILABLE, &q->available);
	set64(d, QUEUE_USED, &q->used);
	set(d, QUEUE_READY, 1);
}

uint8_t virtio_config(const struct virtio_device *d, size_t offset)
{
	return *(volatile uint8_t *)(d->base + CONFIG + offset);
}

void virtio_acknowledge(const struct virtio_device *d)
{
	set(d, INTERRUPT_ACKNOWLEDGE, get(d, INTERRUPT_STATUS));
}

void virtio_publish(struct virtio_queue *q, uint16_t slot)
{
	q->available.ring[q->published++ % QUEUE_SIZE] = slot;
}

void virtio_kick(const struct virtio_device *d, uint32_t n, struct virtio_queue *q)
{
	if (!virtio_has_news(q))
		return;
	__atomic_store_n(&q->available.index, q->published, __ATOMIC_RELEASE);
	cpu_fence();
	if (!(__atomic_load_n(&q->used.flags, __ATOMIC_RELAXED) & NO_NOTIFY))
		set(d, QUEUE_NOTIFY, n);
}

bool virtio_has_done(const struct virtio_queue *q)
{
	return __atomic_load_n(&q->used.index, __ATOMIC_ACQUIRE) != q->seen;
}

bool virtio_has_news(const struct virtio_queue *q)
{
	return q->available.index != q->published;
}

bool virtio_is_busy(const struct virtio_queue *q)
{
	return q->available.index != q->seen;
}

bool virtio_take(struct virtio_queue *q, uint16_t *slot, uint32_t *length)
{
	if (!virtio_has_done(q))
		return false;
	const struct virtio_used_element *e = &q->used.ring[q->seen++ % QUEUE_SIZE];
	if (e->id >= QUEUE_SIZE)
		panic("the virtio device gives back a buffer that it never had");
	*slot = (uint16_t)e->id;
	*length = e->length;
	return true;
}

void virtio_interrupts(struct virtio_queue *q, bool on)
{
	__atomic_store_n(&q->available.flags, on ? 0 : NO_INTERRUPT, __ATOMIC_RELAXED);
	cpu_fence();
}
