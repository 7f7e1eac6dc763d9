/* lab.c - asks the lab's process to boot an image, and listens to it. SPDX-License-Identifier: ISC
 */
#include "lab/lab.h"
#include "lab/checks.h"
#include "lab/programs.h"
#include "lab/runner.h"
#include "lab/valid_machine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)256 * 1024)
#define GRACE_MS 5000 /* for the lab's process to write down what it has, after ^C */

/* ---- before the start ----------------------------------------------------------------- */

static bool validate_checks(struct arena *a, const struct recipe *image, struct err *e)
{
	for (size_t i = 0; i < image->image->checks.n; i++) {
		const char *member = NULL;
		if (check_validate(a, image, i, &member, e))
			continue;
		if (member)
			fail_where(e, "%s:/image/checks/%zu/%s", image->file, i, member);
		return false;
	}
	return true;
}

static bool validate_state(const struct recipe *image, struct err *e)
{
	if (!image->image->state->stores.n) {
		fail(e, E_INPUT, "expected the name of a store");
		return fail_where(e, "%s:/image/state/stores", image->file);
	}
	size_t cards = image->image->networks.n ? image->image->networks.n : 1;
	if ((size_t)image->image->state->at >= cards) {
		fail(e, E_INPUT, "there is no network %lld", (long long)image->image->state->at);
		return fail_where(e, "%s:/image/state/at", image->file);
	}
	return program_must("git", e);
}

static bool validate_networks(
	struct arena *a, const struct recipe *image, networks *out, struct err *e)
{
	const char *member;
	return networks_parse(a, image->image, out, &member, e) ||
	       fail_where(e, "%s:/image/%s", image->file, member);
}

bool lab_validate(const struct recipe *image, const char *state, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	networks nets;
	if (!image->image)
		return fail(e, E_USAGE, "%s is a library: there is nothing to boot", image->name);
	if (!validate_networks(&scratch, image, &nets, e) || !validate_checks(&scratch, image, e) ||
		!machine_validate(&scratch, image, &nets, state, e))
		return false;
	vec_for(net, &nets)
		if (net->dhcp && !program_must("dnsmasq", e))
			return false;
	return !image->image->state || validate_state(image, e);
}

static bool validate_disk(const struct lab_request *q, struct err *e)
{
	const struct image_how *how = q->image->image;
	if (!q->disk)
		return true;
	if (!how->disk)
		return fail(e, E_USAGE, "%s has no disk", q->image->name);
	if (how->machines > 1)
		return fail(e, E_USAGE, "%s is %lld machines: one disk is no disk for all of them",
			q->image->name, (long long)how->machines);
	return true;
}

static bool validate_request(
	struct arena *a, const struct lab_request *q, struct runner *r, struct err *e)
{
	bool known = !q->only;
	if (!lab_validate(q->image, q->w->state, e) ||
		!validate_networks(a, q->image, &r->nets, e) || !validate_disk(q, e) ||
		!machine_processor(
			q->w->a, machine_kind_of(q->image->image), q->w->state, &r->accelerator, e))
		return false;
	vec_for(c, &q->image->image->checks)
		known |= q->only && strcmp(c->name, q->only) == 0;
	if (!known)
		return fail(e, E_USAGE, "%s has no check '%s'", q->image->name, q->only);
	if (!file_exists(q->image_path))
		return fail(e, E_ABSENT, "there is no image %s", q->image_path);
	return machine_suits(a, q->image, q->image_path, e);
}

/* ---- while it runs -------------------------------------------------------------------- */

struct listener {
	struct arena *a;
	const struct lab_request *q;
	int channel;
	bool failed, stopped; /* it sent an error; we asked it to end */
	int status;
	struct err *e;
};

static bool hear(struct listener *l, char *message, size_t n)
{
	struct str rest = {message + 1, n - 1};
	struct check_result result;
	int runs;
	switch (message[0]) {
	case MESSAGE_CHECK:
		if (!result_read(l->a, rest, &result, l->e))
			return false;
		if (l->q->on_check)
			l->q->on_check(l->q->ctx, &result);
		return true;
	case MESSAGE_ERROR:
		l->failed = rest.n == sizeof(*l->e);
		if (l->failed)
			memcpy(l->e, rest.p, rest.n);
		return true;
	case MESSAGE_NOTE:
		if (l->q->on_note)
			l->q->on_note(l->q->ctx, str_copy(l->a, rest));
		return true;
	case MESSAGE_TERMINAL:
		memcpy(&runs, rest.p, sizeof(runs));
		signals_interrupt(!runs);
		return true;
	case MESSAGE_STATUS:
		memcpy(&l->status, rest.p, sizeof(l->status));
		return true;
	default:
		return fail(l->e, E_BUG, "the lab sent a message that makes no sense");
	}
}

/* The end of our side of the channel is the end of the lab. */
static void ask_to_end(struct listener *l)
{
	if (!l->stopped)
		shutdown(l->channel, SHUT_WR);
	l->stopped = true;
}

/* Hears messages until the lab's process has closed its side. */
static bool listen_to(struct listener *l)
{
	defer(arena_free) struct arena scratch = {0};
	char *message = arena_alloc(&scratch, MESSAGE_MAX);
	for (;;) {
		struct pollfd polls[] = {
			{l->channel, POLLIN, 0}, {l->stopped ? -1 : signals_fd(), POLLIN, 0}};
		int n = poll(polls, 2, l->stopped ? GRACE_MS : -1);
		if (signals_pending())
			ask_to_end(l);
		if (n == 0)
			return true; /* it is past waiting for */
		if (n < 0 || !polls[0].revents)
			continue;
		ssize_t size = recv(l->channel, message, MESSAGE_MAX, 0);
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return true;
		if (!hear(l, message, (size_t)size))
			return false;
	}
}

/* The space's first process takes all others of the space with it. */
static int end_space(pid_t pid)
{
	int status = 0;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static bool judge_end(const struct listener *l, int status, struct err *e)
{
	if (signals_pending())
		return fail(e, E_INTERRUPTED, "interrupted");
	if (l->failed)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return fail(e, E_BUG, "the lab's process ended with status %#x", (unsigned)status);
}

/* Runs R in a process of its own, in its own space, and hears it to its end. */
static bool run_space(struct arena *a, struct runner *r, int *status, struct err *e)
{
	int ends[2];
	struct space space;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(e, "make a channel to the lab");
	defer(close_fd) int ours = ends[0];
	defer(close_fd) int theirs = ends[1];
	if (!space_fork(&space, e))
		return false;
	if (space.pid == 0) {
		close_fd(&ours);
		r->channel = theirs;
		runner_main(a, r, &space);
		_exit(0);
	}
	close_fd(&theirs);
	struct listener l = {.a = a, .q = r->q, .channel = ours, .e = e};
	bool heard = listen_to(&l);
	int end = end_space(space.pid);
	if (!heard || !judge_end(&l, end, e))
		return false;
	*status = l.status;
	return true;
}

/* ---- public --------------------------------------------------------------------------- */

/* Runs what R is ready for, and keeps it. */
static bool run_kept(struct arena *a, struct runner *r, struct run *out, int *status, struct err *e)
{
	const struct lab_request *q = r->q;
	struct run run = {.verdict = PASS,
		.image_path = q->image_path,
		.image_sha256 = q->image_sha256,
		.machine = machine_kind_of(q->image->image)->name,
		.accelerator = r->accelerator};
	if (!run_make(a, q->w, q->image->name, &run, e))
		return false;
	r->run = &run;
	if (run_space(a, r, status, e))
		return run_read_dir(a, run.dir, out, e);
	if (e->code == E_INTERRUPTED)
		return fail_hint(e, "what was recorded is in %s", run.dir);
	struct err less; /* than the first error, which counts */
	if (!tree_remove(run.dir, &less))
		fail_hint(e, "the folder of the run is left: %s", run.dir);
	return false;
}

bool lab_check(struct arena *a, const struct lab_request *q, struct run *out, struct err *e)
{
	struct runner r = {.q = q};
	int unused;
	return validate_request(a, q, &r, e) && run_kept(a, &r, out, &unused, e);
}

struct terminal {
	bool is_one, is_ours; /* ours: we are what it takes for the foreground */
	struct termios settings;
};

static void take_terminal(struct terminal *t)
{
	t->is_one = tcgetattr(STDIN_FILENO, &t->settings) == 0;
	t->is_ours = t->is_one && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* A shell that ran on it made another process group the foreground. */
static void restore_terminal(struct terminal *t)
{
	sigset_t output, before;
	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	sigprocmask(SIG_BLOCK, &output, &before);
	if (t->is_ours)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	if (t->is_one)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->settings);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The program is looked for before anything boots. */
static bool validate_visit(const struct lab_request *q, struct runner *r, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const struct image_how *how = q->image->image;
	r->at = q->at >= 0 ? q->at : how->state ? how->state->at : 0;
	if ((size_t)r->at >= r->nets.n)
		return fail(e, E_USAGE, "there is no network %lld: %s has %zu, from 0 on",
			(long long)r->at, q->image->name, r->nets.n);
	if (!program_find(&scratch, q->program[0]))
		return fail(e, E_USAGE, "there is no program %s%s", q->program[0],
			strchr(q->program[0], '/') ? "" : " in PATH");
	return true;
}

bool lab_visit(
	struct arena *a, const struct lab_request *q, struct run *out, int *status, struct err *e)
{
	struct runner r = {.q = q};
	if (!validate_request(a, q, &r, e) || !validate_visit(q, &r, e))
		return false;
	defer(restore_terminal) struct terminal terminal = {0};
	take_terminal(&terminal);
	r.own_job = q->shell && terminal.is_ours;
	return run_kept(a, &r, out, status, e);
}

bool lab_console(struct arena *a, const struct lab_request *q, int *status, struct err *e)
{
	struct runner r = {.q = q};
	if (!validate_request(a, q, &r, e))
		return false;
	defer(restore_terminal) struct terminal terminal = {0};
	take_terminal(&terminal);
	int end = 0;
	if (!run_space(a, &r, &end, e) && e->code != E_INTERRUPTED)
		return false;
	*status = end;
	return true;
}
