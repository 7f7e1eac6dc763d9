/* stdlib.c - numbers out of text. SPDX-License-Identifier: ISC */
#include <stdlib.h>

int atoi(const char *s)
{
	unsigned value = 0;
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	int negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	for (; *s >= '0' && *s <= '9'; s++)
		value = value * 10 + (unsigned)(*s - '0');
	return negative ? (int)-value : (int)value;
}
