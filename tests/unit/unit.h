/* unit.h - what every unit test includes first: cmocka, without its fail() that is base's.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_UNIT_H
#define RESPIN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "base/base.h"

#define assert_str(s, z) assert_true(str_is((s), (z)))
/* A call that takes `struct err e` must work, and says why where it did not. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		if (!(call)) {                                                                     \
			print_error("%s: %s\n", #call, e.text);                                    \
			_fail(__FILE__, __LINE__);                                                 \
		}                                                                                  \
	} while (0)

/* Runs all TESTS, or those whose name is argv[1] (with * and ? as wildcards). */
#define RUN_TESTS(name)                                                                            \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		if (argc > 1)                                                                      \
			cmocka_set_test_filter(argv[1]);                                           \
		return cmocka_run_group_tests_name(name, tests, NULL, NULL);                       \
	}

#endif
