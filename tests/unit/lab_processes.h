/* lab_processes.h - the lab in a process of its own, and what is left of it.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_LAB_PROCESSES_H
#define RESPIN_TESTS_LAB_PROCESSES_H

#include "lab_box.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Every process that this test starts has it in its environment: tests run side by side, and
 * another's DHCP server looks the same. */
#define MARK "TEST_OF_LAB"

/* How many processes of this test there are with WORD on their command line, ourselves apart. */
static inline int processes_with(const char *word)
{
	struct err e = {0};
	strings names = {0};
	int n = 0;
	assert_ok(dir_list(&arena, "/proc", &names, &e));
	vec_for(name, &names) {
		struct str line, environment;
		const char *dir = str_format(&arena, "/proc/%s", *name);
		if ((*name)[0] < '1' || (*name)[0] > '9' || atoi(*name) == getpid())
			continue;
		n += file_read(&arena, path_join(&arena, dir, "cmdline"), 1 << 20, &line, &e) &&
		     str_find(line, str_of(word)) >= 0 &&
		     file_read(&arena, path_join(&arena, dir, "environ"), 1 << 20, &environment,
			     &e) &&
		     str_find(environment, str_of(root)) >= 0;
	}
	return n;
}

/* Waits until N processes have WORD on their command line; false after half a minute. */
static inline bool wait_for_processes(const char *word, int n)
{
	for (int64_t end = clock_ns() + (int64_t)30000000000; clock_ns() < end; usleep(5000))
		if (processes_with(word) == n)
			return true;
	return false;
}

struct reply {
	bool done;
	struct err e;
	enum verdict verdict;
	char end[200];
};

/* Runs the lab in a process of its own, as user UID (0: ours), with PROGRAM as the image (NULL: the
 * guest); the reply comes in FD. */
static inline pid_t start_lab_with(const struct recipe *r, const char *program, uid_t uid, int *fd)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	*fd = ends[0];
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return close(ends[1]), pid;
	struct run run = {0};
	struct reply reply = {0};
	struct lab_request q = request(r);
	if (program)
		q.image_path = program;
	bool same_user = !uid || (setgroups(0, NULL) == 0 && setgid(uid) == 0 && setuid(uid) == 0);
	prctl(PR_SET_DUMPABLE, 1); /* as any program is that was started by such a user */
	signals_catch();
	reply.done = same_user && lab_check(&arena, &q, &run, &reply.e);
	reply.verdict = run.verdict;
	snprintf(reply.end, sizeof(reply.end), "%s", run.end ? run.end : "");
	_exit(write(ends[1], &reply, sizeof(reply)) != sizeof(reply));
}

static inline struct reply reply_of(pid_t pid, int fd)
{
	struct reply reply = {0};
	ssize_t n = read(fd, &reply, sizeof(reply));
	assert_true(n == 0 || n == sizeof(reply));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	return reply;
}

/* Runs the lab as an ordinary user. */
static inline void run_as_nobody(const struct recipe *r, const char *program)
{
	int fd;
	uid_t nobody = 65534;
	if (geteuid() == 0) { /* the folders must be its own then */
		assert_int_equal(chmod(root, 0755), 0);
		struct err e = {0};
		assert_ok(dir_make(workspace.state, &e));
		assert_int_equal(chmod(workspace.state, 0777), 0);
		assert_ok(tree_remove(path_join(&arena, workspace.state, "runs"), &e));
	}
	pid_t pid = start_lab_with(r, program, geteuid() == 0 ? nobody : 0, &fd);
	struct reply reply = reply_of(pid, fd);
	assert_string_equal(reply.e.text, "");
	assert_true(reply.done);
	assert_int_equal(reply.verdict, PASS);
	assert_string_equal(reply.end, "stopped by the lab");
}

static inline int mark_processes(void)
{
	return setenv(MARK, root, 1);
}

#endif
