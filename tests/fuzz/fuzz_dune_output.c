/* fuzz_dune_output.c - lines of dune's, what makes a folder special, and the graph as it is kept:
 * any bytes. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct str line)
{
	struct dune_line l;
	if (!dune_line_parse(line, &l))
		return;
	if (!l.program.n || !l.target.n || l.target.p < line.p ||
		l.target.p + l.target.n > line.p + line.n)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size}, rest = text;
	struct build b = {.a = &scratch};
	b.real.a = b.own.a = b.opam.a = b.included.a = &scratch;
	while (rest.p)
		check_line(str_cut(&rest, '\n'));
	special_read(&b, "some/folder", "/nowhere", text, 0);
	vec_for(entry, &b.own.entries)
		if (str_starts(entry->key, S("/")) || str_starts(entry->key, S("../")))
			__builtin_trap();
	(void)graph_parse(&b, text);
	return 0;
}
