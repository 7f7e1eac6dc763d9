/* kind_solo5_virtio.c - Solo5's target virtio: multiboot in a QEMU PC, with virtio devices on PCI.
 * SPDX-License-Identifier: ISC */
#include "lab/arguments.h"
#include "lab/qemu.h"
#include "lab/solo5.h"

/* Solo5's last word to isa-debug-exit is always 41, which QEMU makes this status of. */
#define STATUS_ENDED 83

static bool suits(struct arena *a, const char *image_path, const struct image_how *how,
	const char **member, struct err *e)
{
	return solo5_suits(a, image_path, "virtio", how, member, e);
}

static bool start(
	struct arena *a, const struct machine_plan *plan, struct command *out, struct err *e)
{
	strings argv = {0}, words = {0};
	const char *const machine[] = {
		QEMU, "-M", "pc,acpi=off", "-device", "isa-debug-exit", NULL};
	if (!solo5_arguments(a, plan, &words, e))
		return false;
	const char *const image[] = {
		"-kernel", plan->image_path, "-append", arguments_join(a, &words), NULL};
	push_words(a, &argv, machine);
	qemu_common(a, plan, &argv);
	/* Without a ROM to boot from the network, which would only cost time. */
	qemu_devices(a, plan, "virtio-net-pci,romfile=", "virtio-blk-pci", &argv);
	push_words(a, &argv, image);
	vec_push(a, &argv, NULL);
	*out = (struct command){.argv = argv.v, .split = true};
	inherit_devices(a, plan, out);
	return true;
}

static struct ending end(struct arena *a, const struct remains *r)
{
	uint64_t status;
	if (r->outcome->exit_code != STATUS_ENDED)
		return qemu_end(a, r);
	if (!solo5_status(r->console, &status))
		return (struct ending){.words = "ended without a word"};
	if (!status)
		return (struct ending){"ended by itself", true};
	const struct outcome told = {.exit_code = (int)(status & 0xff)};
	return (struct ending){.words = exit_words(a, &told, solo5_last_line(a, r->console))};
}

const struct machine_kind kind_solo5_virtio = {.name = "solo5-virtio",
	.program = QEMU,
	.starter = "QEMU",
	.cards = CARD_SOCKET,
	.takes_dhcp = true,
	.takes_disk = true,
	.resets = true,
	.has_accelerator = true,
	.suits = suits,
	.start = start,
	.no_start = qemu_no_start,
	.end = end};
