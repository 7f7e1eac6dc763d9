/* solo5.h - what the kinds of machines for Solo5 images have in common. SPDX-License-Identifier:
 * ISC
 */
#ifndef RESPIN_LAB_SOLO5_H
#define RESPIN_LAB_SOLO5_H

#include "image/image.h"
#include "lab/kind.h"

/* Of struct machine_kind: the image is one for TARGET, and the recipe gives it the devices that it
 * wants. */
MUST_CHECK bool solo5_suits(struct arena *a, const char *image_path, const char *target,
	const struct image_how *how, const char **member, struct err *e);
/* The Nth device of this sort (0 is the first), or NULL. */
const struct solo5_device *solo5_device(const struct solo5_notes *notes, bool is_card, size_t n);
/* The words of boot.command_line. */
MUST_CHECK bool solo5_words(
	struct arena *a, const struct machine_plan *plan, strings *out, struct err *e);
/* How an image ended that says "Solo5: solo5_exit(STATUS) called" on its console. *TOLD is false
 * where it doesn't say so. */
struct ending solo5_end(struct arena *a, struct str console, bool *told);

#endif
