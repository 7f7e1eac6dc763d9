/* value.c - mappings as entries of the table: paths, text, the rule of merging, messages.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

static const char *const protocols[NAT_PROTOCOLS] = {"tcp", "udp", "icmp"};
static const char *const states[STATES] = {"active", "syn-inside", "syn-outside", "established",
	"fin-inside", "fin-outside", "closing", "reset", "fixed"};

/* ---- writing -------------------------------------------------------------------------------- */

static size_t put_text(char *to, const char *text)
{
	size_t n = strlen(text);
	memcpy(to, text, n);
	return n;
}

static size_t put_number(char *to, uint64_t number)
{
	char digits[20];
	size_t n = 0;
	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

/* "192.168.1.10:80" */
static size_t put_endpoint(char *to, uint32_t address, uint16_t port)
{
	size_t n = 0;
	for (unsigned shift = 32; shift > 0; shift -= 8) {
		n += put_number(to + n, address >> (shift - 8) & 255);
		to[n++] = shift > 8 ? '.' : ':';
	}
	return n + put_number(to + n, port);
}

static size_t put_line(char *to, const char *word, uint32_t address, uint16_t port)
{
	size_t n = put_text(to, word);
	n += put_endpoint(to + n, address, port);
	to[n++] = '\n';
	return n;
}

/* ---- reading: only what the above write ------------------------------------------------------ */

struct reader {
	const char *p, *end;
};

static bool take(struct reader *r, const char *text)
{
	size_t n = strlen(text);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool take_number(struct reader *r, uint64_t max, uint64_t *number)
{
	const char *from = r->p;
	*number = 0;
	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		unsigned digit = (unsigned)(*r->p - '0');
		if (*number > max / 10 || *number * 10 > max - digit)
			return false;
		*number = *number * 10 + digit;
	}
	return r->p > from && (*from != '0' || r->p == from + 1);
}

/* "2026-11-26T05:00:00Z" */
static bool take_time(struct reader *r, uint64_t *seconds)
{
	if (!table_stamp_read(r->p, (size_t)(r->end - r->p), seconds))
		return false;
	r->p += TABLE_STAMP;
	return take(r, "Z");
}

static bool take_port(struct reader *r, uint16_t *port)
{
	uint64_t number;
	if (!take_number(r, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool take_endpoint(struct reader *r, uint32_t *address, uint16_t *port)
{
	*address = 0;
	for (int i = 0; i < 4; i++) {
		uint64_t byte;
		if (!take_number(r, 255, &byte) || !take(r, i < 3 ? "." : ":"))
			return false;
		*address = *address << 8 | (uint32_t)byte;
	}
	return take_port(r, port);
}

static bool take_line(struct reader *r, const char *word, uint32_t *address, uint16_t *port)
{
	return take(r, word) && take_endpoint(r, address, port) && take(r, "\n");
}

/* The index of one of COUNT words that SEPARATOR follows. */
static bool take_word(struct reader *r, const char *const *words, unsigned count,
	const char *separator, uint8_t *which)
{
	for (unsigned i = 0; i < count; i++) {
		struct reader ahead = *r;
		if (!take(&ahead, words[i]) || !take(&ahead, separator))
			continue;
		*r = ahead;
		*which = (uint8_t)i;
		return true;
	}
	return false;
}

bool nat_forward_parse(const char *text, size_t n, enum nat_protocol *protocol, uint16_t *port,
	uint32_t *address, uint16_t *to)
{
	struct reader r = {text, text + n};
	uint8_t which;
	if (!take_word(&r, protocols, NAT_ICMP, ":", &which) || !take_port(&r, port) ||
		!take(&r, ":") || !take_endpoint(&r, address, to))
		return false;
	*protocol = which;
	return r.p == r.end && *port && *to && nat_is_unicast(*address);
}

/* ---- the kind ------------------------------------------------------------------------------- */

static size_t path(const void *p, char out[TABLE_PATH_MAX])
{
	const struct nat_key *key = p;
	size_t n = key->forward ? put_text(out, "forward/") : 0;
	n += put_text(out + n, protocols[key->protocol]);
	out[n++] = '/';
	if (!key->forward) {
		n += put_number(out + n, key->port / 256u);
		out[n++] = '/';
	}
	return n + put_number(out + n, key->port);
}

static bool parse_path(const char *text, size_t n, void *out)
{
	struct reader r = {text, text + n};
	struct nat_key key = {.forward = take(&r, "forward/")};
	uint64_t folder;
	if (!take_word(&r, protocols, key.forward ? NAT_ICMP : NAT_PROTOCOLS, "/", &key.protocol))
		return false;
	if (!key.forward && (!take_number(&r, 255, &folder) || !take(&r, "/")))
		return false;
	if (!take_port(&r, &key.port) || r.p != r.end || (!key.forward && folder != key.port / 256))
		return false;
	memcpy(out, &key, sizeof(key));
	return key.port || key.protocol == NAT_ICMP;
}

static size_t value_text(const void *p, char out[TABLE_TEXT_MAX])
{
	const struct nat_value *v = p;
	size_t n = put_line(out, "inside ", v->inside, v->inside_port);
	if (v->state == STATE_FIXED)
		return n;
	n += put_line(out + n, "outside ", v->outside, v->outside_port);
	n += put_line(out + n, "remote ", v->remote, v->remote_port);
	n += put_text(out + n, "state ");
	n += put_text(out + n, states[v->state]);
	n += put_text(out + n, "\nexpires ");
	table_stamp_write(v->expires, out + n);
	n += TABLE_STAMP;
	return n + put_text(out + n, "Z\n");
}

static bool parse_text(const char *text, size_t n, void *out)
{
	struct reader r = {text, text + n};
	struct nat_value v = {.state = STATE_FIXED};
	if (!take_line(&r, "inside ", &v.inside, &v.inside_port) || !nat_is_unicast(v.inside))
		return false;
	if (r.p == r.end && !v.inside_port)
		return false; /* an ICMP mapping's identifier may be 0, a forward's port not */
	if (r.p < r.end && (!take_line(&r, "outside ", &v.outside, &v.outside_port) ||
				   !nat_is_unicast(v.outside) ||
				   !take_line(&r, "remote ", &v.remote, &v.remote_port) ||
				   !nat_is_unicast(v.remote) || !take(&r, "state ") ||
				   !take_word(&r, states, STATE_FIXED, "\n", &v.state) ||
				   !take(&r, "expires ") || !take_time(&r, &v.expires) ||
				   !v.expires || !take(&r, "\n")))
		return false;
	memcpy(out, &v, sizeof(v));
	return r.p == r.end;
}

/* Later expiry wins; where they are the same, the greater bytes: an order of all values, so the
 * greatest of any number of them is the same whichever way they meet. */
static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	struct nat_value x, y;
	(void)key;
	(void)base;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	bool first =
		x.expires != y.expires ? x.expires > y.expires : memcmp(&x, &y, sizeof(x)) >= 0;
	*(struct nat_value *)out = first ? x : y;
}

#define NOTE_BITS 4
#define COUNT_BITS 14
#define COUNT_MAX ((1u << COUNT_BITS) - 1)

unsigned nat_note(enum nat_note what, uint64_t added, uint64_t removed)
{
	unsigned a = added < COUNT_MAX ? (unsigned)added : COUNT_MAX;
	unsigned r = removed < COUNT_MAX ? (unsigned)removed : COUNT_MAX;
	return (unsigned)what | a << NOTE_BITS | r << (NOTE_BITS + COUNT_BITS);
}

static size_t put_key(char *to, const char *what, const struct nat_key *key)
{
	size_t n = put_text(to, what);
	n += put_text(to + n, protocols[key->protocol]);
	to[n++] = ' ';
	return n;
}

/* "tcp 192.168.1.10:5555 -> 203.0.113.2:40001" */
static size_t put_added(char *to, const struct nat_key *key, const struct nat_value *v)
{
	size_t n = put_key(to, "mapping added: ", key);
	n += put_endpoint(to + n, v->inside, v->inside_port);
	n += put_text(to + n, " -> ");
	return n + put_endpoint(to + n, v->outside, v->outside_port);
}

static size_t put_forward(char *to, const struct nat_key *key, const struct nat_value *v)
{
	size_t n = put_key(to, v ? "forward set: " : "forward removed: ", key);
	n += put_number(to + n, key->port);
	if (!v)
		return n;
	n += put_text(to + n, " -> ");
	return n + put_endpoint(to + n, v->inside, v->inside_port);
}

size_t nat_write_refused(
	char *to, const struct nat_key *key, const struct nat_value *v, enum nat_forward_result why)
{
	size_t n = put_key(to, "forward refused: ", key);
	n += put_number(to + n, key->port);
	if (v) {
		n += put_text(to + n, " -> ");
		n += put_endpoint(to + n, v->inside, v->inside_port);
	}
	n += put_text(to + n, ": ");
	return n + put_text(to + n, nat_forward_words(why));
}

static size_t put_count(char *to, uint64_t count, const char *one, const char *many)
{
	size_t n = put_number(to, count);
	if (count == COUNT_MAX)
		n += put_text(to + n, " or more");
	return n + put_text(to + n, count == 1 ? one : many);
}

static size_t put_joined(char *to, uint64_t added, uint64_t removed)
{
	size_t n = 0;
	if (added)
		n += put_count(to, added, " mapping added", " mappings added");
	if (added && removed)
		n += put_text(to + n, ", ");
	if (removed)
		n += put_count(to + n, removed, " mapping removed", " mappings removed");
	return n ? n : put_text(to, "mappings refreshed");
}

/* Entries without a history were left by an image that a crash came upon before its first commit.
 */
static size_t put_created(char *to, uint64_t count)
{
	if (!count)
		return put_text(to, "Nat.create: Initial empty table");
	size_t n = put_text(to, "Nat.create: Initial table of ");
	return n + put_count(to + n, count, " entry", " entries");
}

static size_t message(unsigned note, const void *key, const void *value, char *out)
{
	enum nat_note what = note & ((1u << NOTE_BITS) - 1);
	uint64_t added = note >> NOTE_BITS & COUNT_MAX;
	uint64_t removed = note >> (NOTE_BITS + COUNT_BITS) & COUNT_MAX;
	const struct nat_key *k = key;
	size_t n = 0;
	if (what == NOTE_FORWARD && k)
		return put_forward(out, k, value);
	if (what == NOTE_REFUSED && k)
		return nat_write_refused(out, k, NULL, (enum nat_forward_result)added);
	if (what == NOTE_ADDED && k && value)
		return put_added(out, k, value);
	if (what == NOTE_REMOVED && k && removed == 1) {
		n = put_key(out, "mapping removed: ", k);
		return n + put_number(out + n, k->port);
	}
	if (what == NOTE_CREATE)
		return put_created(out, added);
	if (what == NOTE_RESTORED)
		return put_text(out, "Nat.create: entries kept over a restart");
	if (what == NOTE_RESCAN)
		return put_count(out, removed, " entry dropped", " entries dropped");
	if (what == NOTE_ADDRESS)
		n = put_text(out, "outside address changed: ");
	return n + put_joined(out + n, added, removed);
}

const struct table_kind nat_kind = {
	.name = "nat",
	.author = "nat",
	.key_size = sizeof(struct nat_key),
	.value_size = sizeof(struct nat_value),
	.path = path,
	.parse_path = parse_path,
	.text = value_text,
	.parse_text = parse_text,
	.merge = merge,
	.message = message,
};
