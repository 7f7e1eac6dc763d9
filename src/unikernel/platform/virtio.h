/* virtio.h - a virtio device behind memory-mapped registers, and its queues (virtio 1.1, 2.6 and
 * 4.2). SPDX-License-Identifier: ISC */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_SIZE 256

struct virtio_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};
#define DESCRIPTOR_NEXT 1  /* the buffer goes on in descriptor `next` */
#define DESCRIPTOR_WRITE 2 /* the device writes, we read */

struct virtio_available {
	uint16_t flags, index, ring[QUEUE_SIZE], used_event;
};
struct virtio_used_element {
	uint32_t id, length;
};
struct virtio_used {
	uint16_t flags, index;
	struct virtio_used_element ring[QUEUE_SIZE];
	uint16_t available_event;
};

struct virtio_queue {
	struct virtio_descriptor descriptors[QUEUE_SIZE] __attribute__((aligned(16)));
	struct virtio_available available __attribute__((aligned(2)));
	struct virtio_used used __attribute__((aligned(4)));
	uint16_t published; /* what we have made available, told or not yet told to the device */
	uint16_t seen;	    /* what we have taken back */
};

struct virtio_device {
	uintptr_t base;
	unsigned line; /* of its interrupt */
};

/* Device number INDEX of kind ID, counted as QEMU's -device options were given; false where there
 * is none. Panics where it has only the legacy interface. */
bool virtio_find(uint32_t id, unsigned index, struct virtio_device *out);
/* Resets it and agrees on those of WANTED features that it offers; returns what was agreed. */
uint64_t virtio_negotiate(const struct virtio_device *d, uint64_t wanted);
void virtio_start(const struct virtio_device *d);
/* Hands queue number N to the device. No interrupts until virtio_interrupts(). */
void virtio_queue_open(const struct virtio_device *d, uint32_t n, struct virtio_queue *q);
uint8_t virtio_config(const struct virtio_device *d, size_t offset);
/* Quiets the device's interrupt line. */
void virtio_acknowledge(const struct virtio_device *d);

/* Gives the buffer that begins at descriptor SLOT to the device ... */
void virtio_publish(struct virtio_queue *q, uint16_t slot);
/* ... tells the device of all that was published ... */
void virtio_kick(const struct virtio_device *d, uint32_t n, struct virtio_queue *q);
/* ... and takes one back that it has done with. */
bool virtio_take(struct virtio_queue *q, uint16_t *slot, uint32_t *length);
bool virtio_has_done(const struct virtio_queue *q);
/* Are there published buffers that the device was not told of ... */
bool virtio_has_news(const struct virtio_queue *q);
/* ... or buffers that it was told of and that were not taken back? */
bool virtio_is_busy(const struct virtio_queue *q);
void virtio_interrupts(struct virtio_queue *q, bool on);

#endif
