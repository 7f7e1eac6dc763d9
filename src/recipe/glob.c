/* glob.c - which files a pattern of a recipe means. SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <fnmatch.h>

bool glob_match(const char *pattern, const char *path)
{
	return fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}
