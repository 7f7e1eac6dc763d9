/* kind.h - the kinds of machines (image.machine), side by side: each has a file of its own that
 * says how it is started, what its network cards are, and how its end reads.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_KIND_H
#define RESPIN_LAB_KIND_H

#include "lab/cable.h"

/* What a machine is started from. */
struct machine_plan {
	const struct machine_kind *kind;
	const char *image_path;
	const char *dir; /* the recipe's */
	int executable;	 /* descriptor of the image as a program that can be run; -1: IMAGE_PATH */
	const struct image_how *how;
	const networks *nets;
	int64_t number; /* of how->machines; 1 is the first */
	const char *accelerator;
	const struct cards *cards;
	int disk_fd;	     /* what its disk holds; -1: it has none */
	const char *console; /* a file, which is added to; NULL: our terminal is the console */
};

/* What is left of a machine that has ended. */
struct remains {
	const struct outcome *outcome; /* of its process */
	struct str console;	       /* what it printed; on our terminal, the end of it */
};
/* How it ended. */
struct ending {
	const char *words; /* a line */
	bool well;	   /* by itself, with the status for success */
};

struct machine_kind {
	const char *name;	 /* image.machine */
	const char *program;	 /* that boots the image; NULL: the image is a program itself */
	const char *starter;	 /* that program's name in messages: "QEMU" */
	const char *ready;	 /* what it prints once it is up; NULL: that shows otherwise */
	enum card_kind cards;	 /* what its network cards are */
	bool takes_dhcp;	 /* it can ask for its addresses */
	bool takes_disk, resets; /* it can have a disk; it has a reset button */
	bool has_accelerator;	 /* QEMU's: its processor is emulated, or KVM's */
	bool needs_kvm;
	bool listens;	  /* its sockets are the kernel's, which knows whether it listens */
	bool asked_first; /* it gets SIGTERM and some time before it is ended */
	/* Looks at the image before anything boots; E_INPUT: *MEMBER is the field below image that
	 * does not suit it, or NULL. NULL: nothing to look at. */
	bool (*suits)(struct arena *a, const char *image_path, const struct image_how *how,
		const char **member, struct err *e);
	/* Its process. */
	bool (*start)(struct arena *a, const struct machine_plan *plan, struct command *out,
		struct err *e);
	/* Why its process ended without having started the image; NULL: it did start. */
	const char *(*no_start)(struct arena *a, const struct remains *r);
	struct ending (*end)(struct arena *a, const struct remains *r);
};

extern const struct machine_kind kind_qemu, kind_solo5_virtio, kind_solo5_spt, kind_solo5_hvt,
	kind_unix, kind_process;
/* The one that HOW's machine names. */
const struct machine_kind *machine_kind_of(const struct image_how *how);

/* ---- for the kinds --------------------------------------------------------------------- */

/* Adds WORDS, which end with NULL, to ARGV. */
void push_words(struct arena *a, strings *argv, const char *const *words);
/* The sockets of the machine's cards and its disk, for a process to inherit. */
void inherit_devices(struct arena *a, const struct machine_plan *plan, struct command *out);
/* "exited with status 64: unknown option '--frog'": how its process ended, and the LAST line that
 * the image printed, which may be empty. */
const char *exit_words(struct arena *a, const struct outcome *outcome, const char *last);
/* The environment of a program that is a machine: ours, but for what tells of proxies and
 * RESPIN_...; TERM is "dumb", and programs of OCaml tell where an exception came from. Ends with
 * NULL. */
const char *const *machine_environment(struct arena *a);

#endif
