/* confine.c - takes from a process what a parser of strangers' bytes must not have.
 * SPDX-License-Identifier: ISC */
#include "fetch/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/sys.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "confine.c: name this machine's AUDIT_ARCH"
#endif

enum { CPU_SECONDS = 120, MEMORY_BYTES = 512 << 20 };

#define DENY(call)                                                                                 \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                         \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static bool deny_calls(struct err *e)
{
	static const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		/* The x32 numbers of the same calls. */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		DENY(__NR_fork),
		DENY(__NR_vfork),
#endif
		DENY(__NR_clone),
		DENY(__NR_clone3),
		DENY(__NR_execve),
		DENY(__NR_execveat),
		DENY(__NR_socket),
		DENY(__NR_socketpair),
		DENY(__NR_connect),
		DENY(__NR_bind),
		DENY(__NR_ptrace),
		DENY(__NR_process_vm_readv),
		DENY(__NR_process_vm_writev),
		DENY(__NR_io_uring_setup),
		DENY(__NR_kill),
		DENY(__NR_pidfd_open),
		DENY(__NR_rt_sigqueueinfo),
		DENY(__NR_unshare),
		DENY(__NR_setns),
		DENY(__NR_perf_event_open),
		DENY(__NR_userfaultfd),
		DENY(__NR_mknodat),
		DENY(__NR_bpf),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter),
		.filter = (struct sock_filter *)(uintptr_t)filter};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return fail_errno(e, "the unpacker can't be confined: seccomp");
	return true;
}

/* All rights of the first version of Landlock's interface, which every kernel with it knows, but
 * the last: the files' kinds that an archive may not hold, and execution, are not given back. */
static const uint64_t all_rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
static const uint64_t given_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
				     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
				     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |
				     LANDLOCK_ACCESS_FS_REMOVE_FILE;

/* Hard links between folders need the right REFER, of Landlock's second version. */
static uint64_t refer_right(void)
{
	long version =
		syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
}

/* IN_FOLDER: within the working folder; else no file is opened any more. */
static bool stay_away(bool in_folder, struct err *e)
{
	uint64_t refer = refer_right();
	struct landlock_ruleset_attr rules = {.handled_access_fs = all_rights | refer};
	defer(close_fd) int set =
		(int)syscall(__NR_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (set < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return true; /* libarchive's own checks and ours must do */
	defer(close_fd) int here = open(".", O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr below = {
		.allowed_access = given_rights | refer, .parent_fd = here};
	if (set < 0 || here < 0 ||
		(in_folder && syscall(__NR_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
				      &below, 0)) ||
		syscall(__NR_landlock_restrict_self, set, 0))
		return fail_errno(e, "the unpacker can't be confined: Landlock");
	return true;
}

static void bound(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit limit = {most, most};
	(void)setrlimit(what, &limit); /* fails only where the limit is lower already */
}

bool confine(enum confinement how, uint64_t file_bytes, struct err *e)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bound(RLIMIT_CORE, 0);
	bound(RLIMIT_CPU, CPU_SECONDS);
	bound(RLIMIT_FSIZE, file_bytes);
#ifndef __SANITIZE_ADDRESS__ /* its shadow alone is beyond any bound */
	bound(RLIMIT_DATA, MEMORY_BYTES);
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail_errno(e, "the unpacker can't be confined");
	return stay_away(how == CONFINE_FOLDER, e) && deny_calls(e);
}
