/* space.h - namespaces of our own, in which networks are private and we are root.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_SPACE_H
#define RESPIN_LAB_SPACE_H

#include "sys/sys.h"

/* A process in new user, network and process-id namespaces. It is the first process there: when
 * it ends, in whatever way, the kernel ends all others. */
struct space {
	pid_t pid; /* 0 within */
	uid_t uid;
	gid_t gid;
	bool own_users;
};
/* Like fork(). The process dies with its parent. */
MUST_CHECK bool space_fork(struct space *out, struct err *e);
/* To be called within, first: makes us root there, and nowhere else. */
MUST_CHECK bool space_become_root(const struct space *s, struct err *e);
/* Makes SPACE, a network namespace, ours: for sockets of our own. */
MUST_CHECK bool space_enter(int space, struct err *e);

#endif
