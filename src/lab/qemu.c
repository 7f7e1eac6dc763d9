/* qemu.c - QEMU's command line and its end. SPDX-License-Identifier: ISC */
#include "lab/qemu.h"
#include "lab/words.h"

void qemu_common(struct arena *a, const struct machine_plan *plan, strings *argv)
{
	const char *const words[] = {"-accel", plan->accelerator, "-cpu", "max", "-m",
		str_format(a, "%lld", (long long)plan->how->boot.memory_mb), "-nodefaults",
		"-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot", NULL};
	push_words(a, argv, words);
}

void qemu_devices(struct arena *a, const struct machine_plan *plan, const char *card,
	const char *disk, strings *argv)
{
	/* Cards and disks are found by address, from the highest down, in the order given here. */
	vec_for(net, plan->nets) {
		const char *const words[] = {"-netdev",
			str_format(a, "dgram,id=n%zu,local.type=fd,local.str=%d", net->index,
				plan->cards->sockets[net->index]),
			"-device",
			str_format(a, "%s,netdev=n%zu,mac=%s", card, net->index,
				network_mac(a, net, plan->number)),
			NULL};
		push_words(a, argv, words);
	}
	if (plan->disk_fd < 0)
		return;
	const char *const words[] = {"-drive",
		str_format(a, "if=none,id=d0,format=raw,file=/proc/self/fd/%d", plan->disk_fd),
		"-device", str_format(a, "%s,drive=d0", disk), NULL};
	push_words(a, argv, words);
}

const char *qemu_no_start(struct arena *a, const struct remains *r)
{
	if (r->outcome->exit_code != 1 || !r->outcome->errors.n || r->console.n)
		return NULL;
	return last_line(a, r->outcome->errors, 400);
}

struct ending qemu_end(struct arena *a, const struct remains *r)
{
	if (r->outcome->exit_code == 0)
		return (struct ending){.words = "reset itself (an exception that nothing handled)"};
	return (struct ending){.words = str_format(a, "QEMU %s: %s", outcome_words(a, r->outcome),
				       last_line(a, r->outcome->errors, 300))};
}
