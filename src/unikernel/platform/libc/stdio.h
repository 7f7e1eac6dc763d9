/* stdio.h - what images use of C's: printing into memory. Conversions: d i u x X o c s p %, with
 * the flags - 0 + space #, width, precision and the lengths hh h l ll z t j; no floating point.
 * SPDX-License-Identifier: ISC */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>

int snprintf(char *to, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *to, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

#endif
