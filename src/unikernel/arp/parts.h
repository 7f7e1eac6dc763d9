/* parts.h - what the files of ARP give each other. SPDX-License-Identifier: ISC */
#ifndef ARP_PARTS_H
#define ARP_PARTS_H

#include "arp.h"
#include "hash.h"

#define MS 1000000ull
#define SECOND (1000 * MS)

/* ---- packet.c: the bytes on the wire --------------------------------------------------------- */

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };
struct arp_packet {
	uint8_t to[6], from[6]; /* the frame's */
	uint16_t opcode;
	uint8_t sender[6], target[6];
	uint32_t sender_ip, target_ip;
};
/* ARP_REFUSALS where the packet is good as far as can be told without knowing anybody. P is filled
 * as far as the frame goes. */
enum arp_refusal arp_parse(const uint8_t *frame, size_t n, struct arp_packet *p);
void arp_unparse(const struct arp_packet *p, uint8_t out[ARP_FRAME]);

uint32_t arp_get_ip(const uint8_t p[4]);
void arp_put_ip(uint8_t p[4], uint32_t ip);
bool arp_is_host(uint32_t ip);
bool arp_is_station(const uint8_t mac[6]);
bool arp_same(const uint8_t a[6], const uint8_t b[6]);
extern const uint8_t arp_nobody[6], arp_everybody[6];

/* ---- note.c: messages of commits ------------------------------------------------------------- */

enum arp_note {
	NOTE_CREATE = ARP_NOTES,
	NOTE_ADDED,
	NOTE_REFRESHED,
	NOTE_CHANGED,
	NOTE_STATIC,
	NOTE_REMOVED,
	NOTE_REFUSED,
	NOTE_EXPIRE,
	NOTE_MERGE,
	NOTE_JOINED
};
/* NOTE_JOINED with how many there are of each. */
unsigned arp_note_joined(size_t changed, size_t refreshed, size_t refused);
size_t arp_message(unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX]);

/* ---- words.c: text of entries ---------------------------------------------------------------- */

/* Writers return the end of what they wrote. */
char *arp_write(char *to, const char *words);
char *arp_write_number(char *to, uint64_t n);
char *arp_write_digits(char *to, uint64_t n, unsigned digits);
char *arp_write_ip(char *to, const uint8_t ip[4]);
char *arp_write_mac(char *to, const uint8_t mac[6]);
char *arp_write_time(char *to, uint64_t ms);
/* Readers move *P behind what they read, and may have moved it where they return false. */
bool arp_read(const char **p, const char *end, const char *words);
bool arp_read_number(const char **p, const char *end, uint64_t *n);
bool arp_read_ip(const char **p, const char *end, uint8_t ip[4]);
bool arp_read_mac(const char **p, const char *end, uint8_t mac[6]);
bool arp_read_time(const char **p, const char *end, uint64_t *ms);

/* ---- the whole ------------------------------------------------------------------------------- */

/* An own address (RFC 5227): probed, announced, defended. */
struct own_address {
	uint32_t ip;
	bool probing;
	unsigned left;	   /* probes, then announcements, that are still to be sent */
	uint64_t next;	   /* when; 0: nothing to do */
	uint64_t defended; /* 0: never */
};

struct arp_interface {
	struct arp *arp;
	uint8_t number, mac[6];
	struct arp_ops ops;
	struct own_address own[ARP_ADDRESSES];
	size_t own_count;
	unsigned conflicts; /* while probing */
	uint64_t last_conflict;
	struct arp_stats stats;
};

enum question_kind {
	QUESTION_OVER,	  /* kept for a second, as nobody is asked more often */
	QUESTION_ASK,	  /* who has it? Packets may wait */
	QUESTION_REFRESH, /* are you still there? To the neighbour alone */
	QUESTION_CHECK	  /* somebody else claims it: who has it really? */
};
struct question {
	struct arp_key key;
	enum question_kind kind;
	unsigned sent;
	uint64_t next;	/* request, or end of waiting */
	uint64_t asked; /* the last request's time; 0: none */
	bool heard;	/* a claimant answered the check: MAC */
	uint8_t mac[6]; /* of a refresh: whom to ask */
	void *waiting[ARP_WAITERS];
	unsigned waiters;
};

/* Commits that strangers can cause: one a second. */
struct pace {
	uint64_t next;
	bool waiting;
	size_t changed, refreshed;
};
struct refusal {
	uint64_t fresh; /* frames since the entry was written */
	uint8_t mac[6];
	uint32_t ip;
};
enum aging_step { AGING_IDLE, AGING_SCAN, AGING_SWEEP, AGING_COMMIT, AGING_MERGE };
struct aging {
	enum aging_step step;
	struct table_branch *branch;
	size_t cursor;
	uint64_t next, earliest;
};

struct arp {
	struct arp_limits limits;
	struct table *table;
	struct hash *uses; /* key -> time of the last packet to it */
	struct question *questions;
	struct arp_interface interfaces[ARP_INTERFACES];
	size_t interface_count;
	uint64_t now;
	struct pace pace;
	uint64_t allowance; /* when the allowance of commits of their own is whole again */
	struct refusal refusals[ARP_REFUSALS];
	struct aging aging;
	uint64_t displaced; /* when a stranger's entry displaced another one last */
};

/* arp.c */
void arp_set_now(struct arp *a, uint64_t now);
uint32_t arp_random_below(struct arp *a, uint32_t n);
struct arp_key arp_key_of(const struct arp_interface *i, uint32_t ip);
/* Sends a request; FROM is the sender's IPv4 address. */
void arp_send_request(struct arp_interface *i, const uint8_t to[6], uint32_t from, uint32_t ip);

/* cache.c */
/* The entry of KEY while it is good: static, or not expired. */
const struct arp_value *arp_known(const struct arp *a, const struct arp_key *key);
/* A new entry, or another MAC. ASKED: by an answer of which we are sure. */
enum arp_learnt { ARP_LEARNT, ARP_NO_ROOM };
enum arp_learnt arp_learn(
	struct arp *a, const struct arp_key *key, const uint8_t mac[6], bool asked);
void arp_refresh(struct arp *a, const struct arp_key *key, const struct arp_value *v);
void arp_drop(struct arp *a, const struct arp_key *key);
void arp_refuse(struct arp_interface *i, enum arp_refusal r, const struct arp_packet *p);
/* Commits what waits, at once; and where a commit is due. */
void arp_join(struct arp *a);
void arp_commit_joined(struct arp *a);
/* When arp_commit_joined() has something to do; UINT64_MAX: never. */
uint64_t arp_commit_due(const struct arp *a);
bool arp_make_room(struct arp *a, bool asked);
void arp_used(struct arp *a, const struct arp_key *key);

/* question.c */
struct question *arp_question(struct arp *a, const struct arp_key *key); /* open ones only */
struct question *arp_ask(
	struct arp *a, const struct arp_key *key, enum question_kind kind, const uint8_t *mac);
void arp_wait(struct arp *a, struct question *q, void *packet);
/* The question is answered: all that waited go to MAC. */
void arp_answered(struct arp *a, struct question *q, const uint8_t mac[6]);
/* Does what is due; returns when the next is. */
uint64_t arp_questions_tick(struct arp *a);

/* address.c */
struct own_address *arp_own(struct arp_interface *i, uint32_t ip);
/* The address to ask with: the first in use, 0 without one. */
uint32_t arp_source(const struct arp_interface *i);
void arp_conflict(struct arp_interface *i, struct own_address *own, const uint8_t mac[6]);
uint64_t arp_addresses_tick(struct arp_interface *i);

/* aging.c */
uint64_t arp_aging_tick(struct arp *a);

#endif
