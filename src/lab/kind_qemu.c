/* kind_qemu.c - our own images: multiboot in QEMU's microvm, with virtio devices.
 * SPDX-License-Identifier: ISC */
#include "lab/kind.h"
#include "lab/qemu.h"

/* What QEMU's isa-debug-exit makes of the values 16, 32 and 64 that an image writes there. */
#define STATUS_WELL 33
#define STATUS_REFUSED 65
#define STATUS_PANIC 129

/* Which machine it is, where there are several. */
static void add_node(struct text *line, const struct machine_plan *plan)
{
	if (plan->how->machines > 1)
		text_addf(line, " node=%lld nodes=%lld", (long long)plan->number,
			(long long)plan->how->machines);
}

/* The clock that an emulated machine has tells whole seconds only: commits' dates shall be compared
 * with packets' times. */
static void add_time(struct text *line)
{
	int64_t now = clock_wall_ns();
	text_addf(line, " time=%lld.%09lld", (long long)(now / 1000000000),
		(long long)(now % 1000000000));
}

/* "ip=10.77.0.2/24 gateway=10.77.0.1 ip1=192.168.1.1/24", and the recipe's own words; of two words
 * for one thing, images take the first. */
static const char *kernel_line(struct arena *a, const struct machine_plan *plan)
{
	struct text line = {.a = a};
	vec_for(net, plan->nets) {
		const char *number = net->index ? str_format(a, "%zu", net->index) : "";
		const char *space = net->index ? " " : "";
		if (net->dhcp)
			text_addf(&line, "%sip%s=dhcp", space, number);
		else
			text_addf(&line, "%sip%s=%s/%d", space, number,
				network_address(a, net, plan->number), net->prefix);
		if (!net->dhcp && !net->index)
			text_addf(&line, " gateway=%s", net->host);
	}
	add_node(&line, plan);
	const char *more = plan->how->boot.command_line;
	if (more && *more)
		text_addf(&line, " %s", more);
	add_time(&line);
	return line.p;
}

static bool start(
	struct arena *a, const struct machine_plan *plan, struct command *out, struct err *e)
{
	(void)e;
	strings argv = {0};
	const char *const machine[] = {QEMU, "-M", "microvm,acpi=off,pit=on,pic=on", "-global",
		"virtio-mmio.force-legacy=false", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
		NULL};
	const char *const image[] = {
		"-kernel", plan->image_path, "-append", kernel_line(a, plan), NULL};
	push_words(a, &argv, machine);
	qemu_common(a, plan, &argv);
	qemu_devices(a, plan, "virtio-net-device", "virtio-blk-device", &argv);
	push_words(a, &argv, image);
	vec_push(a, &argv, NULL);
	*out = (struct command){.argv = argv.v, .split = true};
	inherit_devices(a, plan, out);
	return true;
}

static struct ending end(struct arena *a, const struct remains *r)
{
	switch (r->outcome->exit_code) {
	case STATUS_WELL:
		return (struct ending){"ended by itself", true};
	case STATUS_REFUSED:
		return (struct ending){.words = "refused: without a word on the console"};
	case STATUS_PANIC:
		return (struct ending){.words = "panic: without a word on the console"};
	default:
		return qemu_end(a, r);
	}
}

const struct machine_kind kind_qemu = {.name = "qemu",
	.program = QEMU,
	.starter = "QEMU",
	.ready = "respin: ready",
	.cards = CARD_SOCKET,
	.takes_dhcp = true,
	.takes_disk = true,
	.resets = true,
	.has_accelerator = true,
	.start = start,
	.no_start = qemu_no_start,
	.end = end};
