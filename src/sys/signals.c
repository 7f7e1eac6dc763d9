/* signals.c - ^C and its kin become a flag that loops look at. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t pending;
static int wake[2] = {-1, -1};

static void on_signal(int number)
{
	int saved = errno;
	if (pending) { /* the second one: the user means it */
		signal(number, SIG_DFL);
		raise(number);
	}
	pending = 1;
	ssize_t ignored = write(wake[1], "", 1);
	(void)ignored;
	errno = saved;
}

void signals_catch(void)
{
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	struct sigaction action = {.sa_handler = on_signal};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void signals_interrupt(bool ours)
{
	struct sigaction action = {.sa_handler = ours ? on_signal : SIG_IGN};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	signal(SIGQUIT, ours ? SIG_DFL : SIG_IGN);
}

bool signals_pending(void)
{
	return pending;
}

int signals_fd(void)
{
	return wake[0];
}
