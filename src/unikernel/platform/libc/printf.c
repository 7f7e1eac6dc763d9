/* printf.c - printing into memory. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The text so far; N counts also what found no room. */
struct sink {
	char *p;
	size_t size, n;
};

/* One conversion: "%-08.3llx" taken apart. */
struct conversion {
	bool left, zero, plus, space, alternate;
	int width, precision; /* precision -1: not given */
	int length;	      /* bytes of the argument */
	char kind;
};

static void put(struct sink *s, char c)
{
	if (s->n + 1 < s->size)
		s->p[s->n] = c;
	s->n++;
}

static void put_times(struct sink *s, char c, int times)
{
	while (times-- > 0)
		put(s, c);
}

static void put_text(struct sink *s, const struct conversion *c, const char *text)
{
	int n = 0;
	while ((c->precision < 0 || n < c->precision) && text[n])
		n++;
	put_times(s, ' ', c->left ? 0 : c->width - n);
	for (int i = 0; i < n; i++)
		put(s, text[i]);
	put_times(s, ' ', c->left ? c->width - n : 0);
}

/* Digits end at END; returns where they begin. */
static char *digits(char *end, uint64_t value, unsigned radix, const char *alphabet)
{
	while (value) {
		*--end = alphabet[value % radix];
		value /= radix;
	}
	return end;
}

static void put_number(
	struct sink *s, const struct conversion *c, uint64_t value, const char *prefix)
{
	char room[24], *end = room + sizeof(room);
	unsigned radix = c->kind == 'o' ? 8 : c->kind == 'x' || c->kind == 'X' ? 16 : 10;
	const char *p =
		digits(end, value, radix, c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef");
	int n = (int)(end - p), least = c->precision < 0 ? 1 : c->precision;
	int zeros = n < least ? least - n : 0;
	int pad = c->width - n - zeros - (int)strlen(prefix);
	if (c->zero && !c->left && c->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	put_times(s, ' ', c->left ? 0 : pad);
	while (*prefix)
		put(s, *prefix++);
	put_times(s, '0', zeros);
	while (p < end)
		put(s, *p++);
	put_times(s, ' ', c->left ? pad : 0);
}

static void put_signed(struct sink *s, const struct conversion *c, int64_t value)
{
	const char *prefix = value < 0 ? "-" : c->plus ? "+" : c->space ? " " : "";
	put_number(s, c, value < 0 ? -(uint64_t)value : (uint64_t)value, prefix);
}

static const char *parse_flags(const char *f, struct conversion *c)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			c->left = true;
			break;
		case '0':
			c->zero = true;
			break;
		case '+':
			c->plus = true;
			break;
		case ' ':
			c->space = true;
			break;
		case '#':
			c->alternate = true;
			break;
		default:
			return f;
		}
	}
}

static const char *parse_int(const char *f, int *out)
{
	for (*out = 0; *f >= '0' && *f <= '9'; f++)
		*out = *out * 10 + (*f - '0');
	return f;
}

static const char *parse_length(const char *f, struct conversion *c)
{
	c->length = sizeof(int);
	for (;; f++) {
		if (*f == 'h')
			c->length /= 2;
		else if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
			c->length = sizeof(long);
		else
			return f;
	}
}

static int64_t narrow_signed(int64_t value, int length)
{
	return length == 1 ? (int8_t)value : length == 2 ? (int16_t)value : value;
}

static uint64_t narrow_unsigned(uint64_t value, int length)
{
	return length == 1 ? (uint8_t)value : length == 2 ? (uint16_t)value : value;
}

/* A va_list that functions can pass on by address. */
struct arguments {
	va_list ap;
};

static const char *parse(const char *f, struct conversion *c, struct arguments *a)
{
	f = parse_flags(f, c);
	if (*f == '*') {
		c->width = va_arg(a->ap, int);
		if (c->width < 0) {
			c->left = true;
			c->width = -c->width;
		}
		f++;
	} else {
		f = parse_int(f, &c->width);
	}
	c->precision = -1;
	if (*f == '.' && f[1] == '*') {
		c->precision = va_arg(a->ap, int);
		f += 2;
	} else if (*f == '.') {
		f = parse_int(f + 1, &c->precision);
	}
	f = parse_length(f, c);
	c->kind = *f;
	return f;
}

static void convert(struct sink *s, const struct conversion *c, struct arguments *a)
{
	char one[2] = {0};
	uint64_t value;
	const char *text;
	switch (c->kind) {
	case 'd':
	case 'i':
		put_signed(s, c,
			c->length == 8 ? va_arg(a->ap, long)
				       : narrow_signed(va_arg(a->ap, int), c->length));
		break;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		value = c->length == 8 ? va_arg(a->ap, unsigned long)
				       : narrow_unsigned(va_arg(a->ap, unsigned), c->length);
		text = c->kind == 'X' ? "0X" : c->kind == 'o' ? "0" : "0x";
		put_number(s, c, value, c->alternate && value && c->kind != 'u' ? text : "");
		break;
	case 'p':
		put_number(s,
			&(struct conversion){
				.kind = 'x', .width = c->width, .left = c->left, .precision = -1},
			(uintptr_t)va_arg(a->ap, void *), "0x");
		break;
	case 's':
		text = va_arg(a->ap, const char *);
		put_text(s, c, text ? text : "(null)");
		break;
	default: /* c, % and what we don't know: as it stands */
		one[0] = c->kind == 'c' ? (char)va_arg(a->ap, int) : c->kind;
		put_text(s, c, one);
	}
}

int vsnprintf(char *to, size_t size, const char *fmt, va_list ap)
{
	struct sink s = {to, size, 0};
	struct arguments a;
	va_copy(a.ap, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&s, *fmt);
			continue;
		}
		struct conversion c = {0};
		fmt = parse(fmt + 1, &c, &a);
		if (!c.kind)
			break;
		convert(&s, &c, &a);
	}
	va_end(a.ap);
	if (size)
		to[s.n < size ? s.n : size - 1] = '\0';
	return (int)s.n;
}

int snprintf(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(to, size, fmt, ap);
	va_end(ap);
	return n;
}
