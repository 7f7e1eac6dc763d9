/* solo5_notes.h - files with the notes of Solo5 images, and what stands in for tenders.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_SOLO5_NOTES_H
#define RESPIN_TESTS_SOLO5_NOTES_H

#include "machine_box.h"

#define HVT "-DTARGET=1"
#define SPT "-DTARGET=2"
#define VIRTIO "-DTARGET=3"

/* A file with the notes of an image. */
static inline const char *notes_of(
	const char *target, const char *entries, const char *device, const char *other)
{
	struct err e = {0};
	struct outcome ignored;
	const char *out = path_join(&arena, root, "image");
	const char *const argv[] = {"cc", "-nostdlib", "-static", "-s", "-Wl,--build-id=none",
		target, entries, "-o", out, "tests/guest/solo5_image.S", device, other, NULL};
	const struct command cc = {.argv = argv};
	assert_ok(command_must(&arena, &cc, &ignored, &e));
	return out;
}

static inline const char *one_card(const char *target)
{
	return notes_of(target, "-DENTRIES=2", "-DCARD=\"service\"", NULL);
}

/* The stand-in's names come first in PATH. */
static inline int setup_with_tenders(void **state)
{
	int failed = setup_machines(state);
	static const char *const names[] = {"solo5-spt", "solo5-hvt"};
	for (size_t i = 0; i < 2; i++)
		failed |= symlink(tapped, path_join(&arena, root, names[i]));
	setenv("PATH", str_format(&arena, "%s:%s", root, getenv("PATH")), 1);
	return failed;
}

#endif
