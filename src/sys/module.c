/* module.c - shared objects beside the program, loaded on first use. SPDX-License-Identifier: ISC
 */
#include "sys/sys.h"

#include <dlfcn.h>

bool program_dir(struct arena *a, const char **out, struct err *e)
{
	const char *self;
	if (!path_real(a, "/proc/self/exe", &self, e))
		return false;
	*out = path_dir(a, self);
	return true;
}

/* Beside the program in the build folder, in ../lib/respin where it is installed. */
static void *open_module(struct arena *a, const char *dir, const char *name)
{
	const char *path = str_format(a, "%s/respin-%s.so", dir, name);
	if (!file_exists(path))
		path = str_format(a, "%s/../lib/respin/respin-%s.so", dir, name);
	return dlopen(path, RTLD_NOW);
}

bool module_load(const char *name, const void **table, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *dir;
	if (!program_dir(&scratch, &dir, e))
		return false;
	void *module = open_module(&scratch, dir, name);
	const void *found = module ? dlsym(module, str_format(&scratch, "respin_%s", name)) : NULL;
	if (!found) {
		fail(e, E_IO, "load module respin-%s.so: %s", name, dlerror());
		return fail_hint(e, "it belongs beside the program, in %s", dir);
	}
	*table = found;
	return true;
}
