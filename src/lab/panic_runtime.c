/* panic_runtime.c - what OCaml's runtime and Solo5 print as they give up. SPDX-License-Identifier:
 * ISC
 */
#include "lab/panic.h"
#include "lab/words.h"

#define DEPTH_MAX 32
#define TEXT_MAX 300
#define NAME_MAX 200

/* Where the last line of CONSOLE that begins with MARK goes on; p is NULL where there is none. */
static struct str last_behind(struct str console, struct str mark)
{
	struct str found = {0};
	while (console.n) {
		if (str_starts(console, mark))
			found = str_from(console, mark.n);
		(void)str_cut(&console, '\n');
	}
	return found;
}

/* ---- OCaml ----------------------------------------------------------------------------- */

/* What stands before MARK in *S, which goes on behind it; false where MARK is not there. */
static bool cut_at(struct str *s, struct str mark, struct str *before)
{
	ptrdiff_t at = str_find(*s, mark);
	if (at < 0)
		return false;
	*before = (struct str){s->p, (size_t)at};
	*s = str_from(*s, (size_t)at + mark.n);
	return true;
}

/* "Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33" to "Stdlib.failwith at
 * stdlib.ml:29"; NULL for any other line. Dune gives the modules of a program a prefix. */
static const char *ocaml_place(struct arena *a, struct str line)
{
	static const char *const starts[] = {
		"Raised at ", "Raised by primitive operation at ", "Called from ", "Re-raised at "};
	const struct str wrapper = S("Dune__exe__");
	struct str function, file, inlined;
	size_t i = 0;
	while (i < 4 && !str_starts(line, str_of(starts[i])))
		i++;
	if (i == 4)
		return NULL;
	line = str_from(line, str_of(starts[i]).n);
	if (!cut_at(&line, S(" in file \""), &function) || !cut_at(&line, S("\""), &file) ||
		!cut_at(&line, S(", line "), &inlined))
		return NULL;
	if (str_starts(function, wrapper))
		function = str_from(function, wrapper.n);
	return str_format(a, "%s at %s:%s", one_line(a, function, NAME_MAX),
		one_line(a, file, NAME_MAX), one_line(a, str_cut(&line, ','), 20));
}

/* REST is behind "Fatal error: ". */
static void read_ocaml(struct arena *a, struct str rest, struct panic *out)
{
	out->text = one_line(a, str_cut(&rest, '\n'), TEXT_MAX);
	while (rest.n && out->places.n < DEPTH_MAX) {
		const char *place = ocaml_place(a, str_trim(str_cut(&rest, '\n')));
		if (!place)
			break;
		vec_push(a, &out->places, place);
	}
}

/* ---- Solo5 ----------------------------------------------------------------------------- */

/* The value of NAME in "type=#PF ec=0x2 rip=0x101234". */
static struct str value_in(struct str line, const char *name)
{
	while (line.n) {
		struct str value = str_cut(&line, ' '), key = str_cut(&value, '=');
		if (str_is(key, name))
			return value;
	}
	return (struct str){0};
}

/* REST is behind "Solo5: ABORT: ": "cpu_x86_64.c:181: Fatal trap". The trap stands before it. */
static void read_solo5(struct arena *a, struct str console, struct str rest, struct panic *out)
{
	struct str trap = last_behind(console, S("Solo5: trap: type="));
	out->text = one_line(a, str_cut(&rest, '\n'), TEXT_MAX);
	if (!trap.p)
		return;
	trap = str_trim(str_cut(&trap, '\n'));
	struct str address = value_in(trap, "rip");
	out->text = str_format(a, "trap %s", one_line(a, str_cut(&trap, ' '), 20));
	uint64_t value;
	if (!str_hex(address, &value))
		return;
	vec_push(a, &out->addresses, str_copy(a, address));
	vec_push(a, &out->places, out->addresses.v[0]);
}

/* ---- both ------------------------------------------------------------------------------ */

bool panic_of_runtime(struct arena *a, struct str console, struct panic *out)
{
	struct panic found = {.complete = true};
	struct str ocaml = last_behind(console, S("Fatal error: "));
	struct str solo5 = last_behind(console, S("Solo5: ABORT: "));
	if (solo5.p && solo5.p > ocaml.p)
		read_solo5(a, console, solo5, &found);
	else if (ocaml.p)
		read_ocaml(a, ocaml, &found);
	else
		return false;
	*out = found;
	return true;
}
