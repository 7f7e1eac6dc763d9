/* term.c - what a person at the terminal sees. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS ((int64_t)100 * 1000 * 1000)

/* The one state of the program that is not passed along: there is one terminal. */
static struct {
	bool quiet, json, color, moving;
	int verbose;
	bool line_is_drawn;
	int64_t drawn_ns;
} term;

void term_init(bool quiet, int verbose, bool json)
{
	bool plain = getenv("NO_COLOR") && *getenv("NO_COLOR");
	const char *kind = getenv("TERM");
	bool dumb = !kind || !strcmp(kind, "dumb");
	term.quiet = quiet;
	term.verbose = verbose;
	term.json = json;
	term.color = !plain && !dumb && !json && isatty(STDOUT_FILENO);
	term.moving = !dumb && !quiet && !json && isatty(STDERR_FILENO);
}

bool term_is_verbose(void)
{
	return term.verbose > 0;
}

bool term_is_json(void)
{
	return term.json;
}

bool term_notes(void)
{
	return !term.quiet && !term.json;
}

static void erase_line(void)
{
	if (term.line_is_drawn)
		fputs("\r\033[K", stderr);
	term.line_is_drawn = false;
}

void term_out(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (term.line_is_drawn) {
		erase_line();
		fflush(stderr);
	}
	vprintf(fmt, ap);
	va_end(ap);
}

void term_note(const char *fmt, ...)
{
	if (term.quiet || term.json)
		return;
	va_list ap;
	va_start(ap, fmt);
	fflush(stdout);
	erase_line();
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void term_warn(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fflush(stdout);
	erase_line();
	fputs("respin: warning: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static int window_width(int fd)
{
	struct winsize size;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 0;
}

void term_progress(const char *fmt, ...)
{
	int64_t now = clock_ns();
	if (!term.moving || (term.line_is_drawn && now - term.drawn_ns < REDRAW_NS))
		return;
	char line[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	int width = window_width(STDERR_FILENO);
	int room = width ? width - 1 : 79, length = (int)strlen(line);
	erase_line();
	if (length > room) {
		int head = (room - 3) / 2, rest = room - 3 - head;
		fprintf(stderr, "%.*s...%s", head, line, line + length - rest);
	} else {
		fputs(line, stderr);
	}
	fflush(stderr);
	term.line_is_drawn = true;
	term.drawn_ns = now;
}

void term_progress_end(void)
{
	erase_line();
	fflush(stderr);
}

const char *term_tint(enum tint t)
{
	static const char *const codes[] = {[TINT_NONE] = "",
		[TINT_BOLD] = "\033[1m",
		[TINT_DIM] = "\033[2m",
		[TINT_GREEN] = "\033[32m",
		[TINT_RED] = "\033[31m",
		[TINT_YELLOW] = "\033[33m",
		[TINT_BLUE] = "\033[34m"};
	return term.color ? codes[t] : "";
}

const char *term_tint_end(void)
{
	return term.color ? "\033[0m" : "";
}

int term_width(void)
{
	int width = window_width(STDOUT_FILENO);
	return width ? width : 100;
}

int cpu_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}
