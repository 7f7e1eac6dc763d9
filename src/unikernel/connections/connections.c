/* connections.c - the TCP journal between lwIP, the stores and the disk. SPDX-License-Identifier:
 * ISC */
#include "connections.h"
#include "lwip_port.h"
#include "platform.h"
#include "state.h"
#include "store.h"

#define CONNECTIONS 512
#define CHUNKS 2048
#define CHUNKS_MAX 65536
#define HISTORY_BYTES (2 << 20)
#define HISTORY_SECONDS 600
#define LOG_RECORDS 4096
/* Bytes under way are no history to keep. */
#define PAYLOAD_HISTORY_BYTES (64 << 10)
#define PAYLOAD_HISTORY_SECONDS 1
#define PAYLOAD_LOG_RECORDS 64
/* What changes without a frame to send is seen so soon. */
#define LOOK_NS 100000000ull
#define COMMIT_MS 1000
#define STALE_MS 130000 /* above the longest pause of Linux between retransmissions */

static struct tcp_journal_config config;
static uint64_t secret[2];

void connections_store(void)
{
	const struct store lives = {.kind = &tcp_kind,
		.entries = CONNECTIONS,
		.entries_min = 1,
		.entries_max = TCP_ENTRIES_MAX,
		.history_bytes = HISTORY_BYTES,
		.history_seconds = HISTORY_SECONDS,
		.log_records = LOG_RECORDS,
		.own = true,
		.values = true};
	const struct store payload = {.kind = &tcp_payload_kind,
		.entries = CHUNKS,
		.entries_min = 1,
		.entries_max = CHUNKS_MAX,
		.history_bytes = PAYLOAD_HISTORY_BYTES,
		.history_seconds = PAYLOAD_HISTORY_SECONDS,
		.log_records = PAYLOAD_LOG_RECORDS,
		.secret = true,
		.own = true,
		.values = true};
	config.connections = store_open(&lives);
	config.payload = store_open(&payload);
}

static bool durable(void *ctx)
{
	(void)ctx;
	return state_flush();
}

static void shift_clock(void *ctx, uint32_t ms)
{
	(void)ctx;
	lwip_port_shift_clock(ms);
}

static void report(void *ctx, const char *message)
{
	(void)ctx;
	console_printf("respin: tcp: %s\n", message);
}

static void turn(void)
{
	tcp_journal_turn(wall_ns());
}

static uint64_t timer(uint64_t now)
{
	static uint64_t due;
	if (now >= due) {
		turn();
		due = now + LOOK_NS;
	}
	return due;
}

void connections_open(const struct tcp_app *apps, size_t count)
{
	random_bytes(secret, sizeof(secret));
	config.apps = apps;
	config.app_count = count;
	config.entries = store_of(config.connections)->entries;
	config.secret = secret;
	config.durable = count && state_has_disk() ? durable : NULL;
	config.shift_clock = shift_clock;
	config.report = report;
	config.commit_ms = COMMIT_MS;
	config.stale_ms = STALE_MS;
	tcp_journal_open(memory_take(tcp_journal_memory(&config)), &config);
	tcp_journal_restore();
	struct tcp_journal_stats s = tcp_journal_stats();
	if (s.resumed || s.lost)
		console_printf(
			"respin: tcp: %u connections go on, %u are reset\n", s.resumed, s.lost);
	lwip_port_on_segment(tcp_journal_segment);
	state_before_send(turn);
	lwip_port_on_timer(timer);
}
