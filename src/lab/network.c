/* network.c - the addresses of networks, hosts and machines. SPDX-License-Identifier: ISC */
#include "lab/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define WIRE_MTU 1500 /* of a wire of which nothing is said */

static void put_address(uint32_t address, char out[INET_ADDRSTRLEN])
{
	struct in_addr in = {htonl(address)};
	inet_ntop(AF_INET, &in, out, INET_ADDRSTRLEN);
}

static bool read_address(struct str text, uint32_t *out)
{
	char plain[INET_ADDRSTRLEN];
	struct in_addr in;
	snprintf(plain, sizeof(plain), "%.*s", STR(text));
	if (text.n >= sizeof(plain) || inet_pton(AF_INET, plain, &in) != 1)
		return false;
	*out = ntohl(in.s_addr);
	return true;
}

/* The addresses of all MACHINES must be in the network, and leave one for the host. */
static bool place_machines(const char *text, int64_t machines, struct network *net, struct err *e)
{
	uint32_t rest = ~(uint32_t)0 >> net->prefix, first = net->first & rest;
	if (first == 0 || first == rest)
		return fail(e, E_INPUT, "'%s' is the address of a whole network", text);
	if (first + (uint64_t)machines > rest || (uint64_t)machines + 2 > rest)
		return fail(e, E_INPUT, "%lld machines from '%s' on do not fit the network",
			(long long)machines, text);
	return true;
}

static bool read_network(
	const struct network_how *how, int64_t machines, struct network *net, struct err *e)
{
	char preset[32];
	snprintf(preset, sizeof(preset), "10.%zu.0.2/24", 77 + net->index);
	const char *text = how->address ? how->address : preset;
	net->dhcp = strcmp(text, "dhcp") == 0;
	struct str rest = str_of(net->dhcp ? preset : text);
	struct str address = str_cut(&rest, '/');
	uint64_t prefix;
	if (!read_address(address, &net->first) || !str_u64(rest, &prefix) || prefix < 8 ||
		prefix > 30)
		return fail(e, E_INPUT,
			"'%s' is no address: expected ADDRESS/PREFIX, as in 10.77.0.2/24 (prefix 8 "
			"to 30), or dhcp",
			text);
	net->prefix = (int)prefix;
	return place_machines(text, machines, net, e);
}

static bool is_machine(const struct network *net, uint32_t address, int64_t machines)
{
	return address >= net->first && address - net->first < machines;
}

static bool place_host(const char *text, int64_t machines, struct network *net, struct err *e)
{
	uint32_t rest = ~(uint32_t)0 >> net->prefix, base = net->first & ~rest, host = base + 1;
	if (is_machine(net, host, machines))
		host = net->first + (uint32_t)machines;
	if (text && !read_address(str_of(text), &host))
		return fail(e, E_INPUT, "'%s' is no address: expected one as in 10.77.0.1", text);
	if ((host & ~rest) != base || host == base || (host & rest) == rest)
		return fail(
			e, E_INPUT, "the host's address '%s' is not in the image's network", text);
	if (is_machine(net, host, machines))
		return fail(e, E_INPUT, "the host's address '%s' is a machine's", text);
	put_address(host, net->host);
	return true;
}

static bool add_network(struct arena *a, const struct network_how *how, int64_t machines,
	networks *out, const char **member, struct err *e)
{
	struct network net = {.index = out->n,
		.mtu = how->mtu,
		.delay_ms = how->delay_ms,
		.host_gateway = how->host_gateway};
	snprintf(net.device, sizeof(net.device), "respin%zu", net.index);
	snprintf(net.host_mac, sizeof(net.host_mac), "02:00:00:00:00:%02zx", net.index + 1);
	*member = "address";
	if (!read_network(how, machines, &net, e))
		return false;
	*member = "host";
	if (!place_host(how->host, machines, &net, e))
		return false;
	*vec_add(a, out) = net;
	return true;
}

/* Networks that overlap would leave image and hosts without a way to tell them apart. */
static bool check_overlaps(const networks *list, struct err *e)
{
	const struct network *last = &list->v[list->n - 1];
	for (const struct network *other = list->v; other < last; other++) {
		int prefix = last->prefix < other->prefix ? last->prefix : other->prefix;
		if ((last->first ^ other->first) >> (32 - prefix) == 0)
			return fail(
				e, E_INPUT, "this network overlaps with network %zu", other->index);
	}
	return true;
}

bool networks_parse(struct arena *a, const struct image_how *how, networks *out,
	const char **member, struct err *e)
{
	networks list = {0};
	const char *field;
	const struct network_how only = {
		.address = how->boot.address, .mtu = how->wire.mtu, .delay_ms = how->wire.delay_ms};
	*member = "boot/address";
	if (!how->networks.n && !add_network(a, &only, how->machines, &list, &field, e))
		return false;
	if (how->networks.n && how->boot.address)
		return fail(e, E_INPUT, "the image has networks, which say its addresses");
	*member = "wire";
	if (how->networks.n && (how->wire.delay_ms || how->wire.mtu != WIRE_MTU))
		return fail(e, E_INPUT, "the image has networks, which say how their wires are");
	*member = "networks";
	if (how->networks.n > RECIPE_NETWORKS_MAX)
		return fail(e, E_INPUT, "%zu networks: a machine has at most %d", how->networks.n,
			RECIPE_NETWORKS_MAX);
	vec_for(network, &how->networks) {
		size_t i = list.n;
		bool added = add_network(a, network, how->machines, &list, &field, e);
		*member = str_format(a, "networks/%zu/%s", i, field);
		if (!added)
			return false;
		*member = str_format(a, "networks/%zu/address", i);
		if (!check_overlaps(&list, e))
			return false;
	}
	*out = list;
	return true;
}

const char *network_address(struct arena *a, const struct network *net, int64_t machine)
{
	char text[INET_ADDRSTRLEN];
	put_address(net->first + (uint32_t)(machine - 1), text);
	return str_copy(a, str_of(text));
}

const char *network_mac(struct arena *a, const struct network *net, int64_t machine)
{
	return str_format(a, "52:54:00:12:%02zx:%02llx", 0x34 + net->index,
		(unsigned long long)machine - 1 + 0x56);
}
