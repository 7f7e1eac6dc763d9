/* dsc.h - reads the .dsc of a Debian source package (deb-src-control(5), deb822(5)): which files it
 * consists of. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_DSC_H
#define RESPIN_FETCH_DSC_H

#include "sys/sys.h"

struct dsc_file {
	const char *name; /* letters, digits and "+-.~_" only, no dot in front */
	uint64_t size;
	struct digest sha256;
};
struct dsc {
	const char *format, *source, *version;
	VEC(struct dsc_file) files; /* of Checksums-Sha256 */
};

/* Clear-signed (RFC 4880, section 7; the signature is not looked at: the .dsc is pinned by its own
 * checksum) or plain. E_INPUT with the line's number where it is not well-formed: strict, because
 * what it says is what gets downloaded. */
MUST_CHECK bool dsc_read(struct arena *a, struct str text, struct dsc *out, struct err *e);

#endif
