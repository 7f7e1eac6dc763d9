/* mirrors.h - where this machine's apt gets its packages from. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_MIRRORS_H
#define RESPIN_FETCH_MIRRORS_H

#include "base/base.h"

struct mirrors {
	strings pools;	      /* "http://MIRROR/debian/pool/main", in apt's order */
	const char *proxy[2]; /* for http and https as apt has it; NULL: not said */
};

/* A file of a source package, where apt's index of sources has it. */
struct mirrors_file {
	const char *name, *url;
};
typedef VEC(struct mirrors_file) mirrors_files;

/* Asks apt-get for its indexes and apt-config for its proxies. E_ABSENT where there is no apt,
 * E_NET where it names no http or https mirror; OUT has the proxies then. */
MUST_CHECK bool mirrors_ask(struct arena *a, struct mirrors *out, struct err *e);
/* The lines of `apt-get indextargets`, each SITE|COMPONENT, to pools without doubles. */
void mirrors_parse(struct arena *a, struct str lines, strings *pools);
/* The files of source package SOURCE in VERSION, by the index of sources: also where an archive has
 * no pool. Empty where the index doesn't know it, or there is none. */
void mirrors_find(struct arena *a, const char *source, const char *version, mirrors_files *out);
/* The lines of `apt-get source --print-uris`: 'URL' NAME SIZE HASH. */
void mirrors_parse_files(struct arena *a, struct str lines, mirrors_files *out);
/* POOL/l/lwip/FILE for source package SOURCE (Debian Policy; libfoo lies below libf), escaped after
 * RFC 3986. */
const char *pool_url(struct arena *a, const char *pool, const char *source, const char *file);
/* The proxy for URL as download.h takes it. */
const char *mirrors_proxy(const struct mirrors *m, const char *url);

#endif
