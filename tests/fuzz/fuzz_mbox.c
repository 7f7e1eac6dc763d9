/* fuzz_mbox.c - the readers of mailboxes and diffs on any bytes: what is no patch is named, what is
 * one is brought into a form that stays. SPDX-License-Identifier: ISC */
#include <string.h>

#include "git/patch.h"
#include "overlay/mail.h"
#include "overlay/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_diff(struct arena *a, struct str diff)
{
	struct err e = {0};
	struct text once = {.a = a}, twice = {.a = a};
	if (!normal_diff(diff, &once, &e)) {
		if ((e.code != E_INPUT && e.code != E_UNSAFE) || !e.text[0])
			__builtin_trap();
		return;
	}
	if (!normal_diff(text_str(&once), &twice, &e) || !str_eq(text_str(&once), text_str(&twice)))
		__builtin_trap();
}

static void check_facts(struct arena *a, const char *body)
{
	struct patch_facts f;
	patch_facts(a, body, &f);
	vec_for(problem, &f.problems)
		if (!strstr(*problem, ": "))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	mails list;
	if (!mails_read(&a, (struct str){(const char *)data, size}, "fuzz", &list, &e)) {
		if (e.code != E_INPUT || !e.text[0])
			__builtin_trap();
		return 0;
	}
	if (!list.n)
		__builtin_trap();
	vec_for(m, &list) {
		if (!m->diff.n || !m->body || (m->name && !m->email))
			__builtin_trap();
		check_diff(&a, m->diff);
		check_facts(&a, m->body);
	}
	return 0;
}
