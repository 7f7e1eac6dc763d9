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

static bool run_confined(
	int fd, const char *archive, const char *dir, const struct limits *limits, struct err *e)
{
	if (chdir(dir))
		return fail_errno(e, "%s: can't enter the folder %s", archive, dir);
	umask(022);
	setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive brings names into the locale's encoding */
	tzset();			/* while the file of the time zone can be read */
	return unpack_confined(limits->bytes, e) && unpack_archive(fd, archive, limits, e);
}

_Noreturn static void child_main(
	int fd, int answers, const char *archive, const char *dir, const struct limits *limits)
{
	/* ^C is for the parent, which ends us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	struct err e = {0};
	if (run_confined(fd, archive, dir, limits, &e))
		_exit(0);
	ssize_t n = write(answers, &e, sizeof(e));
	_exit(n == (ssize_t)sizeof(e) ? 1 : 2);
}

bool unpack_start(struct unpacker *u, const char *archive, const char *dir,
	const struct limits *limits, struct err *e)
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
		child_main(in[1], answers[1], archive, dir, limits);
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
