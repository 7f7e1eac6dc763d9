/* platform.h - what an image has under it: console, end, clock, entropy, options, memory, devices.
 * One processor, no interrupts but those that end a sleep; nothing here is reentrant.
 * SPDX-License-Identifier: ISC */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* The image's own entry. Returning 0 ends the machine well, anything else is a panic. */
int main(void);

/* ---- console: the first serial port ------------------------------------------------------ */

/* Lines for people and for the lab begin with "respin: ". "\n" is sent as it is. */
void console_write(const char *p, size_t n);
void console_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* ---- ends --------------------------------------------------------------------------------- */

/* Ends the machine by QEMU's isa-debug-exit device: QEMU's exit status is 33 for "ended well". */
_Noreturn void machine_end(void);
/* "respin: panic: TEXT", then the callers' addresses, then the end with QEMU's exit status 129.
 * Each address lies inside the calling instruction: addr2line gives its very line. */
_Noreturn void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* For what the person who boots the image has to change: "respin: refused: TEXT", then the end with
 * QEMU's exit status 65. Of an option, TEXT is "KEY=VALUE: expected ...", without a secret VALUE.
 */
_Noreturn void refuse(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* ---- clock -------------------------------------------------------------------------------- */

/* Nanoseconds since boot; never goes back. */
uint64_t clock_ns(void);
/* Nanoseconds since 1970, UTC; never goes back. From the machine's clock of the day, which gives
 * seconds as they were when QEMU started: up to one second late, and after a quick reboot earlier
 * than the image before. Option time=SECONDS[.PART] overrides. Without both, time begins in 1970.
 */
uint64_t wall_ns(void);
/* Moves wall_ns() forward to NS, where it is earlier: what an image before this one has seen. */
void wall_at_least(uint64_t ns);
/* Sleeps until clock_ns() reaches UNTIL, a network device has a frame or a disk request is done;
 * may wake earlier. */
void idle_until(uint64_t until);

/* ---- random numbers ------------------------------------------------------------------------ */

/* From ChaCha20 with a key out of the processor's entropy source; the key is replaced on each
 * call, so that bytes given out can't be found again later (fast key erasure). Never fails: an
 * image does not start on a machine without entropy. */
void random_bytes(void *p, size_t n);
uint32_t random_u32(void);

/* ---- options: KEY=VALUE words of the command line ------------------------------------------ */

/* The value of the first KEY=VALUE, or NULL. Marks KEY as known. Valid for ever. */
const char *option_get(const char *key);
/* The value as a number, FALLBACK without one; refuses what is not a decimal number. */
uint64_t option_number(const char *key, uint64_t fallback);
/* Copies the value of the first KEY=VALUE with a terminating NUL, returns its length and wipes it
 * out of the command line: no later leak of memory tells it. 0 without one; refuses one that has
 * OPTION_SECRET_MAX bytes or more. */
#define OPTION_SECRET_MAX 1024
size_t option_secret(const char *key, char out[OPTION_SECRET_MAX]);
/* Refuses a KEY that nobody asked for and that is nearly one that somebody did; other words that
 * nobody asked for are told on the console. */
void option_report_unknown(void);

/* ---- memory: what the machine has behind the image ------------------------------------------ */

/* N bytes of zeros for ever, 64-byte aligned. Panics, and says how much the machine needs, where
 * there is no room. */
void *memory_take(size_t n);
/* How much one memory_take() can still give. */
size_t memory_left(void);

/* ---- network: virtio-net devices ------------------------------------------------------------ */

#define NETS_MAX 4
#define NET_FRAME_MAX 1514

struct net_info {
	uint8_t mac[6];
	bool tcp_checksum; /* the device fills in TCP checksums that the sender left zero */
};
/* A part of a frame. */
struct net_part {
	const void *p;
	size_t n;
};

/* How many there are, opened or not. They are numbered as QEMU's -device options were given. */
unsigned net_count(void);
/* Starts device NET, once; takes its buffers from memory_take(). Panics where there is none that we
 * can drive. */
struct net_info net_open(unsigned net);
/* The next frame of at most NET_FRAME_MAX bytes, without checksum and padding as the wire gave it;
 * valid until the next call for this device. It may be sent from there. Longer ones are dropped. */
bool net_receive(unsigned net, const uint8_t **frame, size_t *n);
/* Queues one frame of at most NET_FRAME_MAX bytes; false where the queue is full. It is copied,
 * but for a long last part among the image's constants, which the device reads where it lies.
 * Nothing is on its way before net_flush(): in between, TCP segments that follow each other
 * become one frame where the device cuts it up again (virtio 1.1, 5.1.6.2, HOST_TSO4). A full
 * queue is flushed, though, unless net_hold() was called. */
bool net_send(unsigned net, const struct net_part *parts, size_t count);
/* From now on no frame goes out but by net_flush(): a queue full of frames that wait for it refuses
 * others. */
void net_hold(void);
/* Does any frame wait for net_flush()? */
bool net_has_queued(void);
/* Hands the queued frames of all devices over. */
void net_flush(void);

/* ---- disk: the first virtio-blk device ------------------------------------------------------- */

#define DISK_SECTOR 512
#define DISK_REQUEST_MAX 8192 /* sectors */

struct disk_info {
	uint64_t sectors;
	bool read_only;
};
enum disk_operation { DISK_READ, DISK_WRITE, DISK_FLUSH };
struct disk_request {
	enum disk_operation operation;
	uint64_t sector;
	void *p; /* COUNT * DISK_SECTOR bytes, which the device uses until the request is done */
	size_t count; /* at least 1, at most DISK_REQUEST_MAX */
	bool is_done; /* set by disk_submit() and disk_poll() */
	bool ok;      /* false: beyond the end, write to a read-only disk, or the device failed */
};

/* Starts the disk; false where there is none. Panics where we can't drive it. */
bool disk_open(struct disk_info *out);
/* These wait. A write is there to stay, whatever happens, when a flush that was asked for after it
 * is done; a failed write or flush may or may not have changed the disk. False as in disk_request.
 * The machine stops where the device does not answer for a minute. COUNT is of any size. */
bool disk_read(uint64_t sector, void *p, size_t count);
bool disk_write(uint64_t sector, const void *p, size_t count);
bool disk_flush(void);
/* Hands a request to the device, and goes on. Requests are done in any order, and a flush covers
 * only writes that were done when it was submitted. False: too many are under way, try again after
 * disk_poll(). The request stays where it is until it is done. */
bool disk_submit(struct disk_request *r);
/* Takes back what is done. A request that becomes done ends a sleep. */
void disk_poll(void);

#endif
