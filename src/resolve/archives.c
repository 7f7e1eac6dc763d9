/* archives.c - the symbols of C that OCaml's installed libraries bring along, in archives of their
 * own: libtcpip_checksum_stubs.a. SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/exports.h"
#include "resolve/modules.h"

static void add_archive(
	struct modules *x, const struct ocaml_library *l, const char *file, uint32_t owner)
{
	struct arena *a = x->m->a;
	struct exports exports;
	struct err ignored;
	if (!file_exists(file))
		return;
	catalog_watch(x->m, file);
	if (!exports_read(a, file, &exports, &ignored))
		return;
	vec_for(symbol, &exports.symbols)
		vec_push(a, &x->m->names,
			((struct made_name){*symbol, *symbol, file,
				str_format(a, "%s, of the library %s, exports the symbol %s", file,
					l->name, *symbol),
				owner, 0, CATALOG_STATIC_SYMBOL, 0}));
}

/* "tcp.cmxa" goes with "libtcp_stubs.a" (dune) or "libtcp.a" (ocamlmklib). */
static void add_archives(struct modules *x, const struct ocaml_library *l, uint32_t owner)
{
	static const char *const endings[] = {"_stubs.a", ".a"};
	struct arena *a = x->m->a;
	vec_for(archive, &l->archives) {
		struct str stem = str_of(*archive);
		if (!str_ends(stem, S(".cmxa")))
			continue;
		stem.n -= S(".cmxa").n;
		for (size_t i = 0; i < 2; i++)
			add_archive(x, l,
				str_format(a, "%s/lib%.*s%s", l->dir, STR(stem), endings[i]),
				owner);
	}
}

void modules_add_archives(struct modules *x, bool but_debian)
{
	vec_for(l, x->all) {
		uint32_t owner = modules_owner(x, l->name);
		if (!l->is_installed || l->redirect || owner == CATALOG_NONE)
			continue;
		const char *source = x->m->owners.v[owner].source;
		if (!but_debian || !source || !str_starts(str_of(source), S("debian ")))
			add_archives(x, l, owner);
	}
}
