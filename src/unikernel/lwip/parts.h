/* parts.h - what the port's own files give each other. SPDX-License-Identifier: ISC */
#ifndef LWIP_PORT_PARTS_H
#define LWIP_PORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the frame as long as its own headers say, down to TCP's options? */
bool frame_is_whole(const uint8_t *frame, size_t n);
/* Takes the secret of the sequence numbers; before any connection. */
void isn_open(void);

#endif
