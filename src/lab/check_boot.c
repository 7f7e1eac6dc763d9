/* check_boot.c - is a machine up: after its start, and after another one.
 * SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/sockets.h"
#include "lab/words.h"

#include <arpa/inet.h>
#include <string.h>

#define MS(ns) ((double)(ns) / 1e6)
#define NS(ms) ((int64_t)(ms)*1000000)
/* How long a program runs that listens nowhere, until it is taken to be up. */
#define ALONE_NS NS(1000)
/* How long a machine that has sent something may take to answer ARP; then it is up all the same.
 * MirageOS, say, takes a second to find an IPv6 address, and hears nothing else meanwhile. */
#define SHY_NS NS(3000)
#define LOOK_NS NS(5)
#define ASK_FIRST_NS NS(5)
#define ASK_LAST_NS NS(250)

/* What a machine is waited for by. */
struct wanted {
	const struct machine *machine;
	int64_t number;
	const char *how; /* what it was seen by, once it was */
	int64_t next_ns; /* when it is looked at again, whatever happens */
	bool late;	 /* its time is over ... */
	uint64_t turns;	 /* ... since this turn of the session */
	/* Text on its console ... */
	struct str text;
	size_t searched; /* bytes of the console that don't hold the beginning of it */
	/* ... or its sockets ... */
	struct sockets sockets;
	int64_t looked_ns, alone_ns; /* the last time, and how long none has listened */
	/* ... or its address. */
	struct in_addr address;
	int64_t pause_ns; /* until it is asked for again */
	uint64_t sent;	  /* frames that came from its seat before it booted */
	int64_t first_ns; /* when its first one was seen; 0: none was */
	bool is_shy;	  /* it sent some, and answers none */
};

/* ---- the signs ------------------------------------------------------------------------- */

static bool console_shows(struct session *s, void *ctx)
{
	struct wanted *w = ctx;
	struct str console = machine_console(w->machine);
	bool found = str_find(str_from(console, w->searched), w->text) >= 0;
	w->searched = console.n >= w->text.n ? console.n - w->text.n + 1 : 0;
	w->next_ns = INT64_MAX;
	if (found)
		w->how = str_format(s->a, "'%.*s'", STR(w->text));
	return found;
}

/* TIME is over for a sign, and all was looked at since: we may have slept so long that the
 * machine's end has not been seen yet. */
static bool is_over(const struct session *s, struct wanted *w, bool time)
{
	if (time && !w->late)
		w->turns = s->turns;
	w->late = time;
	return time && s->turns != w->turns;
}

static bool listens(struct session *s, void *ctx)
{
	struct wanted *w = ctx;
	int64_t now = clock_ns();
	if (now < w->next_ns)
		return false;
	/* What we slept too long, on a busy host, the program may have slept, too. */
	int64_t since = w->looked_ns ? now - w->looked_ns : 0;
	w->alone_ns += since < 4 * LOOK_NS ? since : 4 * LOOK_NS;
	w->looked_ns = now;
	w->next_ns = now + LOOK_NS;
	w->how = sockets_listen(s->a, &w->sockets);
	if (!w->how && is_over(s, w, w->alone_ns > ALONE_NS))
		w->how = "it runs, and listens nowhere";
	return w->how != NULL;
}

static void ask(struct session *s, struct wanted *w, int64_t now)
{
	session_ask_address(s, 0, w->number, true);
	w->next_ns = now + w->pause_ns;
	w->pause_ns = w->pause_ns * 2 > ASK_LAST_NS ? ASK_LAST_NS : w->pause_ns * 2;
}

static bool answers(struct session *s, void *ctx)
{
	struct wanted *w = ctx;
	int64_t now = clock_ns();
	const struct port *port = &s->lans[0].wire.ports[w->number];
	if (!w->first_ns && port->sent != w->sent)
		w->first_ns = now;
	if (memcmp(port->answered, &w->address, sizeof(port->answered)) == 0) {
		w->how = "it answered ARP";
	} else if (now >= w->next_ns) {
		int64_t patience = SHY_NS + session_round_trip(s);
		w->is_shy = is_over(s, w, w->first_ns && now - w->first_ns > patience);
		if (w->is_shy)
			w->how = "it sent frames, but answered no ARP";
		else
			ask(s, w, now);
	}
	return w->how != NULL;
}

/* The sign that tells of this machine, and the words for its absence. */
static done_fn *sign_of(const struct trial *t, struct wanted *w, const char **absence)
{
	struct arena *a = t->s->a;
	const struct machine_kind *kind = t->s->kind;
	const char *text = t->c->expect ? t->c->expect : kind->ready;
	if (text) {
		w->text = str_of(text);
		*absence = str_format(a, "no '%s' on the console", text);
		return console_shows;
	}
	*absence = "it listened nowhere";
	if (kind->listens)
		return listens;
	const char *address = network_address(a, &t->s->nets.v[0], w->number);
	*absence = str_format(a, "no frame, nor an answer to ARP for %s,", address);
	inet_pton(AF_INET, address, &w->address);
	w->pause_ns = ASK_FIRST_NS;
	return answers;
}

/* ---- waiting --------------------------------------------------------------------------- */

/* "; its last line was '...'", or that there was none; and that nobody opened its tap. */
static const char *last_words(struct trial *t, int64_t number)
{
	struct arena *a = t->s->a;
	const struct cards *cards = &t->s->machines[number - 1].cards;
	const char *line = last_line(a, machine_console(session_machine(t->s, number)), 200);
	bool shut = cards->kind == CARD_TAP && !cards_tap_is_open(cards, 0);
	return str_format(a, "%s%s%s%s", shut ? "; it has not opened tap0" : "",
		*line ? "; its last line was '" : "; it printed nothing at all", line,
		*line ? "'" : "");
}

/* Until DONE, which is asked also when nothing happens. */
static enum waited wait_for(
	struct session *s, struct wanted *w, done_fn *done, int64_t deadline, struct err *e)
{
	for (;;) {
		int64_t until = w->next_ns < deadline ? w->next_ns : deadline;
		enum waited how = session_wait(s, until, done, w, e);
		if (how != WAIT_TIMEOUT || clock_ns() >= deadline)
			return how;
	}
}

static bool is_late(struct trial *t, int64_t number, const char *absence)
{
	struct session *s = t->s;
	const char *why = str_format(s->a, "%s within %s%s", absence,
		seconds(s->a, t->c->timeout_ms), last_words(t, number));
	s->hang = str_format(s->a, "hang: %s", why);
	return fails(t, "%s", why);
}

static bool is_up(struct trial *t, int64_t number, const struct wanted *w)
{
	struct session *s = t->s;
	double ms = MS(clock_ns() - session_machine(s, number)->process.started_ns);
	if (!w->is_shy)
		return passes(t, "%s after %.0f ms", w->how, ms);
	s->doubt = str_format(s->a,
		"where it has another address than %s, its recipe must say so: "
		"image.boot.address in recipes/NAME/recipe.json",
		network_address(s->a, &s->nets.v[0], number));
	return passes(t, "%s after %.0f ms; %s", w->how, ms, s->doubt);
}

/* Waits until machine NUMBER is up. */
static bool await_boot(struct trial *t, int64_t number, int64_t deadline, struct err *e)
{
	struct session *s = t->s;
	const char *absence;
	struct wanted w = {.machine = session_machine(s, number),
		.number = number,
		.sent = s->machines[number - 1].sent,
		.sockets = NO_SOCKETS};
	done_fn *sign = sign_of(t, &w, &absence);
	if (sign == listens && !sockets_open(s->machines[number - 1].cards.space,
				       s->lans[0].host.space, &w.sockets, e))
		return false;
	enum waited how = wait_for(s, &w, sign, deadline, e);
	sockets_close(&w.sockets);
	switch (how) {
	case WAIT_DONE:
		return is_up(t, number, &w);
	case WAIT_TIMEOUT:
		return is_late(t, number, absence);
	case WAIT_MACHINE:
		return fails(t, "the machine came to its end before it %s: %s",
			w.text.n ? str_format(s->a, "printed '%.*s'", STR(w.text)) : "was up",
			session_end(s));
	default:
		return false;
	}
}

/* The machines FROM to TO are up, the time is that of the slowest. */
static bool await_all(struct trial *t, int64_t from, int64_t to, struct err *e)
{
	int64_t deadline = clock_ns() + t->c->timeout_ms * 1000000;
	for (int64_t number = from; number <= to; number++) {
		if (!await_boot(t, number, deadline, e))
			return false;
		if (t->r->verdict != PASS)
			return true;
	}
	const struct machine *first = session_machine(t->s, from);
	measure(t, "time", "ms", MS(clock_ns() - first->process.started_ns));
	return true;
}

bool check_boot(struct trial *t, struct err *e)
{
	if (t->c->machine)
		return await_all(t, t->c->machine, t->c->machine, e);
	return await_all(t, 1, (int64_t)t->s->machine_count, e);
}

bool check_reboot(struct trial *t, struct err *e)
{
	bool reset = t->c->how && strcmp(t->c->how, "reset") == 0;
	int64_t number = trial_machine(t);
	return session_reboot(t->s, number, reset, e) && await_all(t, number, number, e);
}
