/* An image whose connections outlive it: servers, journal, tables and a disk that keeps them.
 * SPDX-License-Identifier: ISC */
#include "apps.h"
#include "disklog.h"
#include "keep.h"
#include "lwip_port.h"
#include "platform.h"

#define CONNECTIONS 512
#define CHUNKS 2048
#define SNAPSHOT (16u << 20)
#define TIMER_NS 100000000ull

static uint64_t secret[2];
static const struct table_limits limits[2] = {{.entries = CONNECTIONS,
						      .history_bytes = 2 << 20,
						      .history_ns = 600000000000ull,
						      .log_records = 4096,
						      .secret = secret},
	{.entries = CHUNKS,
		.history_bytes = 64 << 10,
		.history_ns = 1000000000ull,
		.log_records = 64,
		.secret = secret}};
static struct table *connections, *payload;
static struct disklog *log;
static struct keep *keep;

static bool read_disk(void *ctx, uint64_t sector, void *to, size_t sectors)
{
	(void)ctx;
	return disk_read(sector, to, sectors);
}

static bool write_disk(void *ctx, uint64_t sector, const void *from, size_t sectors)
{
	(void)ctx;
	return disk_write(sector, from, sectors);
}

static bool flush_disk(void *ctx)
{
	(void)ctx;
	return disk_flush();
}

static void open_disk(void)
{
	static struct keep_store stores[2];
	static const struct keep_options options = {.objects = 16384, .secret = secret};
	struct disk_info info;
	struct disklog_options how = {.snapshot = SNAPSHOT};
	if (!disk_open(&info))
		return;
	struct disklog_device device = {NULL, info.sectors, read_disk, write_disk, flush_disk};
	random_bytes(how.id, sizeof(how.id));
	enum disklog_verdict verdict =
		disklog_open(memory_take(disklog_memory()), &device, &how, &log);
	if (verdict > DISKLOG_FORMATTED)
		panic("disk: %s", disklog_verdict_text(verdict));
	stores[0] = (struct keep_store){"tcp", connections, &tcp_kind, CONNECTIONS, true};
	stores[1] = (struct keep_store){"payload", payload, &tcp_payload_kind, CHUNKS, true};
	keep = keep_open(memory_take(keep_memory(stores, 2, &options)), log, stores, 2, &options);
	if (!keep_restore(keep))
		panic("the disk can't be read");
}

static bool durable(void *ctx)
{
	(void)ctx;
	keep_turn(keep);
	return disklog_flush(log) && disklog_state(log) == DISKLOG_READY;
}

static void report(void *ctx, const char *message)
{
	(void)ctx;
	console_printf("guest: %s\n", message);
}

static void shift_clock(void *ctx, uint32_t ms)
{
	(void)ctx;
	lwip_port_shift_clock(ms);
}

static void open_journal(void)
{
	static struct tcp_journal_config config = {.apps = apps,
		.entries = CONNECTIONS,
		.secret = secret,
		.shift_clock = shift_clock,
		.report = report,
		.commit_ms = 1000,
		.stale_ms = 130000};
	config.app_count = app_count;
	config.connections = connections;
	config.payload = payload;
	config.durable = keep ? durable : NULL;
	tcp_journal_open(memory_take(tcp_journal_memory(&config)), &config);
}

static void turn(void)
{
	tcp_journal_turn(wall_ns());
	if (apps_wrong())
		panic("%llu wrong bytes", (unsigned long long)apps_wrong());
}

/* What changes without a frame to send is seen here. */
static uint64_t timer(uint64_t now)
{
	static uint64_t due;
	if (now >= due) {
		turn();
		due = now + TIMER_NS;
	}
	return due;
}

static bool work(void)
{
	bool more = table_work(connections);
	more = table_work(payload) || more;
	return (keep && keep_work(keep)) || more;
}

static struct table *open_table(const struct table_kind *kind, const struct table_limits *l)
{
	return table_open(memory_take(table_memory(kind, l)), kind, l);
}

int main(void)
{
	random_bytes(secret, sizeof(secret));
	lwip_port_open();
	connections = open_table(&tcp_kind, &limits[0]);
	payload = open_table(&tcp_payload_kind, &limits[1]);
	open_disk();
	apps_open();
	open_journal();
	tcp_journal_restore();
	struct tcp_journal_stats stats = tcp_journal_stats();
	console_printf("guest: %u resumed, %u lost\n", stats.resumed, stats.lost);
	lwip_port_on_segment(tcp_journal_segment);
	lwip_port_before_send(turn);
	lwip_port_on_timer(timer);
	lwip_port_on_turn(work);
	turn();
	lwip_port_run();
}
