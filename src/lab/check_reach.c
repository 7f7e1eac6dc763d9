/* check_reach.c - is the image there: boot, ARP, ping, TCP. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MS(ns) ((double)(ns) / 1e6)
#define READY "respin: ready"

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

/* ---- boot ----------------------------------------------------------------------------- */

struct wanted {
	struct str text;
	size_t searched; /* bytes of the console that don't hold the beginning of it */
};

static bool console_shows(struct session *s, void *ctx)
{
	struct wanted *w = ctx;
	struct str console = machine_console(&s->machine);
	bool found = str_find(str_from(console, w->searched), w->text) >= 0;
	w->searched = console.n >= w->text.n ? console.n - w->text.n + 1 : 0;
	return found;
}

/* ", the last line was '...'", or that there was none. */
static const char *last_words(struct session *s)
{
	const char *line = last_line(s->a, machine_console(&s->machine), 200);
	return *line ? str_format(s->a, "; its last line was '%s'", line)
		     : "; it printed nothing at all";
}

bool check_boot(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	struct wanted wanted = {.text = str_of(t->c->expect ? t->c->expect : READY)};
	int64_t started = s->machine.qemu.started_ns;
	int64_t deadline = clock_ns() + t->c->timeout_ms * 1000000;
	switch (session_wait(s, deadline, console_shows, &wanted, e)) {
	case WAIT_DONE: {
		double ms = MS(clock_ns() - started);
		measure(t, "time", "ms", ms);
		return passes(t, "'%.*s' after %.0f ms", STR(wanted.text), ms);
	}
	case WAIT_TIMEOUT:
		s->hang = str_format(s->a, "hang: no '%.*s' on the console within %s%s",
			STR(wanted.text), seconds(s->a, t->c->timeout_ms), last_words(s));
		return fails(t, "no '%.*s' on the console within %s%s", STR(wanted.text),
			seconds(s->a, t->c->timeout_ms), last_words(s));
	case WAIT_MACHINE:
		return fails(t, "the machine came to its end before it printed '%.*s': %s",
			STR(wanted.text), session_end(s));
	default:
		return false;
	}
}

/* ---- arp ------------------------------------------------------------------------------ */

#define FROM_HOST "ether src " SPACE_HOST_MAC
#define FROM_IMAGE "not ether src " SPACE_HOST_MAC

/* What the wire saw instead of the answer that was wanted. */
static const char *arp_story(struct trial *t)
{
	struct arena *a = t->s->a;
	size_t requests = seen(t, "arp[6:2] = 1 and " FROM_HOST);
	size_t replies = seen(t, "arp[6:2] = 2 and " FROM_IMAGE);
	size_t others = seen(t, "arp and arp[6:2] > 2 and " FROM_IMAGE);
	struct str frame = {0};
	struct window w = t->s->windows[t->index];
	struct err ignored;
	w.to = t->s->recording.n;
	if (others &&
		packets_first(a, &w, "arp and arp[6:2] > 2 and " FROM_IMAGE, &frame, &ignored) &&
		frame.n > 21)
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
	const char *const argv[] = {
		"arping", "-f", "-c", "3", "-I", SPACE_DEVICE, s->net.image, NULL};
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
		return fails(t, "no ARP reply from %s within %.1f s: %s", s->net.image,
			(double)out.ns / 1e9, arp_story(t));
	if (ms < 0)
		return fails(t, "arping %s: %s", outcome_words(s->a, &out),
			last_line(s->a, out.output, 200));
	measure(t, "time", "ms", ms);
	return passes(t, "%s replied after %.2f ms%s", s->net.image, ms,
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
	size_t requests = seen(t, "icmp[icmptype] = 8 and " FROM_HOST);
	size_t replies = seen(t, "icmp[icmptype] = 0 and " FROM_IMAGE);
	if (!requests && seen(t, "arp[6:2] = 1 and " FROM_HOST))
		return "none was sent, as ARP found no hardware address";
	return str_format(
		t->s->a, "%zu echo requests and %zu replies seen on the wire", requests, replies);
}

bool check_ping(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	struct arena *a = s->a;
	/* Ping's own patience ends before the check's, so that it can print its figures. */
	const char *patience = str_format(a, "%.3f", (double)t->c->timeout_ms * 0.8e-3);
	const char *interval = str_format(a, "%.3f", 0.01 + (double)s->how->wire.delay_ms * 2e-3);
	const char *count = str_format(a, "%lld", (long long)t->c->count);
	const char *const argv[] = {"ping", "-n", "-q", "-i", interval, "-W", patience, "-c", count,
		s->net.image, NULL};
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
	size_t asked = seen(t, "tcp[tcpflags] & tcp-syn != 0 and " FROM_HOST);
	size_t answers = seen(t, "tcp and " FROM_IMAGE);
	if (!asked)
		return "no SYN was sent, as ARP found no hardware address";
	return str_format(t->s->a, "%zu SYN sent, %zu TCP packets came back", asked, answers);
}

static bool tcp_verdict(struct trial *t, int error, int64_t ns)
{
	const char *address = t->s->net.image;
	long long port = t->c->port;
	if (error == ECONNREFUSED)
		return fails(t, "%s refuses connections to port %lld", address, port);
	if (error)
		return fails(t, "no connection to %s port %lld: %s (%s)", address, port,
			strerror(error), tcp_story(t));
	measure(t, "time", "ms", MS(ns));
	return passes(t, "connected to port %lld after %.2f ms", port, MS(ns));
}

bool check_tcp(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	defer(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_errno(e, "open a socket");
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t->c->port)};
	inet_pton(AF_INET, s->net.image, &to.sin_addr);
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
		return fails(t, "no connection to %s port %lld within %s: %s", s->net.image,
			(long long)t->c->port, seconds(s->a, t->c->timeout_ms), tcp_story(t));
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return fail_errno(e, "ask for the connection's state");
	return tcp_verdict(t, error, clock_ns() - started);
}
