/* check_reach.c - is the image there: ARP, ping, TCP. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/space.h"
#include "lab/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MS(ns) ((double)(ns) / 1e6)
#define LATE_NS ((int64_t)1000000000)

/* The number before WORDS in "3 packets transmitted, 2 received, ...". */
static int64_t number_before(struct str text, const char *words)
{
	ptrdiff_t at = str_find(text, str_of(words));
	uint64_t n;
	if (at < 0)
		return -1;
	struct str before = {text.p, (size_t)at};
	size_t start = before.n;
	while (start && before.p[start - 1] >= '0' && before.p[start - 1] <= '9')
		start--;
	return str_u64(str_from(before, start), &n) ? (int64_t)n : -1;
}

/* ---- arp ------------------------------------------------------------------------------ */

#define FROM_HOST "ether src %s"
#define FROM_IMAGE "not ether src %s"

/* What the wire saw instead of the answer that was wanted. */
static const char *arp_story(struct trial *t)
{
	struct arena *a = t->s->a;
	const char *host = trial_net(t)->host_mac;
	size_t requests = seen(t, "arp[6:2] = 1 and " FROM_HOST, host);
	size_t replies = seen(t, "arp[6:2] = 2 and " FROM_IMAGE, host);
	const char *other = str_format(a, "arp and arp[6:2] > 2 and " FROM_IMAGE, host);
	size_t others = seen(t, "%s", other);
	struct str frame = {0};
	const struct recording *r = &t->s->lans[t->c->at].recording;
	struct window w = {r->path, t->s->spans[t->index].from[t->c->at], r->n, NULL, NULL};
	struct err ignored;
	int64_t ns;
	if (others && packets_first(a, &w, other, &frame, &ns, &ignored) && frame.n > 21)
		return str_format(a,
			"%zu request%s sent, %zu replies with opcode %d seen on the wire", requests,
			plural(requests), others,
			(unsigned char)frame.p[20] << 8 | (unsigned char)frame.p[21]);
	if (replies)
		return str_format(a,
			"%zu request%s sent, %zu replies seen on the wire, none of them fit",
			requests, plural(requests), replies);
	return str_format(
		a, "%zu request%s sent, no reply seen on the wire", requests, plural(requests));
}

/* "Unicast reply from 10.77.0.2 [52:54:00:12:34:56]  0.652ms"; negative where there is none. */
static double reply_ms(struct str output)
{
	ptrdiff_t at = str_find(output, S("]  "));
	return at < 0 ? -1 : strtod(output.p + at + 3, NULL);
}

bool check_arp(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	const char *address = trial_address(t);
	const char *const argv[] = {
		"arping", "-f", "-c", "3", "-I", trial_net(t)->device, address, NULL};
	const struct command arping = {.argv = argv};
	struct outcome out;
	bool ended;
	if (!trial_run(t, &arping, &ended, &out, e))
		return false;
	if (!ended && session_end(s))
		return true;
	double ms = reply_ms(out.output);
	int64_t sent = number_before(out.output, " probes");
	if (!ended || (ms < 0 && sent > 0))
		return fails(t, "no ARP reply from %s within %.1f s: %s", address,
			(double)out.ns / 1e9, arp_story(t));
	if (ms < 0)
		return fails(t, "arping %s: %s", outcome_words(s->a, &out),
			last_line(s->a, out.output, 200));
	measure(t, "time", "ms", ms);
	return passes(t, "%s replied after %.2f ms%s", address, ms,
		sent > 1 ? ", not to the first request" : "");
}

/* ---- ping ----------------------------------------------------------------------------- */

/* The least of "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms"; negative where there is none. The
 * others hold the time that ARP took, too. */
static double least_rtt(struct str output)
{
	ptrdiff_t at = str_find(output, S("mdev = "));
	return at < 0 ? -1 : strtod(output.p + at + 7, NULL);
}

static const char *ping_story(struct trial *t)
{
	const char *host = trial_net(t)->host_mac;
	size_t requests = seen(t, "icmp[icmptype] = 8 and " FROM_HOST, host);
	size_t replies = seen(t, "icmp[icmptype] = 0 and " FROM_IMAGE, host);
	if (!requests && seen(t, "arp[6:2] = 1 and " FROM_HOST, host))
		return "none was sent, as ARP found no hardware address";
	return str_format(
		t->s->a, "%zu echo requests and %zu replies seen on the wire", requests, replies);
}

static bool never(struct session *s, void *ctx)
{
	(void)s, (void)ctx;
	return false;
}

/* Ping waits for the last replies no longer than twice as long as the others took: on a busy host
 * they may still be on their way. */
static bool await_late_replies(struct trial *t, int64_t sent, int64_t *received, struct err *e)
{
	struct session *s = t->s;
	const char *host = trial_net(t)->host_mac;
	int64_t deadline = clock_ns() + LATE_NS + session_round_trip(s);
	while (*received && *received < sent) {
		size_t replies = seen(t, "icmp[icmptype] = 0 and " FROM_IMAGE, host);
		if ((int64_t)replies >= sent)
			*received = sent;
		else if (clock_ns() > deadline || session_end(s))
			return true;
		else if (session_wait(s, clock_ns() + LATE_NS / 20, never, NULL, e) == WAIT_ERROR)
			return false;
	}
	return true;
}

bool check_ping(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	struct arena *a = s->a;
	/* Ping's own patience ends before the check's, so that it can print its figures. */
	const char *patience = str_format(a, "%.3f", (double)t->c->timeout_ms * 0.8e-3);
	const char *interval = str_format(a, "%.3f", 0.01 + (double)trial_net(t)->delay_ms * 2e-3);
	const char *count = str_format(a, "%lld", (long long)t->c->count);
	const char *const argv[] = {"ping", "-n", "-q", "-i", interval, "-W", patience, "-c", count,
		trial_address(t), NULL};
	const struct command ping = {.argv = argv};
	struct outcome out;
	bool ended;
	if (!trial_run(t, &ping, &ended, &out, e))
		return false;
	if (!ended)
		return session_end(s) || fails(t, "ping did not end within %s: %s",
						 seconds(a, t->c->timeout_ms), ping_story(t));
	int64_t sent = number_before(out.output, " packets transmitted");
	int64_t received = number_before(out.output, " received");
	if (sent <= 0 || received < 0)
		return fails(
			t, "ping %s: %s", outcome_words(a, &out), last_line(a, out.output, 200));
	if (!await_late_replies(t, sent, &received, e))
		return false;
	double rtt = least_rtt(out.output);
	measure(t, "loss", "%", 100.0 * (double)(sent - received) / (double)sent);
	if (rtt >= 0)
		measure(t, "rtt", "ms", rtt);
	if (received < sent)
		return fails(t, "%lld of %lld echo requests were answered: %s", (long long)received,
			(long long)sent, ping_story(t));
	return passes(
		t, "%lld of %lld answered, %.2f ms", (long long)received, (long long)sent, rtt);
}

/* ---- tcp ------------------------------------------------------------------------------ */

static bool is_connected(struct session *s, void *ctx)
{
	(void)ctx;
	return s->watched_ready;
}

static const char *tcp_story(struct trial *t)
{
	const char *host = trial_net(t)->host_mac;
	size_t asked = seen(t, "tcp[tcpflags] & tcp-syn != 0 and " FROM_HOST, host);
	size_t answers = seen(t, "tcp and " FROM_IMAGE, host);
	if (!asked)
		return "no SYN was sent, as ARP found no hardware address";
	return str_format(t->s->a, "%zu SYN sent, %zu TCP packets came back", asked, answers);
}

static bool tcp_verdict(struct trial *t, int error, int64_t ns)
{
	const char *address = trial_address(t);
	long long port = t->c->port;
	if (error == ECONNREFUSED)
		return fails(t, "%s refuses connections to port %lld", address, port);
	if (error)
		return fails(t, "no connection to %s port %lld: %s (%s)", address, port,
			strerror(error), tcp_story(t));
	measure(t, "time", "ms", MS(ns));
	return passes(t, "connected to port %lld after %.2f ms", port, MS(ns));
}

/* A socket of the host of the check's network. */
static bool open_socket(struct trial *t, int *out, struct err *e)
{
	const struct lan *lans = t->s->lans;
	size_t at = (size_t)t->c->at;
	if (at && !space_enter(lans[at].host.space, e))
		return false;
	*out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool opened = *out >= 0 || fail_errno(e, "open a socket");
	return (!at || space_enter(lans[0].host.space, e)) && opened;
}

bool check_tcp(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	defer(close_fd) int fd = -1;
	if (!open_socket(t, &fd, e))
		return false;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t->c->port)};
	inet_pton(AF_INET, trial_address(t), &to.sin_addr);
	int64_t started = clock_ns();
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		return tcp_verdict(t, errno, 0);
	s->watched = fd;
	s->watched_ready = false;
	enum waited how =
		session_wait(s, started + t->c->timeout_ms * 1000000, is_connected, NULL, e);
	s->watched = -1;
	int error = 0;
	socklen_t size = sizeof(error);
	if (how == WAIT_ERROR)
		return false;
	if (how == WAIT_MACHINE)
		return fails(t, "the machine came to its end: %s", session_end(s));
	if (how == WAIT_TIMEOUT)
		return fails(t, "no connection to %s port %lld within %s: %s", trial_address(t),
			(long long)t->c->port, seconds(s->a, t->c->timeout_ms), tcp_story(t));
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return fail_errno(e, "ask for the connection's state");
	return tcp_verdict(t, error, clock_ns() - started);
}
