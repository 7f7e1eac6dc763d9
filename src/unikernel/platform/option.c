/* option.c - KEY=VALUE words of the command line. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define WORDS_MAX 32
#define KEY_MAX 48

static char text[2048];
static struct {
	char *key;
	const char *value; /* NULL: a word without "=" */
	bool known;
} words[WORDS_MAX];
static unsigned word_count;
/* The keys that were asked for, each with its NUL: what a mistyped one may have meant. */
static char asked[4096];
static size_t asked_n;

static void word_add(char *word)
{
	if (word_count == WORDS_MAX)
		refuse("the command line has more than %d words", WORDS_MAX);
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
		refuse("the command line has more than %u bytes", (unsigned)sizeof(text) - 1);
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

/* Where there is no more room, there are fewer suggestions. */
static void remember(const char *key)
{
	size_t n = strlen(key) + 1;
	for (const char *p = asked; p < asked + asked_n; p += strlen(p) + 1)
		if (strcmp(p, key) == 0)
			return;
	if (n > KEY_MAX || n > sizeof(asked) - asked_n)
		return;
	memcpy(asked + asked_n, key, n);
	asked_n += n;
}

const char *option_get(const char *key)
{
	const char *value = NULL;
	remember(key);
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
		refuse("%s=%s: expected a decimal number", key, value);
	return number;
}

size_t option_secret(const char *key, char out[OPTION_SECRET_MAX])
{
	const char *value = option_get(key);
	size_t n = value ? strlen(value) : 0;
	if (n >= OPTION_SECRET_MAX)
		refuse("%s=: longer than %d bytes", key, OPTION_SECRET_MAX - 1);
	if (n)
		memcpy(out, value, n);
	out[n] = '\0';
	if (n)
		memset(text + (value - text), '*', n);
	return n;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters are wrong, missing, too many or swapped with the next (optimal string
 * alignment). */
static unsigned mistakes(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned rows[3][KEY_MAX + 1];
	for (unsigned j = 0; j <= bn; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			row[j] = least(least(row[j - 1], above[j]) + 1,
				above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two[j - 2] + 1);
		}
	}
	return rows[an % 3][bn];
}

/* The option that KEY is likely to mean, or NULL: short ones are near to each other anyway. */
static const char *nearest(const char *key)
{
	size_t n = strlen(key);
	const char *found = NULL;
	unsigned most = n < 5 || n > KEY_MAX ? 0 : n < 10 ? 1 : 2;
	for (const char *p = asked; most && p < asked + asked_n; p += strlen(p) + 1) {
		unsigned m = mistakes(key, n, p, strlen(p));
		if (m > most || (found && m == most))
			continue;
		found = p;
		most = m;
	}
	return found;
}

/* The lab's, of images that are several machines. */
static bool is_lab_word(const char *key)
{
	return strcmp(key, "node") == 0 || strcmp(key, "nodes") == 0;
}

/* The value may be a secret, behind a key with a mistake in it. */
void option_report_unknown(void)
{
	for (unsigned i = 0; i < word_count; i++) {
		if (words[i].known)
			continue;
		const char *near = is_lab_word(words[i].key) ? NULL : nearest(words[i].key);
		if (near && words[i].value)
			refuse("%s=: there is no such option; did you mean %s=?", words[i].key,
				near);
		console_printf("respin: unknown option ignored: %s\n", words[i].key);
	}
}
