/* space.h - the private network in which checks run: namespaces of our own, one end of a virtual
 * cable for ordinary programs, the other for the wire. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_SPACE_H
#define RESPIN_LAB_SPACE_H

#include <netinet/in.h>
#include <sys/types.h>

#include "recipe/recipe.h"
#include "sys/sys.h"

/* One network: a wire, the image's network card at one end, a host at the other. */
struct network {
	size_t index;
	char device[16]; /* the host's: "respin0" */
	char host_mac[18];
	char host[INET_ADDRSTRLEN];
	uint32_t first; /* machine 1's address as a number; the others' follow it */
	int prefix;
	bool dhcp;
	bool host_gateway;     /* the host's default route leads through machine 1 */
	int64_t mtu, delay_ms; /* of the wire; the delay is each way */
};
typedef VEC(struct network) networks;

/* From image.networks, or image.boot.address and image.wire. The host is the first address of its
 * network that is not a machine's. E_INPUT without a place: *MEMBER is the field below image. */
MUST_CHECK bool networks_parse(struct arena *a, const struct image_how *how, networks *out,
	const char **member, struct err *e);
/* Machine K's address on a network (1 is the first): "10.77.0.2"; and its hardware address. */
const char *network_address(struct arena *a, const struct network *net, int64_t machine);
const char *network_mac(struct arena *a, const struct network *net, int64_t machine);

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
/* A host at the end of a cable. */
struct host {
	int packets; /* sends and receives the Ethernet frames of the cable's far end; -1: none */
	int space;   /* its network namespace: network 0's is ours */
};
/* Makes the host of a network, and its cable. */
MUST_CHECK bool space_host(
	struct arena *a, const struct network *net, struct host *out, struct err *e);
/* Makes SPACE, a network namespace, ours: for sockets of our own. */
MUST_CHECK bool space_enter(int space, struct err *e);

#endif
