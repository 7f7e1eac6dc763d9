/* option.c - KEY=VALUE words of the command line. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define WORDS_MAX 32

static char text[2048];
static struct {
	char *key;
	const char *value; /* NULL: a word without "=" */
	bool known;
} words[WORDS_MAX];
static unsigned word_count;

static void word_add(char *word)
{
	if (word_count == WORDS_MAX)
		panic("the command line has more than %d words", WORDS_MAX);
	char *equals = strchr(word, '=');
	if (equals)
		*equals = '\0';
	words[word_count].key = word;
	words[word_count++].value = equals ? equals + 1 : NULL;
}

void option_open(char *command_line)
{
	size_t n = strlen(command_line);
	if (n >= sizeof(text))
		panic("the command line has more than %u bytes", (unsigned)sizeof(text) - 1);
	memcpy(text, command_line, n + 1);
	memset(command_line, 0, n); /* secrets are wiped out of one place only */
	for (char *p = text; *p;) {
		char *word = p;
		while (*p && *p != ' ')
			p++;
		if (*p)
			*p++ = '\0';
		if (*word)
			word_add(word);
	}
}

const char *option_get(const char *key)
{
	const char *value = NULL;
	for (unsigned i = word_count; i-- > 0;) {
		if (strcmp(words[i].key, key) != 0 || !words[i].value)
			continue;
		words[i].known = true;
		value = words[i].value;
	}
	return value;
}

uint64_t option_number(const char *key, uint64_t fallback)
{
	const char *value = option_get(key);
	if (!value)
		return fallback;
	uint64_t number = 0;
	const char *p = value;
	for (; *p >= '0' && *p <= '9' && number < UINT64_MAX / 10 - 9; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	if (*p || p == value)
		panic("option %s=%s: expected a decimal number", key, value);
	return number;
}

size_t option_secret(const char *key, char out[OPTION_SECRET_MAX])
{
	const char *value = option_get(key);
	size_t n = value ? strlen(value) : 0;
	if (n >= OPTION_SECRET_MAX)
		panic("option %s=: longer than %d bytes", key, OPTION_SECRET_MAX - 1);
	if (n)
		memcpy(out, value, n);
	out[n] = '\0';
	if (n)
		memset(text + (value - text), '*', n);
	return n;
}

/* The value may be a secret, behind a key with a mistake in it. */
void option_report_unknown(void)
{
	for (unsigned i = 0; i < word_count; i++)
		if (!words[i].known)
			console_printf("respin: unknown option ignored: %s\n", words[i].key);
}
