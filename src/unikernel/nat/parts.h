/* parts.h - what the NAT's own files give each other. SPDX-License-Identifier: ISC */
#ifndef NAT_PARTS_H
#define NAT_PARTS_H

#include "hash.h"
#include "nat.h"

#define SECOND 1000000000ull
#define IP_MIN 20
#define ICMP_SIZE 8
#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04

static inline uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* ---- packet.c: headers ----------------------------------------------------------------------- */

enum packet_type {
	PACKET_FLOW,  /* it has ports: TCP, UDP, ICMP echo */
	PACKET_ERROR, /* an ICMP error */
	PACKET_PIECE, /* a fragment behind the first */
	PACKET_OTHER
};
/* An IPv4 packet, or the beginning of one that an ICMP error quotes. */
struct packet {
	uint8_t *p;
	size_t n;      /* bytes that are here, without padding */
	size_t header; /* of them the IPv4 header */
	enum packet_type type;
	enum nat_protocol protocol; /* of PACKET_FLOW and PACKET_ERROR */
	uint32_t source, destination;
	/* Of echo requests the identifier is the source's port, of replies the destination's; the
	 * other one is 0. */
	uint16_t source_port, destination_port;
	bool is_answer; /* an echo reply */
	uint8_t tcp_flags;
	bool fragment; /* a piece of a packet, the first included */
};

/* False where lengths, header checksum or options are wrong. */
bool nat_packet_read(struct packet *k, uint8_t *p, size_t n);
/* The packet that the ICMP error K quotes: only flows, which may be cut off. */
bool nat_packet_quoted(const struct packet *k, struct packet *quoted);
/* New endpoints, with the checksums that they change (RFC 1624); PORT counts for flows only. */
void nat_packet_set_source(struct packet *k, uint32_t address, uint16_t port);
void nat_packet_set_destination(struct packet *k, uint32_t address, uint16_t port);
unsigned nat_packet_ttl(const struct packet *k);
void nat_packet_age(struct packet *k); /* TTL - 1 */
bool nat_packet_is_unfragmentable(const struct packet *k);
/* The checksum of N bytes (RFC 1071). */
uint16_t nat_checksum(const uint8_t *p, size_t n);
/* An ICMP error's checksum covers what it quotes. */
bool nat_icmp_is_sound(const struct packet *k);
void nat_icmp_seal(struct packet *k);

/* ---- value.c: entries of the table ----------------------------------------------------------- */

/* As bytes: what is not used is zero. */
struct nat_key {
	uint8_t protocol, forward;
	uint16_t port; /* outside */
};

enum session_state {
	STATE_ACTIVE,	  /* UDP, ICMP echo */
	STATE_SYN_INSIDE, /* TCP: the names of RFC 6146, 3.5.2, for its "V6" and "V4" */
	STATE_SYN_OUTSIDE,
	STATE_ESTABLISHED,
	STATE_FIN_INSIDE,
	STATE_FIN_OUTSIDE,
	STATE_CLOSING, /* both */
	STATE_RESET,   /* "TRANS" */
	STATE_FIXED,   /* a forward */
	STATES
};

struct nat_value {
	uint64_t expires; /* seconds since 1970; 0: never */
	uint32_t inside, outside, remote;
	uint16_t inside_port, outside_port, remote_port;
	uint8_t state, zero8;
	uint32_t zero32;
};

/* Why a commit was made, in the low 4 bits; above them two numbers of 14 bits. */
enum nat_note {
	NOTE_NONE, /* TABLE_LATER */
	NOTE_ADDED,
	NOTE_REMOVED,
	NOTE_FORWARD,
	NOTE_JOINED, /* so many added, so many removed; of a removal: count it there */
	NOTE_RESCAN,
	NOTE_ADDRESS,
	NOTE_REFUSED, /* a forward; the first number is its enum nat_forward_result */
	NOTE_CREATE,  /* the first of all, with so many mappings */
	NOTE_RESTORED /* what was kept, and in no commit yet when the machine stopped */
};
unsigned nat_note(enum nat_note what, uint64_t added, uint64_t removed);

/* ---- lists.c ----------------------------------------------------------------------------------
 */

/* In a ring around a head. */
struct link {
	struct link *next, *prev;
};
void nat_link_open(struct link *head);
void nat_link_add(struct link *head, struct link *l);
void nat_link_remove(struct link *l);
/* Puts all of FROM, which becomes empty, behind TO's. */
void nat_link_move(struct link *to, struct link *from);

/* ---- mapping.c: which inside endpoint has which outside port ----------------------------------
 */

struct session;

/* In the index by inside endpoint; never moves. */
struct mapping {
	struct link mark; /* first */
	struct session *sessions;
	uint64_t written_expires; /* what the table has, in seconds; 0: nothing yet */
	uint32_t inside;
	uint16_t inside_port, outside_port;
	uint8_t protocol;
	bool fixed; /* a forward */
	bool is_marked;
};

struct mapping *nat_mapping_inside(
	const struct nat *nat, enum nat_protocol protocol, uint32_t address, uint16_t port);
struct mapping *nat_mapping_outside(
	const struct nat *nat, enum nat_protocol protocol, uint16_t port);
bool nat_port_is_mapped(const struct nat *nat, enum nat_protocol protocol, uint16_t port);
bool nat_port_is_local(const struct nat *nat, enum nat_protocol protocol, uint16_t port);
/* A mapping with this outside port, not yet in the table; NULL where there is no room. */
struct mapping *nat_mapping_put(struct nat *nat, enum nat_protocol protocol, uint32_t address,
	uint16_t port, uint16_t outside_port);
/* The same, with a free port; NULL and *WHY where there can be none. */
struct mapping *nat_mapping_make(struct nat *nat, enum nat_protocol protocol, uint32_t address,
	uint16_t port, enum nat_reason *why);
/* Ends it with all its sessions. NOTE is the removal's from the table; NOTE_NONE: it is not there.
 */
void nat_mapping_remove(struct nat *nat, struct mapping *m, enum nat_note note);
/* Writes a new one, which has a session, to the table; false where that is full. */
bool nat_mapping_publish(struct nat *nat, struct mapping *m);
/* Its entry is to be written again: within a second, not at once. */
void nat_mapping_mark(struct nat *nat, struct mapping *m);
/* Writes some of those marked; true while there are more. */
bool nat_mappings_write(struct nat *nat);

/* ---- session.c: flows of a mapping, their states and timers -----------------------------------
 */

/* Of TCP: by remote address and port; of the others, by remote address. */
struct session_key {
	uint32_t remote;
	uint16_t remote_port, outside_port;
	uint8_t protocol, zero[3];
};
struct session {
	struct link timer; /* first */
	struct mapping *mapping;
	struct session *next, *prev; /* of the same mapping */
	struct session_key key;
	uint8_t state;
	bool from_outside; /* its first packet */
	uint64_t used;	   /* last packet that counted */
};

struct session *nat_session_find(const struct nat *nat, enum nat_protocol protocol,
	uint16_t outside_port, uint32_t remote, uint16_t remote_port);
/* NULL where there is no room; those that begin outside have half of it, so that a flood at a
 * forward leaves inside its own. */
struct session *nat_session_make(struct nat *nat, struct mapping *m, enum nat_side from,
	uint32_t remote, uint16_t remote_port);
void nat_session_remove(struct nat *nat, struct session *s);
/* A packet of the session, with TCP's FLAGS: state, timer, table. */
void nat_session_use(struct nat *nat, struct session *s, enum nat_side from, uint8_t flags);
/* Puts a new session where it was when the table was written. EXPIRES in seconds. */
void nat_session_restore(struct nat *nat, struct session *s, uint8_t state, uint64_t expires);
uint64_t nat_session_expires(const struct nat *nat, const struct session *s); /* ns */
uint64_t nat_session_timeout(const struct nat *nat, const struct session *s); /* ns */
/* Has M a session with REMOTE, whatever the port? */
bool nat_session_permits(const struct mapping *m, uint32_t remote);
void nat_timers_open(struct nat *nat);
/* Ends expired sessions, a bounded number; true while there are more. */
bool nat_timers_run(struct nat *nat);

/* ---- translate.c, error.c, fragment.c, admit.c ------------------------------------------------
 */

/* From inside: gives K its outside source. Of ICMP errors, what they quote changes, too. */
enum nat_reason nat_translate_out(struct nat *nat, struct packet *k);
/* From outside: gives K its inside destination. */
enum nat_reason nat_translate_in(struct nat *nat, struct packet *k);

#define ICMP_UNREACHABLE 3
#define CODE_NET 0
#define CODE_HOST 1
#define CODE_FRAGMENTATION_NEEDED 4
#define CODE_PROHIBITED 13
#define ICMP_EXCEEDED 11
#define ICMP_PARAMETER 12
#define CODE_TTL 0
/* An ICMP error about K, which is unchanged; 0 where none is to be sent (RFC 1812, 4.3.2.7). */
size_t nat_error_make(struct nat *nat, const struct packet *k, uint32_t from, unsigned type,
	unsigned code, unsigned mtu, uint8_t *out);

/* What was done with the first fragment of a packet, for those that follow. */
#define FRAGMENTS 256
struct fragment_key {
	uint32_t source, destination;
	uint16_t id;
	uint8_t protocol, from;
};
struct fragment {
	struct fragment_key key;
	uint64_t until; /* ns; 0: free */
	uint32_t source, destination;
	struct nat_verdict verdict;
};
struct fragment_key nat_fragment_key(const struct packet *k, enum nat_side from);
/* Remembers what became of the first fragment, as it is now in K. */
void nat_fragment_keep(struct nat *nat, const struct fragment_key *key, const struct packet *k,
	struct nat_verdict verdict);
/* NULL where the first has not been seen. */
const struct fragment *nat_fragment_find(struct nat *nat, const struct fragment_key *key);
/* Gives a later one the addresses of the first. */
void nat_fragment_follow(const struct fragment *first, struct packet *k);

/* NAT_NO_REASON where K may come in from that side; *LOCAL where it is for the gateway. */
enum nat_reason nat_admit(
	const struct nat *nat, const struct packet *k, enum nat_side from, bool *local);
bool nat_is_inside_host(const struct nat *nat, uint32_t address);
/* Can the address be a host's, on any network? */
bool nat_is_unicast(uint32_t address);
/* Writes "forward refused: tcp 80 -> 8.8.8.8:53: ..." of the value, unless that is NULL. */
size_t nat_write_refused(char *to, const struct nat_key *key, const struct nat_value *v,
	enum nat_forward_result why);

/* ---- the whole ------------------------------------------------------------------------------ */

#define PORT_WORDS (65536 / 64)
#define TIMER_SLOTS 1024 /* of a second each */

struct nat {
	struct nat_config config;
	struct table *table;   /* NULL: mappings are in `plain` */
	struct hash *plain;    /* struct nat_key to struct nat_value */
	struct hash *inside;   /* (protocol, address, port) to struct mapping */
	struct hash *sessions; /* struct session_key to struct session */
	size_t from_outside;   /* sessions that began there */
	uint64_t now;
	uint64_t random; /* how many random numbers were drawn */

	uint64_t mapped[NAT_PROTOCOLS][PORT_WORDS];
	uint64_t local[NAT_PROTOCOLS][PORT_WORDS];

	struct link timers[TIMER_SLOTS];
	struct link due;      /* sessions that the last seconds have to look at */
	uint64_t timers_done; /* the last second whose slot was taken */
	struct link marked;   /* mappings to be written in the next second */
	struct link writing;  /* ... and now */

	uint64_t second;	 /* that is counted here: */
	unsigned commits;	 /* made in it */
	uint64_t added, removed; /* mappings whose commit waits for its end */
	unsigned refusals_left;	 /* forwards that this rescan may still tell of one by one */
	uint64_t changed_since;	 /* second of the first other change that waits; 0: none */

	uint64_t error_tokens, error_time;
	struct fragment fragments[FRAGMENTS];
	struct nat_stats stats;
};

uint64_t nat_random(struct nat *nat);

/* store.c: the table, or the plain one in its place. */
const struct nat_value *nat_store_get(const struct nat *nat, const struct nat_key *key);
/* False where it is full. */
bool nat_store_put(struct nat *nat, const struct nat_key *key, const struct nat_value *value,
	enum nat_note note);
void nat_store_remove(struct nat *nat, const struct nat_key *key, enum nat_note note);
/* Takes out a forward that can't hold, by a commit that says why. */
void nat_store_refuse(struct nat *nat, const struct nat_key *key, enum nat_forward_result why);
bool nat_store_next(const struct nat *nat, size_t *cursor, const struct nat_key **key,
	const struct nat_value **value);
/* Where a new second begins: commits what was joined in the last one, and lets the mappings that
 * were marked in it be written. */
void nat_store_tick(struct nat *nat);
/* A table without a history gets its first commit, so that a clone of it has a branch to follow;
 * entries that were kept, but not yet committed when the machine stopped, get theirs. */
void nat_store_begin(struct nat *nat);
/* All that waits becomes one commit. */
void nat_store_commit(struct nat *nat, enum nat_note what);

#endif
