/* kind_process.c - a program that uses the kernel's sockets, in a network namespace of its own.
 * SPDX-License-Identifier: ISC */
#include "lab/host_program.h"

const struct machine_kind kind_process = {.name = "process",
	.cards = CARD_KERNEL,
	.listens = true,
	.asked_first = true,
	.start = host_program,
	.end = host_program_end};
