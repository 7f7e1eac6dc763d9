/* valid.c - what a recipe must give for each kind of check. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/programs.h"

#include <regex.h>
#include <string.h>

/* ---- each kind ------------------------------------------------------------------------- */

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

/* NAME, of the field FIELD, is that of a check before check INDEX. */
static bool valid_earlier(const struct recipe *image, size_t index, const char *field,
	const char *name, const char **member, struct err *e)
{
	*member = field;
	for (size_t i = 0; name && i < index; i++) {
		const struct check *c = &image->image->checks.v[i];
		if (strcmp(c->name, name) == 0)
			return strcmp(c->type, "packets") != 0 ||
			       fail(e, E_INPUT, "check '%s' sends no packets of its own", name);
	}
	return !name || fail(e, E_INPUT, "there is no check '%s' before this one", name);
}

/* The part of the run that packets and commits are looked for in. */
static bool valid_window(
	const struct recipe *image, size_t index, const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	if (!valid_filter(c->after, "after", member, e) ||
		!valid_filter(c->until, "until", member, e))
		return false;
	*member = "since";
	if (c->during && c->since)
		return fail(e, E_INPUT, "expected \"during\" or \"since\", found both");
	return valid_earlier(image, index, "during", c->during, member, e) &&
	       valid_earlier(image, index, "since", c->since, member, e);
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
	return valid_filter(c->filter, "filter", member, e) &&
	       valid_window(image, index, member, e);
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

static bool valid_expression(const char *text, const char *name, const char **member, struct err *e)
{
	regex_t compiled;
	char words[120];
	*member = name;
	if (!text)
		return true;
	int error = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB);
	if (!error) {
		regfree(&compiled);
		return true;
	}
	regerror(error, &compiled, words, sizeof(words));
	return fail(e, E_INPUT, "'%s' is no regular expression: %s", text, words);
}

static bool valid_condition(
	const struct condition *c, bool at_end, const char **member, struct err *e)
{
	*member = "path";
	if (!c->path && (c->text || c->field))
		return fail(e, E_INPUT, "a text or a field needs the path that it is of");
	if (!c->path && !c->message)
		return fail(e, E_INPUT, "a condition needs a path or a message");
	*member = "value";
	if (c->value && !c->field)
		return fail(e, E_INPUT, "a value needs the field that it is of");
	*member = "changes_within_s";
	if (c->changes_within_s && (!c->field || c->value))
		return fail(e, E_INPUT, "changes_within_s needs a field, without a value");
	if (c->changes_within_s && at_end)
		return fail(e, E_INPUT, "the last commit alone changes nothing");
	*member = "max";
	if (c->max != -1 && c->max < c->min)
		return fail(e, E_INPUT, "max %lld is less than min %lld", (long long)c->max,
			(long long)c->min);
	return valid_expression(c->text, "text", member, e) &&
	       valid_expression(c->message, "message", member, e);
}

struct condition_list {
	const char *name;
	const conditions *list;
};

/* The place of a wrong condition is longer than a name: "never/0/text". */
static bool valid_conditions(
	const struct condition_list *l, struct arena *a, const char **member, struct err *e)
{
	for (size_t i = 0; i < l->list->n; i++) {
		const char *inner;
		bool at_end = strcmp(l->name, "at_end") == 0;
		if (valid_condition(&l->list->v[i], at_end, &inner, e))
			continue;
		*member = str_format(a, "%s/%zu/%s", l->name, i, inner);
		return false;
	}
	return true;
}

static bool valid_commits(const struct commits_how *c, const char **member, struct err *e)
{
	*member = "commits/max";
	if (!c)
		return true;
	if (c->max != -1 && c->max < c->min)
		return fail(e, E_INPUT, "max %lld is less than min %lld", (long long)c->max,
			(long long)c->min);
	return valid_expression(c->message, "commits/message", member, e);
}

static bool valid_store(const struct recipe *image, const char *store, struct err *e)
{
	const struct state_how *state = image->image->state;
	if (!state)
		return fail(e, E_INPUT, "%s serves no state: its \"image\" has no \"state\"",
			image->name);
	if (!store)
		return fail(e, E_INPUT, "a state check needs a store");
	vec_for(name, &state->stores)
		if (strcmp(*name, store) == 0)
			return true;
	return fail(e, E_INPUT, "there is no store '%s' in image.state", store);
}

static bool valid_state(const struct recipe *image, size_t index, struct arena *a,
	const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	const struct condition_list lists[] = {{"at_end", &c->at_end}, {"always", &c->always},
		{"eventually", &c->eventually}, {"never", &c->never}};
	size_t n = c->commits != NULL;
	*member = "store";
	if (!valid_store(image, c->store, e))
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		n += lists[i].list->n;
		if (!valid_conditions(&lists[i], a, member, e))
			return false;
	}
	*member = "type";
	if (!n)
		return fail(e, E_INPUT,
			"a state check needs at_end, always, eventually, never or commits");
	return valid_commits(c->commits, member, e) && valid_window(image, index, member, e);
}

/* ---- all kinds -------------------------------------------------------------------------- */

/* A field of another type of check would be without effect: more likely a mistake. */
static bool valid_fields(const struct check *c, const char **member, struct err *e)
{
	const struct {
		const char *name, *type, *other;
		bool given;
	} fields[] = {{"expect", "boot", "reboot", c->expect}, {"path", "http", NULL, c->path},
		{"sha256", "http", NULL, c->sha256}, {"filter", "packets", NULL, c->filter},
		{"order", "packets", NULL, c->order.n}, {"during", "packets", "state", c->during},
		{"since", "packets", "state", c->since}, {"after", "packets", "state", c->after},
		{"until", "packets", "state", c->until}, {"run", "command", NULL, c->run.n},
		{"tap", "command", NULL, c->tap}, {"how", "reboot", NULL, c->how},
		{"store", "state", NULL, c->store}, {"at_end", "state", NULL, c->at_end.n},
		{"always", "state", NULL, c->always.n},
		{"eventually", "state", NULL, c->eventually.n},
		{"never", "state", NULL, c->never.n}, {"commits", "state", NULL, c->commits}};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *type = fields[i].type, *other = fields[i].other;
		*member = fields[i].name;
		if (!fields[i].given || strcmp(type, c->type) == 0 ||
			(other && strcmp(other, c->type) == 0))
			continue;
		return other ? fail(e, E_INPUT,
				       "a check of type %s has no %s, only types %s and %s do",
				       c->type, *member, type, other)
			     : fail(e, E_INPUT, "a check of type %s has no %s, only type %s does",
				       c->type, *member, type);
	}
	return true;
}

static bool valid_place(
	const struct image_how *how, const struct check *c, const char **member, struct err *e)
{
	size_t cards = how->networks.n ? how->networks.n : 1;
	*member = "at";
	if ((size_t)c->at >= cards)
		return fail(e, E_INPUT, "there is no network %lld: the image has %zu, from 0 on",
			(long long)c->at, cards);
	*member = "machine";
	if (c->machine > how->machines)
		return fail(e, E_INPUT, "there is no machine %lld: there are %lld, from 1 on",
			(long long)c->machine, (long long)how->machines);
	return true;
}

static bool valid_reboot(
	const struct image_how *how, const struct check *c, const char **member, struct err *e)
{
	const struct machine_kind *kind = machine_kind_of(how);
	*member = "how";
	return !c->how || strcmp(c->how, "reset") != 0 || kind->resets ||
	       fail(e, E_INPUT, "a machine of kind %s has no reset button: expected \"power\"",
		       kind->name);
}

static bool valid_name(
	const struct recipe *image, const struct check *c, const char **member, struct err *e)
{
	*member = "type";
	if (strcmp(c->name, "boot") == 0 && strcmp(c->type, "boot") != 0)
		return fail(e, E_INPUT, "a check named boot must be of type boot");
	*member = "name";
	if (image->image->state && strcmp(c->name, STATE_KEPT) == 0)
		return fail(e, E_INPUT, "'%s' is what the end of the run is called", c->name);
	return true;
}

static bool valid_kind(const struct recipe *image, size_t index, struct arena *a,
	const char **member, struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	if (strcmp(c->type, "http") == 0)
		return valid_http(image, index, member, e);
	if (strcmp(c->type, "packets") == 0)
		return valid_packets(image, index, member, e);
	if (strcmp(c->type, "command") == 0)
		return valid_command(image, index, member, e);
	return strcmp(c->type, "state") != 0 || valid_state(image, index, a, member, e);
}

/* The program that checks of a type need; NULL: none. */
static const char *program_of(const char *type)
{
	static const struct {
		const char *type, *program;
	} needs[] = {{"arp", "arping"}, {"ping", "ping"}, {"http", "curl"}};
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(needs[i].type, type) == 0)
			return needs[i].program;
	return NULL;
}

bool check_validate(struct arena *a, const struct recipe *image, size_t index, const char **member,
	struct err *e)
{
	const struct check *c = &image->image->checks.v[index];
	const char *program = program_of(c->type);
	if (!valid_name(image, c, member, e) || !valid_fields(c, member, e) ||
		!valid_place(image->image, c, member, e) ||
		!valid_reboot(image->image, c, member, e) ||
		!valid_kind(image, index, a, member, e))
		return false;
	*member = NULL;
	return !program || program_must(program, e);
}
