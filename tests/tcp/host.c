/* host.c - lwIP with its journal as a process on a tap interface: it may be killed at any time, and
 * started again with what it wrote.
 * SPDX-License-Identifier: ISC */
#include "apps.h"
#include "store.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/prot/tcp.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
#include "hooks.h"
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 1514
#define HELD_MAX 4096
#define NS_PER_MS 1000000u

static struct options {
	const char *tap, *address, *journal, *git;
	const char *flag; /* hexadecimal: set for all connections before they are restored */
	char *leave_out;  /* names of fields, with commas between them */
	unsigned loss;	  /* per 1,000 frames, each way */
	uint32_t stale_ms;
	bool no_commit; /* frames leave at once: what output commit is for */
	bool show;	/* print what the file holds, and end */
} options = {.tap = "tap0", .address = "10.77.0.2", .stale_ms = 130000};
void *lwip_port_heap;
static int tap;
static uint32_t clock_shift;
static struct {
	uint16_t n;
	uint8_t bytes[FRAME_MAX];
} held[HELD_MAX];
static size_t held_count;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* As in a machine that has just started: the clock begins anew. */
u32_t sys_now(void)
{
	static uint64_t start;
	if (!start)
		start = ns(CLOCK_MONOTONIC);
	return (u32_t)((ns(CLOCK_MONOTONIC) - start) / NS_PER_MS) + clock_shift;
}

static void shift_clock(void *ctx, uint32_t ms)
{
	(void)ctx;
	clock_shift += ms;
	sys_restart_timeouts();
}

u32_t lwip_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
	(void)local;
	(void)local_port;
	(void)remote;
	(void)remote_port;
	/* In the upper half: there, comparisons with a number that was left out, 0, are wrong. */
	return 0xc0000000 | ((u32_t)random() & 0x0fffffff);
}

int lwip_port_ip4_input(struct pbuf *p, struct netif *from)
{
	(void)p;
	(void)from;
	return 0;
}

err_t lwip_port_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n)
{
	return tcp_journal_segment(pcb, header, n);
}

static void report(void *ctx, const char *message)
{
	(void)ctx;
	printf("%s\n", message);
	fflush(stdout);
}

/* ---- the wire ---- */

static bool is_lost(void)
{
	return options.loss && (unsigned)(random() % 1000) < options.loss;
}

static void send_frame(const uint8_t *frame, size_t n)
{
	if (!is_lost() && write(tap, frame, n) < 0)
		perror("tap");
}

static err_t output(struct netif *netif, struct pbuf *p)
{
	(void)netif;
	if (held_count == HELD_MAX || p->tot_len > FRAME_MAX)
		return ERR_MEM;
	held[held_count].n = p->tot_len;
	pbuf_copy_partial(p, held[held_count].bytes, p->tot_len, 0);
	if (options.no_commit)
		send_frame(held[held_count].bytes, p->tot_len);
	else
		held_count++;
	return ERR_OK;
}

static void release(void)
{
	for (size_t i = 0; i < held_count; i++)
		send_frame(held[i].bytes, held[i].n);
	held_count = 0;
}

static err_t init_netif(struct netif *netif)
{
	memcpy(netif->hwaddr, "\x52\x54\x00\x00\x00\x02", 6);
	netif->hwaddr_len = 6;
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
	netif->output = etharp_output;
	netif->linkoutput = output;
	return ERR_OK;
}

static void open_tap(void)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", options.tap);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0)
		die(options.tap);
}

static void receive(struct netif *netif)
{
	uint8_t frame[FRAME_MAX];
	for (int i = 0; i < 32; i++) {
		ssize_t n = read(tap, frame, sizeof(frame));
		if (n <= 0)
			return;
		struct pbuf *p = is_lost() ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_POOL);
		if (!p)
			continue;
		pbuf_take(p, frame, (u16_t)n);
		if (netif->input(p, netif) != ERR_OK)
			pbuf_free(p);
	}
}

/* ---- start ---- */

static void open_journal(const struct store *store)
{
	static const uint64_t secret[2] = {3, 4};
	static struct tcp_journal_config config = {.apps = apps,
		.entries = 512,
		.secret = secret,
		.durable = store_write,
		.shift_clock = shift_clock,
		.report = report,
		.commit_ms = 1000};
	config.stale_ms = options.stale_ms;
	config.app_count = app_count;
	config.connections = store->connections;
	config.payload = store->payload;
	size_t n = (tcp_journal_memory(&config) + 15) & ~(size_t)15;
	void *memory = aligned_alloc(16, n);
	if (!memory)
		die("memory");
	tcp_journal_open(memset(memory, 0, n), &config);
}

static void run(struct netif *netif, const struct store *store)
{
	for (;;) {
		u32_t ms = sys_timeouts_sleeptime();
		struct pollfd wait = {.fd = tap, .events = POLLIN};
		poll(&wait, 1, table_is_behind(store->connections) ? 0 : (int)LWIP_MIN(ms, 250u));
		receive(netif);
		sys_check_timeouts();
		tcp_journal_turn(ns(CLOCK_REALTIME));
		release();
		table_work(store->connections);
		table_work(store->payload);
		if (apps_wrong()) {
			printf("%llu wrong bytes\n", (unsigned long long)apps_wrong());
			exit(3);
		}
	}
}

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {{"tap", 1, NULL, 't'}, {"address", 1, NULL, 'a'},
		{"journal", 1, NULL, 'j'}, {"git", 1, NULL, 'g'}, {"leave-out", 1, NULL, 'l'},
		{"loss", 1, NULL, 'x'}, {"no-commit", 0, NULL, 'n'}, {"show", 0, NULL, 's'},
		{"stale-ms", 1, NULL, 'S'}, {"uptime", 1, NULL, 'u'}, {"entries", 1, NULL, 'e'},
		{"flag", 1, NULL, 'E'}, {"chunks", 1, NULL, 'c'}, {0}};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
		switch (c) {
		case 't':
			options.tap = optarg;
			break;
		case 'a':
			options.address = optarg;
			break;
		case 'j':
			options.journal = optarg;
			break;
		case 'g':
			options.git = optarg;
			break;
		case 'l':
			options.leave_out = optarg;
			break;
		case 'x':
			options.loss = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			options.no_commit = true;
			break;
		case 'u': /* milliseconds: a machine that has run for long */
			clock_shift = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'S':
			options.stale_ms = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'e':
			store_limits(strtoul(optarg, NULL, 10), 1024);
			break;
		case 'c':
			store_limits(512, strtoul(optarg, NULL, 10));
			break;
		case 'E':
			options.flag = optarg;
			break;
		case 's':
			options.show = true;
			break;
		default:
			exit(2);
		}
	if (!options.journal)
		exit(2);
}

/* "snd_wl1,snd_wl2" */
static void leave_out(char *fields)
{
	for (char *field = fields ? strtok(fields, ",") : NULL; field; field = strtok(NULL, ","))
		if (!store_leave_out(field))
			printf("no %s to leave out\n", field);
}

int main(int argc, char **argv)
{
	static struct netif netif;
	ip4_addr_t address, mask, gateway = {0};
	read_options(argc, argv);
	srandom((unsigned)ns(CLOCK_MONOTONIC));
	if (options.show)
		return store_show(options.journal);
	open_tap();
	struct store store = store_open(options.journal, options.git);
	leave_out(options.leave_out);
	if (options.flag)
		store_flag((uint16_t)strtoul(options.flag, NULL, 16));
	lwip_port_heap = malloc(MEM_SIZE + 64);
	lwip_init();
	apps_open();
	store_watch();
	open_journal(&store);
	tcp_journal_restore();
	ip4addr_aton(options.address, &address);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	netif_add(&netif, &address, &mask, &gateway, NULL, init_netif, ethernet_input);
	netif_set_default(&netif);
	netif_set_up(&netif);
	struct tcp_journal_stats stats = tcp_journal_stats();
	printf("ready: %u resumed, %u lost\n", stats.resumed, stats.lost);
	fflush(stdout);
	tcp_journal_turn(ns(CLOCK_REALTIME));
	run(&netif, &store);
}
