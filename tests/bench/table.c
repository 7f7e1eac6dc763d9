/* table.c - what the benchmarks of the version-controlled table run on the host.
 *   table make LAYOUT ENTRIES COMMITS   a table of so many entries, then so many commits of one
 *                                       change each; prints the head's id
 *   table stream LAYOUT ENTRIES COMMITS the same history for git fast-import, on standard output
 *   table memory PUTS                   prints resident kilobytes, bytes of history and objects,
 *                                       after a tenth of the puts and at their end; then the bytes
 *                                       that the history may have
 *   table latency PUTS                  prints p50, p99 and max in nanoseconds: of puts
 * in a hash table, puts in a table, look-ups in both LAYOUT: flat or fanned. With COMMITS "each",
 * every entry of the table is a commit of its own. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#include "address_kind.h"
#include "latency.h"

#define HISTORY_BYTES ((size_t)2 << 20)

static const uint64_t secret[2] = {1, 2};

struct history {
	const struct table_kind *kind;
	unsigned entries, commits;
	bool each;
	struct table *t; /* NULL: a stream is written */
	uint64_t now;
};

static void put(struct history *h, unsigned n, unsigned mac, unsigned note)
{
	struct address key = address(n);
	struct holder value = holder(mac, mac % 600);
	char path[TABLE_PATH_MAX], text[TABLE_TEXT_MAX];
	if (h->t) {
		table_put(h->t, &key, &value, note);
		return;
	}
	int path_n = (int)h->kind->path(&key, path), text_n = (int)h->kind->text(&value, text);
	printf("M 100644 inline arp/%.*s\ndata %d\n%.*s\n", path_n, path, text_n, text_n, text);
}

/* Before the changes of a commit. */
static void begin(struct history *h, unsigned n, unsigned mac, unsigned note)
{
	struct address key = address(n);
	struct holder value = holder(mac, mac % 600);
	char message[TABLE_MESSAGE_MAX];
	bool of_all = note == NOTE_LATER;
	unsigned long long seconds = (h->now += SECOND) / SECOND;
	if (h->t) {
		table_set_time(h->t, h->now);
		return;
	}
	int said = (int)write_message(
		of_all ? NOTE_OTHER : note, of_all ? NULL : &key, of_all ? NULL : &value, message);
	printf("commit refs/heads/primary\nauthor arp <arp@respin> %llu +0000\n"
	       "committer arp <arp@respin> %llu +0000\ndata %d\n%.*s\n\n",
		seconds, seconds, said + 1, said, message);
}

static void end(struct history *h)
{
	if (h->t)
		table_flush(h->t);
}

/* Addresses come one after the other where the table grows by them; else from everywhere. */
static unsigned spread(const struct history *h, unsigned i)
{
	if (h->each)
		return i;
	return (unsigned)((uint64_t)i * 40503 % (h->entries > 65536 ? h->entries : 65536));
}

static void replay(struct history *h)
{
	uint64_t random = 1;
	if (!h->each)
		begin(h, 0, 0, NOTE_LATER);
	for (unsigned i = 0; i < h->entries; i++) {
		if (h->each)
			begin(h, spread(h, i), i, NOTE_ADDED);
		put(h, spread(h, i), i, h->each ? NOTE_ADDED : NOTE_LATER);
		if (h->each)
			end(h);
	}
	if (!h->each && h->t)
		table_commit(h->t, NOTE_OTHER);
	end(h);
	for (unsigned i = 0; i < h->commits; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		unsigned n = spread(h, (unsigned)(random >> 33) % h->entries);
		begin(h, n, h->entries + i, NOTE_ADDED);
		put(h, n, h->entries + i, NOTE_ADDED);
		end(h);
	}
}

/* Zeroed, and each page there before anything is measured. */
static void *get_memory(size_t n)
{
	void *p = malloc(n);
	if (!p)
		abort();
	memset(p, 1, n);
	return memset(p, 0, n);
}

static struct table *open_table(const struct table_kind *kind, size_t entries)
{
	struct table_limits l = {
		.entries = entries, .history_bytes = HISTORY_BYTES, .secret = secret};
	return table_open(get_memory(table_memory(kind, &l)), kind, &l);
}

static void make_history(char **argv, bool stream)
{
	struct history h = {.kind = strcmp(argv[0], "flat") == 0 ? &flat_kind : &fanned_kind,
		.entries = (unsigned)strtoul(argv[1], NULL, 10),
		.commits = (unsigned)strtoul(argv[2], NULL, 10),
		.each = strcmp(argv[2], "each") == 0,
		.now = START};
	struct table_ref head;
	char hex[41];
	if (!stream)
		h.t = open_table(h.kind, h.entries);
	replay(&h);
	if (stream)
		return;
	table_ref(h.t, 0, &head);
	table_id_text(&head.id, hex);
	printf("%s\n", hex);
}

/* Kilobytes of memory that is the program's own, not of files. */
static unsigned long resident(void)
{
	char line[256];
	unsigned long kilobytes = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lu", &kilobytes) == 1)
			break;
	if (f)
		fclose(f);
	return kilobytes;
}

/* The deepest calls come late. */
static void touch_stack(void)
{
	volatile char deep[1 << 16];
	for (size_t i = 0; i < sizeof(deep); i += 512)
		deep[i] = 0;
}

/* The pages are there from the start, so what is in use of them counts, too. */
struct used_memory {
	unsigned long resident; /* kilobytes */
	size_t history, objects;
};

/* When the work that waits is done: a step of it takes the oldest out. */
static struct used_memory used_memory(struct table *t)
{
	while (table_work(t))
		;
	struct table_stats s = table_stats(t);
	return (struct used_memory){resident(), s.history_bytes, s.objects};
}

/* Entries come and go, some puts are commits, and now and then the log overflows. */
static void puts_in_memory(unsigned long puts)
{
	struct table *t = open_table(&fanned_kind, 1024);
	uint64_t random = 1, now = START;
	struct used_memory early = {0};
	touch_stack();
	resident(); /* what reading it needs is there too */
	for (unsigned long i = 0; i < puts; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		struct address key = address((unsigned)(random >> 33) % 1300);
		struct holder value = holder((unsigned)i, (unsigned)(random >> 50));
		table_set_time(t, now += SECOND / 1000);
		if (table_put(t, &key, &value, i % 1000 ? NOTE_LATER : NOTE_ADDED) == TABLE_FULL)
			table_remove(
				t, (struct address[]){address((unsigned)(i % 1300))}, NOTE_EXPIRED);
		if (i % 64 == 0 && i / 100000 % 4)
			table_work(t);
		if (i == puts / 10)
			early = used_memory(t);
	}
	struct used_memory late = used_memory(t);
	printf("%lu %zu %zu\n%lu %zu %zu\n%zu\n", early.resident, early.history, early.objects,
		late.resident, late.history, late.objects, HISTORY_BYTES);
}

static uint64_t now_ns(void)
{
	struct timespec s;
	clock_gettime(CLOCK_REALTIME, &s);
	return (uint64_t)s.tv_sec * SECOND + (uint64_t)s.tv_nsec;
}

static uint64_t tick(void)
{
	unsigned processor;
	return __rdtscp(&processor);
}

static double ns_per_tick(void)
{
	uint64_t from = now_ns(), ticks = tick();
	while (now_ns() - from < 50000000u)
		;
	return (double)(now_ns() - from) / (double)(tick() - ticks);
}

static void make_entry(uint64_t i, void *key, void *value)
{
	struct address a = address((unsigned)(i * 40503));
	struct holder h = holder((unsigned)i, i);
	memcpy(key, &a, sizeof(a));
	memcpy(value, &h, sizeof(h));
}

static void print_latency(const struct latency *l, double ns)
{
	printf("%.1f %.1f %.1f\n", l->p50 * ns, l->p99 * ns, l->max * ns);
}

static void latencies(size_t puts)
{
	struct latency_setup s = {.kind = &fanned_kind,
		.secret = secret,
		.live = 60000,
		.puts = puts,
		.put_in_a_row = 64,
		.now = now_ns,
		.tick = tick,
		.make = make_entry};
	struct latency_result r;
	void *memory = get_memory(latency_memory(&s));
	double ns = ns_per_tick();
	latency_measure(&s, memory, &r);
	print_latency(&r.hash_put, ns);
	print_latency(&r.table_put, ns);
	print_latency(&r.hash_get, ns);
	print_latency(&r.table_get, ns);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		make_history(argv + 2, false);
	else if (argc == 5 && strcmp(argv[1], "stream") == 0)
		make_history(argv + 2, true);
	else if (argc == 3 && strcmp(argv[1], "memory") == 0)
		puts_in_memory(strtoul(argv[2], NULL, 10));
	else if (argc == 3 && strcmp(argv[1], "latency") == 0)
		latencies(strtoul(argv[2], NULL, 10));
	else
		return 2;
	return 0;
}
