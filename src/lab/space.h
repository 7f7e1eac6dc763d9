/* space.h - the private network in which checks run: namespaces of our own, one end of a virtual
 * cable for ordinary programs, the other for the wire. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_SPACE_H
#define RESPIN_LAB_SPACE_H

#include <netinet/in.h>
#include <sys/types.h>

#include "recipe/recipe.h"
#include "sys/sys.h"

/* The host's end of the cable, where checks find it. */
#define SPACE_DEVICE "respin0"
#define SPACE_IMAGE_MAC "52:54:00:12:34:56"
#define SPACE_HOST_MAC "02:00:00:00:00:01"

struct network {
	char image[INET_ADDRSTRLEN], host[INET_ADDRSTRLEN];
	int prefix;
	bool dhcp;
	int64_t mtu, delay_ms; /* of the wire; the delay is each way */
};

/* From image.boot.address ("10.77.0.2/24", "dhcp") and image.wire.mtu. The host is the first
 * address of the network that is not the image's. E_INPUT without a place. */
MUST_CHECK bool network_parse(const struct image_how *how, struct network *out, struct err *e);

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
/* Makes the cable. *PACKETS sends and receives the Ethernet frames of its far end. */
MUST_CHECK bool space_cable(
	struct arena *a, const struct network *net, int *packets, struct err *e);

#endif
