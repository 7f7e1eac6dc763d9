/* unpack.c - runs the unpacking child: feeds it, and hears what became of it.
 * SPDX-License-Identifier: ISC */
#include "fetch/unpack.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fetch/confine.h"
#include "sys/sys.h"

/* What the child does with FD, the other end of what it is fed through. */
typedef bool child_job(void *ctx, int fd, struct err *e);

_Noreturn static void child_main(int fd, int answers, child_job *job, void *ctx)
{
	/* ^C is for the parent, which ends us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	struct err e = {0};
	setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive brings names into the locale's encoding */
	tzset();			/* while the file of the time zone can be read */
	if (job(ctx, fd, &e))
		_exit(0);
	ssize_t n = write(answers, &e, sizeof(e));
	_exit(n == (ssize_t)sizeof(e) ? 1 : 2);
}

MUST_CHECK static bool start_child(
	struct unpacker *u, const char *archive, child_job *job, void *ctx, struct err *e)
{
	int in[2], answers[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in))
		return fail_errno(e, "%s: can't be unpacked", archive);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, answers)) {
		close(in[0]);
		close(in[1]);
		return fail_errno(e, "%s: can't be unpacked", archive);
	}
	pid_t child = fork();
	if (child == 0) {
		close(in[0]);
		close(answers[0]);
		child_main(in[1], answers[1], job, ctx);
	}
	close(in[1]);
	close(answers[1]);
	if (child < 0) {
		close(in[0]);
		close(answers[0]);
		return fail_errno(e, "%s: can't be unpacked: fork", archive);
	}
	*u = (struct unpacker){.child = child, .feed = in[0], .answers = answers[0]};
	return true;
}

struct unpacking {
	const char *archive, *dir;
	const struct limits *limits;
};

static bool unpack_job(void *ctx, int fd, struct err *e)
{
	const struct unpacking *j = ctx;
	if (chdir(j->dir))
		return fail_errno(e, "%s: can't enter the folder %s", j->archive, j->dir);
	umask(022);
	return confine(CONFINE_FOLDER, j->limits->bytes, e) &&
	       unpack_archive(fd, j->archive, j->limits, e);
}

bool unpack_start(struct unpacker *u, const char *archive, const char *dir,
	const struct limits *limits, struct err *e)
{
	struct unpacking job = {archive, dir, limits};
	return start_child(u, archive, unpack_job, &job, e);
}

struct collecting {
	const struct collection *what;
	int from, to;
	const struct limits *limits;
};

static bool collect_job(void *ctx, int fd, struct err *e)
{
	const struct collecting *j = ctx;
	close(fd);
	return confine(CONFINE_ALL, j->limits->bytes, e) &&
	       collect_archive(j->what, j->from, j->to, j->limits, e);
}

bool collect_start(struct unpacker *u, const struct collection *what, int from, int to,
	const struct limits *limits, struct err *e)
{
	struct collecting job = {what, from, to, limits};
	return start_child(u, what->archive, collect_job, &job, e);
}

void unpack_feed(struct unpacker *u, struct str bytes)
{
	while (u->child && u->feed >= 0 && bytes.n) {
		ssize_t n = send(u->feed, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n >= 0)
			bytes = str_from(bytes, (size_t)n);
		else if (errno != EINTR || signals_pending())
			close_fd(&u->feed);
	}
}

static bool child_failed(struct unpacker *u, int status, struct err *e)
{
	struct err told;
	if (signals_pending())
		return fail(e, E_INTERRUPTED, "the unpacking was interrupted");
	ssize_t n = recv(u->answers, &told, sizeof(told), MSG_WAITALL);
	if (n == (ssize_t)sizeof(told)) {
		*e = told;
		return false;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return fail(e, E_UNSAFE, "the archive took too long to unpack");
	if (WIFSIGNALED(status))
		return fail(e, E_CHILD, "the unpacking process was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return fail(e, E_CHILD, "the unpacking process failed without a word");
}

static void let_go(struct unpacker *u, int *status)
{
	close_fd(&u->feed);
	while (waitpid(u->child, status, 0) < 0 && errno == EINTR)
		if (signals_pending())
			kill(u->child, SIGKILL);
	u->child = 0;
}

bool unpack_end(struct unpacker *u, struct err *e)
{
	int status = 0;
	let_go(u, &status);
	bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!ok)
		ok = child_failed(u, status, e);
	close_fd(&u->answers);
	return ok;
}

void unpack_stop(struct unpacker *u)
{
	if (!u->child)
		return;
	int status;
	kill(u->child, SIGKILL);
	let_go(u, &status);
	close_fd(&u->answers);
}
