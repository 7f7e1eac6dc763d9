/* note.c - messages of commits. SPDX-License-Identifier: ISC */
#include "parts.h"

/* A note of joined changes: the kind, and three counts that stop at their highest value. */
#define KIND_BITS 4
#define COUNT_BITS 9
#define COUNT_MAX ((1u << COUNT_BITS) - 1)

static unsigned capped(size_t n)
{
	return n < COUNT_MAX ? (unsigned)n : COUNT_MAX;
}

unsigned arp_note_joined(size_t changed, size_t refreshed, size_t refused)
{
	unsigned counts = (capped(refused) << COUNT_BITS | capped(refreshed)) << COUNT_BITS;
	return (counts | capped(changed)) << KIND_BITS | NOTE_JOINED;
}

static char *write_count(char *to, unsigned n, const char *what, bool *any)
{
	if (!n)
		return to;
	to = arp_write(to, *any ? ", " : " ");
	*any = true;
	to = arp_write_number(to, n);
	return arp_write(arp_write(to, n == COUNT_MAX ? " or more " : " "), what);
}

static size_t joined(unsigned note, char *out)
{
	unsigned counts = note >> KIND_BITS;
	bool any = false;
	char *end = arp_write(out, "Arp.input:");
	end = write_count(end, counts & COUNT_MAX, "changed", &any);
	end = write_count(end, counts >> COUNT_BITS & COUNT_MAX, "refreshed", &any);
	end = write_count(end, counts >> 2 * COUNT_BITS, "refused", &any);
	return (size_t)(end - out);
}

static char *write_place(char *to, const struct arp_key *key)
{
	char name[TABLE_PATH_MAX + 1];
	name[arp_kind.path(key, name)] = '\0';
	return arp_write(to, name);
}

static char *write_entry(char *to, const struct arp_key *key, const struct arp_value *v)
{
	to = write_place(to, key);
	return v ? arp_write_mac(arp_write(to, " -> "), v->mac) : to;
}

/* "unasked: 02:50:2a:16:6d:01 claims 10.0.0.2" */
static char *write_refusal(char *to, const struct arp_key *key, const struct arp_value *v)
{
	to = arp_write(arp_write(to, arp_refusal_name(key->refusal - 1u)), ": ");
	return arp_write_ip(arp_write(arp_write_mac(to, v->mac), " claims "), v->ip);
}

size_t arp_message(unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	static const char *const words[] = {[ARP_PULLED] = "Arp.create: Merge seed repository",
		[ARP_PUSHED] = "Arp.push: merge what an operator sent",
		[NOTE_CREATE] = "Arp.create: Initial empty cache",
		[NOTE_ADDED] = "entry added: ",
		[NOTE_REFRESHED] = "entry refreshed: ",
		[NOTE_CHANGED] = "entry changed: ",
		[NOTE_STATIC] = "entry set: ",
		[NOTE_REMOVED] = "entry removed: ",
		[NOTE_REFUSED] = "refused: ",
		[NOTE_EXPIRE] = "Arp.tick: updating to age out old entries",
		[NOTE_MERGE] = "Arp.tick: merge expiry branch"};
	unsigned kind = note & ((1u << KIND_BITS) - 1);
	if (kind == NOTE_JOINED)
		return joined(note, out);
	char *end = arp_write(out, kind < NOTE_JOINED && words[kind] ? words[kind] : "Arp");
	if (key && kind == NOTE_REFUSED && value)
		end = write_refusal(end, key, value);
	else if (key)
		end = write_entry(end, key, value);
	return (size_t)(end - out);
}
