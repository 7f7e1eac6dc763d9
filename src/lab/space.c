/* space.c - namespaces and a virtual cable, without root. SPDX-License-Identifier: ISC */
#include "lab/space.h"
#include "lab/programs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WIRE_MTU 1500 /* of a wire of which nothing is said */
#define FAR_END "wire0"
#define ARP_PATIENCE_MS 250 /* beyond the round trip; the kernel's second suits larger networks */
#define RECEIVE_BUFFER (8 * 1024 * 1024)

/* ---- addresses ------------------------------------------------------------------------- */

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

/* ---- the lab's own process -------------------------------------------------------------- */

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

/* Frames on the cable must look as on a real one: whole checksums, none larger than the MTU. */
static void turn_off_offloads(int fd, const char *device)
{
	static const uint32_t commands[] = {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_STSO,
		ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SSG};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value off = {.cmd = commands[i]};
		struct ifreq request = {.ifr_data = (char *)&off};
		memcpy(request.ifr_name, device, strlen(device) + 1);
		ioctl(fd, SIOCETHTOOL, &request); /* what a device lacks needn't be turned off */
	}
}

static const char *default_route(struct arena *a, const struct network *net)
{
	return net->host_gateway ? str_format(a, "route add default via %s dev %s\n",
					   network_address(a, net, 1), net->device)
				 : "";
}

static bool make_links(struct arena *a, const struct network *net, struct err *e)
{
	/* IPv6 would only add noise to recordings. The queue of unix datagrams holds 10 by default.
	 */
	write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	write_setting("/proc/sys/net/unix/max_dgram_qlen", "512");
	const char *device = net->device;
	const char *script = str_format(a,
		"link set lo up\n"
		"link add %s address %s mtu %lld type veth peer name " FAR_END " mtu %lld\n"
		"address add %s/%d broadcast + dev %s\n"
		"link set " FAR_END " arp off up\n"
		"link set %s up\n"
		"ntable change name arp_cache dev %s retrans %lld\n"
		"%s",
		device, net->host_mac, (long long)net->mtu, (long long)net->mtu, net->host,
		net->prefix, device, device, device,
		(long long)(2 * net->delay_ms + ARP_PATIENCE_MS), default_route(a, net));
	const char *const argv[] = {program_anywhere(a, "ip"), "-batch", "-", NULL};
	const struct command ip = {.argv = argv, .input = str_of(script), .timeout_ms = 5000};
	struct outcome ignored;
	return command_must(a, &ip, &ignored, e) || fail_context(e, "make the private network");
}

static bool make_cable(struct arena *a, const struct network *net, int *packets, struct err *e)
{
	if (!make_links(a, net, e))
		return false;
	const int one = 1, room = RECEIVE_BUFFER;
	defer(close_fd) int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	if (fd < 0)
		return fail_errno(e, "open a packet socket");
	turn_off_offloads(fd, net->device);
	turn_off_offloads(fd, FAR_END);
	struct sockaddr_ll place = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(FAR_END)};
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&place, sizeof(place)) < 0)
		return fail_errno(e, "listen at the far end of the cable");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	*packets = fd;
	fd = -1;
	return true;
}

bool space_enter(int space, struct err *e)
{
	return setns(space, CLONE_NEWNET) == 0 || fail_errno(e, "enter a private network");
}

bool space_host(struct arena *a, const struct network *net, struct host *out, struct err *e)
{
	defer(close_fd) int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || (net->index && unshare(CLONE_NEWNET) < 0))
		return fail_errno(e, "make another private network");
	struct err less; /* than the first error, which counts */
	struct host host = {-1, open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
	bool made = host.space >= 0 ? make_cable(a, net, &host.packets, e)
				    : fail_errno(e, "open a private network");
	if (net->index && !space_enter(home, made ? e : &less))
		made = false;
	if (made)
		*out = host;
	return made;
}
