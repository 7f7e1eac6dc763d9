/* stdlib.h - what images use of C's. SPDX-License-Identifier: ISC */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

int atoi(const char *s);

#endif
