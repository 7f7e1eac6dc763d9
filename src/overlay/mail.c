/* mail.c - takes mails and mailboxes apart. SPDX-License-Identifier: ISC */
#include "overlay/mail.h"

#include <string.h>
#include <strings.h>

/* Longer headers are no mail's: what is beyond is dropped. */
#define HEADER_LIMIT ((size_t)64 * 1024)

/* A line without its line end; *REST is what follows. */
static struct str cut_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "From 0123... Mon Sep 17 00:00:00 2001": what separates the mails of a mailbox. A sentence that
 * begins with "From " has no time and no year at its end. */
static bool is_separator(struct str line)
{
	if (!str_starts(line, S("From ")) || line.n < 19)
		return false;
	struct str tail = str_trim(line);
	tail = str_from(tail, tail.n - 14);
	uint64_t year;
	return tail.p[0] == ' ' && tail.p[3] == ':' && tail.p[6] == ':' && tail.p[9] == ' ' &&
	       str_u64(str_from(tail, 10), &year);
}

static bool starts_word(struct str line, const char *word)
{
	size_t n = strlen(word);
	return line.n >= n && !strncasecmp(line.p, word, n);
}

static bool is_header(struct str line)
{
	size_t i = 0;
	while (i < line.n && (line.p[i] == '-' || (line.p[i] >= '0' && line.p[i] <= '9') ||
				     (line.p[i] >= 'A' && line.p[i] <= 'Z') ||
				     (line.p[i] >= 'a' && line.p[i] <= 'z')))
		i++;
	return i && i < line.n && line.p[i] == ':';
}

/* Does a diff begin at this line? */
static bool begins_diff(struct str text)
{
	struct str line = cut_line(&text);
	if (str_starts(line, S("diff --git ")) || str_starts(line, S("diff -")) ||
		str_starts(line, S("Index: ")))
		return true;
	return str_starts(line, S("--- ")) && str_starts(text, S("+++ "));
}

/* The part of TEXT from its first diff on; empty where there is none. */
static struct str find_diff(struct str text)
{
	while (text.n && !begins_diff(text))
		cut_line(&text);
	return text.n ? text : S("");
}

/* Where a mail program or an editor has made all line ends CRLF, the diff's first line tells: it is
 * the diff's own, not the file's. */
static struct str undo_crlf(struct arena *a, struct str diff)
{
	struct str rest = diff;
	if (!str_ends(str_cut(&rest, '\n'), S("\r")))
		return diff;
	struct text out = {.a = a};
	while (diff.n) {
		struct str before = diff, line = cut_line(&diff);
		text_add(&out, line);
		if (diff.p || str_ends(before, S("\n")))
			text_addz(&out, "\n");
	}
	return text_str(&out);
}

struct headers {
	struct str from, subject, date, encoding, type;
	struct str author, description; /* DEP-3's */
	struct text more;		/* lines of the description behind its first */
	struct text trailers;		/* DEP-3's other fields, as they are */
};

/* Fields of DEP-3 that become trailers of the message. */
static bool is_trailer(struct str line)
{
	static const char *const names[] = {"Origin:", "Forwarded:", "Bug:", "Bug-",
		"Applied-Upstream:", "Last-Update:", "Upstream-Status:", "Reviewed-by:",
		"Acked-by:", "Fixes-Check:"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts_word(line, names[i]))
			return true;
	return false;
}

static struct str *header_place(struct headers *h, struct str *line)
{
	const struct {
		const char *name;
		struct str *place;
	} known[] = {{"From:", &h->from}, {"Subject:", &h->subject}, {"Date:", &h->date},
		{"Content-Transfer-Encoding:", &h->encoding}, {"Content-Type:", &h->type},
		{"Author:", &h->author}, {"Description:", &h->description}};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (starts_word(*line, known[i].name)) {
			*line = str_trim(str_from(*line, strlen(known[i].name)));
			return known[i].place;
		}
	return NULL;
}

/* A line that goes on with the one before; " ." is an empty one of a description. */
static void continue_header(
	struct arena *a, struct headers *h, struct str *place, bool trailer, struct str line)
{
	struct str more = str_trim(line);
	if (trailer)
		text_addf(&h->trailers, " %.*s\n", STR(more));
	else if (place == &h->description)
		text_addf(&h->more, "%.*s\n", STR(str_is(more, ".") ? S("") : more));
	else if (place && place->n + more.n < HEADER_LIMIT)
		*place = str_of(str_format(a, "%.*s %.*s", STR(*place), STR(more)));
}

/* Reads headers up to the empty line, a line "---" or the diff; continued lines are joined by a
 * space. */
static void read_headers(struct arena *a, struct str *rest, struct headers *out)
{
	struct str *place = NULL;
	bool trailer = false;
	out->more.a = out->trailers.a = a;
	while (rest->n && !begins_diff(*rest)) {
		struct str line = cut_line(rest);
		if (!line.n || str_is(line, "---"))
			return;
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			continue_header(a, out, place, trailer, line);
			continue;
		}
		trailer = is_trailer(line);
		if (trailer)
			text_addf(&out->trailers, "%.*s\n", STR(line));
		place = trailer ? NULL : header_place(out, &line);
		if (place)
			*place = line;
	}
}

/* Without "Re:" and "[PATCH 1/2]"; other words in brackets belong to the subject. */
static struct str clean_subject(struct str s)
{
	for (;;) {
		s = str_trim(s);
		if (starts_word(s, "Re:")) {
			s = str_from(s, 3);
			continue;
		}
		struct str rest = s, tag = str_cut(&rest, ']');
		bool patch = str_starts(tag, S("[")) && rest.p &&
			     (str_find(tag, S("PATCH")) >= 0 || str_find(tag, S("patch")) >= 0);
		if (!patch)
			return s;
		s = rest;
	}
}

/* Headers at the start of the body replace the mail's: who forwards a patch is not its author. */
static void read_inner_headers(struct arena *a, struct str *body, struct headers *h)
{
	struct str rest = *body;
	while (rest.n && (rest.p[0] == '\n' || rest.p[0] == '\r'))
		cut_line(&rest);
	if (starts_word(rest, "From:") || starts_word(rest, "Subject:") ||
		starts_word(rest, "Date:")) {
		read_headers(a, &rest, h);
		*body = rest;
	}
}

/* The message ends at a line "---" or where the diff begins. */
static struct str cut_message(struct arena *a, struct str *rest)
{
	struct text out = {.a = a};
	text_addz(&out, "");
	while (rest->n && !begins_diff(*rest)) {
		struct str line = cut_line(rest);
		if (str_is(line, "---"))
			break;
		text_addf(&out, "%.*s\n", STR(line));
	}
	return str_trim(text_str(&out));
}

/* The message's paragraphs: DEP-3's description, whose first line may be the SUBJECT, the mail's
 * text, DEP-3's fields. */
static const char *join_body(
	struct arena *a, const struct headers *h, struct str subject, struct str message)
{
	struct text lead = {.a = a};
	if (subject.p != h->description.p)
		text_addf(&lead, "%.*s\n", STR(h->description));
	text_add(&lead, text_str(&h->more));
	const struct str parts[] = {
		str_trim(text_str(&lead)), message, str_trim(text_str(&h->trailers))};
	struct text out = {.a = a};
	text_addz(&out, "");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].n)
			text_addf(&out, "%s%.*s", out.n ? "\n\n" : "", STR(parts[i]));
	return out.p;
}

static bool readable(struct str type)
{
	if (!type.n)
		return true;
	ptrdiff_t at = str_find(type, S("charset="));
	struct str charset = at < 0 ? S("utf-8") : str_from(type, (size_t)at + 8);
	if (str_starts(charset, S("\"")))
		charset = str_from(charset, 1);
	return starts_word(type, "text/") &&
	       (starts_word(charset, "utf-8") || starts_word(charset, "us-ascii") ||
		       starts_word(charset, "iso-8859-1"));
}

static bool read_mail(struct arena *a, struct str text, struct mail *out, struct err *e)
{
	struct headers h = {0};
	struct str body;
	read_headers(a, &text, &h);
	if (!readable(h.type)) {
		fail(e, E_INPUT, "mail of type \"%.*s\"; expected plain text in UTF-8",
			STR(h.type));
		return fail_hint(e, "save the patch itself, or the mail without attachments");
	}
	if (!mime_body(a, h.encoding, text, &body))
		return fail(
			e, E_INPUT, "the mail's encoding \"%.*s\" can't be read", STR(h.encoding));
	read_inner_headers(a, &body, &h);
	struct str message = cut_message(a, &body);
	struct str subject = clean_subject(mime_words(a, h.subject));
	if (!subject.n)
		subject = h.description;
	*out = (struct mail){
		.body = join_body(a, &h, subject, message), .diff = undo_crlf(a, find_diff(body))};
	out->subject = subject.n ? str_copy(a, subject) : NULL;
	out->dated = mime_date(h.date, &out->when, &out->offset_minutes);
	if (!h.from.n)
		h.from = h.author;
	if (h.from.n)
		mime_address(a, h.from, &out->name, &out->email);
	return true;
}

/* Cuts the next mail of a mailbox: up to the next separator. */
static struct str cut_mail(struct str *rest)
{
	struct str mail = *rest;
	while (rest->n) {
		struct str here = *rest, line = cut_line(rest);
		if (is_separator(line) && here.p != mail.p) {
			*rest = here;
			return (struct str){mail.p, (size_t)(here.p - mail.p)};
		}
	}
	return mail;
}

static bool read_mailbox(struct arena *a, struct str text, mails *out, struct err *e)
{
	size_t number = 0;
	while (text.n) {
		struct str mail = cut_mail(&text), first = mail;
		if (is_separator(cut_line(&first)))
			mail = first;
		number++;
		if (!read_mail(a, mail, vec_add(a, out), e))
			return fail_context(e, "mail %zu", number);
		/* The first mail of a series may be its introduction. */
		if (!out->v[out->n - 1].diff.n)
			out->n--;
	}
	return true;
}

bool mails_read(struct arena *a, struct str text, const char *file, mails *out, struct err *e)
{
	mails found = {0};
	struct str rest = text;
	while (rest.n && (rest.p[0] == '\n' || rest.p[0] == '\r'))
		cut_line(&rest);
	struct str first = rest;
	first = cut_line(&first);
	if (memchr(text.p ? text.p : "", '\0', text.n)) {
		fail(e, E_INPUT, "%s holds a NUL byte: it is no patch", file);
		return fail_where(e, "%s", file);
	}
	if (is_separator(first) || (is_header(first) && !begins_diff(rest))) {
		if (!read_mailbox(a, rest, &found, e))
			return fail_where(e, "%s", file);
	} else if (find_diff(rest).n) {
		vec_push(a, &found,
			((struct mail){.body = "", .diff = undo_crlf(a, find_diff(rest))}));
	}
	if (!found.n) {
		fail(e, E_INPUT, "%s holds no diff", file);
		fail_hint(e, "expected a unified diff, a mail of git format-patch, or a mailbox");
		return fail_where(e, "%s", file);
	}
	*out = found;
	return true;
}

const char *mail_message(struct arena *a, const struct mail *m)
{
	return str_format(
		a, "%s\n%s%s%s", m->subject, *m->body ? "\n" : "", m->body, *m->body ? "\n" : "");
}
