/* kind_unix.c - a program that takes its network cards from taps: MirageOS's target unix.
 * SPDX-License-Identifier: ISC */
#include "lab/host_program.h"

const struct machine_kind kind_unix = {.name = "unix",
	.cards = CARD_TAP,
	.takes_dhcp = true,
	.asked_first = true,
	.start = host_program,
	.end = host_program_end};
