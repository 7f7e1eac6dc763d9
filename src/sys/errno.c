/* errno.c - the operating system's failures as errors of ours. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool fail_errno(struct err *e, const char *fmt, ...)
{
	int number = errno;
	char what[sizeof(e->text) - 128];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return fail(e, number == ENOENT ? E_ABSENT : E_IO, "%s: %s", what, strerror(number));
}
