/* process.c - start a program, take its output, collect its end. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define OUTPUT_LIMIT ((size_t)16 * 1024 * 1024)

extern char **environ;

const char *program_find(struct arena *a, const char *name)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? name : NULL;
	const char *value = getenv("PATH");
	struct str rest = str_of(value ? value : "/usr/local/bin:/usr/bin:/bin");
	while (rest.p) {
		const char *path = path_join(a, str_copy(a, str_cut(&rest, ':')), name);
		if (access(path, X_OK) == 0 && !dir_exists(path))
			return path;
	}
	return NULL;
}

struct start {
	const char *path;
	const struct command *c;
	int in, out, err;
	/* Errno of the child's failure, and what failed. A compiler takes for granted that nobody
	 * sees what is written before _exit(): but the parent does, whose memory it is. */
	volatile int error;
	const char *volatile failed;
};

static _Noreturn void give_up(struct start *s, const char *at)
{
	s->error = errno;
	s->failed = at;
	_exit(127);
}

/* Whoever is in the background would be stopped by SIGTTOU for it. */
static void take_foreground(int terminal)
{
	sigset_t output;
	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	sigprocmask(SIG_BLOCK, &output, NULL);
	tcsetpgrp(terminal, getpid());
}

/* Between vfork and exec: system calls only, and no return. */
static _Noreturn void run_child(struct start *s)
{
	if (!s->c->on_terminal || s->c->own_job)
		setpgid(0, 0);
	if (s->c->own_job)
		take_foreground(s->in);
	for (size_t i = 0; i < s->c->keep_count; i++)
		fcntl(s->c->keep_fds[i], F_SETFD, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (s->c->network && setns(s->c->network, CLONE_NEWNET) < 0)
		give_up(s, "enter its network");
	if (s->c->dir && chdir(s->c->dir) < 0)
		give_up(s, s->c->dir);
	dup2(s->in, 0);
	dup2(s->out, 1);
	dup2(s->err, 2);
	execve(s->path, (char *const *)(uintptr_t)s->c->argv,
		s->c->env ? (char *const *)(uintptr_t)s->c->env : environ);
	give_up(s, s->path);
}

/* vfork: the child borrows our memory until exec, so it starts as fast as posix_spawn's, and its
 * errors come back in *S. */
static __attribute__((noinline)) pid_t spawn(struct start *s)
{
	pid_t pid = vfork();
	if (pid == 0)
		run_child(s);
	return pid;
}

static int input_fd(const struct command *c)
{
	struct str input = c->input;
	if (c->on_terminal)
		return fcntl(0, F_DUPFD_CLOEXEC, 3);
	if (!input.n)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (write(fd, input.p, input.n) != (ssize_t)input.n || lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool open_pipe(int *read_end, int *write_end, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(e, "create a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*read_end = ends[0];
	*write_end = ends[1];
	return true;
}

/* Where a program's output goes to, and where we read it; -1: we don't. */
struct outlets {
	int out_read, out_write, err_read, err_write;
};

static void close_outlets(struct outlets *o)
{
	close_fd(&o->out_read);
	close_fd(&o->out_write);
	close_fd(&o->err_read);
	close_fd(&o->err_write);
}

/* A terminal that changes nothing of what is written to it. */
static bool open_terminal(int *our_end, int *program_end, struct err *e)
{
	struct termios raw;
	*our_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*our_end < 0 || unlockpt(*our_end) < 0)
		return fail_errno(e, "open a terminal for a program");
	*program_end = ioctl(*our_end, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*program_end < 0 || tcgetattr(*program_end, &raw) < 0)
		return fail_errno(e, "open a terminal for a program");
	cfmakeraw(&raw);
	tcsetattr(*program_end, TCSANOW, &raw);
	fcntl(*our_end, F_SETFL, O_NONBLOCK);
	return true;
}

static bool open_outlets(const struct command *c, struct outlets *o, struct err *e)
{
	if (c->tty)
		return open_terminal(&o->out_read, &o->out_write, e);
	if (!c->own_output)
		return open_pipe(&o->out_read, &o->out_write, e) &&
		       (!c->split || open_pipe(&o->err_read, &o->err_write, e));
	o->out_write = fcntl(1, F_DUPFD_CLOEXEC, 3);
	o->err_write = fcntl(2, F_DUPFD_CLOEXEC, 3);
	return (o->out_write >= 0 && o->err_write >= 0) || fail_errno(e, "hand on our output");
}

bool process_start(struct arena *a, const struct command *c, struct process *out, struct err *e)
{
	const char *name = c->program ? c->program : c->argv[0], *path = program_find(a, name);
	if (!path)
		return fail(e, E_ABSENT, "program %s is not there", name);
	defer(close_fd) int in = input_fd(c);
	defer(close_outlets) struct outlets o = {-1, -1, -1, -1};
	if (in < 0)
		return fail_errno(e, "open standard input for %s", c->argv[0]);
	if (!open_outlets(c, &o, e))
		return false;
	struct start s = {.path = path, .c = c, .in = in, .out = o.out_write};
	s.err = o.err_write >= 0 ? o.err_write : o.out_write;
	int64_t started = clock_ns();
	pid_t pid = spawn(&s);
	if (pid < 0)
		return fail_errno(e, "start %s", path);
	if (s.error) {
		waitpid(pid, NULL, 0);
		errno = s.error;
		return fail_errno(e, "run %s: %s", path, s.failed);
	}
	*out = (struct process){.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
		.out_fd = o.out_read,
		.err_fd = o.err_read,
		.out = {.a = a},
		.err = {.a = a},
		.on_terminal = c->on_terminal,
		.limit = c->output_limit ? c->output_limit : OUTPUT_LIMIT,
		.started_ns = started,
		.deadline_ns = c->timeout_ms ? started + (int64_t)c->timeout_ms * 1000000 : 0};
	o.out_read = o.err_read = -1;
	return true;
}

static void drain_one(struct process *p, int *fd, struct text *into)
{
	char buffer[65536];
	while (*fd >= 0) {
		ssize_t n = read(*fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EIO) /* which is how a terminal tells its end */
			return;
		if (n <= 0) {
			close_fd(fd);
			return;
		}
		size_t room = p->limit - into->n;
		p->cut |= (size_t)n > room;
		text_add(into, (struct str){buffer, (size_t)n < room ? (size_t)n : room});
	}
}

void process_drain(struct process *p)
{
	drain_one(p, &p->out_fd, &p->out);
	drain_one(p, &p->err_fd, &p->err);
}

void process_signal(struct process *p)
{
	kill(p->on_terminal ? p->pid : -p->pid, p->killed ? SIGKILL : SIGTERM);
	p->killed = true;
}

void process_finish(struct process *p, struct outcome *out)
{
	int status = 0;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	process_drain(p);
	close_fd(&p->pidfd);
	close_fd(&p->out_fd);
	close_fd(&p->err_fd);
	*out = (struct outcome){
		.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
		.timed_out = p->timed_out,
		.cut = p->cut,
		.output = text_str(&p->out),
		.errors = text_str(&p->err),
		.ns = clock_ns() - p->started_ns};
}

const char *outcome_words(struct arena *a, const struct outcome *o)
{
	if (o->timed_out)
		return str_format(a, "took longer than %.0f s", (double)o->ns / 1e9);
	if (o->exit_code > 128 && o->exit_code < 128 + NSIG)
		return str_format(a, "was ended by SIG%s", sigabbrev_np(o->exit_code - 128));
	return str_format(a, "exited with status %d", o->exit_code);
}

static bool is_plain(const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-+=./,:@%";
	return *word && word[strspn(word, safe)] == '\0';
}

const char *command_line(struct arena *a, const char *const *argv)
{
	struct text t = {.a = a};
	for (size_t i = 0; argv[i]; i++) {
		text_addz(&t, i ? " " : "");
		if (is_plain(argv[i])) {
			text_addz(&t, argv[i]);
			continue;
		}
		text_addz(&t, "'");
		for (const char *c = argv[i]; *c; c++)
			text_addf(&t, *c == '\'' ? "'\\''" : "%c", *c);
		text_addz(&t, "'");
	}
	return t.p ? t.p : "";
}
