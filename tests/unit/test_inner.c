/* test_inner.c - what a module of OCaml defines, by the words of its source.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "resolve/inner.h"

static const char text[] = /* line 1 */
	"(* module Hidden = struct (* \"*)\" *) end *)\n"
	"let quoted = \"module Hidden = struct\" and other = '\"'\n"
	"let raw = {x|module Hidden = struct|x} and c = '\\''\n"
	"module type S = sig\n"
	"  type +'a t\n"
	"  val inside : 'a t\n"
	"end\n"
	"module rec V4 (X : sig module Arg : sig end end) : S with type 'a t = int = struct\n"
	"  type ('a, 'b) pair = 'a * 'b\n" /* 9 */
	"  and 'a single = One of 'a\n"
	"  let rec run x = begin match x with 'a' -> (fun y -> y) | _ -> deep x end\n"
	"  and deep x = let local = x in local\n" /* 12 */
	"  module Prefix = struct\n"
	"    exception Bad of { why : string }\n" /* 14 */
	"    external raw : int -> int = \"stub\"\n"
	"  end\n"
	"end\n"
	"and V6 : sig module Prefix : sig type t end end = struct\n" /* 18 */
	"  module Prefix = struct type t = int end\n"
	"end\n"
	"class type shape = object end\n" /* 21 */
	"let ( + ) = ( - )\n"
	"module Short = V4\n" /* 23 */
	"val last : int\n";

static const char *found(const char *path)
{
	static struct arena a;
	strings names = {0};
	struct inner inner;
	struct str rest = str_of(path);
	while (rest.n)
		vec_push(&a, &names, str_copy(&a, str_cut(&rest, '.')));
	return inner_find(str_of(text), &names, &inner)
		       ? str_format(&a, "%s %d", inner.kind, inner.line)
		       : "nothing";
}

static void definitions_are_found(void **state)
{
	static const struct {
		const char *path, *what;
	} cases[] = {
		{"V4", "module 8"},
		{"V6", "module 18"},
		{"S", "module type 4"},
		{"S.t", "type 5"},
		{"S.inside", "value 6"},
		{"V4.pair", "type 9"},
		{"V4.single", "type 10"},
		{"V4.run", "value 11"},
		{"V4.deep", "value 12"},
		{"V4.Prefix", "module 13"},
		{"V4.Prefix.Bad", "exception 14"},
		{"V4.Prefix.raw", "value 15"},
		{"V6.Prefix.t", "type 18"},
		{"Short", "module 23"},
		{"quoted", "value 2"},
		{"other", "value 2"},
		{"last", "value 24"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(found(cases[i].path), cases[i].what) != 0)
			print_error("%s: %s\n", cases[i].path, found(cases[i].path));
		assert_string_equal(found(cases[i].path), cases[i].what);
	}
}

static void what_is_not_defined_there_is_not_found(void **state)
{
	static const char *const paths[] = {"Hidden", "Prefix", "V4.local", "V4.inside", "t",
		"V4.t", "Short.run", "V4.Prefix.Bad.why", "Arg", "y"};
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (strcmp(found(paths[i]), "nothing") != 0)
			print_error("%s: %s\n", paths[i], found(paths[i]));
		assert_string_equal(found(paths[i]), "nothing");
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(definitions_are_found),
	cmocka_unit_test(what_is_not_defined_there_is_not_found),
};
RUN_TESTS("inner")
