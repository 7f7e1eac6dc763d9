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
MUST_CHECK bool solo5_arguments(
	struct arena *a, const struct machine_plan *plan, strings *out, struct err *e);
/* The status that the image says on its console that it ended with; false: it does not say. */
bool solo5_status(struct str console, uint64_t *status);
/* The last line that is the image's own: not Solo5's banner, nor what its bindings say. */
const char *solo5_last_line(struct arena *a, struct str console);

#endif
