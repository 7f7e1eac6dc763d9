/* talk.c - conversations with the neighbours, one at a time. SPDX-License-Identifier: ISC */
#include "talker.h"
#include "platform.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include <stdio.h>
#include <string.h>

#define PORT 7
#define SECOND 1000u
/* A neighbour that does not answer for so long is left alone. */
#define PATIENCE_S 5

static struct neighbourhood who;
static unsigned shortest, longest;
static unsigned once;  /* the node that has one conversation; 0: none */
static bool is_silent; /* we are it, and have had it */

static struct tcp_pcb *pcb; /* of the conversation; NULL: none */
static unsigned peer, left; /* its number; seconds until the end */
static size_t sent, echoed; /* bytes */
static unsigned unanswered_s;

static void turn(void *unused);

static void forget(void)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_err(pcb, NULL);
	pcb = NULL;
}

/* lwIP has freed the connection: refused, reset, or given up. */
static void broken(void *ctx, err_t error)
{
	(void)ctx;
	pcb = NULL;
	console_printf(
		"respin: node %u: conversation with node %u broke: %d\n", who.self, peer, error);
}

static err_t received(void *ctx, struct tcp_pcb *from, struct pbuf *p, err_t error)
{
	(void)ctx, (void)error;
	if (!p) {
		forget();
		return tcp_close(from);
	}
	echoed += p->tot_len;
	tcp_recved(from, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static void say(void)
{
	char message[64];
	int n = snprintf(message, sizeof(message), "node %u to node %u: %u seconds to go\n",
		who.self, peer, left);
	if (pcb->state != ESTABLISHED ||
		tcp_write(pcb, message, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
		return;
	sent += (size_t)n;
	tcp_output(pcb);
}

static void hang_up(void)
{
	struct tcp_pcb *old = pcb;
	console_printf("respin: node %u: said %u bytes to node %u, heard %u\n", who.self,
		(unsigned)sent, peer, (unsigned)echoed);
	is_silent = who.self == once && sent && sent == echoed;
	forget();
	if (sent != echoed || tcp_close(old) != ERR_OK)
		tcp_abort(old);
}

/* Any other node but the one that is to be silent. That one calls the first, so that it is known
 * who has to forget it. */
static unsigned choose(void)
{
	unsigned n;
	if (who.self == once)
		return 1;
	do {
		n = 1 + random_u32() % (who.count - 1);
		n += n >= who.self;
	} while (n == once);
	return n;
}

static void call(void)
{
	ip_addr_t address;
	peer = choose();
	ip_addr_set_ip4_u32_val(address, lwip_htonl(who.first + peer - 1));
	left = shortest;
	if (who.self != once)
		left += random_u32() % (longest - shortest + 1);
	sent = echoed = 0;
	unanswered_s = 0;
	pcb = tcp_new();
	if (!pcb)
		return; /* all are in use: another time */
	tcp_recv(pcb, received);
	tcp_err(pcb, broken);
	if (tcp_connect(pcb, &address, PORT, NULL) != ERR_OK) {
		struct tcp_pcb *unused = pcb;
		forget();
		tcp_abort(unused);
	}
}

static void turn(void *unused)
{
	sys_timeout(SECOND, turn, unused);
	if (!pcb && is_silent)
		return;
	if (!pcb) {
		call();
		return;
	}
	unanswered_s = sent == echoed ? 0 : unanswered_s + 1;
	if (!left || unanswered_s > PATIENCE_S) {
		hang_up();
		return;
	}
	left--;
	say();
}

void talk_open(const struct neighbourhood *n, const struct talk *t)
{
	who = *n;
	shortest = t->min_s;
	longest = t->max_s;
	once = t->once;
	if (who.count > 1)
		sys_timeout(random_u32() % SECOND, turn, NULL);
}
