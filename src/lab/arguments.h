/* arguments.h - boot.command_line as the words of a program's command line.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_ARGUMENTS_H
#define RESPIN_LAB_ARGUMENTS_H

#include "lab/cable.h"

/* Adds the words of TEXT (NULL: none) to OUT, split as a shell does: by blanks; '...' is taken as
 * it stands, "..." but for $ and backslash; a backslash takes what follows as it stands. Nothing is
 * expanded but $ADDRESS, $PREFIX and $HOST: machine NUMBER's address, its prefix's length and the
 * host's address on network 0, $TAP: the machine's name of its tap there (with CARD_TAP), and the
 * same with a network's number behind it ($ADDRESS1, ${TAP0}). What is expanded is not split.
 * E_INPUT for any other $WORD and for a quote without an end. */
MUST_CHECK bool arguments_split(struct arena *a, const char *text, const networks *nets,
	int64_t number, enum card_kind cards, strings *out, struct err *e);
/* WORDS with blanks in between, and nothing else: as Solo5's tenders hand them to an image. */
const char *arguments_join(struct arena *a, const strings *words);

#endif
