/* origins.h - where OCaml's installed packages come from: opam's switch, or the distribution.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_ORIGINS_H
#define RESPIN_RESOLVE_ORIGINS_H

#include "opam/opam.h"
#include "resolve/modules.h"
#include "resolve/search.h"

struct origins {
	struct arena *a;
	const char *switch_dir; /* of opam's, whose lib/ is among findlib's folders; or NULL */
	struct opam_switch in_switch;
	bool has_dpkg;
	struct catalog dpkg;
	struct map libraries; /* the first of each package, by the package */
};
/* What decides which libraries are seen: another environment, another key. */
const char *origins_key(struct arena *a, const struct ocaml_site *site);
/* Of LIBRARIES, all those of SITE; M comes to depend on what is read. */
void origins_open(struct origins *o, struct search *s, struct catalog_maker *m,
	const struct ocaml_site *site, const ocaml_libraries *libraries);
/* In a switch its own record tells the version, in the distribution dpkg's the source; of neither
 * there is nothing to tell. */
struct modules_origin origins_find(const struct origins *o, const char *package);
void origins_close(struct origins *o);

#endif
