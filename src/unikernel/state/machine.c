/* machine.c - what one image tells the next on the same disk besides its tables: the secret of
 * TCP's sequence numbers and the time, so that no number is used twice and no clock goes back.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip_port.h"
#include "platform.h"
#include "store.h"
#include <stdio.h>
#include <string.h>

#define PERIOD_NS 10000000000ull
#define SECRET_TEXT 32 /* hexadecimal digits */

/* The one entry's key is a zero byte. */
struct machine {
	uint64_t secret[2];
	uint64_t time_ns; /* no later than this plus PERIOD_NS was it in any image before */
};

static struct table *table;
static const uint8_t key;
static uint64_t noted_ns;

static size_t write_path(const void *unused, char out[TABLE_PATH_MAX])
{
	(void)unused;
	memcpy(out, "self", 4);
	return 4;
}

static bool parse_path(const char *path, size_t n, void *to)
{
	*(uint8_t *)to = 0;
	return n == 4 && memcmp(path, "self", 4) == 0;
}

static size_t write_text(const void *value, char out[TABLE_TEXT_MAX])
{
	struct machine m;
	memcpy(&m, value, sizeof(m));
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "secret %016lx%016lx\ntime %016lx\n",
		m.secret[0], m.secret[1], m.time_ns);
}

static bool parse_hex(const char *p, uint64_t *out)
{
	*out = 0;
	for (int i = 0; i < 16; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9', letter = p[i] >= 'a' && p[i] <= 'f';
		if (!digit && !letter)
			return false;
		*out = *out << 4 | (uint64_t)(digit ? p[i] - '0' : p[i] - 'a' + 10);
	}
	return true;
}

static bool parse_text(const char *text, size_t n, void *value)
{
	static const char first[] = "secret ", second[] = "\ntime ";
	const size_t at = sizeof(first) - 1, then = at + SECRET_TEXT,
		     time = then + sizeof(second) - 1;
	struct machine m;
	if (n != time + 17 || memcmp(text, first, at) != 0 ||
		memcmp(text + then, second, sizeof(second) - 1) != 0 || text[n - 1] != '\n' ||
		!parse_hex(text + at, &m.secret[0]) || !parse_hex(text + at + 16, &m.secret[1]) ||
		!parse_hex(text + time, &m.time_ns))
		return false;
	memcpy(value, &m, sizeof(m));
	return true;
}

/* The later one's. */
static void merge(const void *unused, const void *base, const void *a, const void *b, void *out)
{
	struct machine x, y;
	(void)unused, (void)base;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	bool first = x.time_ns != y.time_ns ? x.time_ns > y.time_ns : memcmp(a, b, sizeof(x)) > 0;
	memcpy(out, first ? a : b, sizeof(x));
}

static size_t message(unsigned note, const void *of, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)note, (void)of, (void)value;
	memcpy(out, "seen", 4);
	return 4;
}

static const struct table_kind kind = {.name = "machine",
	.author = "machine",
	.key_size = sizeof(key),
	.value_size = sizeof(struct machine),
	.path = write_path,
	.parse_path = parse_path,
	.text = write_text,
	.parse_text = parse_text,
	.merge = merge,
	.message = message};

void machine_store(void)
{
	const struct store defaults = {.kind = &kind,
		.entries = 1,
		.entries_min = 1,
		.entries_max = 1,
		.history_bytes = 65536,
		.history_seconds = 1,
		.log_records = 4,
		.secret = true,
		.values = true};
	table = store_open(&defaults);
}

void machine_restored(void)
{
	const struct machine *m = table_get(table, &key);
	if (m)
		wall_at_least(m->time_ns + PERIOD_NS);
}

void machine_open(void)
{
	const struct machine *m = table_get(table, &key);
	if (m)
		lwip_port_set_secret(m->secret);
	machine_note();
}

void machine_note(void)
{
	uint64_t now = wall_ns();
	if (!table || now - noted_ns < PERIOD_NS)
		return;
	struct machine m = {.time_ns = now};
	lwip_port_secret(m.secret);
	table_put(table, &key, &m, TABLE_LATER);
	noted_ns = now;
}
