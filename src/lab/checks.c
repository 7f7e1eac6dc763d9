/* checks.c - what all kinds of checks have in common. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/programs.h"
#include "lab/words.h"

#include <string.h>

#define OUTPUT_MAX ((size_t)4 * 1024 * 1024)
#define WHY_MAX 600

/* ---- validation ----------------------------------------------------------------------- */

static bool valid_http(const struct recipe *image, size_t index, const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	*member = "path";
	if (!c->path)
		return fail(e, E_INPUT, "an http check needs a path, as in \"/index.html\"");
	if (c->path[0] != '/' || c->path[strcspn(c->path, " \t\r\n")])
		return fail(e, E_INPUT,
			"'%s' is no path of a page: expected one that begins with '/', without "
			"spaces",
			c->path);
	return true;
}

static bool valid_filter(const char *filter, const char *name, const char **member, struct err *e)
{
	*member = name;
	return !filter || filter_check(filter, e);
}

static bool valid_during(const struct recipe *image, size_t index, struct err *e)
{
	const char *during = image->image->checks.v[index].during;
	if (!during)
		return true;
	for (size_t i = 0; i < index; i++) {
		const struct check *c = &image->image->checks.v[i];
		if (strcmp(c->name, during) == 0)
			return strcmp(c->type, "packets") != 0 ||
			       fail(e, E_INPUT, "check '%s' sends no packets of its own", during);
	}
	return fail(e, E_INPUT, "there is no check '%s' before this one", during);
}

static bool valid_packets(
	const struct recipe *image, size_t index, const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	*member = "filter";
	if (!c->filter == !c->order.n)
		return fail(e, E_INPUT, "a packets check needs either a filter or an order");
	*member = "max";
	if (c->max != -1 && c->max < c->min)
		return fail(e, E_INPUT, "max %lld is less than min %lld", (long long)c->max,
			(long long)c->min);
	*member = "order";
	vec_for(filter, &c->order)
		if (!filter_check(*filter, e))
			return false;
	if (!valid_filter(c->filter, "filter", member, e) ||
		!valid_filter(c->after, "after", member, e) ||
		!valid_filter(c->until, "until", member, e))
		return false;
	*member = "during";
	return valid_during(image, index, e);
}

static bool valid_command(
	const struct recipe *image, size_t index, const char **member, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const struct check *c = &image->image->checks.v[index];
	*member = "run";
	if (!c->run.n)
		return fail(e, E_INPUT, "a command check needs a program to run");
	const char *program = c->run.v[0];
	bool own = strchr(program, '/') != NULL;
	const char *path = own ? path_join(&scratch, image->dir, program) : program;
	if (!program_find(&scratch, path))
		return fail(e, E_INPUT, "there is no program %s%s", path, own ? "" : " in PATH");
	return true;
}

/* A field of another type of check would be without effect: more likely a mistake. */
static bool valid_fields(const struct check *c, const char **member, struct err *e)
{
	const struct {
		const char *name, *type;
		bool given;
	} fields[] = {{"expect", "boot", c->expect}, {"path", "http", c->path},
		{"sha256", "http", c->sha256}, {"filter", "packets", c->filter},
		{"order", "packets", c->order.n}, {"during", "packets", c->during},
		{"after", "packets", c->after}, {"until", "packets", c->until},
		{"run", "command", c->run.n}, {"tap", "command", c->tap}};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		*member = fields[i].name;
		if (fields[i].given && strcmp(fields[i].type, c->type) != 0)
			return fail(e, E_INPUT, "a check of type %s has no %s, only type %s does",
				c->type, fields[i].name, fields[i].type);
	}
	return true;
}

/* ---- the kinds ------------------------------------------------------------------------ */

struct kind {
	const char *type;
	const char *program; /* that it needs, or NULL */
	bool (*valid)(const struct recipe *, size_t, const char **, struct err *);
	bool (*run)(struct trial *, struct err *);
};

static const struct kind kinds[] = {
	{"boot", NULL, NULL, check_boot},
	{"arp", "arping", NULL, check_arp},
	{"ping", "ping", NULL, check_ping},
	{"tcp", NULL, NULL, check_tcp},
	{"http", "curl", valid_http, check_http},
	{"packets", NULL, valid_packets, check_packets},
	{"command", NULL, valid_command, check_command},
};

static const struct kind *kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

bool check_validate(const struct recipe *image, size_t index, const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	const struct kind *kind = kind_of(c->type);
	*member = "type";
	if (!kind)
		return fail(e, E_INPUT, "there is no kind of check '%s'", c->type);
	if (strcmp(c->name, "boot") == 0 && strcmp(c->type, "boot") != 0)
		return fail(e, E_INPUT, "a check named boot must be of type boot");
	if (!valid_fields(c, member, e))
		return false;
	if (kind->valid && !kind->valid(image, index, member, e))
		return false;
	*member = NULL;
	return !kind->program || program_must(kind->program, e);
}

/* A check failed without any frame or console output of the machine, though frames went to it. */
static bool look_for_hang(struct trial *t, uint64_t heard, uint64_t asked, struct err *e)
{
	const struct wire *w = &t->s->wire;
	bool alive;
	if (w->from_image != heard || w->to_image_count + w->to_image.n == asked ||
		session_end(t->s))
		return true;
	if (!session_is_alive(t->s, &alive, e))
		return false;
	if (!alive && !session_end(t->s))
		t->s->hang = str_format(t->s->a,
			"hang: nothing came from the image during check '%s', nor when it was "
			"asked for its address",
			t->c->name);
	return true;
}

bool check_do(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	int64_t started = clock_ns();
	uint64_t heard = s->wire.from_image;
	uint64_t asked = s->wire.to_image_count + s->wire.to_image.n;
	if (!kind_of(t->c->type)->run(t, e))
		return false;
	t->r->ns = clock_ns() - started;
	return t->r->verdict != FAIL || look_for_hang(t, heard, asked, e);
}

/* ---- for the kinds -------------------------------------------------------------------- */

CHECK_FMT(3, 0)
static bool set_verdict(struct trial *t, enum verdict v, const char *fmt, va_list ap)
{
	t->r->verdict = v;
	t->r->why = one_line(t->s->a, str_of(str_vformat(t->s->a, fmt, ap)), WHY_MAX);
	return true;
}

bool passes(struct trial *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool done = set_verdict(t, PASS, fmt, ap);
	va_end(ap);
	return done;
}

bool fails(struct trial *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool done = set_verdict(t, FAIL, fmt, ap);
	va_end(ap);
	return done;
}

void measure(struct trial *t, const char *name, const char *unit, double value)
{
	*vec_add(t->s->a, &t->r->metrics) = (struct metric){name, unit, value};
}

const char *seconds(struct arena *a, int64_t ms)
{
	return str_format(a, "%g s", (double)ms / 1000);
}

const char *trial_file(const struct trial *t, const char *ending)
{
	char *name = str_copy(t->s->a, str_of(t->c->name));
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	for (char *c = name; *c; c++)
		if (!strchr(plain, *c))
			*c = '_';
	return str_format(t->s->a, "%s/checks/%zu-%.60s.%s", t->s->dir, t->index + 1, name, ending);
}

static bool keep_output(struct trial *t, const struct outcome *out, struct err *e)
{
	struct text all = {.a = t->s->a};
	text_add(&all, out->output);
	text_add(&all, out->errors);
	return !all.n || file_write_cache(trial_file(t, "txt"), text_str(&all), 0644, e);
}

bool trial_run(
	struct trial *t, const struct command *c, bool *ended, struct outcome *out, struct err *e)
{
	struct command bounded = *c;
	enum waited how;
	bounded.output_limit = OUTPUT_MAX;
	if (!session_run(t->s, &bounded, t->c->timeout_ms, &how, out, e) || !keep_output(t, out, e))
		return false;
	*ended = how == WAIT_DONE;
	if (how == WAIT_MACHINE)
		return fails(t, "the machine came to its end: %s", session_end(t->s));
	if (how == WAIT_TIMEOUT)
		return fails(t, "%s did not end within %s", path_base(c->argv[0]),
			seconds(t->s->a, t->c->timeout_ms));
	return true;
}

size_t seen(struct trial *t, const char *fmt, ...)
{
	struct session *s = t->s;
	struct packet_count count;
	struct err ignored; /* it only makes a failure's words better */
	va_list ap;
	va_start(ap, fmt);
	const char *filter = str_vformat(s->a, fmt, ap);
	va_end(ap);
	struct window w = s->windows[t->index];
	w.to = s->recording.n;
	bool counted = recording_flush(&s->recording, &ignored) &&
		       packets_count(&w, filter, &count, &ignored);
	return counted ? count.matching : 0;
}
