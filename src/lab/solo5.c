/* solo5.c - Solo5 images: what they want, and how they say that they end.
 * SPDX-License-Identifier: ISC */
#include "lab/solo5.h"
#include "lab/arguments.h"
#include "lab/words.h"

#include <string.h>

const struct solo5_device *solo5_device(const struct solo5_notes *notes, bool is_card, size_t n)
{
	vec_for(device, &notes->devices)
		if (device->is_card == is_card && !n--)
			return device;
	return NULL;
}

/* "2 network cards (service, management)"; "no disk". */
static const char *devices_words(
	struct arena *a, const struct solo5_notes *notes, bool is_card, const char *what)
{
	struct text names = {.a = a};
	size_t n = 0;
	for (const struct solo5_device *d; (d = solo5_device(notes, is_card, n)); n++)
		text_addf(&names, "%s%s", n ? ", " : "", d->name);
	return n ? str_format(a, "%zu %s%s (%s)", n, what, n == 1 ? "" : "s", names.p)
		 : str_format(a, "no %s", what);
}

static size_t count_devices(const struct solo5_notes *notes, bool is_card)
{
	size_t n = 0;
	while (solo5_device(notes, is_card, n))
		n++;
	return n;
}

bool solo5_suits(struct arena *a, const char *image_path, const char *target,
	const struct image_how *how, const char **member, struct err *e)
{
	struct solo5_notes notes;
	size_t cards = how->networks.n ? how->networks.n : 1, disks = how->disk != NULL;
	*member = NULL;
	if (!image_solo5(a, image_path, &notes, e))
		return false;
	*member = "machine";
	if (strcmp(notes.target, target) != 0)
		return fail(e, E_INPUT, "%s is a Solo5 image for %s, not for %s", image_path,
			notes.target, target);
	*member = "networks";
	if (count_devices(&notes, true) != cards)
		return fail(e, E_INPUT, "%s has %s: expected one for each of %zu network%s",
			image_path, devices_words(a, &notes, true, "network card"), cards,
			plural(cards));
	*member = "disk";
	if (count_devices(&notes, false) != disks)
		return fail(e, E_INPUT, "%s has %s: the recipe gives it %s", image_path,
			devices_words(a, &notes, false, "disk"), disks ? "one" : "none");
	return true;
}

bool solo5_arguments(struct arena *a, const struct machine_plan *plan, strings *out, struct err *e)
{
	return arguments_split(a, plan->how->boot.command_line, plan->nets, plan->number,
		plan->kind->cards, out, e);
}

const char *solo5_last_line(struct arena *a, struct str console)
{
	struct str last = {0};
	while (console.n) {
		struct str line = str_trim(str_cut(&console, '\n'));
		if (str_starts(line, S("____/"))) /* the end of the banner */
			last = (struct str){0};
		else if (line.n && !str_starts(line, S("Solo5: ")))
			last = line;
	}
	return one_line(a, last, 300);
}

bool solo5_status(struct str console, uint64_t *status)
{
	const struct str mark = S("Solo5: solo5_exit(");
	ptrdiff_t at = str_find(console, mark);
	if (at < 0)
		return false;
	struct str rest = str_from(console, (size_t)at + mark.n);
	return str_u64(str_cut(&rest, ')'), status);
}
