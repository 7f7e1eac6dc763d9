/* rebase_file.c - the record of a rebase under way. SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "overlay/rebase.h"
#include "spec/spec.h"

#define RECORD_LIMIT ((size_t)16 * 1024 * 1024)

static const char *const phases[] = {PHASE_GOING, PHASE_STOPPING, PHASE_STOPPED, PHASE_ABORTING,
	PHASE_SKIPPING, PHASE_ENDING, NULL};

static bool is_commit(struct str s, const char **expected)
{
	*expected = "a commit id of 40 hexadecimal digits";
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return s.n == 40;
}

#define AT(m, k) .name = #m, .kind = k, .offset = offsetof(struct rebase, m)
#define WORDS(m) AT(m, SPEC_STRING)
#define LIST(m) AT(m, SPEC_STRINGS)
static const struct spec_field fields[] = {
	{WORDS(phase), .required = true, .words = phases, .help = "Where it stands."},
	{WORDS(from), .required = true, .help = "Upstream's version before."},
	{WORDS(to), .required = true, .help = "Upstream's version after."},
	{WORDS(debian_from), .help = "Debian's version before."},
	{WORDS(debian_to), .help = "Debian's version after."},
	{WORDS(sha256), .help = "Checksum of the new source."},
	{WORDS(old_head), .required = true, .check = is_commit, .help = "HEAD before."},
	{WORDS(upstream), .required = true, .check = is_commit, .help = "The new base."},
	{WORDS(pristine), .check = is_commit, .help = "The new first commit."},
	{WORDS(tip), .required = true, .check = is_commit, .help = "The last commit so far."},
	{WORDS(at), .required = true, .check = is_commit, .help = "HEAD."},
	{WORDS(current), .check = is_commit, .help = "The commit that conflicts."},
	{WORDS(subject), .help = "Its subject."},
	{WORDS(kept), .check = is_commit, .help = "What the files were."},
	{LIST(conflicts), .help = "Files that conflict."},
	{LIST(todo), .check = is_commit, .help = "Commits still to be moved."},
	{LIST(moved), .help = "Patches that were moved."},
	{LIST(dropped), .help = "Patches that were dropped."},
	{LIST(reasons), .help = "Why each was."},
	{LIST(order), .help = "Which it was, patch by patch."},
	{LIST(about), .help = "What becomes of the recipe."},
	{LIST(notes), .help = "What else is told."}, {WORDS(recipe_before), .help = "The recipe."},
	{WORDS(recipe_after), .help = "The recipe as it is to be."}};
static const struct spec rebase_spec = {"rebase", sizeof(struct rebase), fields,
	sizeof(fields) / sizeof(*fields), "A rebase under way."};

static const char *record_path(struct work *k)
{
	return path_join(k->a, k->src, REBASE_FILE);
}

bool rebase_read(struct work *k, struct rebase *out, bool *found, struct err *e)
{
	struct str text;
	struct rebase s = {0};
	const char *file = record_path(k);
	*found = file_exists(file);
	if (!*found)
		return true;
	if (!file_read(k->a, file, RECORD_LIMIT, &text, e) ||
		!spec_read(k->a, &rebase_spec, text, file, &s, e))
		return false;
	if (s.dropped.n != s.reasons.n)
		return fail(e, E_CORRUPT, "%s names %zu patches and %zu reasons", file, s.dropped.n,
			s.reasons.n);
	*out = s;
	return true;
}

/* By the same table that reads it. */
bool rebase_write(struct work *k, const struct rebase *s, struct err *e)
{
	struct text out = {.a = k->a};
	struct json_writer w = {.out = &out};
	json_open(&w, NULL, '{');
	for (size_t i = 0; i < rebase_spec.n; i++) {
		const struct spec_field *f = &fields[i];
		const void *place = (const char *)s + f->offset;
		const char *word = f->kind == SPEC_STRING ? *(const char *const *)place : NULL;
		if (f->kind == SPEC_STRINGS)
			json_put_strings(&w, f->name, place);
		else if (word)
			json_put_string(&w, f->name, word);
	}
	json_close(&w);
	return file_write(record_path(k), text_str(&out), 0644, e);
}

bool rebase_forget(struct work *k, struct err *e)
{
	const char *file = record_path(k);
	return unlink(file) == 0 || errno == ENOENT || fail_errno(e, "remove %s", file);
}

bool rebase_check_none(struct work *k, struct err *e)
{
	struct rebase s;
	bool found;
	if (!rebase_read(k, &s, &found, e))
		return false;
	if (!found)
		return true;
	struct overlay_rebase words = rebase_words(k, &s);
	return overlay_busy(
		&(struct overlay){.package = k->recipe->name, .dir = k->src, .rebase = &words}, e);
}

bool overlay_busy(const struct overlay *o, struct err *e)
{
	fail(e, E_CONFLICT, "the overlay of %s is in the middle of a rebase from %s to %s",
		o->package, o->rebase->from, o->rebase->to);
	fail_hint(e, "respin overlay rebase --continue %s goes on with it, --abort takes it back",
		o->package);
	return fail_where(e, "%s", o->dir);
}

struct overlay_rebase rebase_words(struct work *k, const struct rebase *s)
{
	struct overlay_rebase words = {.from = s->from,
		.to = s->to,
		.debian_from = s->debian_from,
		.debian_to = s->debian_to,
		.moved = s->moved,
		.order = s->order,
		.stopped = s->subject,
		.conflicts = s->conflicts,
		.left = s->todo.n};
	/* Until the end the recipe is as it was. */
	if (in_phase(s, PHASE_ENDING))
		vec_for(note, &s->about)
			vec_push(k->a, &words.notes, *note);
	vec_for(note, &s->notes)
		vec_push(k->a, &words.notes, *note);
	for (size_t i = 0; i < s->dropped.n; i++)
		*vec_add(k->a, &words.dropped) =
			(struct overlay_dropped){s->dropped.v[i], s->reasons.v[i]};
	return words;
}
