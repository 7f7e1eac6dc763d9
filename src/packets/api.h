/* api.h - what packets.c asks of the module respin-packets.so; packets.h tells what each does.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_PACKETS_API_H
#define RESPIN_PACKETS_API_H

#include "packets/packets.h"

struct packets_api {
	bool (*open)(const char *path, struct recording *r, struct err *e);
	void (*add)(struct recording *r, int64_t clock, struct str frame);
	bool (*flush)(struct recording *r, struct err *e);
	void (*close)(struct recording *r);
	bool (*check)(const char *filter, struct err *e);
	bool (*count)(const struct window *w, const char *filter, struct packet_count *out,
		struct err *e);
	bool (*in_order)(
		const struct window *w, const strings *filters, size_t *matched, struct err *e);
	bool (*first)(struct arena *a, const struct window *w, const char *filter, struct str *out,
		int64_t *ns, struct err *e);
};

#endif
