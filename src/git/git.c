/* git.c - loads the module that does the work. SPDX-License-Identifier: ISC */
#include "git/git.h"

bool git_load(const struct git_api **out, struct err *e)
{
	const void *table;
	if (!module_load("git", &table, e))
		return false;
	*out = table;
	return true;
}
