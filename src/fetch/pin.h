/* pin.h - checksums of Debian sources that nobody wrote into a recipe. SPDX-License-Identifier: ISC
 */
#ifndef RESPIN_FETCH_PIN_H
#define RESPIN_FETCH_PIN_H

#include "fetch/fetch.h"

/* R with the checksums of its Debian sources: those that it lacks are the ones that apt told before
 * (STATE/pins), or with ASK the ones that apt tells now, which are kept. Without ASK sources that
 * no checksum is known of stay as they are. */
MUST_CHECK bool pins_add(const struct workspace *w, const struct recipe *r, bool ask,
	struct recipe *out, struct err *e);

#endif
