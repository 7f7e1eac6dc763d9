/* fuzz_catalog.c - a catalog whose bytes are damaged: refused, or asked without harm.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct arena *a, const struct catalog *c)
{
	const struct catalog_name *first;
	size_t length = 0;
	for (uint32_t i = 0; i < c->header->count[CATALOG_NAMES]; i++) {
		const struct catalog_name *n = &c->names[i];
		length += catalog_find(c, str_of(catalog_text(c, n->name)), &first);
		length += strlen(catalog_text(c, n->shown)) + strlen(catalog_text(c, n->why));
		const struct catalog_owner *o = catalog_owner(c, n->owner);
		for (uint32_t kind = 0; o && kind <= CATALOG_IMPLEMENTED_BY; kind++) {
			strings facts = catalog_facts(c, a, o, (enum catalog_fact_kind)kind);
			vec_for(fact, &facts)
				length += strlen(*fact);
		}
	}
	uint32_t owners = c->header->count[CATALOG_OWNERS];
	bool *marked = NEW_ARRAY(a, bool, owners);
	if (owners)
		marked[0] = true;
	catalog_mark_dependents(c, marked);
	*(volatile size_t *)&length = length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct catalog c;
	char *aligned = arena_alloc(&a, size);
	memcpy(aligned, data, size);
	if (catalog_view((struct str){aligned, size}, &c))
		ask(&a, &c);
	return 0;
}
