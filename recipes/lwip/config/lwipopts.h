/* lwipopts.h - lwIP in an image: one thread, IPv4, TCP with large windows, and its web server.
 * SPDX-License-Identifier: ISC */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* One thread, no operating system, raw API. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define LWIP_HOOK_FILENAME "hooks.h"

/* Memory: pages that are not used cost nothing, but for QEMU's time to clear .bss; so the heap is
 * not there. */
#define MEM_ALIGNMENT 16
#define MEM_SIZE (8 * 1024 * 1024)
extern void *lwip_port_heap;
#define LWIP_RAM_HEAP_POINTER lwip_port_heap
#define MEMP_NUM_PBUF 8192
#define MEMP_NUM_TCP_PCB 512
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 16) /* sixteen for applications */
#define MEMP_NUM_TCP_SEG 8192
#define PBUF_POOL_SIZE 512
#define PBUF_POOL_BUFSIZE 1536 /* a whole frame: headers are never in two parts */
#define MEMCPY(to, from, n) __builtin_memcpy(to, from, n)
#define SMEMCPY(to, from, n) __builtin_memcpy(to, from, n)

#define LWIP_IPV4 1
#define LWIP_IPV6 0
/* Neighbours are the port's matter: it calls ip4_input() and ethernet_output() itself. */
#ifndef LWIP_ARP /* a test on the host has lwIP's own */
#define LWIP_ARP 0
#endif
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_DHCP 1
#define LWIP_RAW 0
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_HOOK_IP4_INPUT(packet, from) lwip_port_ip4_input(packet, from)

/* TCP. The send buffer is never what limits a first flight of ten segments (RFC 6928). */
#define LWIP_TCP 1
#define TCP_MSS 1460
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_WND (88 * TCP_MSS)
#define TCP_SND_BUF (512 * 1024)
#define TCP_SND_QUEUELEN (4 * TCP_SND_BUF / TCP_MSS)
#define TCP_SNDLOWAT (2 * TCP_MSS + 1)
#define TCP_LISTEN_BACKLOG 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_HOOK_TCP_ISN lwip_port_isn
/* Options in one piece: no stack cuts its TCP header up (RFC 3128). */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, optlen, opt1len, opt2, p)                          \
	((opt1len) < (optlen) ? ERR_VAL : lwip_port_segment(pcb, header, (p)->tot_len))
/* The device may fill in the checksums of TCP; everything else is lwIP's work. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

/* The web server, over files that the image gives. */
#define LWIP_HTTPD_CUSTOM_FILES 1
#define HTTPD_FSDATA_FILE "no_files.h"
#define LWIP_HTTPD_DYNAMIC_HEADERS 1
#define LWIP_HTTPD_SUPPORT_11_KEEPALIVE 1
#define LWIP_HTTPD_KILL_OLD_ON_CONNECTIONS_EXCEEDED 1
#define LWIP_HTTPD_MAX_REQUEST_URI_LEN 255
#define HTTPD_LIMIT_SENDING_TO_2MSS 0
#define HTTPD_SERVER_AGENT "lwIP/" LWIP_VERSION_STRING
#define HTTPD_ADDITIONAL_CONTENT_TYPES                                                             \
	{"svg", HTTP_HDR_SVG}, {"webp", HTTP_CONTENT_TYPE("image/webp")}, {"jpeg", HTTP_HDR_JPG},  \
		{"mjs", HTTP_HDR_JS}, {"csv", HTTP_HDR_CSV},                                       \
		{"wasm", HTTP_CONTENT_TYPE("application/wasm")},                                   \
		{"woff2", HTTP_CONTENT_TYPE("font/woff2")},                                        \
		{"mp4", HTTP_CONTENT_TYPE("video/mp4")},                                           \
	{                                                                                          \
		"gz", HTTP_CONTENT_TYPE("application/gzip")                                        \
	}

#endif
