/* options.h - words of its command line that an image did not know. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_OPTIONS_H
#define RESPIN_LAB_OPTIONS_H

#include "base/base.h"

/* Adds to OUT, once each and at most 16, the keys that CONSOLE says were ignored; but for those
 * that the lab gives to every image, which need not use them. */
void options_unknown(struct arena *a, struct str console, strings *out);

#endif
