/* apps.c - servers whose connections outlive their machine. SPDX-License-Identifier: ISC */
#include "apps.h"
#include "lwip/pbuf.h"
#include <string.h>

#define CONNECTIONS 128
#define REFUSE_EVERY 97 /* one of so many times, to have refused data, too */
#define POLL_TICKS 2

struct connection {
	bool used;
	uint64_t in, out, end; /* END: where the stream that we send ends */
};

static struct connection connections[CONNECTIONS];
static uint8_t streams[2][STREAM_PERIOD];
static uint64_t wrong;
static unsigned receptions;

uint64_t apps_wrong(void)
{
	return wrong;
}

/* xorshift32 (Marsaglia, 2003) */
static void make_stream(uint8_t *stream, uint32_t x)
{
	for (size_t i = 0; i < STREAM_PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		stream[i] = (uint8_t)x;
	}
}

static void failed(void *arg, err_t err)
{
	struct connection *c = arg;
	(void)err;
	if (c)
		c->used = false;
}

static struct connection *new_connection(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (!connections[i].used) {
			connections[i] = (struct connection){.used = true};
			return &connections[i];
		}
	return NULL;
}

static err_t close_it(struct tcp_pcb *pcb, struct connection *c)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	if (c)
		c->used = false;
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- echo ---- */

static err_t echo_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	(void)err;
	if (!p)
		return close_it(pcb, NULL);
	if (tcp_sndbuf(pcb) < p->tot_len || tcp_sndqueuelen(pcb) > TCP_SND_QUEUELEN / 2)
		return ERR_MEM; /* lwIP keeps it, and offers it again */
	for (struct pbuf *q = p; q; q = q->next)
		if (tcp_write(pcb, q->payload, q->len, TCP_WRITE_FLAG_COPY) != ERR_OK) {
			tcp_abort(pcb);
			return ERR_ABRT;
		}
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	tcp_output(pcb);
	return ERR_OK;
}

static err_t echo_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	tcp_recv(pcb, echo_recv);
	return ERR_OK;
}

/* ---- streams ---- */

static err_t send_more(struct tcp_pcb *pcb, struct connection *c)
{
	while (tcp_sndqueuelen(pcb) < 40 && c->out < c->end) {
		size_t at = c->out % STREAM_PERIOD, n = 1000 + at % 3000;
		if (n > STREAM_PERIOD - at)
			n = STREAM_PERIOD - at;
		if (n > c->end - c->out)
			n = c->end - c->out;
		if (tcp_sndbuf(pcb) < n ||
			tcp_write(pcb, streams[1] + at, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		c->out += n;
	}
	tcp_output(pcb);
	return c->end && c->out == c->end ? close_it(pcb, c) : ERR_OK;
}

static void check(struct connection *c, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wrong += p[i] != streams[0][c->in++ % STREAM_PERIOD];
}

static err_t stream_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct connection *c = arg;
	(void)err;
	if (!p)
		return close_it(pcb, c);
	if (++receptions % REFUSE_EVERY == 0)
		return ERR_MEM;
	for (struct pbuf *q = p; q; q = q->next)
		check(c, q->payload, q->len);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t stream_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	(void)n;
	return send_more(pcb, arg);
}

static err_t stream_poll(void *arg, struct tcp_pcb *pcb)
{
	return send_more(pcb, arg);
}

static void attach(struct tcp_pcb *pcb, struct connection *c)
{
	tcp_arg(pcb, c);
	tcp_recv(pcb, stream_recv);
	tcp_sent(pcb, stream_sent);
	tcp_err(pcb, failed);
	tcp_poll(pcb, stream_poll, POLL_TICKS);
}

static uint64_t end_of_stream(u16_t port)
{
	return port == PORT_SENDER ? SENDER_BYTES : port == PORT_SINK ? 0 : UINT64_MAX;
}

static err_t stream_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct connection *c = err == ERR_OK && pcb ? new_connection() : NULL;
	(void)arg;
	if (!c)
		return ERR_VAL;
	c->end = end_of_stream(pcb->local_port);
	attach(pcb, c);
	return send_more(pcb, c);
}

static size_t stream_save(void *ctx, struct tcp_pcb *pcb, uint8_t out[TCP_APP_MAX])
{
	const struct connection *c = pcb->callback_arg;
	(void)ctx;
	if (!c)
		return 0;
	memcpy(out, &c->in, 8);
	memcpy(out + 8, &c->out, 8);
	return 16;
}

static bool stream_restore(void *ctx, struct tcp_pcb *pcb, const uint8_t *blob, size_t n)
{
	struct connection *c = n == 16 ? new_connection() : NULL;
	(void)ctx;
	if (!c)
		return false;
	memcpy(&c->in, blob, 8);
	memcpy(&c->out, blob + 8, 8);
	c->end = end_of_stream(pcb->local_port);
	attach(pcb, c);
	return true;
}

const struct tcp_app apps[] = {
	{.port = PORT_ECHO},
	{.port = PORT_STREAM, .save = stream_save, .restore = stream_restore},
	{.port = PORT_SINK, .save = stream_save, .restore = stream_restore},
	{.port = PORT_SENDER, .save = stream_save, .restore = stream_restore},
};
const size_t app_count = sizeof(apps) / sizeof(apps[0]);

static void listen_at(u16_t port, tcp_accept_fn accept)
{
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK || !(pcb = tcp_listen(pcb)))
		LWIP_PLATFORM_ASSERT("no listener");
	tcp_accept(pcb, accept);
}

void apps_open(void)
{
	make_stream(streams[0], 1);
	make_stream(streams[1], 2);
	listen_at(PORT_ECHO, echo_accept);
	listen_at(PORT_PLAIN, echo_accept);
	listen_at(PORT_SINK, stream_accept);
	listen_at(PORT_STREAM, stream_accept);
	listen_at(PORT_SENDER, stream_accept);
}
