/* fuzz_past.c - what machines write into their state and messages: a field lies within the text,
 * plain text has no long number and is its own plain text, a kind has no digit; and what goes to a
 * terminal commands nothing. The first line is the field's name. SPDX-License-Identifier: ISC */
#include "cmd/state.h"
#include "past/past.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The program's tables are main.c's, which is not linked here. */
const struct option global_options[1];
const struct subcommand subcommands[1];
const size_t subcommand_count;

static bool has_long_number(const char *z)
{
	for (int digits = 0; *z; z++) {
		digits = *z >= '0' && *z <= '9' ? digits + 1 : 0;
		if (digits >= 4)
			return true;
	}
	return false;
}

/* Only colours: ESC [ digits and semicolons m. */
static bool commands_terminal(const char *z)
{
	for (; *z; z++) {
		if (*z == '\033') {
			if (z[1] != '[')
				return true;
			z += 2 + strspn(z + 2, "0123456789;");
			if (*z != 'm')
				return true;
		} else if ((*z >= 0 && *z < ' ' && *z != '\n' && *z != '\t') || *z == 0x7f) {
			return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct context c = {.a = &a};
	struct str text = {(const char *)data, size}, all = text;
	const char *field = str_copy(&a, str_cut(&text, '\n'));
	struct str value = text.p ? past_field(text, field) : text;
	if (value.p && (value.p < text.p || value.p + value.n > text.p + text.n))
		__builtin_trap();
	const char *plain = past_plain(&a, all), *again = past_plain(&a, str_of(plain));
	if (!memchr(data, 0, size) && (has_long_number(plain) || strcmp(plain, again)))
		__builtin_trap();
	const char *kind = past_kind(&a, str_copy(&a, all));
	if (!*kind || strpbrk(kind, "0123456789\n"))
		__builtin_trap();
	if (commands_terminal(place_text(&c, all)))
		__builtin_trap();
	(void)past_matches(field, plain);
	return 0;
}
