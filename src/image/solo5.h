/* solo5.h - Solo5's notes of an image that is in memory. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_SOLO5_H
#define RESPIN_IMAGE_SOLO5_H

#include "image/image.h"

/* image_solo5() of BYTES; FILE is for messages. */
MUST_CHECK bool solo5_parse(struct arena *a, struct str bytes, const char *file,
	struct solo5_notes *out, struct err *e);

#endif
