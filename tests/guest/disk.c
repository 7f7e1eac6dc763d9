/* The disk: what is written is read back, one request after the other and many at a time, and
 * errors are told. Option do= says what. SPDX-License-Identifier: ISC */
#include "platform.h"
#include <stdio.h>
#include <string.h>

#define SECTORS 8192
#define REQUESTS 200
#define BYTES (SECTORS * DISK_SECTOR)

static uint8_t written[BYTES], got[BYTES + 1];
static struct disk_request requests[REQUESTS];

/* Each sector is 32 times its number as text: the test reads the file with its own tools. */
static void fill(void)
{
	for (unsigned i = 0; i < SECTORS; i++)
		for (unsigned k = 0; k < 32; k++) {
			char line[17];
			snprintf(line, sizeof(line), "sector %08u\n", i);
			memcpy(written + i * DISK_SECTOR + k * 16, line, 16);
		}
}

static void compare(unsigned sector, const uint8_t *p, size_t count)
{
	if (memcmp(p, written + sector * DISK_SECTOR, count * DISK_SECTOR) != 0)
		panic("sectors at %u came back as others", sector);
}

/* In pieces of several sizes, the last one larger than one request may be. */
static void write_all(void)
{
	static const size_t sizes[] = {1, 8, 127, 2000, SECTORS};
	size_t at = 0;
	for (size_t i = 0; at < SECTORS; i++) {
		size_t n = sizes[i] < SECTORS - at ? sizes[i] : SECTORS - at;
		if (!disk_write(at, written + at * DISK_SECTOR, n))
			panic("sector %zu can't be written", at);
		at += n;
	}
	if (!disk_flush())
		panic("the disk does not flush");
}

/* Where the bytes begin anywhere, and in one piece. */
static void read_all(void)
{
	if (!disk_read(0, got + 1, SECTORS))
		panic("the disk can't be read");
	compare(0, got + 1, SECTORS);
	if (!disk_read(SECTORS - 1, got, 1))
		panic("the last sector can't be read");
	compare(SECTORS - 1, got, 1);
}

/* More than there is room for; the last comes first here, and each sleeps till one is done. */
static void submit_all(enum disk_operation operation, uint8_t *p)
{
	unsigned refused = 0, done = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		requests[i] = (struct disk_request){
			operation, 3 * i, p + 3 * i * DISK_SECTOR, 3, false, false};
		while (!disk_submit(&requests[i])) {
			refused++;
			idle_until(UINT64_MAX);
			disk_poll();
		}
	}
	while (done < REQUESTS) {
		if (requests[done].is_done)
			done++;
		else
			idle_until(UINT64_MAX);
		disk_poll();
	}
	for (unsigned i = 0; i < REQUESTS; i++)
		if (!requests[i].ok)
			panic("request %u failed", i);
	console_printf("guest: a full queue %s\n", refused ? "was met" : "was not met");
}

static void many(void)
{
	memset(got, 0, sizeof(got));
	submit_all(DISK_WRITE, written);
	struct disk_request flush = {.operation = DISK_FLUSH};
	if (!disk_submit(&flush))
		panic("no room for a flush");
	for (; !flush.is_done; disk_poll())
		idle_until(UINT64_MAX);
	submit_all(DISK_READ, got);
	compare(0, got, 3 * REQUESTS);
}

/* Sleeps for each of five reads; the time alone ends a sleep after a second. */
static void wake(void)
{
	uint64_t best = UINT64_MAX;
	for (int i = 0; i < 5; i++) {
		struct disk_request r = {DISK_READ, 0, got, SECTORS / 2, false, false};
		uint64_t from = clock_ns();
		if (!disk_submit(&r))
			panic("no room for a request");
		for (; !r.is_done; disk_poll())
			idle_until(UINT64_MAX);
		best = clock_ns() - from < best ? clock_ns() - from : best;
	}
	if (best > 900000000)
		panic("slept over a request");
}

static const char *word(bool ok)
{
	return ok ? "done" : "refused";
}

/* Each once: the test gives a disk on which some must fail. */
static void try_each(uint64_t sectors)
{
	console_printf("guest: read %s\n", word(disk_read(8, got, 1)));
	console_printf("guest: write %s\n", word(disk_write(8, written, 1)));
	console_printf("guest: other read %s\n", word(disk_read(16, got, 1)));
	console_printf("guest: other write %s\n", word(disk_write(16, written, 1)));
	console_printf("guest: flush %s\n", word(disk_flush()));
	console_printf("guest: beyond %s\n", word(disk_read(sectors, got, 1)));
	console_printf("guest: across %s\n", word(disk_read(sectors - 1, got, 2)));
	console_printf("guest: around %s\n", word(disk_read(UINT64_MAX, got, 2)));
	console_printf("guest: nothing %s\n", word(disk_write(sectors, got, 0)));
}

int main(void)
{
	struct disk_info info;
	const char *what = option_get("do");
	fill();
	if (!disk_open(&info)) {
		console_printf("guest: no disk, read %s\n", word(disk_read(0, got, 1)));
		return 0;
	}
	console_printf("guest: %llu sectors%s\n", (unsigned long long)info.sectors,
		info.read_only ? ", read-only" : "");
	if (what && strcmp(what, "each") == 0) {
		try_each(info.sectors);
		return 0;
	}
	write_all();
	read_all();
	many();
	wake();
	return 0;
}
