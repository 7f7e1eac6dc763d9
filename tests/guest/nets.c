/* Two network devices, each at the other end of the other's wire. SPDX-License-Identifier: ISC */
#include "platform.h"
#include <string.h>

#define MS 1000000ull
#define FRAMES 1000
#define PATIENCE (2000 * MS)

static void wait_frame(unsigned net, const uint8_t **frame, size_t *n)
{
	uint64_t until = clock_ns() + PATIENCE;
	while (!net_receive(net, frame, n)) {
		if (clock_ns() > until)
			panic("no frame on %u", net);
		idle_until(until);
	}
}

/* What arrives is what was sent, in that order, also from the buffer of another frame. */
static void carry(unsigned from, unsigned to)
{
	const uint8_t *frame;
	size_t n;
	for (unsigned i = 0; i < FRAMES; i++) {
		uint8_t text[NET_FRAME_MAX] = {[12] = 0x88, 0xb5, (uint8_t)i, (uint8_t)(i >> 8)};
		size_t size = 60 + i % (NET_FRAME_MAX - 59);
		if (!net_send(from, &(struct net_part){text, size}, 1))
			panic("the queue of %u is full", from);
		net_flush();
		wait_frame(to, &frame, &n);
		if (n != size || memcmp(frame, text, n) != 0)
			panic("frame %u came as another", i);
		if (!net_send(to, &(struct net_part){frame, n}, 1))
			panic("the queue of %u is full", to);
		net_flush();
		wait_frame(from, &frame, &n);
		if (n != size || memcmp(frame, text, n) != 0)
			panic("frame %u came back as another", i);
	}
}

/* Asleep when the frame comes, far before the time; or about to sleep, when it is there already. */
static void wake(unsigned from, unsigned to, uint64_t awake)
{
	const uint8_t text[60] = {[12] = 0x88, 0xb5};
	const uint8_t *frame;
	size_t n;
	uint64_t start = clock_ns();
	if (!net_send(from, &(struct net_part){text, sizeof(text)}, 1))
		panic("the queue is full");
	net_flush();
	while (clock_ns() - start < awake)
		;
	do
		idle_until(start + PATIENCE);
	while (!net_receive(to, &frame, &n));
	if (clock_ns() - start > PATIENCE / 2)
		panic("slept over a frame");
}

static void hold(void)
{
	const uint8_t text[60] = {[12] = 0x88, 0xb5};
	const struct net_part part = {text, sizeof(text)};
	const uint8_t *frame;
	size_t n;
	unsigned count = 0;
	net_hold();
	if (net_has_queued())
		panic("frames wait before any was sent");
	while (net_send(0, &part, 1))
		count++;
	for (uint64_t until = clock_ns() + 30 * MS; clock_ns() < until;)
		if (net_receive(1, &frame, &n))
			panic("a held frame came");
	if (!net_has_queued())
		panic("no frame waits");
	net_flush();
	for (unsigned i = 0; i < count; i++)
		wait_frame(1, &frame, &n);
	if (net_has_queued() || !net_send(0, &part, 1))
		panic("the queue stays full");
	console_printf("guest: %u held, then sent\n", count);
}

int main(void)
{
	unsigned count = net_count();
	struct net_info b = net_open(1);
	const char *open = option_get("open");
	if (open)
		net_open(strcmp(open, "twice") == 0 ? 1 : 2);
	struct net_info a = net_open(0);
	console_printf("guest: %u devices, %02x and %02x\n", count, a.mac[5], b.mac[5]);
	carry(0, 1);
	carry(1, 0);
	wake(0, 1, 0);
	wake(1, 0, 0);
	wake(0, 1, 50 * MS);
	wake(1, 0, 50 * MS);
	console_printf("guest: awake\n");
	hold();
	return 0;
}
