/* text_file.c - reads a file whole, or says that it is none that can be. SPDX-License-Identifier:
 * ISC */
#include "ocaml/text_file.h"

#include "sys/sys.h"

bool text_file_read(struct arena *a, const char *path, const char *shown, size_t limit,
	struct str *out, struct err *e)
{
	if (file_read(a, path, limit, out, e))
		return true;
	if (e->code != E_INPUT)
		return false;
	if (dir_exists(path))
		(void)fail(e, E_INPUT, "expected a file: this is a folder");
	else
		(void)fail(e, E_INPUT, "expected a file of at most %zu MiB", limit >> 20);
	return fail_where(e, "%s:1:1", shown);
}
