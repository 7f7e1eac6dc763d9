/* fit.c - which packages can't have an overlay, and why. SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/work.h"
#include "sys/sys.h"

/* Its files are edited where they are, and a copy would hold the overlays themselves. */
MUST_CHECK static bool check_own(const struct workspace *w, const struct recipe *r, struct err *e)
{
	struct tree source;
	if (!source_locate(w, r, &source, e))
		return false;
	size_t n = source.dir && source.is_path ? strlen(source.dir) : 0;
	if (!n || strncmp(w->root, source.dir, n) != 0 || (w->root[n] && w->root[n] != '/'))
		return true;
	fail(e, E_USAGE, "%s is this project itself: it takes no overlay", r->name);
	return fail_hint(e, "edit its files where they are; every build takes them as they stand");
}

/* What was installed may have been built by anything; in its place dune must build it. */
MUST_CHECK static bool check_dune(const struct workspace *w, const struct recipe *r, struct err *e)
{
	struct tree source;
	if (!r->is_made || dir_exists(path_join(w->a, w->root, r->build.dune->place)))
		return true;
	if (!source_ensure(w, r, &source, e))
		return false;
	if (file_exists(path_join(w->a, source.dir, "dune-project")))
		return true;
	fail(e, E_INPUT,
		"the source of %s is not built by dune, so it can't take the installed one's place",
		r->name);
	return fail_where(e, "%s", source.dir);
}

bool work_check_fit(const struct workspace *w, const struct recipe *r, struct err *e)
{
	return check_own(w, r, e) && check_dune(w, r, e);
}
