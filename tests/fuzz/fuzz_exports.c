/* fuzz_exports.c - libraries whose bytes are damaged: refused, or read without harm.
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "resolve/exports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct exports exports = {0};
	struct err e = {0};
	char path[64];
	defer(close_fd) int fd = memfd_create("library", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!exports_read(&a, path, &exports, &e)) {
		if (e.code != E_INPUT || !e.text[0])
			__builtin_trap();
		return 0;
	}
	vec_for(symbol, &exports.symbols)
		if (!**symbol)
			__builtin_trap();
	return 0;
}
