/* What hooks into the port's main loop, on two interfaces. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "platform.h"
#include "hooks.h"
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

/* With a kept secret, by the time of the day alone, here that of option time=. */
static void print_isn(void)
{
	uint64_t secret[2], kept[2] = {1, 2};
	ip_addr_t here, there;
	IP4_ADDR(&here, 10, 77, 0, 2);
	IP4_ADDR(&there, 10, 77, 0, 1);
	lwip_port_secret(secret);
	u32_t fresh = lwip_port_isn(&here, 80, &there, 5000);
	lwip_port_set_secret(kept);
	lwip_port_secret(secret);
	if (secret[0] != 1 || secret[1] != 2)
		panic("the secret is not kept");
	u32_t known = lwip_port_isn(&here, 80, &there, 5000);
	if (known - fresh < 1000 || lwip_port_isn(&here, 80, &there, 5001) - known < 1000)
		panic("the secret makes no difference");
	console_printf("guest: isn %u\n", known);
}

static bool last_work(void)
{
	return false;
}

int main(void)
{
	lwip_port_open();
	print_isn();
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
