/* measure.c - which differences of measured values are worth a reader's attention.
 *
 * Each side is a single run, so nothing is known of the spread of its values. Counts and sizes
 * come out the same in every run of the same image: any difference counts. Times do not: on an
 * emulated processor of a busy machine they vary by a tenth or two from run to run, and by the
 * few milliseconds for which the host's scheduler lets another program go first. A time counts
 * only where it differs by both a quarter and 10 ms; a round trip on a wire with delay is beyond
 * that, chance rarely is. The time of a boot also holds the start of the host's emulator, which
 * takes several times as long when the host has not run it for a while: three times, and 100 ms.
 * Rates ("MB/s") are made from times: half as much again.
 * SPDX-License-Identifier: ISC */
#include "compare/private.h"

#include <math.h>
#include <string.h>

#define TIME_RATIO 1.25
#define TIME_LEAST_MS 10.0
#define BOOT_RATIO 3.0
#define BOOT_LEAST_MS 100.0
#define RATE_RATIO 1.5

/* Milliseconds in one UNIT of time; 0 where it is none. */
static double unit_ms(const char *unit)
{
	static const struct {
		const char *unit;
		double ms;
	} times[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}};
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		if (!strcmp(unit, times[i].unit))
			return times[i].ms;
	return 0;
}

static bool ratio_beyond(double x, double y, double ratio)
{
	double low = fmin(fabs(x), fabs(y)), high = fmax(fabs(x), fabs(y));
	return high >= low * ratio && high > low;
}

static bool is_exact(const char *unit)
{
	return unit_ms(unit) <= 0 && !str_ends(str_of(unit), S("/s"));
}

static bool is_notable(bool is_boot, const char *unit, double before, double after)
{
	double ms = unit_ms(unit);
	if (ms > 0)
		return fabs(after - before) * ms >= (is_boot ? BOOT_LEAST_MS : TIME_LEAST_MS) &&
		       ratio_beyond(before, after, is_boot ? BOOT_RATIO : TIME_RATIO);
	if (!is_exact(unit))
		return ratio_beyond(before, after, RATE_RATIO);
	return before < after || before > after;
}

static const struct metric *find_metric(const struct check_result *check, const char *name)
{
	if (check)
		vec_for(metric, &check->metrics)
			if (!strcmp(metric->name, name))
				return metric;
	return NULL;
}

/* One of the two may be NULL: then the check's own verdict says more than the metric. */
static void add_metric(struct arena *a, const struct check_result *check,
	const struct metric *before, const struct metric *after, struct comparison *c)
{
	const struct metric *any = after ? after : before;
	const char *unit = any->unit ? any->unit : "";
	vec_push(a, &c->metrics,
		((struct metric_change){
			.check = check->name,
			.name = any->name,
			.unit = unit,
			.has_before = before,
			.has_after = after,
			.before = before ? before->value : 0,
			.after = after ? after->value : 0,
			.exact = is_exact(unit),
			.notable = before && after &&
				   is_notable(!strcmp(check->type, "boot"), unit, before->value,
					   after->value),
		}));
}

void compare_metrics(struct arena *a, const struct check_result *before,
	const struct check_result *after, struct comparison *c)
{
	const struct check_result *check = after ? after : before;
	if (before)
		vec_for(metric, &before->metrics)
			add_metric(a, check, metric, find_metric(after, metric->name), c);
	if (after)
		vec_for(metric, &after->metrics)
			if (!find_metric(before, metric->name))
				add_metric(a, check, NULL, metric, c);
}
