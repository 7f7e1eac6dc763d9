/* options.c - one table per command drives parsing and usage. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

static const struct option *find_long(const struct option *table, struct str name)
{
	for (; table->name; table++)
		if (str_is(name, table->name))
			return table;
	return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
	for (; table->name; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static const struct subcommand *find_command(const char *name)
{
	for (size_t i = 0; i < subcommand_count; i++)
		if (!strcmp(subcommands[i].name, name))
			return &subcommands[i];
	return NULL;
}

static bool unknown_option(
	struct context *c, const struct subcommand *cmd, const char *word, struct err *e)
{
	strings names = {0};
	for (const struct option *o = global_options; o->name; o++)
		vec_push(c->a, &names, o->name);
	for (const struct option *o = cmd ? cmd->options : NULL; o && o->name; o++)
		vec_push(c->a, &names, o->name);
	struct str name = str_of(word);
	while (name.n && name.p[0] == '-')
		name = str_from(name, 1);
	const char *near = str_nearest(str_cut(&name, '='), names.v, names.n);
	fail(e, E_USAGE, "unknown option '%s'%s%s", word, cmd ? " of respin " : "",
		cmd ? cmd->name : "");
	if (near)
		return fail_hint(e, "did you mean '--%s'?", near);
	return fail_hint(e, "respin %s -h lists the options", cmd ? cmd->name : "");
}

static bool set_option(struct context *c, const struct option *o, const char *value, struct err *e)
{
	void *place = (char *)&c->options + o->offset;
	uint64_t number;
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return true;
	case OPTION_TEXT:
		*(const char **)place = value;
		return true;
	case OPTION_NUMBER:
		if (!str_u64(str_of(value), &number) || number > 1000000)
			return fail(
				e, E_USAGE, "--%s: expected a number, found '%s'", o->name, value);
		*(int64_t *)place = (int64_t)number;
		return true;
	}
	return fail(e, E_BUG, "option %s has no kind", o->name);
}

struct words {
	int at, n;
	char **v;
};

static bool option_value(
	struct words *w, const struct option *o, struct str given, const char **out, struct err *e)
{
	*out = given.p;
	if (o->kind == OPTION_FLAG && given.p)
		return fail(e, E_USAGE, "--%s takes no value", o->name);
	if (o->kind == OPTION_FLAG || given.p)
		return true;
	if (w->at + 1 >= w->n)
		return fail(e, E_USAGE, "--%s needs a value: %s", o->name, o->value);
	*out = w->v[++w->at];
	return true;
}

static bool parse_long(
	struct context *c, const struct subcommand *cmd, struct words *w, struct err *e)
{
	struct str value = str_of(w->v[w->at] + 2), name = str_cut(&value, '=');
	const struct option *o = find_long(global_options, name);
	if (!o && cmd)
		o = find_long(cmd->options, name);
	const char *text;
	return o ? option_value(w, o, value, &text, e) && set_option(c, o, text, e)
		 : unknown_option(c, cmd, w->v[w->at], e);
}

static bool parse_letters(
	struct context *c, const struct subcommand *cmd, struct words *w, struct err *e)
{
	const char *word = w->v[w->at];
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *o = find_letter(global_options, *letter);
		if (!o && cmd)
			o = find_letter(cmd->options, *letter);
		if (!o)
			return unknown_option(c, cmd, word, e);
		bool has_rest = o->kind != OPTION_FLAG && letter[1];
		const char *text;
		struct str rest = has_rest ? str_of(letter + 1) : (struct str){NULL, 0};
		if (!option_value(w, o, rest, &text, e) || !set_option(c, o, text, e))
			return false;
		if (o->kind != OPTION_FLAG)
			return true;
	}
	return true;
}

static bool unknown_command(struct context *c, const char *word, struct err *e)
{
	strings names = {0};
	for (size_t i = 0; i < subcommand_count; i++)
		vec_push(c->a, &names, subcommands[i].name);
	const char *near = str_nearest(str_of(word), names.v, names.n);
	fail(e, E_USAGE, "there is no command '%s'", word);
	if (near)
		return fail_hint(e, "did you mean 'respin %s'?", near);
	return fail_hint(e, "respin -h lists the commands");
}

static bool check_count(struct context *c, const struct subcommand *cmd, struct err *e)
{
	if (c->options.usage || c->options.manual)
		return true;
	if (c->args.n >= cmd->least_args && c->args.n <= cmd->most_args)
		return true;
	bool is_few = c->args.n < cmd->least_args;
	size_t limit = is_few ? cmd->least_args : cmd->most_args;
	fail(e, E_USAGE, "too %s arguments: %zu, expected %zu at %s", is_few ? "few" : "many",
		c->args.n, limit, is_few ? "least" : "most");
	return fail_hint(e, "usage: respin %s %s", cmd->name, cmd->args);
}

bool options_parse(
	struct context *c, int argc, char **argv, const struct subcommand **out, struct err *e)
{
	const struct subcommand *cmd = NULL;
	bool only_args = false;
	struct words w = {1, argc, argv};
	for (; w.at < w.n; w.at++) {
		const char *word = w.v[w.at];
		if (!only_args && !strcmp(word, "--")) {
			only_args = true;
			c->has_program = cmd && strstr(cmd->args, "-- COMMAND");
		} else if (c->has_program) {
			vec_push(c->a, &c->program, word);
		} else if (!only_args && word[0] == '-' && word[1] == '-') {
			if (!parse_long(c, cmd, &w, e))
				return false;
		} else if (!only_args && word[0] == '-' && word[1]) {
			if (!parse_letters(c, cmd, &w, e))
				return false;
		} else if (cmd) {
			vec_push(c->a, &c->args, word);
		} else {
			cmd = find_command(word);
			if (!cmd)
				return unknown_command(c, word, e);
		}
	}
	*out = cmd;
	return !cmd || check_count(c, cmd, e);
}

static void list_options(const struct option *table, struct text *out)
{
	for (; table->name; table++) {
		defer(arena_free) struct arena scratch = {0};
		const char *left = table->letter ? str_format(&scratch, "-%c, --%s", table->letter,
							   table->name)
						 : str_format(&scratch, "    --%s", table->name);
		if (table->value)
			left = str_format(&scratch, "%s %s", left, table->value);
		text_addf(out, "  %-26s %s\n", left, table->help);
	}
}

void options_usage(const struct subcommand *cmd, struct text *out)
{
	if (cmd) {
		text_addf(out, "usage: respin %s [OPTION...] %s\n\n%s\n\n", cmd->name, cmd->args,
			cmd->summary);
		if (cmd->options[0].name) {
			list_options(cmd->options, out);
			text_addz(out, "\n");
		}
	} else {
		text_addz(out, "usage: respin [OPTION...] COMMAND [ARGUMENT...]\n\n"
			       "Swap a patched library into a unikernel, rebuild exactly what "
			       "depends on it,\n"
			       "boot it, and see what changed.\n\n");
		for (size_t i = 0; i < subcommand_count; i++)
			text_addf(out, "  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
		text_addz(out, "\n");
	}
	list_options(global_options, out);
}
