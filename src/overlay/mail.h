/* mail.h - patches as people send them: a plain diff, a mail, or a mailbox of several.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_MAIL_H
#define RESPIN_OVERLAY_MAIL_H

#include "git/git.h"

struct mail {
	const char *subject, *body; /* body may be "" */
	const char *file;	    /* name of the patch of a series; NULL: it is another's */
	const char *name, *email;   /* of the author; NULL where it is not said */
	bool dated;
	int64_t when;
	int offset_minutes;
	struct str diff; /* as the author wrote it: transfer encoding and CRLF are undone */
};
typedef VEC(struct mail) mails;

/* Takes TEXT apart; at least one. A plain diff has only a diff. E_INPUT where FILE holds no
 * diff or a mail of a kind that can't be read (several parts, an encoding unknown to us).
 * Mail headers are those of RFC 5322, encoded words RFC 2047's, encodings RFC 2045's; the patch
 * begins where git am lets it begin. */
MUST_CHECK bool mails_read(
	struct arena *a, struct str text, const char *file, mails *out, struct err *e);
/* "SUBJECT\n\nBODY\n", the commit's message. */
const char *mail_message(struct arena *a, const struct mail *m);

/* ---- mime.c ---- */

/* Encoded words (=?utf-8?Q?...?=) become UTF-8; other text stays. */
struct str mime_words(struct arena *a, struct str text);
/* Undoes a Content-Transfer-Encoding; false where ENCODING is unknown or TEXT breaks it. */
bool mime_body(struct arena *a, struct str encoding, struct str text, struct str *out);
/* "Mon, 23 Nov 2026 09:00:00 +0100" */
bool mime_date(struct str text, int64_t *when, int *offset_minutes);
/* "A. Author <a@example.org>" */
void mime_address(struct arena *a, struct str text, const char **name, const char **email);

#endif
