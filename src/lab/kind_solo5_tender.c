/* kind_solo5_tender.c - Solo5's targets spt and hvt: a tender, which is an ordinary program, runs
 * the image in its own process or in a virtual machine of KVM, with a tap for each network card.
 * SPDX-License-Identifier: ISC */
#include "lab/solo5.h"
#include "lab/words.h"

#define STATUS_CANT 1

static bool suits_spt(struct arena *a, const char *image_path, const struct image_how *how,
	const char **member, struct err *e)
{
	return solo5_suits(a, image_path, "spt", how, member, e);
}

static bool suits_hvt(struct arena *a, const char *image_path, const struct image_how *how,
	const char **member, struct err *e)
{
	return solo5_suits(a, image_path, "hvt", how, member, e);
}

static void add_devices(struct arena *a, const struct machine_plan *plan,
	const struct solo5_notes *notes, strings *argv)
{
	vec_for(net, plan->nets) {
		const char *name = solo5_device(notes, true, net->index)->name;
		vec_push(a, argv,
			str_format(a, "--net:%s=%s", name, card_name(a, CARD_TAP, net->index)));
		vec_push(a, argv,
			str_format(a, "--net-mac:%s=%s", name, network_mac(a, net, plan->number)));
	}
	if (plan->disk_fd >= 0)
		vec_push(a, argv,
			str_format(a, "--block:%s=/proc/self/fd/%d",
				solo5_device(notes, false, 0)->name, plan->disk_fd));
}

static bool start(
	struct arena *a, const struct machine_plan *plan, struct command *out, struct err *e)
{
	strings argv = {0};
	struct solo5_notes notes;
	if (!image_solo5(a, plan->image_path, &notes, e))
		return false;
	vec_push(a, &argv, plan->kind->program);
	vec_push(a, &argv, str_format(a, "--mem=%lld", (long long)plan->how->boot.memory_mb));
	add_devices(a, plan, &notes, &argv);
	const char *const image[] = {"--", plan->image_path, NULL};
	push_words(a, &argv, image);
	if (!solo5_arguments(a, plan, &argv, e))
		return false;
	vec_push(a, &argv, NULL);
	*out = (struct command){
		.argv = argv.v, .env = machine_environment(a), .network = plan->cards->space};
	inherit_devices(a, plan, out);
	return true;
}

/* A tender says "solo5-spt: ..." of what it can't do; no image has said anything then. */
static const char *no_start(struct arena *a, const struct remains *r)
{
	bool refused = r->outcome->exit_code == STATUS_CANT &&
		       str_starts(r->console, S("solo5-")) && str_find(r->console, S("Solo5:")) < 0;
	return refused ? last_line(a, r->console, 400) : NULL;
}

static struct ending end(struct arena *a, const struct remains *r)
{
	if (r->outcome->exit_code == 0)
		return (struct ending){"ended by itself", true};
	return (struct ending){.words = exit_words(a, r->outcome, solo5_last_line(a, r->console))};
}

const struct machine_kind kind_solo5_spt = {.name = "solo5-spt",
	.program = "solo5-spt",
	.starter = "solo5-spt",
	.cards = CARD_TAP,
	.takes_dhcp = true,
	.takes_disk = true,
	.suits = suits_spt,
	.start = start,
	.no_start = no_start,
	.end = end};

const struct machine_kind kind_solo5_hvt = {.name = "solo5-hvt",
	.program = "solo5-hvt",
	.starter = "solo5-hvt",
	.cards = CARD_TAP,
	.takes_dhcp = true,
	.takes_disk = true,
	.needs_kvm = true,
	.suits = suits_hvt,
	.start = start,
	.no_start = no_start,
	.end = end};
