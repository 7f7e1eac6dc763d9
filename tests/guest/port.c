/* What hooks into the port's main loop, on two interfaces. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "platform.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip4.h"

#define MS 1000000ull
#define TICKS 20
#define TICK_NS (50 * MS)
#define COMMIT_NS (100 * MS)

/* Has more to do until it has done it 1000 times. */
static bool work(void)
{
	static unsigned done;
	if (++done == 1000)
		console_printf("guest: worked\n");
	return done < 1000;
}

/* A second in all, if sleeps end in time; lwIP alone would sleep for one after each. */
static uint64_t timer(uint64_t now)
{
	static uint64_t due;
	static unsigned ticks;
	if (now >= due) {
		due = now + TICK_NS;
		if (++ticks == TICKS)
			console_printf("guest: %d ticks\n", TICKS);
	}
	return due;
}

/* The peer sees that nothing comes before its end. */
static void commit(void)
{
	static unsigned commits;
	if (!net_has_queued())
		panic("a commit for nothing");
	for (uint64_t from = clock_ns(); clock_ns() - from < COMMIT_NS;)
		;
	if (++commits == 1)
		console_printf("guest: commits\n");
}

static bool take(struct pbuf *p, struct netif *from)
{
	const struct ip_hdr *ip = p->payload;
	ip4_addr_t wanted;
	IP4_ADDR(&wanted, 10, 78, 0, 9);
	if (p->len < sizeof(*ip) || ip->dest.addr != wanted.addr)
		return false;
	console_printf("guest: took %u bytes from %c%c%u\n", p->tot_len, from->name[0],
		from->name[1], from->num);
	pbuf_free(p);
	return true;
}

/* Frames that wait for a commit fill the queue, and time does not empty it. */
static void fill(void)
{
	const uint8_t frame[60] = {[12] = 0x88, 0xb5};
	const struct net_part part = {frame, sizeof(frame)};
	unsigned count = 0;
	while (count < 1000 && net_send(0, &part, 1))
		count++;
	for (uint64_t from = clock_ns(); clock_ns() - from < 1000 * MS;)
		;
	if (net_send(0, &part, 1))
		panic("frames left before the commit");
	console_printf("guest: the queue is full\n");
}

static bool last_work(void)
{
	return false;
}

int main(void)
{
	lwip_port_open();
	uint64_t secret[2], again[2] = {1, 2};
	lwip_port_secret(secret);
	lwip_port_set_secret(again);
	lwip_port_secret(again);
	if (again[0] != 1 || again[1] != 2 || (secret[0] | secret[1]) == 0)
		panic("the secret is not kept");
	console_printf("guest: %u interfaces\n", lwip_port_count());
	if (option_number("look", 0))
		lwip_port_netif((unsigned)option_number("look", 0));
	lwip_port_on_turn(work);
	for (uint64_t i = option_number("works", 0); i > 0; i--)
		lwip_port_on_turn(last_work);
	lwip_port_on_timer(timer);
	lwip_port_before_send(commit);
	lwip_port_on_ip4(take);
	if (option_number("fill", 0))
		fill();
	lwip_port_run();
}
