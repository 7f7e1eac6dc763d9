/* valid_machine.c - does a recipe suit its kind of machine, and the host. SPDX-License-Identifier:
 * ISC
 */
#include "lab/valid_machine.h"
#include "lab/accel.h"
#include "lab/arguments.h"
#include "lab/programs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TUN "/dev/net/tun"

static bool valid_words(struct arena *a, const struct machine_kind *kind,
	const struct image_how *how, const networks *nets, struct err *e)
{
	strings ignored = {0};
	return kind == &kind_qemu ||
	       arguments_split(a, how->boot.command_line, nets, 1, kind->cards, &ignored, e);
}

static bool valid_fields(struct arena *a, const struct machine_kind *kind,
	const struct image_how *how, const networks *nets, const char **member, struct err *e)
{
	*member = "disk";
	if (how->disk && !kind->takes_disk)
		return fail(e, E_INPUT, "a machine of kind %s has no disk", kind->name);
	vec_for(net, nets) {
		*member = how->networks.n ? str_format(a, "networks/%zu/address", net->index)
					  : "boot/address";
		if (net->dhcp && !kind->takes_dhcp)
			return fail(e, E_INPUT,
				"a machine of kind %s gets its address from the lab: expected one, "
				"found dhcp",
				kind->name);
	}
	*member = "boot/command_line";
	return valid_words(a, kind, how, nets, e);
}

/* A tender is no Debian package. */
static bool program_of_kind(const struct machine_kind *kind, struct err *e)
{
	if (!kind->program || program_must(kind->program, e))
		return true;
	return str_starts(str_of(kind->program), S("solo5-"))
		       ? fail_hint(e,
				 "it comes with Solo5 (package solo5 of opam): have its folder "
				 "in PATH")
		       : false;
}

static bool can_make_taps(struct err *e)
{
	if (access(TUN, R_OK | W_OK) == 0)
		return true;
	(void)fail_errno(e, "the network card of this machine is a tap, which is made by " TUN);
	return fail_hint(e, "load the kernel's module tun, and let users open " TUN
			    " (mode 0666, as Debian has it)");
}

/* Whether a KVM is real is found out by QEMU. */
static bool can_probe(struct err *e)
{
	const char *wish = getenv("RESPIN_ACCEL");
	bool probes = (!wish || !*wish) && access("/dev/kvm", R_OK | W_OK) == 0;
	return !probes || program_must("qemu-system-x86_64", e);
}

bool machine_processor(struct arena *a, const struct machine_kind *kind, const char *state,
	const char **accelerator, struct err *e)
{
	*accelerator = "native";
	if (!kind->has_accelerator && !kind->needs_kvm)
		return true;
	if ((kind->needs_kvm && !can_probe(e)) || !accel_choose(a, state, accelerator, e))
		return false;
	if (!kind->needs_kvm || strcmp(*accelerator, "kvm") == 0)
		return true;
	(void)fail(e, E_ABSENT, "%s needs KVM, and there is no /dev/kvm here that is real",
		kind->name);
	return fail_hint(e, "build the image for Solo5's target spt or virtio, which run without");
}

bool machine_validate(struct arena *a, const struct recipe *image, const networks *nets,
	const char *state, struct err *e)
{
	const struct machine_kind *kind = machine_kind_of(image->image);
	const char *member, *accelerator;
	if (!valid_fields(a, kind, image->image, nets, &member, e))
		return fail_where(e, "%s:/image/%s", image->file, member);
	return program_of_kind(kind, e) && program_must("ip", e) &&
	       (kind->cards != CARD_TAP || can_make_taps(e)) &&
	       (!kind->needs_kvm || machine_processor(a, kind, state, &accelerator, e));
}

bool machine_suits(
	struct arena *a, const struct recipe *image, const char *image_path, struct err *e)
{
	const struct machine_kind *kind = machine_kind_of(image->image);
	const char *member = NULL;
	if (!kind->suits || kind->suits(a, image_path, image->image, &member, e))
		return true;
	return member ? fail_where(e, "%s:/image/%s", image->file, member) : false;
}
