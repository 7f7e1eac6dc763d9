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

#define FAR_END "wire0"
#define DEFAULT_ADDRESS "10.77.0.2/24"
#define ARP_PATIENCE_MS 250 /* beyond the round trip; the kernel's second suits larger networks */
#define RECEIVE_BUFFER (8 * 1024 * 1024)

bool network_parse(const struct image_how *how, struct network *out, struct err *e)
{
	struct network net = {.mtu = how->wire.mtu, .delay_ms = how->wire.delay_ms};
	const char *text = how->boot.address ? how->boot.address : DEFAULT_ADDRESS;
	net.dhcp = strcmp(text, "dhcp") == 0;
	struct str rest = str_of(net.dhcp ? DEFAULT_ADDRESS : text);
	struct str address = str_cut(&rest, '/');
	char plain[INET_ADDRSTRLEN];
	snprintf(plain, sizeof(plain), "%.*s", STR(address));
	uint64_t prefix;
	struct in_addr image;
	if (address.n >= sizeof(plain) || inet_pton(AF_INET, plain, &image) != 1 ||
		!str_u64(rest, &prefix) || prefix < 8 || prefix > 30)
		return fail(e, E_INPUT,
			"'%s' is no address: expected ADDRESS/PREFIX, as in 10.77.0.2/24 (prefix 8 "
			"to 30), or dhcp",
			text);
	uint32_t mask = ~(uint32_t)0 << (32 - prefix), mine = ntohl(image.s_addr);
	if ((mine & ~mask) == 0 || (mine & ~mask) == ~mask)
		return fail(e, E_INPUT, "'%s' is the address of a whole network", text);
	uint32_t other = (mine & mask) + 1;
	struct in_addr host = {htonl(other == mine ? other + 1 : other)};
	inet_ntop(AF_INET, &image, net.image, sizeof(net.image));
	inet_ntop(AF_INET, &host, net.host, sizeof(net.host));
	net.prefix = (int)prefix;
	*out = net;
	return true;
}

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

static bool make_links(struct arena *a, const struct network *net, struct err *e)
{
	/* IPv6 would only add noise to recordings. The queue of unix datagrams holds 10 by default.
	 */
	write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	write_setting("/proc/sys/net/unix/max_dgram_qlen", "512");
	const char *script = str_format(a,
		"link set lo up\n"
		"link add " SPACE_DEVICE " address " SPACE_HOST_MAC
		" mtu %lld type veth peer name " FAR_END " mtu %lld\n"
		"address add %s/%d broadcast + dev " SPACE_DEVICE "\n"
		"link set " FAR_END " arp off up\n"
		"link set " SPACE_DEVICE " up\n"
		"ntable change name arp_cache dev " SPACE_DEVICE " retrans %lld\n",
		(long long)net->mtu, (long long)net->mtu, net->host, net->prefix,
		(long long)(2 * net->delay_ms + ARP_PATIENCE_MS));
	const char *const argv[] = {program_anywhere(a, "ip"), "-batch", "-", NULL};
	const struct command ip = {.argv = argv, .input = str_of(script), .timeout_ms = 5000};
	struct outcome ignored;
	return command_must(a, &ip, &ignored, e) || fail_context(e, "make the private network");
}

bool space_cable(struct arena *a, const struct network *net, int *packets, struct err *e)
{
	if (!make_links(a, net, e))
		return false;
	const int one = 1, room = RECEIVE_BUFFER;
	defer(close_fd) int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	if (fd < 0)
		return fail_errno(e, "open a packet socket");
	turn_off_offloads(fd, SPACE_DEVICE);
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
