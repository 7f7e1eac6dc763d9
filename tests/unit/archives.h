/* archives.h - archives made by hand, so that they can say what no archiver would write.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TEST_ARCHIVES_H
#define RESPIN_TEST_ARCHIVES_H

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

#define UNUSED __attribute__((unused))

/* ---- tar (POSIX ustar, with pax headers where asked for) ------------------------------------ */

static void tar_pad(struct text *t)
{
	static const char zeros[512];
	if (t->n % 512)
		text_add(t, (struct str){zeros, 512 - t->n % 512});
}

/* NAME and TARGET may hold any bytes and need no NUL where they fill their field. */
static void tar_header(struct text *t, struct str name, char type, const char *target,
	unsigned mode, unsigned long long size)
{
	char h[512] = {0};
	memcpy(h, name.p, name.n < 100 ? name.n : 100);
	snprintf(h + 100, 8, "%07o", mode);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011llo", size & 077777777777);
	snprintf(h + 136, 12, "%011o", 1000000000);
	memset(h + 148, ' ', 8);
	h[156] = type;
	strncpy(h + 157, target, 100);
	memcpy(h + 257, "ustar\00000", 8);
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	text_add(t, (struct str){h, sizeof(h)});
}

static UNUSED void tar_file(struct text *t, const char *name, unsigned mode, const char *bytes)
{
	tar_header(t, str_of(name), '0', "", mode, strlen(bytes));
	text_addz(t, bytes);
	tar_pad(t);
}

/* '1' hard link, '2' symbolic link, '3' and '4' devices, '5' folder, '6' fifo */
static UNUSED void tar_other(struct text *t, const char *name, char type, const char *target)
{
	tar_header(t, str_of(name), type, target, 0755, 0);
}

/* A pax header for the entry behind it: "LENGTH KEY=VALUE\n". */
static UNUSED void tar_pax(struct text *t, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, n = rest + 1;
	char digits[24];
	while (n != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n))
		n++;
	tar_header(t, S("pax"), 'x', "", 0644, n);
	text_addf(t, "%zu %s=%s\n", n, key, value);
	tar_pad(t);
}

static UNUSED struct str tar_end(struct text *t)
{
	static const char zeros[1024];
	text_add(t, (struct str){zeros, sizeof(zeros)});
	return text_str(t);
}

/* ---- codecs and zip, by libarchive ----------------------------------------------------------- */

static la_ssize_t to_text(struct archive *a, void *ctx, const void *bytes, size_t n)
{
	(void)a;
	text_add(ctx, (struct str){bytes, n});
	return (la_ssize_t)n;
}

/* BYTES, and behind them ZEROS zero bytes, through a filter of libarchive: ARCHIVE_FILTER_... */
static UNUSED struct str packed(struct arena *a, int filter, struct str bytes, size_t zeros)
{
	static const char block[1 << 16];
	struct text *t = NEW(a, struct text);
	t->a = a;
	struct archive *w = archive_write_new();
	archive_write_add_filter(w, filter);
	archive_write_set_format_raw(w);
	archive_write_set_bytes_per_block(w, 0);
	archive_write_open(w, t, NULL, to_text, NULL);
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_write_header(w, entry);
	archive_write_data(w, bytes.p, bytes.n);
	for (size_t n; zeros; zeros -= n) {
		n = zeros < sizeof(block) ? zeros : sizeof(block);
		archive_write_data(w, block, n);
	}
	archive_entry_free(entry);
	archive_write_close(w);
	archive_write_free(w);
	return text_str(t);
}

struct zip_entry {
	const char *name;
	unsigned mode; /* with the type: AE_IFREG | 0644, ... */
	const char *bytes;
	size_t zeros; /* behind them */
};

static UNUSED struct str zipped(struct arena *a, const struct zip_entry *entries, size_t n)
{
	struct text *t = NEW(a, struct text);
	t->a = a;
	struct archive *w = archive_write_new();
	archive_write_set_format_zip(w);
	archive_write_set_bytes_per_block(w, 0);
	archive_write_open(w, t, NULL, to_text, NULL);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *entry = archive_entry_new();
		archive_entry_set_pathname(entry, entries[i].name);
		archive_entry_set_mode(entry, entries[i].mode);
		if ((entries[i].mode & AE_IFMT) == AE_IFLNK)
			archive_entry_set_symlink(entry, entries[i].bytes);
		else
			archive_entry_set_size(
				entry, (la_int64_t)(strlen(entries[i].bytes) + entries[i].zeros));
		archive_write_header(w, entry);
		archive_write_data(w, entries[i].bytes, strlen(entries[i].bytes));
		char *zeros = arena_alloc(a, entries[i].zeros + 1);
		archive_write_data(w, zeros, entries[i].zeros);
		archive_entry_free(entry);
	}
	archive_write_close(w);
	archive_write_free(w);
	return text_str(t);
}

#endif
