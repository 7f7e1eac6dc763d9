/* platform.h - what an image has under it: console, end, clock, entropy, options, network device.
 * One processor, no interrupts but the two that end a sleep; nothing here is reentrant.
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

/* ---- clock -------------------------------------------------------------------------------- */

/* Nanoseconds since boot; never goes back. */
uint64_t clock_ns(void);
/* Sleeps until clock_ns() reaches UNTIL or the network device has a frame; may wake earlier. */
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
/* The value as a number, FALLBACK without one; panics where it is not a decimal number. */
uint64_t option_number(const char *key, uint64_t fallback);
/* Reports the words that no option_get() asked for on the console. */
void option_report_unknown(void);

/* ---- network: one virtio-net device -------------------------------------------------------- */

struct net_info {
	uint8_t mac[6];
	bool tcp_checksum; /* the device fills in TCP checksums: senders leave the field zero */
};
/* A part of a frame. */
struct net_part {
	const void *p;
	size_t n;
};

/* Finds and starts the device; panics where there is none that we can drive. */
struct net_info net_open(void);
/* The next frame, without checksum and padding as the wire gave it; valid until the next call. */
bool net_receive(const uint8_t **frame, size_t *n);
/* Queues one frame of at most NET_FRAME_MAX bytes; false where the queue is full. It is copied,
 * but for a long last part among the image's constants, which the device reads where it lies.
 * Nothing is on its way before net_flush(): in between, TCP segments that follow each other
 * become one frame where the device cuts it up again (virtio 1.1, 5.1.6.2, HOST_TSO4). */
bool net_send(const struct net_part *parts, size_t count);
void net_flush(void);

#define NET_FRAME_MAX 1514

#endif
