/* pool.c - several programs at once, in one poll loop. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <errno.h>
#include <poll.h>

#define KILL_AFTER_NS ((int64_t)1000000000)

struct pool {
	struct arena *a;
	int jobs, running;
	struct process *first;
	struct process *unused; /* done ones, to be used again */
};

struct pool *pool_new(struct arena *a, int jobs)
{
	struct pool *p = NEW(a, struct pool);
	p->a = a;
	p->jobs = jobs > 0 ? jobs : 1;
	return p;
}

bool pool_has_room(const struct pool *p)
{
	return p->running < p->jobs;
}

bool pool_is_idle(const struct pool *p)
{
	return p->running == 0;
}

bool pool_start(struct pool *p, struct arena *a, const struct command *c, void *tag, struct err *e)
{
	struct process started;
	if (!process_start(a, c, &started, e))
		return false;
	struct process *job = p->unused;
	if (job)
		p->unused = job->next;
	else
		job = NEW(p->a, struct process);
	*job = started;
	job->tag = tag;
	job->next = p->first;
	p->first = job;
	p->running++;
	return true;
}

/* The program whose end POLLS shows, after taking all output that is there. */
static struct process **find_ended(struct pool *p, const struct pollfd *polls)
{
	struct process **ended = NULL;
	size_t i = 1;
	for (struct process **at = &p->first; *at; at = &(*at)->next, i += 3) {
		process_drain(*at);
		if (!ended && polls[i].revents)
			ended = at;
	}
	return ended;
}

static void enforce_deadlines(struct pool *p)
{
	int64_t now = clock_ns();
	for (struct process *job = p->first; job; job = job->next) {
		if (!job->deadline_ns || now < job->deadline_ns)
			continue;
		job->timed_out = true;
		process_signal(job);
		job->deadline_ns = now + KILL_AFTER_NS;
	}
}

static int wait_ms(const struct pool *p)
{
	int64_t next = 0;
	for (const struct process *job = p->first; job; job = job->next)
		if (job->deadline_ns && (!next || job->deadline_ns < next))
			next = job->deadline_ns;
	if (!next)
		return -1;
	int64_t ns = next - clock_ns();
	return ns <= 0 ? 0 : (int)(ns / 1000000 + 1);
}

/* One turn: waits for an event; *ENDED is a program that ended, or NULL. */
static void turn(struct pool *p, bool heed_signals, struct process ***ended)
{
	defer(arena_free) struct arena scratch = {0};
	struct pollfd *polls = NEW_ARRAY(&scratch, struct pollfd, (size_t)p->running * 3 + 1);
	nfds_t n = 0;
	polls[n++] = (struct pollfd){heed_signals ? signals_fd() : -1, POLLIN, 0};
	for (const struct process *job = p->first; job; job = job->next) {
		polls[n++] = (struct pollfd){job->pidfd, POLLIN, 0};
		polls[n++] = (struct pollfd){job->out_fd, POLLIN, 0};
		polls[n++] = (struct pollfd){job->err_fd, POLLIN, 0};
	}
	int ready = poll(polls, n, wait_ms(p));
	*ended = ready > 0 ? find_ended(p, polls) : NULL;
	enforce_deadlines(p);
}

static void take_out(struct pool *p, struct process **at, void **tag, struct outcome *out)
{
	struct process *job = *at;
	process_finish(job, out);
	*tag = job->tag;
	*at = job->next;
	job->next = p->unused;
	p->unused = job;
	p->running--;
}

bool pool_wait(struct pool *p, void **tag, struct outcome *out, struct err *e)
{
	for (;;) {
		if (signals_pending()) {
			pool_stop(p);
			return fail(e, E_INTERRUPTED, "interrupted");
		}
		struct process **ended;
		turn(p, true, &ended);
		if (ended) {
			take_out(p, ended, tag, out);
			return true;
		}
	}
}

void pool_stop(struct pool *p)
{
	for (struct process *job = p->first; job; job = job->next) {
		process_signal(job);
		job->deadline_ns = clock_ns() + KILL_AFTER_NS;
	}
	while (p->first) {
		struct process **ended;
		void *tag;
		struct outcome out;
		turn(p, false, &ended);
		if (ended)
			take_out(p, ended, &tag, &out);
	}
}

bool command_run(struct arena *a, const struct command *c, struct outcome *out, struct err *e)
{
	struct pool *p = pool_new(a, 1);
	void *tag;
	return pool_start(p, a, c, NULL, e) && pool_wait(p, &tag, out, e);
}

/* The last lines of OUTPUT, as much as an error has room for. */
static struct str tail(struct str output)
{
	output = str_trim(output);
	struct str end = str_from(output, output.n > 1000 ? output.n - 1000 : 0);
	if (end.n < output.n)
		(void)str_cut(&end, '\n');
	return end;
}

bool command_must(struct arena *a, const struct command *c, struct outcome *out, struct err *e)
{
	if (!command_run(a, c, out, e))
		return false;
	if (out->exit_code == 0 && !out->timed_out)
		return true;
	struct str said = tail(c->split && out->errors.n ? out->errors : out->output);
	return fail(e, E_CHILD, "%s %s%s%.*s", c->argv[0], outcome_words(a, out),
		said.n ? ":\n" : "", STR(said));
}
