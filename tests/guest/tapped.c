/* tapped.c - a network stack of its own at a tap: it answers ARP and pings. Its command line is
 * TAP ADDRESS MODE; called as a tender of Solo5 (solo5-spt) it takes that as the image's.
 * SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned char mac[6] = {2, 0, 0, 0, 0, 77}, address[4], frame[2048];
static int tap;

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static void send_frame(size_t n)
{
	if (write(tap, frame, n) != (ssize_t)n)
		perror("send");
}

/* Turns the request in FRAME into its answer. */
static int answer_arp(size_t n)
{
	if (n < 42 || frame[21] != 1 || memcmp(frame + 38, address, 4) != 0)
		return 0;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	frame[21] = 2;
	memmove(frame + 32, frame + 22, 10);
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 28, address, 4);
	return 1;
}

static int answer_ping(size_t n)
{
	if (n < 42 || frame[23] != 1 || frame[34] != 8 || memcmp(frame + 30, address, 4) != 0)
		return 0;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	memmove(frame + 30, frame + 26, 4);
	memcpy(frame + 26, address, 4);
	frame[34] = 0;
	unsigned sum = ((unsigned)frame[36] << 8 | frame[37]) + 0x800;
	sum = (sum & 0xffff) + (sum >> 16);
	frame[36] = (unsigned char)(sum >> 8);
	frame[37] = (unsigned char)sum;
	return 1;
}

/* Who has 192.0.2.1? Asked by somebody who hears no answer. */
static void speak(void)
{
	static const unsigned char request[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,
		77, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		192, 0, 2, 1};
	memcpy(frame, request, sizeof(request));
	send_frame(sizeof(request));
}

static void run(const char *mode)
{
	printf("ready %s\n", mode);
	fflush(stdout);
	if (strchr(mode, 's'))
		speak();
	int sleeps = strchr(mode, 'z') != NULL;
	for (;;) {
		static const unsigned char host[6] = {2, 0, 0, 0, 0, 1};
		ssize_t n = read(tap, frame, sizeof(frame));
		if (n < 14 || (memcmp(frame + 6, host, 5) != 0))
			puts("a frame that no host has sent");
		int is_arp = n > 14 && frame[12] == 8 && frame[13] == 6;
		int is_ip = n > 14 && frame[12] == 8 && frame[13] == 0;
		if (strchr(mode, 'x') && is_ip)
			exit(3);
		if (sleeps && is_ip) /* and reads nothing for a while */
			sleeps = 0, sleep(1);
		if ((strchr(mode, 'a') && is_arp && answer_arp((size_t)n)) ||
			(strchr(mode, 'p') && is_ip && answer_ping((size_t)n)))
			send_frame((size_t)n);
	}
}

/* A tender's options; behind the image's name stand its words. */
static int take_options(int argc, char **argv, char **words)
{
	int at = 1, n = 1;
	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		printf("option %s\n", argv[at]);
	for (at += 2; at < argc && n < 4; at++)
		words[n++] = argv[at];
	puts("Solo5: Bindings version");
	return n;
}

int main(int argc, char **argv)
{
	char *words[4] = {argv[0]};
	if (strstr(argv[0], "solo5-")) {
		argc = take_options(argc, argv, words);
		argv = words;
	}
	if (argc < 4)
		return fputs("solo5-tapped: TAP ADDRESS MODE\n", stderr), 1;
	if (strchr(argv[3], 'n')) /* no tap at all */
		pause();
	tap = open_tap(argv[1]);
	inet_pton(AF_INET, argv[2], address);
	mac[5] = address[3];
	run(argv[3]);
}
