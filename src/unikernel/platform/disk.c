/* disk.c - the virtio block device: sectors in and out, and what is written made to stay (virtio
 * 1.1, 5.2). SPDX-License-Identifier: ISC */
#include "parts.h"
#include "virtio.h"

#define DEVICE_BLOCK 2
#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_BLOCK_SIZE (1ull << 6)
#define FEATURE_FLUSH (1ull << 9)
#define CONFIG_CAPACITY 0
#define CONFIG_BLOCK_SIZE 20

/* A request is a chain of three descriptors: header, data (a flush has none), status. */
#define CHAIN 3u
#define SLOTS (QUEUE_SIZE / CHAIN)
#define TYPE_READ 0
#define TYPE_WRITE 1
#define TYPE_FLUSH 4
#define STATUS_OK 0
#define STATUS_NONE 0xff /* what no device writes */

#define AWAKE_NS 300000
#define LOOK_NS 10000000
#define PATIENCE_NS 60000000000ull

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

static struct {
	struct virtio_queue queue;
	struct virtio_device device;
	struct disk_info info;
	bool is_open, has_flush;
	struct header headers[SLOTS];
	uint8_t statuses[SLOTS];
	struct disk_request *requests[SLOTS]; /* NULL: the slot is free */
} disk;

static uint64_t config_number(size_t offset, size_t n)
{
	uint64_t value = 0;
	while (n-- > 0)
		value = value << 8 | virtio_config(&disk.device, offset + n);
	return value;
}

static void chains_open(void)
{
	struct virtio_descriptor *d = disk.queue.descriptors;
	for (unsigned slot = 0; slot < SLOTS; slot++, d += CHAIN) {
		d[0] = (struct virtio_descriptor){
			(uintptr_t)&disk.headers[slot], sizeof(struct header), DESCRIPTOR_NEXT, 0};
		d[2] = (struct virtio_descriptor){
			(uintptr_t)&disk.statuses[slot], 1, DESCRIPTOR_WRITE, 0};
		d[1].next = (uint16_t)(CHAIN * slot + 2);
	}
}

bool disk_open(struct disk_info *out)
{
	if (disk.is_open)
		panic("the disk is already open");
	if (!virtio_find(DEVICE_BLOCK, 0, &disk.device))
		return false;
	/* With FLUSH the device may keep what is written until it is told; without, a write that is
	 * done is there to stay. */
	uint64_t agreed = virtio_negotiate(
		&disk.device, FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH);
	uint64_t size =
		agreed & FEATURE_BLOCK_SIZE ? config_number(CONFIG_BLOCK_SIZE, 4) : DISK_SECTOR;
	if (size != DISK_SECTOR)
		panic("the disk has sectors of %u bytes: give QEMU logical_block_size=%u",
			(unsigned)size, DISK_SECTOR);
	virtio_queue_open(&disk.device, 0, &disk.queue);
	chains_open();
	virtio_start(&disk.device);
	interrupt_wake_on(disk.device.line);
	disk.has_flush = agreed & FEATURE_FLUSH;
	disk.info.sectors = config_number(CONFIG_CAPACITY, 8);
	disk.info.read_only = agreed & FEATURE_READ_ONLY;
	disk.is_open = true;
	*out = disk.info;
	return true;
}

/* Ends a request; its owner may use it again at once. */
static bool complete(struct disk_request *r, bool ok)
{
	r->ok = ok;
	r->is_done = true;
	return true;
}

static bool is_possible(const struct disk_request *r)
{
	if (!disk.is_open || (r->operation == DISK_WRITE && disk.info.read_only))
		return false;
	return r->operation == DISK_FLUSH ||
	       (r->count > 0 && r->count <= DISK_REQUEST_MAX && r->count <= disk.info.sectors &&
		       r->sector <= disk.info.sectors - r->count);
}

static void publish(unsigned slot, struct disk_request *r)
{
	static const uint32_t types[] = {
		[DISK_READ] = TYPE_READ, [DISK_WRITE] = TYPE_WRITE, [DISK_FLUSH] = TYPE_FLUSH};
	struct virtio_descriptor *d = &disk.queue.descriptors[CHAIN * slot];
	bool has_data = r->operation != DISK_FLUSH;
	disk.requests[slot] = r;
	disk.statuses[slot] = STATUS_NONE;
	disk.headers[slot] = (struct header){types[r->operation], 0, has_data ? r->sector : 0};
	d[0].next = (uint16_t)(CHAIN * slot + (has_data ? 1 : 2));
	d[1].address = (uintptr_t)r->p;
	d[1].length = (uint32_t)(r->count * DISK_SECTOR);
	d[1].flags =
		r->operation == DISK_READ ? DESCRIPTOR_NEXT | DESCRIPTOR_WRITE : DESCRIPTOR_NEXT;
	virtio_publish(&disk.queue, (uint16_t)(CHAIN * slot));
	virtio_kick(&disk.device, 0, &disk.queue);
}

bool disk_submit(struct disk_request *r)
{
	r->is_done = false;
	if (!is_possible(r))
		return complete(r, false);
	if (r->operation == DISK_FLUSH && !disk.has_flush)
		return complete(r, true);
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		if (!disk.requests[slot]) {
			publish(slot, r);
			return true;
		}
	}
	return false;
}

void disk_poll(void)
{
	uint16_t first;
	uint32_t length;
	while (disk.is_open && virtio_take(&disk.queue, &first, &length)) {
		unsigned slot = first / CHAIN;
		if (first % CHAIN || slot >= SLOTS || !disk.requests[slot])
			panic("the disk answers what nobody asked");
		struct disk_request *r = disk.requests[slot];
		disk.requests[slot] = NULL;
		complete(r, disk.statuses[slot] == STATUS_OK);
	}
}

/* A sleep costs more than most requests take: looks for a while first. */
static bool wait(struct disk_request *r)
{
	uint64_t from = clock_ns();
	while (!disk_submit(r))
		disk_poll();
	for (disk_poll(); !r->is_done; disk_poll()) {
		uint64_t now = clock_ns();
		/* It still may write into the caller's memory: there is no way on. */
		if (now - from > PATIENCE_NS)
			panic("the disk does not answer");
		if (now - from > AWAKE_NS)
			idle_until(now + LOOK_NS);
	}
	return r->ok;
}

static bool transfer(enum disk_operation operation, uint64_t sector, uint8_t *p, size_t count)
{
	while (count) {
		size_t n = count < DISK_REQUEST_MAX ? count : DISK_REQUEST_MAX;
		if (!wait(&(struct disk_request){operation, sector, p, n, false, false}))
			return false;
		sector += n;
		p += n * DISK_SECTOR;
		count -= n;
	}
	return true;
}

bool disk_read(uint64_t sector, void *p, size_t count)
{
	return transfer(DISK_READ, sector, p, count);
}

bool disk_write(uint64_t sector, const void *p, size_t count)
{
	return transfer(DISK_WRITE, sector, (uint8_t *)(uintptr_t)p, count);
}

bool disk_flush(void)
{
	return wait(&(struct disk_request){.operation = DISK_FLUSH});
}

bool disk_may_sleep(void)
{
	if (!disk.is_open || !virtio_is_busy(&disk.queue))
		return true;
	virtio_interrupts(&disk.queue, true);
	virtio_acknowledge(&disk.device);
	return !virtio_has_done(&disk.queue);
}

void disk_wake(void)
{
	if (disk.is_open)
		virtio_interrupts(&disk.queue, false);
}
