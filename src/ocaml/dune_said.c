/* dune_said.c - the one line of what dune says that tells what is wrong. SPDX-License-Identifier:
 * ISC */
#include "ocaml/ocaml.h"

/* "dune:4" of 'File "dune", line 4, characters 1-13:'; NULL where it is none. */
static const char *place_of(struct arena *a, struct str line)
{
	struct str rest = line;
	if (!str_starts(line, S("File \"")))
		return NULL;
	(void)str_cut(&rest, '"');
	struct str file = str_cut(&rest, '"');
	if (!str_starts(rest, S(", line ")))
		return str_copy(a, file);
	rest = str_from(rest, S(", line ").n);
	struct str line_number = str_cut(&rest, ',');
	return str_format(a, "%.*s:%.*s", STR(file), STR(line_number));
}

const char *ocaml_dune_said(struct arena *a, const struct err *e)
{
	struct str rest = str_of(e->text), first = {NULL, 0};
	const char *place = NULL;
	while (rest.n) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		const char *here = place_of(a, line);
		if (here)
			place = here;
		if (!first.n)
			first = line;
		if (!str_starts(line, S("Error: ")))
			continue;
		line = str_from(line, S("Error: ").n);
		return place ? str_format(a, "%s: %.*s", place, STR(line)) : str_copy(a, line);
	}
	return str_copy(a, first);
}
