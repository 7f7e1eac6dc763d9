/* text.c - strings that are made: copies, formats, growing texts. SPDX-License-Identifier: ISC */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

char *str_copy(struct arena *a, struct str s)
{
	char *z = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(z, s.p, s.n);
	return z;
}

char *str_vformat(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *z = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	if (n >= 0)
		vsnprintf(z, (size_t)n + 1, fmt, again);
	va_end(again);
	return z;
}

char *str_format(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *z = str_vformat(a, fmt, ap);
	va_end(ap);
	return z;
}

char *path_join(struct arena *a, const char *dir, const char *name)
{
	if (!dir || !*dir || name[0] == '/')
		return str_copy(a, str_of(name));
	size_t n = strlen(dir), slash = dir[n - 1] != '/', length = strlen(name);
	char *path = arena_alloc(a, n + slash + length + 1);
	memcpy(path, dir, n);
	memcpy(path + n, "/", slash);
	memcpy(path + n + slash, name, length);
	return path;
}

void text_add(struct text *t, struct str s)
{
	if (t->cap - t->n <= s.n) {
		size_t bigger = (t->n + s.n + 1) * 2;
		char *p = arena_alloc(t->a, bigger);
		if (t->n)
			memcpy(p, t->p, t->n);
		t->p = p;
		t->cap = bigger;
	}
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	t->p[t->n] = '\0';
}

void text_addz(struct text *t, const char *z)
{
	text_add(t, str_of(z));
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	text_addz(t, str_vformat(t->a, fmt, ap));
	va_end(ap);
}

struct str text_str(const struct text *t)
{
	return (struct str){t->p, t->n};
}
