/* main.c - the command table, global options and exit statuses. SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "project/project.h"

#ifndef RESPIN_VERSION
#define RESPIN_VERSION "0.1"
#endif

#define GC_DAYS 30

#define FLAG(long, letter, member, help)                                                           \
	{                                                                                          \
		long, letter, OPTION_FLAG, offsetof(struct options, member), NULL, help            \
	}
#define TEXT(long, letter, member, value, help)                                                    \
	{                                                                                          \
		long, letter, OPTION_TEXT, offsetof(struct options, member), value, help           \
	}
#define NUMBER(long, letter, member, value, help)                                                  \
	{                                                                                          \
		long, letter, OPTION_NUMBER, offsetof(struct options, member), value, help         \
	}

#define JOBS NUMBER("jobs", 'j', jobs, "N", "run N programs at a time (default: one per processor)")
#define NO_OVERLAYS FLAG("no-overlays", 0, no_overlays, "leave all overlays out")
#define KEEP_GOING FLAG("keep-going", 'k', keep_going, "after a failure build what doesn't need it")
#define REPORT TEXT("report", 0, report, "FILE", "write the HTML page to FILE")

const struct option global_options[] = {
	TEXT("directory", 'C', dir, "DIR",
		"work in DIR's workspace instead of the current folder's"),
	FLAG("json", 0, json, "answer, and errors, as JSON"),
	FLAG("quiet", 'q', quiet, "no progress"),
	FLAG("verbose", 'v', verbose, "say why each action runs"),
	FLAG("help", 0, manual, "show the manual page"),
	FLAG("usage", 'h', usage, "show this text"),
	FLAG("version", 0, version, "show respin's version"), {0}};

const struct subcommand subcommands[] = {
	{"resolve", "NAME... | --image IMAGE ADDRESS...", 1, 64,
		"Find the library, package and source of a module, header, symbol or file.", false,
		cmd_resolve,
		{FLAG("all", 'a', all, "ask everywhere, and tell all of each"),
			FLAG("dependents", 0, dependents,
				"only who depends on it, transitively, one a line"),
			TEXT("image", 0, image, "IMAGE",
				"names are addresses of code in this image, or file"),
			{0}}},
	{"fetch", "PACKAGE...", 1, 64, "Get and verify packages' sources.", true, cmd_fetch, {{0}}},
	{"overlay", "add|list|status|diff|apply|save|rebase|verify|drop [PACKAGE] [PATCH|VERSION]",
		1, 3, "Edit a package's source: open, patch, save, rebase, verify, drop.", true,
		cmd_overlay,
		{FLAG("force", 'f', force, "drop: also what is not saved or not committed"),
			TEXT("message", 'm', message, "TEXT",
				"save: commit uncommitted changes under this subject"),
			FLAG("continue", 0, go_on, "rebase: go on, with conflicts resolved"),
			FLAG("skip", 0, skip, "rebase: leave out the patch that conflicts"),
			FLAG("abort", 0, abort, "rebase: back to what there was before"),
			TEXT("sha256", 0, sha256, "HEX", "rebase: checksum of the new source"),
			TEXT("commit", 0, commit, "ID", "rebase: commit of the new source"),
			TEXT("url", 0, url, "URL", "rebase: where the new source is"), {0}}},
	{"plan", "[IMAGE|PACKAGE]", 0, 1, "Show what would be rebuilt, and why; build nothing.",
		true, cmd_plan,
		{NO_OVERLAYS,
			FLAG("all", 0, all,
				"who depends on PACKAGE in the whole distribution, too"),
			FLAG("recursive", 0, deep,
				"with --all: and who depends on these, and so on"),
			{0}}},
	{"build", "[IMAGE|PACKAGE]", 0, 1, "Bring an image, or a package alone, up to date.", true,
		cmd_build,
		{JOBS, KEEP_GOING, NO_OVERLAYS,
			FLAG("dependents", 0, dependents,
				"then all of the workspace that depend on it"),
			{0}}},
	{"run", "[IMAGE] [--shell | -- COMMAND...]", 0, 1,
		"Boot an image, with its console or a program of yours on the terminal.", true,
		cmd_run,
		{JOBS, NO_OVERLAYS, TEXT("disk", 0, disk, "FILE", "the disk: kept from run to run"),
			FLAG("shell", 0, shell, "a shell on the host beside the image"),
			NUMBER("at", 0, at, "N", "of COMMAND or shell: on the host of network N"),
			{0}}},
	{"check", "[IMAGE]", 0, 1, "Boot an image and run its checks.", true, cmd_check,
		{JOBS, NO_OVERLAYS, TEXT("only", 0, only, "NAME", "run this check alone"), {0}}},
	{"compare", "[IMAGE] [RUN RUN]", 0, 3,
		"Before and after: without overlays and with them, or two kept runs.", true,
		cmd_compare, {JOBS, REPORT, {0}}},
	{"try", "[IMAGE] --module NAME --patch FILE", 0, 1,
		"All seven steps: from a module's name and a patch to the comparison.", true,
		cmd_try,
		{TEXT("module", 'm', module, "NAME",
			 "the header, symbol, file or package to change"),
			TEXT("patch", 'p', patch, "FILE", "the patch or mailbox to apply"),
			FLAG("keep", 0, keep, "keep the patch as an overlay"), JOBS, REPORT, {0}}},
	{"inspect", "[IMAGE|FILE]", 0, 1, "Show what is inside an image.", false, cmd_inspect,
		{FLAG("symbols", 's', symbols, "list all symbols, largest first"), NO_OVERLAYS,
			{0}}},
	{"state", "log|show|diff|clone WHAT [STORE] [...]", 2, 5,
		"The history of the network state of a run, a disk or a live machine.", false,
		cmd_state,
		{NUMBER("machine", 0, machine, "N", "of a run's several machines (default: 1)"),
			TEXT("token", 0, token, "TOKEN", "what a live machine asks for"), {0}}},
	{"init", "[DIR]", 0, 1, "Make a workspace.", false, cmd_init, {{0}}},
	{"gc", "", 0, 0, "Remove results that no recent build used, and old runs.", true, cmd_gc,
		{NUMBER("days", 0, days, "N", "keep what was used within N days (default: 30)"),
			{0}}},
	{"schema", "", 0, 0, "Print the JSON Schema of recipes, for editors.", false, cmd_schema,
		{{0}}}};
const size_t subcommand_count = sizeof(subcommands) / sizeof(*subcommands);

/* Has whoever read our output (a pager, "head") left? A status like that of other programs, which
 * die of SIGPIPE, and no words. */
static bool reader_is_gone(void)
{
	struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static int status_of(enum code code)
{
	switch (code) {
	case E_USAGE:
		return STATUS_USAGE;
	case E_NOTFOUND:
	case E_CONFLICT:
	case E_CHILD:
		return STATUS_NO;
	case E_INTERRUPTED:
		return STATUS_INTERRUPTED;
	default:
		return STATUS_FAILED;
	}
}

/* Messages may quote names from outside, which must not command the terminal. */
static void print_plain(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			fprintf(stderr, "\\x%02x", c);
		else
			fputc(c, stderr);
	}
}

static void print_error(const struct err *e, bool json)
{
	if (!json) {
		/* The terminal shows ^C, and stays in that line. */
		if (e->code == E_INTERRUPTED && isatty(STDERR_FILENO))
			fputc('\n', stderr);
		fputs("respin: ", stderr);
		print_plain(e->where);
		fputs(e->where[0] ? ": " : "", stderr);
		print_plain(e->text);
		fputs(e->hint[0] ? "\n  " : "", stderr);
		print_plain(e->hint);
		fputc('\n', stderr);
		return;
	}
	defer(arena_free) struct arena scratch = {0};
	struct text t = {.a = &scratch};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_open(&w, "error", '{');
	json_put_string(&w, "code", code_name(e->code));
	json_put_string(&w, "message", e->text);
	json_put_string(&w, "where", e->where[0] ? e->where : NULL);
	json_put_string(&w, "hint", e->hint[0] ? e->hint : NULL);
	json_close(&w);
	json_close(&w);
	fprintf(stderr, "%s\n", t.p);
}

/* For --help the manual page, where man and the page are there; else the usage. */
static void show_manual(struct context *c, const struct subcommand *cmd)
{
	const char *dir, *page = cmd ? str_format(c->a, "respin-%s.1", cmd->name) : "respin.1";
	struct err e = {0};
	if (c->options.manual && isatty(STDOUT_FILENO) && program_find(c->a, "man") &&
		program_dir(c->a, &dir, &e)) {
		const char *built = str_format(c->a, "%s/man/%s", dir, page);
		const char *installed = str_format(c->a, "%s/../share/man/man1/%s", dir, page);
		const char *file = file_exists(built) ? built : installed;
		if (file_exists(file))
			execlp("man", "man", file, (char *)NULL);
	}
	struct text t = {.a = c->a};
	options_usage(cmd, &t);
	term_out("%s", t.p);
}

static bool run(struct context *c, const struct subcommand *cmd, struct err *e)
{
	if (c->options.version) {
		term_out("respin %s\n", RESPIN_VERSION);
		return true;
	}
	if (c->options.manual || c->options.usage || !cmd) {
		show_manual(c, cmd);
		c->status =
			cmd || c->options.manual || c->options.usage ? STATUS_YES : STATUS_USAGE;
		return true;
	}
	if (c->options.dir && chdir(c->options.dir) < 0)
		return fail(e, E_USAGE, "-C %s: %s", c->options.dir, strerror(errno));
	if (cmd->needs_workspace) {
		if (!project_open(c->a, ".", &c->w, e))
			return false;
		project_environment(&c->w);
	}
	return cmd->run(c, e);
}

int main(int argc, char **argv)
{
	defer(arena_free) struct arena arena = {0};
	struct context c = {.a = &arena, .options = {.days = GC_DAYS, .machine = 1, .at = -1}};
	struct err e = {0};
	const struct subcommand *cmd = NULL;
	bool parsed = options_parse(&c, argc, argv, &cmd, &e);
	term_init(c.options.quiet, c.options.verbose, c.options.json);
	signals_catch();
	if (parsed && run(&c, cmd, &e)) {
		if (fflush(stdout) == 0 && !ferror(stdout))
			return c.status;
		if (reader_is_gone())
			return STATUS_UNREAD;
		fail(&e, E_IO, "write to standard output: %s", strerror(errno));
	}
	term_progress_end();
	fflush(stdout);
	print_error(&e, c.options.json);
	return status_of(e.code);
}
