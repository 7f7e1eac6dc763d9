/* check_packets.c - counts or orders recorded packets. SPDX-License-Identifier: ISC */
#include "lab/checks.h"

#include <string.h>

static struct window window_of(const struct trial *t)
{
	const struct recording *r = &t->s->lans[t->c->at].recording;
	struct window w = {r->path, 0, r->n, t->c->after, t->c->until};
	const struct span *during = trial_span(t, t->c->during),
			  *since = trial_span(t, t->c->since);
	if (during)
		w.to = during->to[t->c->at];
	if (during || since)
		w.from = (during ? during : since)->from[t->c->at];
	return w;
}

/* " during 'http'", " since 'http'" or nothing, for words. */
static const char *where(struct trial *t)
{
	if (t->c->during)
		return str_format(t->s->a, " during '%s'", t->c->during);
	return t->c->since ? str_format(t->s->a, " since '%s'", t->c->since) : "";
}

static const char *bounds(struct trial *t)
{
	struct arena *a = t->s->a;
	long long min = t->c->min, max = t->c->max;
	if (max == -1)
		return str_format(a, "at least %lld", min);
	if (min == max)
		return str_format(a, "%lld", min);
	return min ? str_format(a, "%lld to %lld", min, max) : str_format(a, "at most %lld", max);
}

static bool count(struct trial *t, const struct window *w, struct err *e)
{
	struct packet_count c;
	if (!packets_count(w, t->c->filter, &c, e))
		return false;
	int64_t n = (int64_t)c.matching;
	measure(t, t->c->name, "packets", (double)n);
	if (!c.started)
		return fails(t, "none of the %zu packets recorded%s matches '%s' (after)",
			w->to - w->from, where(t), t->c->after);
	if (n < t->c->min || (t->c->max != -1 && n > t->c->max))
		return fails(t, "%lld of %zu packets%s match '%s': expected %s", (long long)n,
			c.inside, where(t), t->c->filter, bounds(t));
	return passes(t, "%lld of %zu packets%s", (long long)n, c.inside, where(t));
}

static bool order(struct trial *t, const struct window *w, struct err *e)
{
	size_t matched;
	if (!packets_in_order(w, &t->c->order, &matched, e))
		return false;
	measure(t, t->c->name, "packets", (double)matched);
	if (matched == t->c->order.n)
		return passes(t, "all %zu seen in order%s", matched, where(t));
	if (!matched)
		return fails(t, "no packet%s matches '%s'", where(t), t->c->order.v[0]);
	return fails(t, "behind the packet that matches '%s', no packet%s matches '%s'",
		t->c->order.v[matched - 1], where(t), t->c->order.v[matched]);
}

bool check_packets(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	if (!t->c->during && !session_settle(s, e))
		return false;
	if (!recording_flush(&s->lans[t->c->at].recording, e))
		return false;
	struct window w = window_of(t);
	return t->c->filter ? count(t, &w, e) : order(t, &w, e);
}
