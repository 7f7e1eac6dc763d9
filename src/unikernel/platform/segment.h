/* segment.h - TCP segments that one device can send as a whole (segmentation offload).
 * SPDX-License-Identifier: ISC */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETHERNET_HEADER 14
#define SEGMENT_HEADERS 54 /* Ethernet, IPv4 without options, TCP without options */
#define SEGMENT_MAX 65000  /* bytes of a joined frame */
#define TCP_CHECKSUM_AT 16 /* in the TCP header */

/* Is it TCP over an unfragmented IPv4 without options? FRAME has at least SEGMENT_HEADERS bytes. */
bool segment_is_tcp(const uint8_t *frame);
/* ... whose checksum the device is to fill in: that of a forwarded segment stays. */
bool segment_lacks_checksum(const uint8_t *frame);
/* May it be joined with its like: no checksum, no TCP options, no flags but ACK and PSH, some
 * payload? */
bool segment_is_plain(const uint8_t *frame, size_t n);
/* Does the plain segment NEXT (of N bytes) continue the plain frame FIRST of HAVE bytes, whose
 * segments have SIZE bytes of payload each? */
bool segment_continues(
	const uint8_t *first, size_t have, size_t size, const uint8_t *next, size_t n);
/* Takes the flags of NEXT over, whose payload joins that of FIRST. */
void segment_join(uint8_t *first, const uint8_t *next);
/* Corrects the IPv4 header of FRAME, which has grown to N bytes. */
void segment_set_length(uint8_t *frame, size_t n);
/* Puts the sum of the pseudo header into the checksum field: the device adds the rest. */
void segment_start_checksum(uint8_t *frame, size_t n);

#endif
