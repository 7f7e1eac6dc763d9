/* programs.c - programs that others made. SPDX-License-Identifier: ISC */
#include "lab/programs.h"

#include <string.h>
#include <unistd.h>

static const struct {
	const char *program, *package;
} packages[] = {
	{"qemu-system-x86_64", "qemu-system-x86"},
	{"ip", "iproute2"},
	{"arping", "iputils-arping"},
	{"ping", "iputils-ping"},
	{"curl", "curl"},
	{"dnsmasq", "dnsmasq-base"},
	{"git", "git"},
};

const char *program_anywhere(struct arena *a, const char *name)
{
	static const char *const folders[] = {"/usr/sbin", "/sbin"};
	const char *found = program_find(a, name);
	for (size_t i = 0; !found && i < 2; i++)
		found = program_find(a, path_join(a, folders[i], name));
	return found;
}

bool program_must(const char *name, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	if (program_anywhere(&scratch, name))
		return true;
	(void)fail(e, E_ABSENT, "the lab needs the program %s, which is not there", name);
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strcmp(packages[i].program, name) == 0)
			return fail_hint(e, "install the Debian package %s", packages[i].package);
	return false;
}

/* "http_proxy=...", "HTTPS_PROXY=...": of no use where no proxy can be reached. */
static bool names_proxy(const char *variable)
{
	const char *equals = strchr(variable, '=');
	return equals && equals - variable >= 6 && !strncasecmp(equals - 6, "_proxy", 6);
}

void environment_inherit(struct arena *a, strings *out)
{
	for (char **variable = environ; *variable; variable++)
		if (!str_starts(str_of(*variable), S("RESPIN_")) && !names_proxy(*variable))
			vec_push(a, out, *variable);
}
