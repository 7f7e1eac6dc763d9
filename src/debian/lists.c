/* lists.c - the files in which apt keeps what the distribution has. SPDX-License-Identifier: ISC */
#include "debian/inner.h"

#define LIST_LIMIT ((size_t)1 << 30)

bool lists_find(struct arena *a, strings *packages, strings *sources, struct err *e)
{
	static const char *const argv[] = {
		"apt-get", "indextargets", "--format", "$(CREATED_BY)|$(FILENAME)", NULL};
	struct outcome o;
	if (!command_must(a, &(struct command){.argv = argv, .split = true}, &o, e))
		return false;
	struct str rest = o.output;
	while (rest.p) {
		struct str file = str_cut(&rest, '\n'), kind = str_cut(&file, '|');
		strings *list = str_is(kind, "Packages")  ? packages
				: str_is(kind, "Sources") ? sources
							  : NULL;
		if (list && file.n)
			vec_push(a, list, str_copy(a, file));
	}
	return true;
}

static bool is_packed(struct str file)
{
	return str_ends(file, S(".lz4")) || str_ends(file, S(".gz")) || str_ends(file, S(".xz")) ||
	       str_ends(file, S(".zst")) || str_ends(file, S(".bz2"));
}

bool lists_read(struct arena *a, const char *file, struct str *out, struct err *e)
{
	const char *const argv[] = {"/usr/lib/apt/apt-helper", "cat-file", file, NULL};
	const struct command c = {.argv = argv, .split = true, .output_limit = LIST_LIMIT};
	struct outcome o;
	if (!is_packed(str_of(file)))
		return file_read(a, file, LIST_LIMIT, out, e);
	if (!command_must(a, &c, &o, e))
		return false;
	if (o.cut)
		return fail(e, E_INPUT, "%s is larger than 1 GiB", file);
	*out = o.output;
	return true;
}
