/* version.c - the order of versions. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

static bool is_digit(struct str s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* Where the byte at AT stands among non-digits; a digit and the end stand alike. */
static int rank(struct str s, size_t at)
{
	if (at == s.n || is_digit(s, at))
		return 0;
	unsigned char c = (unsigned char)s.p[at];
	if (c == '~')
		return -1;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : c + 256;
}

/* Two runs of digits as numbers of any size. */
static int compare_numbers(struct str a, size_t *i, struct str b, size_t *j)
{
	int order = 0;
	while (*i < a.n && a.p[*i] == '0')
		++*i;
	while (*j < b.n && b.p[*j] == '0')
		++*j;
	for (; is_digit(a, *i) && is_digit(b, *j); ++*i, ++*j)
		if (!order)
			order = a.p[*i] - b.p[*j];
	return is_digit(a, *i) ? 1 : is_digit(b, *j) ? -1 : order;
}

static int compare_part(struct str a, struct str b)
{
	size_t i = 0, j = 0;
	while (i < a.n || j < b.n) {
		while ((i < a.n && !is_digit(a, i)) || (j < b.n && !is_digit(b, j))) {
			int order = rank(a, i) - rank(b, j);
			if (order)
				return order;
			i += i < a.n;
			j += j < b.n;
		}
		int order = compare_numbers(a, &i, b, &j);
		if (order)
			return order;
	}
	return 0;
}

/* The number before the first ':'; *S is what follows. */
static struct str take_epoch(struct str *s)
{
	struct str rest = *s;
	struct str epoch = str_cut(&rest, ':');
	if (!rest.p)
		return S("");
	*s = rest;
	return epoch;
}

/* What follows the last '-'; *S is what comes before. */
static struct str take_revision(struct str *s)
{
	for (size_t i = s->n; i-- > 0;) {
		if (s->p[i] != '-')
			continue;
		struct str revision = str_from(*s, i + 1);
		s->n = i;
		return revision;
	}
	return S("");
}

int opam_version_compare(struct str a, struct str b)
{
	int order = compare_part(take_epoch(&a), take_epoch(&b));
	if (order)
		return order;
	struct str revision_a = take_revision(&a), revision_b = take_revision(&b);
	order = compare_part(a, b);
	return order ? order : compare_part(revision_a, revision_b);
}

bool opam_relation_holds(enum opam_op op, int order)
{
	switch (op) {
	case OPAM_EQ:
		return order == 0;
	case OPAM_NE:
		return order != 0;
	case OPAM_LT:
		return order < 0;
	case OPAM_LE:
		return order <= 0;
	case OPAM_GT:
		return order > 0;
	case OPAM_GE:
		return order >= 0;
	default:
		return false;
	}
}
