/* kind.c - what an ARP entry is to the table: its path, its text, and which of two wins.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

static const char *const refusal_names[ARP_REFUSALS] = {[ARP_LENGTH] = "length",
	[ARP_HARDWARE] = "hardware",
	[ARP_PROTOCOL] = "protocol",
	[ARP_OPCODE] = "opcode",
	[ARP_SENDER] = "sender",
	[ARP_SOURCE] = "source",
	[ARP_DESTINATION] = "destination",
	[ARP_ADDRESS] = "address",
	[ARP_OWN] = "own",
	[ARP_UNASKED] = "unasked",
	[ARP_CHANGED] = "changed",
	[ARP_FIXED] = "static",
	[ARP_FULL] = "full"};

const char *arp_refusal_name(enum arp_refusal r)
{
	return refusal_names[r];
}

/* ---- paths -------------------------------------------------------------------------------- */

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	const struct arp_key *k = key;
	char *end = out;
	if (k->refusal)
		end = arp_write(arp_write(end, "refused/"), refusal_names[k->refusal - 1]);
	else if (k->interface)
		end = arp_write(arp_write_number(arp_write(end, "en"), k->interface), "/");
	if (!k->refusal)
		end = arp_write_ip(end, k->ip);
	return (size_t)(end - out);
}

static bool parse_refusal(const char *p, const char *end, struct arp_key *k)
{
	for (unsigned i = 0; i < ARP_REFUSALS; i++) {
		const char *name = p;
		k->refusal = (uint8_t)(i + 1);
		if (arp_read(&name, end, refusal_names[i]) && name == end)
			return true;
	}
	return false;
}

static bool parse_neighbour(const char *p, const char *end, struct arp_key *k)
{
	uint64_t interface;
	if (arp_read(&p, end, "en")) {
		if (!arp_read_number(&p, end, &interface) || interface < 1 ||
			interface >= ARP_INTERFACES || !arp_read(&p, end, "/"))
			return false;
		k->interface = (uint8_t)interface;
	}
	return arp_read_ip(&p, end, k->ip) && p == end && arp_is_host(arp_get_ip(k->ip));
}

static bool parse_path(const char *p, size_t n, void *key)
{
	struct arp_key k = {0};
	const char *end = p + n;
	char same[TABLE_PATH_MAX];
	bool good = arp_read(&p, end, "refused/") ? parse_refusal(p, end, &k)
						  : parse_neighbour(p, end, &k);
	if (!good || path(&k, same) != n || memcmp(same, end - n, n) != 0)
		return false;
	memcpy(key, &k, sizeof(k));
	return true;
}

/* ---- text --------------------------------------------------------------------------------- */

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	const struct arp_value *v = value;
	char *end = out;
	if (v->state == ARP_REFUSED)
		end = arp_write(arp_write_number(arp_write(end, "count "), v->count), "\n");
	end = arp_write(arp_write_mac(arp_write(end, "mac "), v->mac), "\n");
	if (v->state == ARP_REFUSED)
		end = arp_write(arp_write_ip(arp_write(end, "ip "), v->ip), "\n");
	if (v->state == ARP_STATIC)
		end = arp_write(end, "state static\n");
	if (v->state == ARP_DYNAMIC)
		end = arp_write(
			arp_write_time(arp_write(end, "state dynamic\nexpires "), v->expires),
			"\n");
	return (size_t)(end - out);
}

static bool parse_refused(const char *p, const char *end, struct arp_value *v)
{
	v->state = ARP_REFUSED;
	return arp_read_number(&p, end, &v->count) && arp_read(&p, end, "\nmac ") &&
	       arp_read_mac(&p, end, v->mac) && arp_read(&p, end, "\nip ") &&
	       arp_read_ip(&p, end, v->ip) && arp_read(&p, end, "\n") && p == end;
}

static bool parse_entry(const char *p, const char *end, struct arp_value *v)
{
	if (!arp_read(&p, end, "mac ") || !arp_read_mac(&p, end, v->mac) ||
		!arp_is_station(v->mac) || !arp_read(&p, end, "\nstate "))
		return false;
	v->state = ARP_STATIC;
	if (arp_read(&p, end, "static\n"))
		return p == end;
	v->state = ARP_DYNAMIC;
	return arp_read(&p, end, "dynamic\nexpires ") && arp_read_time(&p, end, &v->expires) &&
	       arp_read(&p, end, "\n") && p == end;
}

static bool parse_text(const char *p, size_t n, void *value)
{
	struct arp_value v = {0};
	const char *end = p + n;
	char same[TABLE_TEXT_MAX];
	bool good =
		arp_read(&p, end, "count ") ? parse_refused(p, end, &v) : parse_entry(p, end, &v);
	if (!good || text(&v, same) != n || memcmp(same, end - n, n) != 0)
		return false;
	memcpy(value, &v, sizeof(v));
	return true;
}

/* ---- merging ------------------------------------------------------------------------------ */

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Static beats dynamic, a later expiry an earlier one, a higher count a lower one; then the bytes
 * decide. This is a total order, so merging by it is commutative and associative. */
static int compare(const struct arp_value *a, const struct arp_value *b)
{
	static const uint8_t ranks[] = {[ARP_REFUSED] = 1, [ARP_DYNAMIC] = 2, [ARP_STATIC] = 3};
	int by = order(ranks[a->state], ranks[b->state]);
	by = by ? by : order(a->expires, b->expires);
	by = by ? by : order(a->count, b->count);
	by = by ? by : memcmp(a->mac, b->mac, sizeof(a->mac));
	return by ? by : memcmp(a->ip, b->ip, sizeof(a->ip));
}

static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key, (void)base;
	memmove(out, compare(a, b) >= 0 ? a : b, sizeof(struct arp_value));
}

const struct table_kind arp_kind = {
	.name = "arp",
	.author = "arp",
	.key_size = sizeof(struct arp_key),
	.value_size = sizeof(struct arp_value),
	.path = path,
	.parse_path = parse_path,
	.text = text,
	.parse_text = parse_text,
	.merge = merge,
	.message = arp_message,
};
