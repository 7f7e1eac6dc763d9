/* sockets.h - what the kernel says of the sockets of a network namespace. SPDX-License-Identifier:
 * ISC
 */
#ifndef RESPIN_LAB_SOCKETS_H
#define RESPIN_LAB_SOCKETS_H

#include "base/base.h"

/* The tables of proc(5) of one namespace, open: tcp, tcp6, udp and udp6; -1: the kernel has none.
 */
struct sockets {
	int fds[4];
};
#define NO_SOCKETS                                                                                 \
	{                                                                                          \
		{                                                                                  \
			-1, -1, -1, -1                                                             \
		}                                                                                  \
	}
/* Of network namespace SPACE; HOME is ours. */
MUST_CHECK bool sockets_open(int space, int home, struct sockets *out, struct err *e);
void sockets_close(struct sockets *s);
/* "it listens at TCP port 80", "it listens at UDP port 53"; NULL where no socket does. */
const char *sockets_listen(struct arena *a, const struct sockets *s);
/* The local port of the first socket that listens in TABLE, the text of such a file; 0: none. */
unsigned sockets_port(struct str table, bool tcp);

#endif
