/* arp.h - ARP (RFC 826, 1122, 5227, 5494) over a version-controlled table: who has which hardware
 * address, since when, and who claimed what wrongly. Frames come in as bytes and go out by a
 * callback; packets that wait for an address are the caller's, and opaque here.
 *
 * What a stranger on the wire may do: refresh the entry that is its own, be learnt when it asks
 * for us, be refused and counted. It can't overwrite an entry, nor add one by an answer that
 * nobody asked for, nor cause more than one commit a second. An answer that we asked for is a
 * commit of its own, as long as these are not more than 64 at once and 8 a second.
 *
 * Freestanding, one thread; all memory is given at the start. Times are nanoseconds since 1970 and
 * never go back. IPv4 addresses are numbers: 10.0.0.2 is 0x0a000002. SPDX-License-Identifier: ISC
 */
#ifndef ARP_H
#define ARP_H

#include "table.h"

/* ---- what is in the table -------------------------------------------------------------------- */

/* Why a frame was refused. Each has an entry "arp/refused/NAME" once it happened. */
enum arp_refusal {
	ARP_LENGTH,	 /* shorter than ARP is, or addresses of other lengths */
	ARP_HARDWARE,	 /* not Ethernet's hardware type */
	ARP_PROTOCOL,	 /* not IPv4 */
	ARP_OPCODE,	 /* neither request nor reply */
	ARP_SENDER,	 /* no host's hardware address: zero, broadcast, multicast, or ours */
	ARP_SOURCE,	 /* the sender is not the one that sent the frame */
	ARP_DESTINATION, /* sent to somebody else */
	ARP_ADDRESS,	 /* no host's IPv4 address */
	ARP_OWN,	 /* claims an address of ours */
	ARP_UNASKED,	 /* an answer to a question that we did not ask */
	ARP_CHANGED,	 /* another hardware address than we know; we ask who it is */
	ARP_FIXED,	 /* another hardware address than the static entry's */
	ARP_FULL,	 /* no room for the entry */
	ARP_REFUSALS
};
/* "length", "unasked": the last part of the entry's path. */
const char *arp_refusal_name(enum arp_refusal r);

enum arp_state { ARP_DYNAMIC = 1, ARP_STATIC, ARP_REFUSED };

/* A neighbour: "arp/10.0.0.2", on interface 1 "arp/en1/10.0.0.2"; or a refusal. */
struct arp_key {
	uint8_t refusal; /* 0, or 1 + enum arp_refusal: then the rest is zero */
	uint8_t interface;
	uint8_t zero[2];
	uint8_t ip[4];
};
struct arp_value {
	uint64_t expires; /* of a dynamic entry: milliseconds since 1970 */
	uint64_t count;	  /* of a refusal: frames */
	uint8_t mac[6];	  /* of a refusal: the last claimant */
	uint8_t ip[4];	  /* of a refusal: what it claimed */
	uint8_t state;
	uint8_t zero[5];
};
extern const struct table_kind arp_kind;
/* Limits of the table for N neighbours: the refusals have room beside them. */
#define ARP_TABLE_ENTRIES(n) ((n) + ARP_REFUSALS)
#define ARP_TABLE_ENTRIES_MAX 1400 /* fit one folder (TABLE_OBJECT_MAX) */

/* ---- an image's ARP -------------------------------------------------------------------------- */

#define ARP_FRAME 42	  /* bytes of a frame with its Ethernet header */
#define ARP_ENTRIES 1024  /* neighbours, by default */
#define ARP_QUESTIONS 128 /* open at the same time, by default */
#define ARP_WAITERS 4	  /* packets that wait for one address: the latest */
#define ARP_INTERFACES 4
#define ARP_ADDRESSES 16 /* own ones, per interface */
#define ARP_LIFETIME_MS 60000

struct arp_limits {
	size_t entries;		/* neighbours; the table must hold ARP_TABLE_ENTRIES() of it */
	size_t questions;	/* open at the same time */
	uint32_t lifetime_ms;	/* of an entry, from its last sign of life */
	const uint64_t *secret; /* two random words, as the table's */
	uint32_t (*random)(void *ctx);
	void *random_ctx;
};

enum arp_event {
	ARP_CONFLICT, /* MAC claims our address; defended. At most once in 10 s an address */
	ARP_LOST,     /* MAC has the address: it is ours no more, or was not free */
	ARP_READY,    /* the probed address is free, and ours from now on */
	ARP_IN_CACHE  /* the new address is in the cache as MAC's */
};

/* What an interface calls; none of it may call arp_ functions. */
struct arp_ops {
	void *ctx;
	void (*send)(void *ctx, const uint8_t *frame, size_t n);
	/* PACKET waits no more: send it to MAC, or drop it where that is NULL. */
	void (*deliver)(void *ctx, void *packet, const uint8_t *mac);
	void (*event)(void *ctx, enum arp_event event, uint32_t ip, const uint8_t mac[6]);
	/* An address with two conflicts within 10 s is given up (RFC 5227, 2.4 (b)), not kept (c).
	 */
	bool yields;
};

struct arp;
struct arp_interface;

size_t arp_memory(const struct arp_limits *limits);
/* MEMORY is zeroed and 16-byte aligned. TABLE is of arp_kind; entries that are in it already, by a
 * restore or a pull, are used like learnt ones. */
struct arp *arp_open(
	void *memory, const struct arp_limits *limits, struct table *table, uint64_t now);
/* The next interface: number 0, 1, ...; NULL when there are ARP_INTERFACES. OPS is copied. */
struct arp_interface *arp_attach(struct arp *a, const uint8_t mac[6], const struct arp_ops *ops);

/* A frame of Ethernet type 0x0806, from its Ethernet header on. */
void arp_input(struct arp_interface *i, const uint8_t *frame, size_t n, uint64_t now);
/* Timers, aging, commits; a bounded piece of work. Returns when it wants to be called next. */
uint64_t arp_tick(struct arp *a, uint64_t now);

enum arp_answer {
	ARP_KNOWN, /* MAC is set */
	ARP_ASKED, /* PACKET waits; deliver() gets it in any case, within 7 s */
	ARP_FAILED /* no such neighbour, or too many questions: PACKET is still the caller's */
};
/* PACKET may be NULL. */
enum arp_answer arp_resolve(
	struct arp_interface *i, uint32_t ip, void *packet, uint64_t now, uint8_t mac[6]);

/* ---- own addresses --------------------------------------------------------------------------- */

/* Ours at once, and announced. The order stays; an address that is there stays where it is. False
 * where there are ARP_ADDRESSES, or it is no host's. */
bool arp_add_address(struct arp_interface *i, uint32_t ip, uint64_t now);
/* Ours when three probes found it free, after 4 to 7 s (RFC 5227, 2.1): then comes ARP_READY, else
 * ARP_LOST. */
bool arp_probe_address(struct arp_interface *i, uint32_t ip, uint64_t now);
void arp_remove_address(struct arp_interface *i, uint32_t ip);
/* These and no others, in this order; duplicates count once. False where one was not taken. */
bool arp_set_addresses(struct arp_interface *i, const uint32_t *ip, size_t n, uint64_t now);
/* Fills OUT with those that are in use, in order. */
size_t arp_addresses(const struct arp_interface *i, uint32_t out[ARP_ADDRESSES]);

/* ---- by hand, and to look at ----------------------------------------------------------------- */

/* Never expires and is never overwritten but by this. False where MAC or IP is no host's, or the
 * table is full of such. */
bool arp_set_static(struct arp_interface *i, uint32_t ip, const uint8_t mac[6], uint64_t now);
/* Removes an entry of any kind; false where there is none. */
bool arp_forget(struct arp_interface *i, uint32_t ip, uint64_t now);
/* Is it known just now? Asks nobody. */
bool arp_look_up(struct arp_interface *i, uint32_t ip, uint64_t now, uint8_t mac[6]);

struct arp_stats {
	uint64_t received, requests, replies, announcements; /* frames; the last three sent */
	uint64_t answered, unanswered;			     /* questions */
	uint64_t refused[ARP_REFUSALS];
};
struct arp_stats arp_stats(const struct arp_interface *i);

#endif
