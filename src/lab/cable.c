/* cable.c - virtual cables and taps, made by iproute2's ip. SPDX-License-Identifier: ISC */
#include "lab/cable.h"
#include "lab/programs.h"
#include "lab/space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAR_END "wire"
#define ARP_PATIENCE_MS 250 /* beyond the round trip; the kernel's second suits larger networks */
#define CARD_MTU 1500
#define RECEIVE_BUFFER (8 * 1024 * 1024)

/* ---- devices --------------------------------------------------------------------------- */

static void write_setting(const char *path, const char *value)
{
	defer(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, value, strlen(value)) < 0)
		return; /* what the kernel lacks needn't be set */
}

/* Makes devices in our network namespace: SCRIPT is ip's. */
static bool make_links(struct arena *a, const char *script, struct err *e)
{
	/* IPv6 would only add noise to recordings. The queue of unix datagrams holds 10 by default.
	 */
	write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	write_setting("/proc/sys/net/unix/max_dgram_qlen", "512");
	const char *const argv[] = {program_anywhere(a, "ip"), "-batch", "-", NULL};
	const struct command ip = {.argv = argv, .input = str_of(script), .timeout_ms = 5000};
	struct outcome ignored;
	return command_must(a, &ip, &ignored, e) || fail_context(e, "make the private network");
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

/* A socket for the frames of DEVICE, in our network namespace. Where a device takes no more just
 * now, sending says so: no queue of the kernel's drops the frame behind our back. */
static bool open_packets(const char *device, int *out, struct err *e)
{
	const int one = 1, room = RECEIVE_BUFFER;
	defer(close_fd) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_errno(e, "open a packet socket");
	turn_off_offloads(fd, device);
	struct sockaddr_ll place = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device)};
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&place, sizeof(place)) < 0)
		return fail_errno(e, "listen at the far end of the cable");
	*out = fd;
	fd = -1;
	return true;
}

static bool open_cable(const char *device, const char *far_end, int *out, struct err *e)
{
	if (!open_packets(far_end, out, e))
		return false;
	turn_off_offloads(*out, device);
	return true;
}

/* ---- namespaces ------------------------------------------------------------------------ */

/* Where we are, to come back. */
static bool leave_home(int *home, struct err *e)
{
	*home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return (*home >= 0 && unshare(CLONE_NEWNET) == 0) ||
	       fail_errno(e, "make another private network");
}

static bool open_space(int *out, struct err *e)
{
	*out = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *out >= 0 || fail_errno(e, "open a private network");
}

/* MADE, and home again. */
static bool come_home(int home, bool made, struct err *e)
{
	struct err less; /* than the first error, which counts */
	return space_enter(home, made ? e : &less) && made;
}

/* ---- hosts ----------------------------------------------------------------------------- */

static const char *default_route(struct arena *a, const struct network *net)
{
	return net->host_gateway ? str_format(a, "route add default via %s dev %s\n",
					   network_address(a, net, 1), net->device)
				 : "";
}

static const char *host_script(struct arena *a, const struct network *net)
{
	const char *device = net->device;
	return str_format(a,
		"link set lo up\n"
		"link add %s address %s mtu %lld type veth peer name " FAR_END "0 mtu %lld\n"
		"address add %s/%d broadcast + dev %s\n"
		"link set " FAR_END "0 arp off up\n"
		"link set %s up\n"
		"ntable change name arp_cache dev %s retrans %lld\n"
		"%s",
		device, net->host_mac, (long long)net->mtu, (long long)net->mtu, net->host,
		net->prefix, device, device, device,
		(long long)(2 * net->delay_ms + ARP_PATIENCE_MS), default_route(a, net));
}

bool host_make(struct arena *a, const struct network *net, struct host *out, struct err *e)
{
	defer(close_fd) int home = -1;
	struct host host = {-1, -1};
	if (net->index && !leave_home(&home, e))
		return false;
	bool made = open_space(&host.space, e) && make_links(a, host_script(a, net), e) &&
		    open_cable(net->device, FAR_END "0", &host.packets, e);
	if (net->index)
		made = come_home(home, made, e);
	if (made)
		*out = host;
	return made;
}

/* ---- cards of machines ----------------------------------------------------------------- */

const char *card_name(struct arena *a, enum card_kind kind, size_t at)
{
	return str_format(a, "%s%zu", kind == CARD_TAP ? "tap" : "eth", at);
}

/* A datagram is a frame: nothing to cut up, and QEMU waits where we are slow. */
static bool make_sockets(const networks *nets, struct cards *c, struct err *e)
{
	for (size_t k = 0; k < nets->n; k++) {
		int ends[2];
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
			return fail_errno(e, "make the wire");
		c->wires[k] = ends[0];
		c->sockets[k] = ends[1];
	}
	return true;
}

static void add_kernel_card(
	struct arena *a, const struct network *net, int64_t number, struct text *script)
{
	const char *card = card_name(a, CARD_KERNEL, net->index);
	text_addf(script,
		"link add %s address %s mtu %d type veth peer name " FAR_END "%zu mtu %d\n"
		"address add %s/%d broadcast + dev %s\n"
		"link set " FAR_END "%zu arp off up\n"
		"link set %s up\n",
		card, network_mac(a, net, number), CARD_MTU, net->index, CARD_MTU,
		network_address(a, net, number), net->prefix, card, net->index, card);
	if (!net->index)
		text_addf(script, "route add default via %s dev %s\n", net->host, card);
}

/* Without an address and without ARP, the kernel neither sends nor answers anything on it. */
static void add_tap(struct arena *a, const struct network *net, struct text *script)
{
	const char *card = card_name(a, CARD_TAP, net->index);
	text_addf(script,
		"tuntap add %s mode tap\n"
		"link set %s mtu %d arp off up\n",
		card, card, CARD_MTU);
}

static bool make_devices(
	struct arena *a, const networks *nets, int64_t number, struct cards *c, struct err *e)
{
	struct text script = {.a = a};
	text_addz(&script, "link set lo up\n");
	vec_for(net, nets) {
		if (c->kind == CARD_TAP)
			add_tap(a, net, &script);
		else
			add_kernel_card(a, net, number, &script);
	}
	if (!make_links(a, script.p, e))
		return false;
	for (size_t k = 0; k < nets->n; k++) {
		const char *card = card_name(a, c->kind, k);
		const char *far_end = str_format(a, FAR_END "%zu", k);
		if (!(c->kind == CARD_TAP ? open_packets(card, &c->wires[k], e)
					  : open_cable(card, far_end, &c->wires[k], e)))
			return false;
	}
	return true;
}

bool cards_make(struct arena *a, enum card_kind kind, const networks *nets, int64_t number,
	struct cards *out, struct err *e)
{
	defer(close_fd) int home = -1;
	*out = NO_CARDS;
	out->kind = kind;
	if (kind == CARD_SOCKET)
		return make_sockets(nets, out, e);
	if (!leave_home(&home, e))
		return false;
	bool made = open_space(&out->space, e) && make_devices(a, nets, number, out, e);
	return come_home(home, made, e);
}

void cards_hand_over(struct cards *c)
{
	for (size_t k = 0; k < RECIPE_NETWORKS_MAX; k++)
		close_fd(&c->sockets[k]);
}

void cards_close(struct cards *c)
{
	cards_hand_over(c);
	for (size_t k = 0; k < RECIPE_NETWORKS_MAX; k++)
		close_fd(&c->wires[k]);
	close_fd(&c->space);
}

bool cards_tap_is_open(const struct cards *c, size_t at)
{
	struct ifreq request = {0};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "tap%zu", at);
	return c->wires[at] >= 0 && ioctl(c->wires[at], SIOCGIFFLAGS, &request) == 0 &&
	       (request.ifr_flags & IFF_RUNNING);
}
