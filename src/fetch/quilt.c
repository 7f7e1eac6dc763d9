/* quilt.c - Debian's patches of a source tree. SPDX-License-Identifier: ISC */
#include "fetch/quilt.h"

#include <string.h>

#include "fetch/rules.h"
#include "sys/sys.h"

enum { SERIES_MOST = 1 << 20, DEPTH_MOST = 8 };

bool quilt_series(struct arena *a, struct str text, strings *out, struct err *e)
{
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		line = str_trim(str_cut(&line, '#'));
		struct str name = str_cut(&line, ' ');
		if (!name.n)
			continue;
		const char *rule = name_refused(name, DEPTH_MOST);
		if (rule)
			return fail(e, E_UNSAFE, "debian/patches/series: '%s' refused: %s",
				name_quote(a, name), rule);
		vec_push(a, out, str_copy(a, name));
	}
	return true;
}

/* --unified keeps patch(1) from running scripts of ed, --get=0 from asking version control. */
MUST_CHECK static bool apply(struct arena *a, const char *tree, const char *name, struct err *e)
{
	const char *file = str_format(a, "debian/patches/%s", name);
	const char *const argv[] = {"patch", "--strip=1", "--fuzz=0", "--batch", "--forward",
		"--unified", "--get=0", "--no-backup-if-mismatch", "--reject-file=-", "--input",
		file, NULL};
	struct outcome o;
	if (!command_run(a, &(struct command){.argv = argv, .dir = tree}, &o, e)) {
		if (e->code != E_NOTFOUND)
			return false;
		return fail_hint(e,
			"Debian's patches are applied by the program patch; its package "
			"has the same name");
	}
	if (o.exit_code != 0)
		return fail(e, E_INPUT, "%s does not apply: patch %s:\n%.*s", file,
			outcome_words(a, &o), STR(str_trim(o.output)));
	return true;
}

bool quilt_apply(const char *tree, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *series = path_join(&scratch, tree, "debian/patches/series");
	if (!file_exists(series))
		return true;
	struct str text;
	strings names = {0};
	if (!file_read(&scratch, series, SERIES_MOST, &text, e) ||
		!quilt_series(&scratch, text, &names, e))
		return false;
	vec_for(name, &names) {
		if (!apply(&scratch, tree, *name, e))
			return false;
	}
	return true;
}
