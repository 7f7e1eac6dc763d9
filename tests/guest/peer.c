/* peer.c - a program of the host: the other end of an image's wire, frame by frame.
 *   peer runts SOCKET IMAGE-SOCKET    sends every frame that ends before its headers do
 *   peer isn SOCKET IMAGE-SOCKET      prints the first sequence numbers of connections to port 80
 * Both end with 0 when the image answers an ARP request afterwards. SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TRIES 200 /* of 50 ms */
#define CONNECTIONS 8

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, address[4] = {10, 77, 0, 1};
static const uint8_t image_address[4] = {10, 77, 0, 2};
static uint8_t image_mac[6];
static struct sockaddr_un image;
static int wire;

static bool open_wire(const char *own, const char *other)
{
	struct sockaddr_un here = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_usec = 50000};
	image.sun_family = AF_UNIX;
	snprintf(here.sun_path, sizeof(here.sun_path), "%s", own);
	snprintf(image.sun_path, sizeof(image.sun_path), "%s", other);
	wire = socket(AF_UNIX, SOCK_DGRAM, 0);
	return wire >= 0 && bind(wire, (struct sockaddr *)&here, sizeof(here)) == 0 &&
	       setsockopt(wire, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0;
}

static bool put(const uint8_t *frame, size_t n)
{
	return sendto(wire, frame, n, 0, (struct sockaddr *)&image, sizeof(image)) == (ssize_t)n;
}

static uint32_t sum(const uint8_t *p, size_t n, uint32_t total)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		total += (uint32_t)p[i] << 8 | p[i + 1];
	return total;
}

static void put_checksum(uint8_t *to, uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	to[0] = (uint8_t)(~total >> 8);
	to[1] = (uint8_t)~total;
}

/* RFC 826: who has the image's address? */
static size_t make_arp(uint8_t f[64])
{
	memcpy(f, "\xff\xff\xff\xff\xff\xff------\x08\x06\0\1\x08\0\6\4\0\1", 22);
	memcpy(f + 6, mac, 6);
	memcpy(f + 22, mac, 6);
	memcpy(f + 28, address, 4);
	memset(f + 32, 0, 6);
	memcpy(f + 38, image_address, 4);
	return 42;
}

/* A TCP segment without payload from PORT to port 80 (RFC 9293). */
static size_t make_tcp(uint8_t f[64], unsigned port, uint8_t flags)
{
	memset(f, 0, 54);
	memcpy(f, image_mac, 6);
	memcpy(f + 6, mac, 6);
	memcpy(f + 12, "\x08\0\x45\0\0\x28\0\0\0\0\x40\6", 12);
	memcpy(f + 26, address, 4);
	memcpy(f + 30, image_address, 4);
	put_checksum(f + 24, sum(f + 14, 20, 0));
	f[34] = (uint8_t)(port >> 8);
	f[35] = (uint8_t)port;
	f[37] = 80;
	f[41] = flags == 4; /* a reset is one byte behind the SYN */
	f[46] = 0x50;
	f[47] = flags;
	f[48] = 0x10;
	put_checksum(f + 50, sum(f + 26, 28, 6 + 20));
	return 54;
}

/* The next frame of ethernet type TYPE; false where none comes within 50 ms. */
static bool get(uint8_t *f, size_t room, uint8_t type)
{
	for (int i = 0; i < 100; i++) {
		ssize_t n = recv(wire, f, room, 0);
		if (n < 0)
			return false;
		if (n >= 42 && f[12] == 8 && f[13] == type)
			return true;
	}
	return false;
}

static bool image_answers(void)
{
	uint8_t f[2048];
	for (int tries = 0; tries < TRIES; tries++) {
		if (!put(f, make_arp(f))) {
			usleep(50000); /* it is not up yet */
			continue;
		}
		while (get(f, sizeof(f), 6)) {
			if (f[21] != 2 || memcmp(f + 28, image_address, 4) != 0)
				continue;
			memcpy(image_mac, f + 22, 6);
			return true;
		}
	}
	return false;
}

static bool send_runts(void)
{
	uint8_t arp[64], tcp[64], lying[64];
	size_t arp_size = make_arp(arp), tcp_size = make_tcp(tcp, 1024, 2);
	for (size_t n = 1; n < arp_size; n++)
		if (!put(arp, n))
			return false;
	for (size_t n = 1; n < tcp_size; n++)
		if (!put(tcp, n))
			return false;
	/* Every header length, and total lengths that are not those of the frame. */
	for (unsigned i = 0; i < 16; i++) {
		memcpy(lying, tcp, tcp_size);
		lying[14] = (uint8_t)(0x40 | i);
		lying[17] = (uint8_t)(i * 16);
		if (!put(lying, tcp_size))
			return false;
	}
	return true;
}

static bool print_isn(unsigned port)
{
	uint8_t f[2048];
	for (int tries = 0; tries < TRIES; tries++) {
		put(f, make_tcp(f, port, 2));
		while (get(f, sizeof(f), 0)) {
			if (f[23] != 6 || f[47] != 0x12 || f[36] != port >> 8 ||
				f[37] != (port & 255))
				continue;
			printf("%lu\n", (unsigned long)f[38] << 24 | (unsigned long)f[39] << 16 |
						(unsigned long)f[40] << 8 | f[41]);
			return put(f, make_tcp(f, port, 4));
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	if (argc != 4 || !open_wire(argv[2], argv[3]))
		return 2;
	if (!image_answers())
		return 1;
	if (strcmp(argv[1], "runts") == 0 && !send_runts())
		return 1;
	for (unsigned i = 0; strcmp(argv[1], "isn") == 0 && i < CONNECTIONS; i++)
		if (!print_isn(5000 + i))
			return 1;
	return image_answers() ? 0 : 1;
}
