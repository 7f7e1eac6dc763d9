/* inner.c - errors with their place in a file. SPDX-License-Identifier: ISC */
#include "opam/inner.h"

bool fail_place(struct err *e, const char *path, struct opam_place at, const char *fmt, ...)
{
	defer(arena_free) struct arena scratch = {0};
	va_list ap;
	va_start(ap, fmt);
	const char *text = str_vformat(&scratch, fmt, ap);
	va_end(ap);
	*e = (struct err){0};
	(void)fail(e, E_INPUT, "%s", text);
	return fail_where(e, "%s:%u:%u", path, at.line, at.column);
}

bool fail_field(
	struct err *e, const char *path, struct opam_place at, struct str name, const char *wanted)
{
	return fail_place(e, path, at, "field '%.*s': expected %s", STR(name), wanted);
}

bool fail_too_large(struct err *e, const char *path)
{
	return fail_place(e, path, (struct opam_place){1, 1},
		"the file is too large: expected %zu bytes at most", OPAM_FILE_MAX);
}
