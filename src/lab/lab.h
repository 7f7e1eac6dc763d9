/* lab.h - boots an image on a virtual wire, runs its checks, records everything. No root, no
 * KVM, no network of the host: the wire is a virtual Ethernet in our process, its far end a
 * private network namespace. What the image boots on is image.machine of its recipe: QEMU, a
 * tender of Solo5 or, where it is a program, Linux (kind.h has the kinds side by side).
 *
 * A boot check holds once the console shows the check's `expect`. Without one: in qemu, once it
 * shows "respin: ready"; in process, once a socket of the machine's network namespace listens (TCP,
 * or UDP without a peer), or a second after its start; in all others, once the machine has answered
 * an ARP probe (RFC 5227) for its address on network 0, or three seconds and a round trip of the
 * slowest wire after its first frame there. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_H
#define RESPIN_LAB_H

#include "recipe/recipe.h"

enum verdict { PASS, FAIL, SKIP };
const char *verdict_name(enum verdict v); /* "pass", "fail", "skip" */

struct metric {
	const char *name; /* "time", "first-flight", ... */
	const char *unit; /* "ms", "packets", "bytes", ... */
	double value;
};
struct check_result {
	const char *name, *type;
	enum verdict verdict;
	const char *why; /* one line; for a pass what was seen */
	VEC(struct metric) metrics;
	int64_t ns; /* how long the check took */
};
/* What a run has of a store: a bare git repository. */
struct kept_store {
	const char *store;	 /* "arp" */
	int64_t machine;	 /* 1 and on */
	const char *path;	 /* below the run's folder: "state/arp.git" */
	size_t commits, entries; /* at the end */
};
typedef VEC(struct kept_store) kept_stores;

struct run {
	const char *id;	   /* "20261123T083703Z-static-site-1a2b3c4d" */
	const char *dir;   /* .respin/runs/ID: console.txt, wire.pcap, run.json, checks/, state/ */
	const char *image; /* name of the recipe */
	const char *image_path, *image_sha256;
	const char *started;	 /* "2026-11-23T08:37:03Z" */
	const char *machine;	 /* the kind of machine: "qemu", "process", ... */
	const char *accelerator; /* of its processor: "tcg", "kvm"; "native": it is the host's */
	const char *end; /* "stopped by the lab", or in a line: "panic: TEXT; in f at x.c:1, called
			  * from ...", "refused: TEXT", "hang: ...", "flood: ...", "ended by
			  * itself", "exited with status 2: LAST LINE", "was ended by SIGSEGV", ...
			  */
	/* FAIL where a check failed, or the machine came to an end of its own: badly, or before all
	 * checks were done. */
	enum verdict verdict;
	VEC(struct check_result) checks;
	kept_stores state;
	int64_t ns;
};

struct lab_request {
	const struct workspace *w;
	const struct recipe *image;
	const char *image_path, *image_sha256;
	const char *only; /* name of a single check, or NULL */
	const char *disk; /* file that is the machine's disk, not of lab_check(); NULL: a new one */
	const char *const *program; /* of lab_visit(), ends with NULL; a path is our folder's */
	bool shell; /* PROGRAM is one: it gets the terminal, where we have it, as a job of its own
		     */
	int64_t at; /* the network on whose host it runs; -1: where the state is read, or 0 */
	/* Called as each check ends; may be NULL. */
	void (*on_check)(void *ctx, const struct check_result *r);
	/* Called at the end with what else is worth a line each: "the image does not know the
	 * option KEY"; may be NULL. */
	void (*on_note)(void *ctx, const char *note);
	void *ctx;
};

/* Looks through the image's checks, wire, address and machine without running anything: E_INPUT
 * with the recipe's file and the JSON path of what is wrong, or of what its kind of machine can't
 * do; E_ABSENT names a missing program and its Debian package, or KVM where the machine needs
 * one; E_IO: taps can't be made here. STATE is the workspace's: whether a KVM is real is found out
 * once and kept there. lab_check() and lab_console() do this first. */
MUST_CHECK bool lab_validate(const struct recipe *image, const char *state, struct err *e);
/* Boots the image, runs its checks in order and keeps the run. True where it ran at all, whatever
 * the verdict. A boot check comes first, also where the recipe has none. With ONLY, boot checks
 * and the check that ONLY's `during` names run, too. QEMU runs under TCG, or
 * under KVM where a processor with virtualisation backs it; the environment's RESPIN_ACCEL (tcg,
 * kvm) overrides, and is E_USAGE where it is neither.
 * E_INPUT: the image's file does not suit the recipe (it is for another target of Solo5, or wants
 * other devices). E_CHILD where QEMU or the tender
 * can't start the image; E_INTERRUPTED: what was recorded stays in the run's folder, without
 * run.json. */
MUST_CHECK bool lab_check(
	struct arena *a, const struct lab_request *q, struct run *out, struct err *e);
/* Boots the image with its console on our terminal until it ends or ^C; nothing is kept. *STATUS
 * is 0 where the image ended well or was stopped by ^C, 1 where it came to a bad end. */
MUST_CHECK bool lab_console(
	struct arena *a, const struct lab_request *q, int *status, struct err *e);
/* Boots the image, and once it is up (its first boot check, or the implied one) runs PROGRAM on the
 * host of network AT, on our terminal, with the environment of command checks, for as long as it
 * likes: ^C is the program's. The run is kept: its checks are the boot, the program, and what the
 * image's state asks for at the end. *STATUS is the program's exit status (128 + signal), or -1
 * where it did not run or was ended: the image did not boot, or came to its end first.
 * E_USAGE: there is no such program or network. Otherwise as lab_check(). */
MUST_CHECK bool lab_visit(
	struct arena *a, const struct lab_request *q, struct run *out, int *status, struct err *e);
/* The run as one JSON object, as it is kept in run.json: image, run (its id), checks, ... */
void run_json(const struct run *run, struct text *out);
/* Removes the runs that ended AGE_DAYS ago or before (0: all of them), but for the last of each
 * image and those that a page in the workspace's folder of reports names. One that came to no end,
 * and so may still go on, stays for a day at least. *N were removed; *FREED grows by their bytes on
 * disk. */
MUST_CHECK bool runs_gc(
	const struct workspace *w, int age_days, size_t *n, uint64_t *freed, struct err *e);
/* Reads a kept run by id (or unique prefix, or "last": the one that ended last). E_NOTFOUND
 * where there is none, E_USAGE where several match, E_CORRUPT where it can't be read. */
MUST_CHECK bool run_read(
	struct arena *a, const struct workspace *w, const char *id, struct run *out, struct err *e);

#endif
