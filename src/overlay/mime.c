/* mime.c - the encodings of mails. SPDX-License-Identifier: ISC */
#include "overlay/mail.h"

#include <string.h>
#include <strings.h>
#include <time.h>

static bool same_word(struct str a, const char *word)
{
	return a.n == strlen(word) && !strncasecmp(a.p, word, a.n);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Quoted-printable; with WORDS the variant of encoded words, where "_" is a space. */
static bool quoted(struct str text, bool words, struct text *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c != '=') {
			c = words && c == '_' ? ' ' : c;
			text_add(out, (struct str){&c, 1});
			continue;
		}
		struct str rest = str_from(text, i + 1);
		if (str_starts(rest, S("\n")) || str_starts(rest, S("\r\n"))) {
			i += rest.p[0] == '\r' ? 2 : 1;
			continue;
		}
		int high = rest.n > 1 ? hex_digit(rest.p[0]) : -1;
		int low = rest.n > 1 ? hex_digit(rest.p[1]) : -1;
		if (high < 0 || low < 0)
			return false;
		c = (char)(high << 4 | low);
		text_add(out, (struct str){&c, 1});
		i += 2;
	}
	return true;
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool base64(struct str text, struct text *out)
{
	uint32_t bits = 0;
	int n = 0;
	bool padded = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
			continue;
		int digit = base64_digit(c);
		padded |= c == '=';
		if (c == '=')
			continue;
		if (digit < 0 || padded)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		n += 6;
		if (n >= 8) {
			n -= 8;
			char byte = (char)(bits >> n & 0xff);
			text_add(out, (struct str){&byte, 1});
		}
	}
	return true;
}

bool mime_body(struct arena *a, struct str encoding, struct str text, struct str *out)
{
	struct text decoded = {.a = a};
	encoding = str_trim(encoding);
	bool good = true;
	if (same_word(encoding, "quoted-printable"))
		good = quoted(text, false, &decoded);
	else if (same_word(encoding, "base64"))
		good = base64(text, &decoded);
	else if (!encoding.n || same_word(encoding, "7bit") || same_word(encoding, "8bit") ||
		 same_word(encoding, "binary"))
		return *out = text, true;
	else
		return false;
	if (good)
		*out = decoded.p ? text_str(&decoded) : S("");
	return good;
}

static void add_latin1(struct text *out, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		char two[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
		text_add(out, c < 0x80 ? (struct str){&bytes.p[i], 1} : (struct str){two, 2});
	}
}

/* One encoded word at the start of TEXT: its length, 0 where there is none that we can read. */
static size_t encoded_word(struct arena *a, struct str text, struct text *out)
{
	if (!str_starts(text, S("=?")))
		return 0;
	struct str rest = str_from(text, 2), charset = str_cut(&rest, '?'),
		   kind = str_cut(&rest, '?');
	struct text decoded = {.a = a};
	ptrdiff_t end = rest.p && kind.n == 1 ? str_find(rest, S("?=")) : -1;
	if (end < 0)
		return 0;
	struct str content = {rest.p, (size_t)end};
	bool q = same_word(kind, "q"), b = same_word(kind, "b");
	if ((!q && !b) || !(q ? quoted(content, true, &decoded) : base64(content, &decoded)))
		return 0;
	if (same_word(charset, "iso-8859-1") || same_word(charset, "iso-8859-15"))
		add_latin1(out, text_str(&decoded));
	else if (same_word(charset, "utf-8") || same_word(charset, "us-ascii"))
		text_add(out, text_str(&decoded));
	else
		return 0;
	return (size_t)(rest.p - text.p) + content.n + 2;
}

struct str mime_words(struct arena *a, struct str text)
{
	struct text out = {.a = a};
	bool after_word = false;
	text_addz(&out, "");
	while (text.n) {
		size_t space = 0;
		while (space < text.n && (text.p[space] == ' ' || text.p[space] == '\t'))
			space++;
		/* White space between two encoded words is not part of the text. */
		size_t skip = after_word ? space : 0;
		size_t n = encoded_word(a, str_from(text, skip), &out);
		after_word = n > 0;
		if (!n) {
			n = space ? space : 1;
			skip = 0;
			text_add(&out, (struct str){text.p, n});
		}
		text = str_from(text, skip + n);
	}
	return text_str(&out);
}

static bool number(struct str s, uint64_t max, int *out)
{
	uint64_t value;
	if (!str_u64(s, &value) || value > max)
		return false;
	*out = (int)value;
	return true;
}

static bool month_number(struct str s, int *out)
{
	static const char *const names[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	for (int i = 0; i < 12; i++)
		if (same_word(s, names[i]))
			return *out = i, true;
	return false;
}

static bool zone_minutes(struct str s, int *out)
{
	int hours, minutes;
	*out = 0;
	if (same_word(s, "GMT") || same_word(s, "UTC") || same_word(s, "UT") || same_word(s, "Z"))
		return true;
	if (s.n != 5 || (s.p[0] != '+' && s.p[0] != '-') ||
		!number((struct str){s.p + 1, 2}, 14, &hours) ||
		!number((struct str){s.p + 3, 2}, 59, &minutes))
		return false;
	*out = (s.p[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

static bool clock_time(struct str s, struct tm *t)
{
	struct str hour = str_cut(&s, ':'), minute = str_cut(&s, ':');
	return number(hour, 23, &t->tm_hour) && number(minute, 59, &t->tm_min) &&
	       (!s.p || number(s, 60, &t->tm_sec));
}

static struct str next_word(struct str *rest)
{
	*rest = str_trim(*rest);
	return str_cut(rest, ' ');
}

bool mime_date(struct str text, int64_t *when, int *offset_minutes)
{
	struct tm t = {0};
	struct str day = next_word(&text);
	if (str_ends(day, S(",")))
		day = next_word(&text);
	struct str month = next_word(&text), year = next_word(&text), at = next_word(&text);
	int zone;
	if (!number(day, 31, &t.tm_mday) || !month_number(month, &t.tm_mon) ||
		!number(year, 9999, &t.tm_year) || t.tm_year < 1970 || !clock_time(at, &t) ||
		!zone_minutes(next_word(&text), &zone))
		return false;
	t.tm_year -= 1900;
	*when = (int64_t)timegm(&t) - (int64_t)zone * 60;
	*offset_minutes = zone;
	return true;
}

/* Without the quotes of "A. Author", and without what would break a commit's header. */
static const char *clean(struct arena *a, struct str s)
{
	s = str_trim(s);
	if (s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct str){s.p + 1, s.n - 2};
	struct text out = {.a = a};
	text_addz(&out, "");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '<' && s.p[i] != '>' && s.p[i] != '\n' && s.p[i] && s.p[i] != '\\')
			text_add(&out, (struct str){s.p + i, 1});
	return out.n ? out.p : NULL;
}

void mime_address(struct arena *a, struct str text, const char **name, const char **email)
{
	ptrdiff_t open = str_find(text, S("<"));
	if (open < 0) {
		*email = clean(a, text);
		*name = *email;
		return;
	}
	struct str rest = str_from(text, (size_t)open + 1);
	*email = clean(a, str_cut(&rest, '>'));
	*name = clean(a, mime_words(a, (struct str){text.p, (size_t)open}));
	if (!*name || !*email)
		*name = *email;
}
