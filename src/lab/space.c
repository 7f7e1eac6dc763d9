/* space.c - namespaces of our own, without root. SPDX-License-Identifier: ISC */
#include "lab/space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long clone_into(int flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

bool space_fork(struct space *out, struct err *e)
{
	struct space s = {.uid = geteuid(), .gid = getegid(), .own_users = true};
	const int spaces = CLONE_NEWNET | CLONE_NEWPID;
	fflush(NULL); /* what waits in buffers is the parent's to write */
	long pid = clone_into(spaces | CLONE_NEWUSER);
	if (pid < 0 && s.uid == 0) {
		s.own_users = false; /* root needs none where the system forbids them */
		pid = clone_into(spaces);
	}
	if (pid < 0) {
		(void)fail_errno(e, "make a private network (user and network namespaces)");
		return fail_hint(e, "this system restricts user namespaces: look at the sysctls "
				    "user.max_user_namespaces, kernel.unprivileged_userns_clone "
				    "and kernel.apparmor_restrict_unprivileged_userns");
	}
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	s.pid = (pid_t)pid;
	*out = s;
	return true;
}

static bool write_setting(const char *path, const char *value)
{
	defer(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
}

bool space_become_root(const struct space *s, struct err *e)
{
	if (!s->own_users)
		return true;
	char users[64], groups[64];
	snprintf(users, sizeof(users), "0 %u 1", (unsigned)s->uid);
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)s->gid);
	if (!write_setting("/proc/self/setgroups", "deny") ||
		!write_setting("/proc/self/uid_map", users) ||
		!write_setting("/proc/self/gid_map", groups))
		return fail_errno(e, "become root in a user namespace");
	return true;
}

bool space_enter(int space, struct err *e)
{
	return setns(space, CLONE_NEWNET) == 0 || fail_errno(e, "enter a private network");
}
