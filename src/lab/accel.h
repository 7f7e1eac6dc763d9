/* accel.h - how the machine's processor runs: emulated by QEMU, or by a KVM that is real.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_ACCEL_H
#define RESPIN_LAB_ACCEL_H

#include "sys/sys.h"

/* "kvm" where a probe has shown that it is real, else "tcg". The environment's RESPIN_ACCEL
 * overrides without a probe; E_USAGE where it is neither. The probe's answer is kept below STATE,
 * for this boot of the host and this QEMU. */
MUST_CHECK bool accel_choose(struct arena *a, const char *state, const char **out, struct err *e);
/* Boots the probe's guest with an accelerator of QEMU: *WORKS where it came to its end within
 * DEADLINE_MS. False where QEMU could not be started. */
MUST_CHECK bool accel_probe(const char *accelerator, int deadline_ms, bool *works, struct err *e);

#endif
