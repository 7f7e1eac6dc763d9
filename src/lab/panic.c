/* panic.c - reads a panic off the console. SPDX-License-Identifier: ISC */
#include "lab/panic.h"
#include "lab/words.h"

#define DEPTH_MAX 32  /* addresses that are looked at */
#define DEPTH_WORDS 6 /* places named in one line */
#define TEXT_MAX 300

static bool is_address(struct str word)
{
	if (word.n < 3 || word.n > 18 || !str_starts(word, S("0x")))
		return false;
	for (size_t i = 2; i < word.n; i++) {
		char c = word.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

static void read_backtrace(struct arena *a, struct str line, struct panic *out)
{
	while (line.p && out->addresses.n < DEPTH_MAX) {
		struct str word = str_cut(&line, ' ');
		if (!is_address(word))
			continue;
		const char *address = str_copy(a, word);
		vec_push(a, &out->addresses, address);
		vec_push(a, &out->places, address);
	}
}

/* What follows MARK in TEXT; p is NULL where it isn't there. */
static struct str behind(struct str text, struct str mark)
{
	ptrdiff_t at = str_find(text, mark);
	return at < 0 ? (struct str){0} : str_from(text, (size_t)at + mark.n);
}

bool panic_find(struct arena *a, struct str console, struct panic *out)
{
	struct str rest = behind(console, S("respin: panic: "));
	struct str no = behind(console, S("respin: refused: "));
	struct panic found = {.refused = no.p && (!rest.p || no.p < rest.p)};
	if (found.refused)
		rest = no;
	if (!rest.p)
		return false;
	found.text = one_line(a, str_cut(&rest, '\n'), TEXT_MAX);
	found.complete = found.refused && rest.p;
	if (found.refused) {
		*out = found;
		return true;
	}
	rest = behind(rest, S("respin: backtrace:"));
	if (rest.p) {
		struct str line = str_cut(&rest, '\n');
		found.complete = rest.p != NULL;
		read_backtrace(a, str_trim(line), &found);
	}
	*out = found;
	return true;
}

void panic_resolve(struct arena *a, const char *image_path, struct panic *p)
{
	strings argv = {0};
	static const char *const start[] = {"addr2line", "-f", "-e"};
	for (size_t i = 0; i < 3; i++)
		vec_push(a, &argv, start[i]);
	vec_push(a, &argv, image_path);
	vec_for(address, &p->addresses)
		vec_push(a, &argv, *address);
	vec_push(a, &argv, NULL);
	struct command addr2line = {.argv = argv.v, .split = true, .timeout_ms = 10000};
	struct outcome lines;
	struct err ignored; /* without places, a panic is still a panic */
	if (!p->addresses.n || !command_must(a, &addr2line, &lines, &ignored))
		return;
	vec_for(place, &p->places) {
		struct str function = str_cut(&lines.output, '\n');
		struct str line = str_cut(&lines.output, '\n');
		line = str_cut(&line, ' '); /* without " (discriminator 2)" */
		if (!function.n || str_is(function, "??"))
			continue;
		bool known = !str_starts(line, S("??")) && !str_ends(line, S("?"));
		*place = known ? str_format(a, "%.*s at %.*s", STR(function), STR(line))
			       : str_copy(a, function);
	}
}

const char *panic_words(struct arena *a, const struct panic *p)
{
	struct text t = {.a = a};
	text_addf(&t, "%s: %s", p->refused ? "refused" : "panic", p->text);
	for (size_t i = 0; i < p->places.n && i < DEPTH_WORDS; i++)
		text_addf(&t, "%s %s", i ? ", called from" : "; in", p->places.v[i]);
	return t.p;
}
