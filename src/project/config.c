/* config.c - has config.ml changed since mirage made the project of it? mirage does not say what it
 * made it from. Each "mirage configure" that succeeds writes mirage/main.ml anew, so the hash of
 * the config.ml that was there when main.ml was first seen is kept beside main.ml's time: while
 * that stays, the hash decides, whatever a copy, a checkout or touch do to times. Before there is
 * one, only the order of the times can tell: that is said in other words. SPDX-License-Identifier:
 * ISC */
#include <string.h>

#include "project/reading.h"

#define RECORD_FORMAT "respin config 1"
#define RECORD_MAX 4096

struct made {
	struct stamp config, main;
	struct digest digest; /* of config.ml */
	struct str seen;      /* what was kept for this main.ml: a digest; empty */
	struct str before;    /* what was kept for another one */
};

static const char *record_file(struct arena *a, const char *root)
{
	return path_join(a, root, ".respin/configured");
}

static const char *time_text(struct arena *a, const struct made *m)
{
	return str_format(a, "%llx", (unsigned long long)m->main.mtime_ns);
}

static void read_record(struct arena *a, const char *root, struct made *m)
{
	struct str text;
	struct err ignored;
	const char *file = record_file(a, root);
	if (!file_exists(file) || !file_read(a, file, RECORD_MAX, &text, &ignored) ||
		!str_is(str_cut(&text, '\n'), RECORD_FORMAT))
		return;
	bool same = str_is(str_cut(&text, '\n'), time_text(a, m));
	*(same ? &m->seen : &m->before) = str_cut(&text, '\n');
}

static void write_record(struct arena *a, const char *root, const struct made *m)
{
	struct err ignored;
	const char *text = str_format(
		a, "%s\n%s\n%s\n", RECORD_FORMAT, time_text(a, m), digest_hex(a, &m->digest));
	if (dir_exists(path_join(a, root, ".respin")))
		(void)!file_write_cache(record_file(a, root), str_of(text), 0644, &ignored);
}

/* "mirage configure -t unix": its words are kept, a line each. */
static const char *command_of(struct arena *a, const char *root)
{
	struct str context;
	struct err ignored;
	struct text t = {.a = a};
	text_addz(&t, "mirage configure");
	if (!file_read(a, path_join(a, root, "mirage/context"), RECORD_MAX, &context, &ignored) ||
		!str_is(str_trim(str_cut(&context, '\n')), "configure"))
		return t.p;
	while (context.n) {
		struct str word = str_trim(str_cut(&context, '\n'));
		text_addf(&t, " %.*s", STR(word));
	}
	return str_copy(a, str_trim(text_str(&t)));
}

const char *config_note(struct arena *a, const char *root)
{
	struct made m = {0};
	struct err ignored;
	const char *config = path_join(a, root, "config.ml");
	if (!root_is_mirage(a, root) || !file_stamp(config, &m.config) ||
		!file_stamp(path_join(a, root, "mirage/main.ml"), &m.main) ||
		!hash_file(config, &m.digest, &ignored))
		return NULL;
	read_record(a, root, &m);
	const char *digest = digest_hex(a, &m.digest);
	if (m.seen.n && str_is(m.seen, digest))
		return NULL;
	if (m.seen.n)
		return str_format(a,
			"config.ml has changed since mirage made this project of it: the change is "
			"in no build before %s",
			command_of(a, root));
	if (m.config.mtime_ns > m.main.mtime_ns && !str_is(m.before, digest))
		return str_format(a,
			"config.ml is newer than what mirage made of it (mirage/main.ml): a change "
			"is in no build before %s",
			command_of(a, root));
	write_record(a, root, &m);
	return NULL;
}
