/* err.c - one failure, described where it happens. SPDX-License-Identifier: ISC */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

bool fail(struct err *e, enum code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	e->code = code;
	e->where[0] = e->hint[0] = '\0';
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return false;
}

bool fail_context(struct err *e, const char *fmt, ...)
{
	char context[sizeof(e->text)];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(context, sizeof(context) - 2, fmt, ap);
	va_end(ap);
	size_t length = n < 0 ? 0 : strlen(context);
	memcpy(context + length, ": ", 3);
	length += 2;
	size_t keep = strlen(e->text);
	if (keep > sizeof(e->text) - length - 1)
		keep = sizeof(e->text) - length - 1;
	memmove(e->text + length, e->text, keep);
	e->text[length + keep] = '\0';
	memcpy(e->text, context, length);
	return false;
}

bool fail_where(struct err *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!e->where[0])
		vsnprintf(e->where, sizeof(e->where), fmt, ap);
	va_end(ap);
	return false;
}

bool fail_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return false;
}

const char *code_name(enum code code)
{
	static const char *const names[] = {[OK] = "ok",
		[E_USAGE] = "usage",
		[E_INPUT] = "input",
		[E_NOTFOUND] = "not-found",
		[E_ABSENT] = "absent",
		[E_IO] = "io",
		[E_NET] = "network",
		[E_CHECKSUM] = "checksum",
		[E_UNSAFE] = "unsafe",
		[E_CONFLICT] = "conflict",
		[E_CHILD] = "program-failed",
		[E_CORRUPT] = "corrupt",
		[E_INTERRUPTED] = "interrupted",
		[E_BUG] = "bug"};
	return names[code];
}
