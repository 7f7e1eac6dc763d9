/* network.h - a network of an image: what its wire is like, and the addresses on it.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_NETWORK_H
#define RESPIN_LAB_NETWORK_H

#include <netinet/in.h>

#include "recipe/recipe.h"

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

#endif
