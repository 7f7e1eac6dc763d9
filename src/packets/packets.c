/* packets.c - hands each call to the module respin-packets.so. SPDX-License-Identifier: ISC */
#include "packets/api.h"

static bool load(const struct packets_api **out, struct err *e)
{
	const void *table;
	if (!module_load("packets", &table, e))
		return false;
	*out = table;
	return true;
}

bool recording_open(const char *path, struct recording *r, struct err *e)
{
	const struct packets_api *api;
	if (!load(&api, e) || !api->open(path, r, e))
		return false;
	r->api = api;
	return true;
}

void recording_add(struct recording *r, int64_t clock, struct str frame)
{
	r->api->add(r, clock, frame);
}

bool recording_flush(struct recording *r, struct err *e)
{
	return r->api->flush(r, e);
}

void recording_close(struct recording *r)
{
	if (r->api)
		r->api->close(r);
	*r = (struct recording){0};
}

bool filter_check(const char *filter, struct err *e)
{
	const struct packets_api *api;
	return load(&api, e) && api->check(filter, e);
}

bool packets_count(
	const struct window *w, const char *filter, struct packet_count *out, struct err *e)
{
	const struct packets_api *api;
	return load(&api, e) && api->count(w, filter, out, e);
}

bool packets_in_order(
	const struct window *w, const strings *filters, size_t *matched, struct err *e)
{
	const struct packets_api *api;
	return load(&api, e) && api->in_order(w, filters, matched, e);
}

bool packets_first(struct arena *a, const struct window *w, const char *filter, struct str *out,
	int64_t *ns, struct err *e)
{
	const struct packets_api *api;
	return load(&api, e) && api->first(a, w, filter, out, ns, e);
}
