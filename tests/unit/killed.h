/* killed.h - runs an operation again and again, killed before each step that changes the disk.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_KILLED_H
#define RESPIN_TESTS_KILLED_H

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/ptrace.h>

#include "bench.h"

/* The steps that put something in its place or take it away; what is written to temporary files
 * before counts only then. */
static inline bool changes_the_disk(const struct __ptrace_syscall_info *info)
{
	switch (info->entry.nr) {
#ifdef SYS_rename
	case SYS_rename:
	case SYS_unlink:
	case SYS_mkdir:
	case SYS_rmdir:
	case SYS_link:
	case SYS_symlink:
#endif
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_unlinkat:
	case SYS_mkdirat:
	case SYS_linkat:
	case SYS_symlinkat:
		return true;
	default:
		return false;
	}
}

typedef bool operation(struct bench *b, struct err *e);

/* Runs OP in a process of its own, which is killed before step number LAST. True where it came to
 * its end before. */
static inline bool run_until(struct bench *b, operation *op, int last)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e = {0};
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		bool done = op(b, &e);
		if (!done)
			print_error("%s\n", e.text);
		_exit(done ? 0 : 1);
	}
	int status, steps = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		struct __ptrace_syscall_info info;
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return true;
		}
		assert_true(WIFSTOPPED(status));
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		bool step = info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_the_disk(&info);
		if (step && ++steps == last)
			break;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return false;
}

/* Kills OP at every STRIDE-th step (every single one with STRIDE=1 in the environment); CHECK looks
 * at what is left, each time from the same start. */
static inline void kill_everywhere(
	struct bench *b, operation *op, int stride, void (*check)(struct bench *b, bool done))
{
	const char *wanted = getenv("STRIDE");
	if (wanted)
		stride = atoi(wanted);
	sh(b, "cp -a . ../$(basename $PWD).start");
	int runs = 0;
	for (bool done = false; !done; runs++) {
		done = run_until(b, op, 1 + runs * stride);
		check(b, done);
		sh(b, "find . -mindepth 1 -delete; cp -a ../$(basename $PWD).start/. .");
	}
	sh(b, "rm -r ../$(basename $PWD).start");
	assert_true(runs > 5);
}

#endif
