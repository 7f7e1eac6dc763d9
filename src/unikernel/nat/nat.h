/* nat.h - network address and port translation between an inside network and one outside address
 * (RFC 3022, RFC 4787, RFC 5382, RFC 5508, RFC 7857): IPv4 packets are rewritten in place, and the
 * caller is told where they go. Mappings are entries of a version-controlled table.
 *
 * What was chosen where the RFCs leave a choice:
 * - mapping is endpoint-independent (RFC 4787 REQ-1), filtering is address-dependent (REQ-8, the
 *   stricter of the two): a host outside gets in on a port only after something inside has sent to
 *   that host from it. Static forwards let everyone in.
 * - the source port is kept where it is free, else the new one is random and of the same parity.
 * - both directions refresh a timer (REQ-6); a TCP session's states are those of RFC 6146, 3.5.2.
 * - fragments are translated without reassembly, if the first one comes first (REQ-14: "Received
 *   Fragments Ordered"); others are dropped.
 * - a SYN from outside to a port without a mapping is dropped in silence (RFC 5382 REQ-4a).
 * - a flow for which there is no port or no room is answered with ICMP "administratively
 *   prohibited" (RFC 5508 REQ-8).
 *
 * Addresses and ports are numbers in the processor's byte order; times are nanoseconds since 1970
 * and never go back. Freestanding, no clock, not reentrant: the same code in images and in the
 * host's tests. SPDX-License-Identifier: ISC */
#ifndef NAT_H
#define NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

enum nat_side { NAT_INSIDE, NAT_OUTSIDE };
enum nat_protocol { NAT_TCP, NAT_UDP, NAT_ICMP };
#define NAT_PROTOCOLS 3

/* One network card's view of the world. */
struct nat_network {
	uint32_t address; /* the gateway's own; 0: none yet */
	uint32_t mask;
	uint32_t gateway; /* 0: only what is on the link can be reached */
	uint16_t mtu;	  /* bytes of an IPv4 packet, at least 68 */
};

struct nat_config {
	struct nat_network networks[2]; /* by side */
	/* Seconds without a packet. The RFCs ask for at least: 7440 (2 h 4 min), 240, 120, 60. */
	uint32_t tcp_established, tcp_transitory, udp, icmp;
	/* Outside ports of TCP and UDP that mappings may have. Inside ports below 1024 get others
	 * below 1024 (RFC 4787 REQ-3). */
	uint16_t port_first, port_last;
	size_t mappings;  /* at most so many; as many as the table's limit, or fewer */
	size_t sessions;  /* flows of all mappings together */
	unsigned commits; /* in a second; changes beyond that are joined to one */
	/* Told of forwards that nat_rescan() takes out, of a bounded number each time: "forward
	 * refused: tcp 80 -> 8.8.8.8:53: ...". May be NULL. */
	void (*report)(void *ctx, const char *line);
	void *report_ctx;
	const uint64_t *secret; /* two random words; must stay */
};
/* The defaults of everything but the networks and the secret. */
struct nat_config nat_config_default(void);

struct nat;
/* What a table of mappings is made of: to be given to table_open(). Paths: "tcp/156/40001" (by
 * outside port, 256 to a folder), "forward/tcp/8080". */
extern const struct table_kind nat_kind;

size_t nat_memory(const struct nat_config *config);
/* Makes a NAT in MEMORY (zeroed, 16-byte aligned, nat_memory() bytes). TABLE is empty or restored,
 * of nat_kind, and must stay; NULL: the mappings are kept without history, in a plain hash table.
 * NULL where CONFIG makes no sense. */
struct nat *nat_open(
	void *memory, const struct nat_config *config, struct table *table, uint64_t now);

/* ---- packets -------------------------------------------------------------------------------- */

enum nat_action {
	NAT_FORWARD, /* send the packet, as it is now, out of SIDE to NEXT_HOP */
	NAT_LOCAL,   /* it is for the gateway itself, and unchanged */
	NAT_REPLY,   /* drop it, and send the reply out of SIDE to NEXT_HOP */
	NAT_DROP
};
enum nat_reason {
	NAT_NO_REASON,
	NAT_MALFORMED,	   /* lengths, header checksum, source routes */
	NAT_SPOOFED,	   /* a source that can't be on that side */
	NAT_MARTIAN,	   /* addresses that no router forwards (RFC 1812, 5.3.7) */
	NAT_NOT_OURS,	   /* from outside to any address but ours, or to inside's network */
	NAT_NO_MAPPING,	   /* from outside, to a port that nobody has */
	NAT_FILTERED,	   /* to a mapping, but from a host that it never sent to */
	NAT_PROTOCOL,	   /* not TCP, UDP, ICMP echo or an ICMP error */
	NAT_FRAGMENT,	   /* without its first one, or one that hides a header */
	NAT_TTL,	   /* used up */
	NAT_TOO_BIG,	   /* for the next link, and not to be fragmented */
	NAT_NO_ROUTE,	   /* not on the link, and there is no gateway; no outside address */
	NAT_NO_PORT,	   /* all ports are in use */
	NAT_TABLE_FULL,	   /* no room for one more mapping */
	NAT_SESSIONS_FULL, /* no room for one more session */
	NAT_NO_SESSION,	   /* an ICMP error about a packet that was not ours; a lone RST */
	NAT_UNREACHABLE,   /* the next hop has no MAC address */
	NAT_REASONS
};
/* "no mapping" */
const char *nat_reason_name(enum nat_reason reason);

struct nat_verdict {
	enum nat_action action;
	enum nat_reason reason; /* of NAT_REPLY and NAT_DROP */
	enum nat_side side;	/* of NAT_FORWARD and NAT_REPLY */
	uint32_t next_hop;
	size_t n;     /* bytes to send: of the packet without padding, or of the reply */
	uint16_t mtu; /* of NAT_FORWARD: what SIDE can carry; where N is more, see nat_fragment() */
};

#define NAT_REPLY_MAX 576 /* RFC 1812, 4.3.2.3 */

/* PACKET is an IPv4 packet of N bytes that came in on side FROM, perhaps with padding behind. What
 * is larger than the MTU of its way out and may be fragmented is NAT_FORWARD all the same. */
struct nat_verdict nat_packet(struct nat *nat, uint64_t now, enum nat_side from, uint8_t *packet,
	size_t n, uint8_t reply[NAT_REPLY_MAX]);

/* PACKET was to be forwarded out of SIDE, but the next hop does not answer: NAT_REPLY with an
 * ICMP error for its sender, or NAT_DROP. */
struct nat_verdict nat_unreachable(struct nat *nat, uint64_t now, enum nat_side side,
	const uint8_t *packet, size_t n, uint8_t reply[NAT_REPLY_MAX]);

/* Writes the fragment that begins at *OFFSET (0 at first) of PACKET's payload to OUT (MTU bytes)
 * and moves *OFFSET on; returns its size, 0 behind the last. */
size_t nat_fragment(const uint8_t *packet, size_t n, size_t mtu, size_t *offset, uint8_t *out);

/* ---- time and configuration ------------------------------------------------------------------ */

/* Ends what has expired and commits what waits, a bounded piece of it: call it between packets, at
 * least once a second. True while there is more to do. */
bool nat_work(struct nat *nat, uint64_t now);

/* Keeps PORT for the gateway's own use: packets to it are NAT_LOCAL. A mapping or forward of an
 * earlier boot that has it ends. */
void nat_reserve(struct nat *nat, enum nat_protocol protocol, uint16_t port);

enum nat_forward_result {
	NAT_FORWARD_SET,
	NAT_FORWARD_IS_RESERVED, /* the port is the gateway's own */
	NAT_FORWARD_NOT_INSIDE,	 /* the target is no host of the inside network */
	NAT_FORWARD_TAKEN,	 /* the target has a forward from another port */
	NAT_FORWARD_FULL,
	NAT_FORWARD_NONE /* the entry is no forward, or a forward's path has another value */
};
#define NAT_FORWARDS_MAX 1024 /* fit one folder of the table (TABLE_OBJECT_MAX) */
/* "the target is no host of the inside network" */
const char *nat_forward_words(enum nat_forward_result result);
/* Everything that comes to PORT from outside goes to ADDRESS:TO. Replaces a forward of the same
 * port, and ends mappings that are in its way. PROTOCOL is TCP or UDP. */
enum nat_forward_result nat_forward_set(
	struct nat *nat, enum nat_protocol protocol, uint16_t port, uint32_t address, uint16_t to);
/* Parses "tcp:8080:192.168.1.10:80". */
bool nat_forward_parse(const char *text, size_t n, enum nat_protocol *protocol, uint16_t *port,
	uint32_t *address, uint16_t *to);

/* Why an entry of the table, of nat_kind, can't hold here whatever else the table has; NULL: it
 * can. For those who are about to change the table from elsewhere. */
const char *nat_check(const struct nat *nat, const void *key, const void *value);

/* Addresses have changed (DHCP). Mappings of another outside address end. */
void nat_set_network(struct nat *nat, uint64_t now, enum nat_side side, struct nat_network network);

/* The table was restored or merged into: what it says now holds. Mappings and forwards that it has
 * no more are ended; such as make no sense here are removed from it, counted, and where they are
 * forwards told of. Off the packet path: goes through the whole table. */
void nat_rescan(struct nat *nat, uint64_t now);

struct nat_stats {
	uint64_t forwarded, local, replies;
	uint64_t dropped[NAT_REASONS]; /* NAT_REPLY counts as dropped, too */
	uint64_t added, removed;       /* mappings */
	uint64_t refused;	       /* entries of the table that nat_rescan() took out */
	uint64_t replies_withheld;     /* ICMP errors beyond the rate limit */
	size_t mappings, sessions, forwards;
};
struct nat_stats nat_stats(const struct nat *nat);

#endif
