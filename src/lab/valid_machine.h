/* valid_machine.h - what a recipe may ask of its kind of machine. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_VALID_MACHINE_H
#define RESPIN_LAB_VALID_MACHINE_H

#include "lab/kind.h"

/* E_INPUT with a place: the recipe asks for what its kind of machine has not. E_ABSENT: the
 * host lacks a program, a device or the KVM that this kind needs; what accel.h finds out of it is
 * kept below STATE. */
MUST_CHECK bool machine_validate(struct arena *a, const struct recipe *image, const networks *nets,
	const char *state, struct err *e);
/* What its processor is: *ACCELERATOR "tcg", "kvm" or "native". Otherwise as machine_validate(). */
MUST_CHECK bool machine_processor(struct arena *a, const struct machine_kind *kind,
	const char *state, const char **accelerator, struct err *e);
/* E_INPUT: the image itself does not suit the recipe's machine. */
MUST_CHECK bool machine_suits(
	struct arena *a, const struct recipe *image, const char *image_path, struct err *e);

#endif
