/* qemu.h - what the kinds of machines in QEMU have in common. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_QEMU_H
#define RESPIN_LAB_QEMU_H

#include "lab/kind.h"

#define QEMU "qemu-system-x86_64"

/* Adds processor, memory and console, and nothing that was not asked for. */
void qemu_common(struct arena *a, const struct machine_plan *plan, strings *argv);
/* Adds a device of type CARD for each network, and one of type DISK where there is a disk. */
void qemu_devices(struct arena *a, const struct machine_plan *plan, const char *card,
	const char *disk, strings *argv);
/* Of struct machine_kind. */
const char *qemu_no_start(struct arena *a, const struct remains *r);
struct ending qemu_end(struct arena *a, const struct remains *r);

#endif
