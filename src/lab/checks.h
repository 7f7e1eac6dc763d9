/* checks.h - the kinds of checks: what a recipe must give for each, and how each is done.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_CHECKS_H
#define RESPIN_LAB_CHECKS_H

#include "lab/session.h"

/* The check that ends each run of an image with state. */
#define STATE_KEPT "keeps its state"

/* One check while it is done. */
struct trial {
	struct session *s;
	const struct check *c;
	size_t index; /* of C in the recipe */
	struct check_result *r;
	VEC(struct check_result) parts; /* results of its own that it consists of, from TAP */
};

/* Each does its check and sets verdict, why and metrics of the result. False: it could not be
 * done at all (E_IO, E_INTERRUPTED ...); a failed check is true. */
bool check_boot(struct trial *t, struct err *e);
bool check_arp(struct trial *t, struct err *e);
bool check_ping(struct trial *t, struct err *e);
bool check_tcp(struct trial *t, struct err *e);
bool check_http(struct trial *t, struct err *e);
bool check_packets(struct trial *t, struct err *e);
bool check_command(struct trial *t, struct err *e);
bool check_reboot(struct trial *t, struct err *e);
bool check_state(struct trial *t, struct err *e);

/* Does a check of any kind. After a failure without any sign of life the machine counts as
 * hanging. */
MUST_CHECK bool check_do(struct trial *t, struct err *e);
/* Validates check INDEX of an image; the error has no place yet: *MEMBER names the field. */
MUST_CHECK bool check_validate(struct arena *a, const struct recipe *image, size_t index,
	const char **member, struct err *e);

/* ---- for the kinds -------------------------------------------------------------------- */

/* Both set verdict and why, and are true: "return passes(t, "...");" */
bool passes(struct trial *t, const char *fmt, ...) CHECK_FMT(2, 3);
bool fails(struct trial *t, const char *fmt, ...) CHECK_FMT(2, 3);
void measure(struct trial *t, const char *name, const char *unit, double value);
/* Runs a program of the check. *ENDED false: the verdict is set already, for timeout or machine.
 * Its output is kept in checks/. */
MUST_CHECK bool trial_run(
	struct trial *t, const struct command *c, bool *ended, struct outcome *out, struct err *e);
/* The environment of a program on the host of the check's network: ours, but for what tells of
 * proxies, and RESPIN_...: where the machines, the hosts and the run's folder are. Ends with NULL.
 */
const char *const *trial_environment(struct trial *t);
/* When the check of this NAME ran, which is before this one; NULL for NULL. */
const struct span *trial_span(const struct trial *t, const char *name);
/* The machine that the check is about: 1 and on. */
int64_t trial_machine(const struct trial *t);
/* The network that it is about, and the address of its machine there. */
const struct network *trial_net(const struct trial *t);
const char *trial_address(const struct trial *t);
/* A file of this check in the run's folder: "DIR/checks/2-http.ENDING". */
const char *trial_file(const struct trial *t, const char *ending);
/* How many packets recorded since the check began match the filter. */
size_t seen(struct trial *t, const char *fmt, ...) CHECK_FMT(2, 3);
/* "3 s", "0.5 s" */
const char *seconds(struct arena *a, int64_t ms);

#endif
