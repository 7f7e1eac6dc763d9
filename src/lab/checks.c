/* checks.c - what all kinds of checks have in common. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/programs.h"
#include "lab/words.h"

#include <string.h>

#define OUTPUT_MAX ((size_t)4 * 1024 * 1024)
#define WHY_MAX 600

/* ---- the kinds ------------------------------------------------------------------------ */

struct kind {
	const char *type;
	bool (*run)(struct trial *, struct err *);
};

static const struct kind kinds[] = {{"boot", check_boot}, {"arp", check_arp}, {"ping", check_ping},
	{"tcp", check_tcp}, {"http", check_http}, {"packets", check_packets},
	{"command", check_command}, {"reboot", check_reboot}, {"state", check_state}};

static const struct kind *kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

static const struct port *trial_port(const struct trial *t)
{
	return &t->s->lans[t->c->at].wire.ports[trial_machine(t)];
}

/* A check failed without any frame or console output of the machine, though frames went to it. */
static bool look_for_hang(struct trial *t, uint64_t heard, uint64_t asked, struct err *e)
{
	const struct port *port = trial_port(t);
	bool alive;
	if (port->sent != heard || port->received + port->n == asked || session_end(t->s))
		return true;
	if (!session_is_alive(t->s, (size_t)t->c->at, trial_machine(t), &alive, e))
		return false;
	if (!alive && !session_end(t->s))
		t->s->hang = str_format(t->s->a,
			"hang: nothing came from %s during check '%s', nor when it was "
			"asked for its address%s%s",
			t->s->machine_count > 1
				? str_format(t->s->a, "machine %lld", (long long)trial_machine(t))
				: "the image",
			t->c->name, t->s->doubt ? "; " : "", t->s->doubt ? t->s->doubt : "");
	return true;
}

bool check_do(struct trial *t, struct err *e)
{
	int64_t started = clock_ns();
	uint64_t heard = trial_port(t)->sent;
	uint64_t asked = trial_port(t)->received + trial_port(t)->n;
	if (!kind_of(t->c->type)->run(t, e))
		return false;
	t->r->ns = clock_ns() - started;
	return t->r->verdict != FAIL || look_for_hang(t, heard, asked, e);
}

/* ---- for the kinds -------------------------------------------------------------------- */

CHECK_FMT(3, 0)
static bool set_verdict(struct trial *t, enum verdict v, const char *fmt, va_list ap)
{
	t->r->verdict = v;
	t->r->why = one_line(t->s->a, str_of(str_vformat(t->s->a, fmt, ap)), WHY_MAX);
	return true;
}

bool passes(struct trial *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool done = set_verdict(t, PASS, fmt, ap);
	va_end(ap);
	return done;
}

bool fails(struct trial *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool done = set_verdict(t, FAIL, fmt, ap);
	va_end(ap);
	return done;
}

void measure(struct trial *t, const char *name, const char *unit, double value)
{
	*vec_add(t->s->a, &t->r->metrics) = (struct metric){name, unit, value};
}

const char *seconds(struct arena *a, int64_t ms)
{
	return str_format(a, "%g s", (double)ms / 1000);
}

const struct span *trial_span(const struct trial *t, const char *name)
{
	for (size_t i = 0; name && i < t->index; i++)
		if (strcmp(t->s->how->checks.v[i].name, name) == 0)
			return &t->s->spans[i];
	return NULL;
}

int64_t trial_machine(const struct trial *t)
{
	return t->c->machine ? t->c->machine : 1;
}

const struct network *trial_net(const struct trial *t)
{
	return &t->s->nets.v[t->c->at];
}

const char *trial_address(const struct trial *t)
{
	return network_address(t->s->a, trial_net(t), trial_machine(t));
}

const char *trial_file(const struct trial *t, const char *ending)
{
	char *name = str_copy(t->s->a, str_of(t->c->name));
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	for (char *c = name; *c; c++)
		if (!strchr(plain, *c))
			*c = '_';
	return str_format(t->s->a, "%s/checks/%zu-%.60s.%s", t->s->dir, t->index + 1, name, ending);
}

static bool keep_output(struct trial *t, const struct outcome *out, struct err *e)
{
	struct text all = {.a = t->s->a};
	text_add(&all, out->output);
	text_add(&all, out->errors);
	return !all.n || file_write_cache(trial_file(t, "txt"), text_str(&all), 0644, e);
}

bool trial_run(
	struct trial *t, const struct command *c, bool *ended, struct outcome *out, struct err *e)
{
	struct command bounded = *c;
	enum waited how;
	bounded.output_limit = OUTPUT_MAX;
	if (!session_run(t->s, (size_t)t->c->at, &bounded, t->c->timeout_ms, &how, out, e) ||
		!keep_output(t, out, e))
		return false;
	*ended = how == WAIT_DONE;
	if (how == WAIT_MACHINE)
		return fails(t, "the machine came to its end: %s", session_end(t->s));
	if (how == WAIT_TIMEOUT)
		return fails(t, "%s did not end within %s", path_base(c->argv[0]),
			seconds(t->s->a, t->c->timeout_ms));
	return true;
}

size_t seen(struct trial *t, const char *fmt, ...)
{
	struct session *s = t->s;
	struct packet_count count;
	struct err ignored; /* it only makes a failure's words better */
	va_list ap;
	va_start(ap, fmt);
	const char *filter = str_vformat(s->a, fmt, ap);
	va_end(ap);
	struct recording *r = &s->lans[t->c->at].recording;
	struct window w = {r->path, s->spans[t->index].from[t->c->at], r->n, NULL, NULL};
	bool counted = recording_flush(r, &ignored) && packets_count(&w, filter, &count, &ignored);
	return counted ? count.matching : 0;
}
