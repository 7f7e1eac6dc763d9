/* test_opam.c - the format of opam files, its printer, and the order of versions.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "opam/opam.h"

/* TEXT parsed and printed; the error as "line:column: message" where it is none. */
static const char *round_trip(struct arena *a, const char *text)
{
	struct err e = {0};
	struct opam_file f;
	struct text t = {.a = a};
	if (!opam_parse(a, str_of(text), "f", &f, &e)) {
		assert_int_equal(e.code, E_INPUT);
		assert_true(str_starts(str_of(e.where), S("f:")));
		return str_format(a, "%s: %s", e.where + 2, e.text);
	}
	opam_print(&t, &f);
	return t.p ? t.p : "";
}

static void values_come_out_as_opam_writes_them(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a:b", "1:4: expected ':' or '{', found the end of the file"},
		{"a: b", "a: b\n"},
		{"a : b", "a: b\n"},
		{"a: b c: d", "a: b\nc: d\n"},
		{"a:\r\n b", "a: b\n"},
		{"a: true", "a: true\n"},
		{"a: -3", "a: -3\n"},
		{"a: 1_0", "a: 10\n"},
		{"a: 3a", "a: 3a\n"},
		{"a: -b", "a: -b\n"},
		{"a: b+c:d", "a: b+c:d\n"},
		{"a: b+_:c", "a: b+_:c\n"},
		{"a: _:c", "a: _:c\n"},
		{"x-a+b: 1", "x-a+b: 1\n"},
		{"a: []", "a: []\n"},
		{"a: ()", "a: ()\n"},
		{"a: [ b ]", "a: [b]\n"},
		{"a: [b[c]]", "a: [\n  b\n  [c]\n]\n"},
		{"a: \"b\" {c} {d e}", "a: \"b\" {c} {d e}\n"},
		{"a: [b]{c}", "a: [b] {c}\n"},
		{"a: \"b\"{>=\"1\"&<\"2\"}", "a: \"b\" {>= \"1\" & < \"2\"}\n"},
		{"a: b | c & d | e", "a: b | c & d | e\n"},
		{"a: (b & c) | (d & e)", "a: (b & c) | (d & e)\n"},
		{"a: !b & ?c = \"d\"", "a: !b & ?c = \"d\"\n"},
		{"a: ! (b | c)", "a: !(b | c)\n"},
		{"a: ! >= \"1\"", "a: !>= \"1\"\n"},
		{"a: [b ! = c]", "a: [\n  b\n  ! = c\n]\n"},
		{"a: ~ \"1\"", "a: >= \"1\"\n"},
		{"a: b!=c", "a: b != c\n"},
		{"a: [B += \"x\" C =+ d]", "a: [\n  B += \"x\"\n  C =+ d\n]\n"},
		{"a: [B := x C =: y D =+= z]", "a: [\n  B := x\n  C =: y\n  D =+= z\n]\n"},
		{"s { a: 1 }", "s {\na: 1\n}\n"},
		{"s \"n\" { a: 1 t { } }", "s \"n\" {\na: 1\nt {\n}\n}\n"},
		{"# c\na: b # c\n", "a: b\n"},
		{"a: (* c (* \" *) \n*) b", "a: b\n"},
		{"", ""},
	};
	defer(arena_free) struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(round_trip(&a, cases[i].in), cases[i].out);
}

static void strings_have_escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"\"b\\ c\\\"\\\\\\'\"", "b c\"\\'"},
		{"\"\\065\\x42\\255\"", "AB\xff"},
		{"\"\\n\\t\\b\\r\"", "\n\t\b\r"},
		{"\"b\\\n   c\"", "bc"},
		{"\"b\\\r\n\tc\"", "bc"},
		{"\"b\r\nc\"", "b\nc"},
		{"\"b\nc\"", "b\nc"},
		{"\"\"\"b \"\"c\\\" \"\"\"", "b \"\"c\" "},
		{"\"\"\"\"\"\"", ""},
		{"\"\"", ""},
		{"\" x\ny\"", " x\ny"},
		{"\"\tx\ny\"", "\tx\ny"},
		{"\"# (* no comment\"", "# (* no comment"},
	};
	defer(arena_free) struct arena a = {0};
	struct err e;
	struct opam_file f;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = str_format(&a, "a: %s", cases[i].in);
		assert_ok(opam_parse(&a, str_of(text), "f", &f, &e));
		assert_int_equal(f.items->value->kind, OPAM_STRING);
		assert_str(f.items->value->text, cases[i].out);
		/* And what is printed is read as the same. */
		struct text t = {.a = &a};
		opam_print(&t, &f);
		assert_ok(opam_parse(&a, text_str(&t), "g", &f, &e));
		assert_str(f.items->value->text, cases[i].out);
	}
}

static void strings_are_printed_as_opam_does(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a: \"q\\\"\"", "a: \"q\\\"\"\n"},
		{"a: \"l\na \\\"q\\\" b\"", "a: \"\"\"\\\nl\na \"q\" b\"\"\"\n"},
		{"a: \"l\n\\\"\\\"\\\" b\"", "a: \"\"\"\\\nl\n\\\"\"\" b\"\"\"\n"},
		{"a: \"l\n\\\"\\\"\"", "a: \"\"\"\\\nl\n\"\\\"\"\"\"\n"},
		{"a: \"\nl\"", "a: \"\"\"\nl\"\"\"\n"},
	};
	defer(arena_free) struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(round_trip(&a, cases[i].in), cases[i].out);
}

static void errors_tell_place_and_wish(void **state)
{
	static const struct {
		const char *in, *error;
	} cases[] = {
		{"a: \"b", "1:4: the string that begins here has no end: expected '\"'"},
		{"\n a: \"\"\"b\"\"",
			"2:5: the string that begins here has no end: expected '\"\"\"'"},
		{"a: (* (* *)", "1:4: the comment that begins here has no end: expected '*)'"},
		{"a:\n  [b", "2:5: expected a value or ']', found the end of the file"},
		{"a: [b }", "1:7: expected a value, found '}'"},
		{"a: (b c: d", "1:8: expected a value or ')', found ':'"},
		{"a: b {c", "1:8: expected a value or '}', found the end of the file"},
		{"a: b = (c)", "1:8: expected a string, a name, a number or a bool, found '('"},
		{"a: \"b\" = \"c\" = \"d\"", "1:14: expected a field or a section, found '='"},
		{"a: b && c", "1:7: expected a value, found '&'"},
		{"s { a: b", "1:9: expected a field, a section or '}', found the end of the file"},
		{"s \"n\" a", "1:7: expected '{', found 'a'"},
		{"\"a\": 1", "1:1: expected a field or a section, found the string \"a\""},
		{"a: _", "1:4: '_' begins no word: expected a name or a number"},
		{"a: b+", "1:5: '+' is no sign of opam's language: expected a word, a string, a "
			  "bracket or an operator"},
		{"a: \xc3\xa9",
			"1:4: byte 0xc3 outside of a string: expected printable ASCII there"},
		{"a: 99999999999999999999", "1:4: a number beyond 64 bits"},
		{"a:\n\t\"b\\z\"", "2:4: no escape that a string may hold: expected one of \\n \\t "
				   "\\b \\r \\\\ "
				   "\\\" \\' \\DDD \\xHH, or the line's end behind the backslash"},
		{"a: \"\\256\"", "1:5: no escape that a string may hold: expected one of \\n \\t "
				 "\\b \\r \\\\ "
				 "\\\" \\' \\DDD \\xHH, or the line's end behind the backslash"},
		{"a: b\n\x01\x02",
			"2:1: byte 0x01 outside of a string: expected printable ASCII there"},
		{"a: [\"\x01very long text in quotes that goes on and on and on\" = [",
			"1:62: expected a string, a name, a number or a bool, found '['"},
	};
	defer(arena_free) struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(round_trip(&a, cases[i].in), cases[i].error);
}

/* "a: " and UNIT COUNT times. */
static const char *repeated(struct arena *a, const char *unit, size_t count)
{
	struct text t = {.a = a};
	text_addz(&t, "a: ");
	for (size_t i = 0; i < count; i++)
		text_addz(&t, unit);
	return t.p;
}

static void depth_is_bounded_length_is_not(void **state)
{
	static const char *const deep[] = {"[", "(", "!", "?"};
	defer(arena_free) struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_non_null(strstr(round_trip(&a, repeated(&a, deep[i], 100000)),
			": nested too deep: expected 100 levels at most"));
	assert_non_null(strstr(round_trip(&a, repeated(&a, "b s { a: ", 1000)), "nested too deep"));
	const char *options = str_format(&a, "a: b%s", repeated(&a, "{c}", 1000) + 3);
	assert_non_null(strstr(round_trip(&a, options), "nested too deep"));
	const char *chain = str_format(&a, "%sb", repeated(&a, "b & c | ", 100000));
	assert_null(strstr(round_trip(&a, chain), "nested"));
	struct err e = {0};
	struct opam_file f;
	struct str huge = {base_get_memory(OPAM_FILE_MAX + 1), OPAM_FILE_MAX + 1};
	assert_false(opam_parse(&a, huge, "f", &f, &e));
	assert_non_null(strstr(e.text, "the file is too large"));
	base_put_memory((void *)(uintptr_t)huge.p);
}

static void places_are_kept(void **state)
{
	defer(arena_free) struct arena a = {0};
	struct err e;
	struct opam_file f;
	(void)state;
	const char *text = "a: \"\"\"x\ny\"\"\"\n  b: [\n\tc { d = e }\n]";
	assert_ok(opam_parse(&a, str_of(text), "f", &f, &e));
	const struct opam_item *b = f.items->next;
	assert_int_equal(b->at.line, 3);
	assert_int_equal(b->at.column, 3);
	const struct opam_value *option = b->value->items;
	assert_int_equal(option->kind, OPAM_OPTION);
	assert_int_equal(option->at.line, 4);
	assert_int_equal(option->at.column, 2);
	assert_int_equal(option->items->right->at.column, 10);
}

static void operators_bind_as_opam_binds(void **state)
{
	defer(arena_free) struct arena a = {0};
	struct err e;
	struct opam_file f;
	(void)state;
	assert_ok(opam_parse(&a, S("a: !b = c {d} & e | f"), "f", &f, &e));
	const struct opam_value *v = f.items->value;
	assert_int_equal(v->kind, OPAM_OR);
	assert_int_equal(v->items->kind, OPAM_AND);
	assert_int_equal(v->items->items->kind, OPAM_NOT);
	assert_int_equal(v->items->items->left->kind, OPAM_OPTION);
	assert_int_equal(v->items->items->left->left->kind, OPAM_RELATION);
	assert_str(v->items->next->text, "f");
}

static void the_last_field_counts(void **state)
{
	defer(arena_free) struct arena a = {0};
	struct err e;
	struct opam_file f;
	(void)state;
	assert_ok(opam_parse(&a, S("a: b a: c a { }"), "f", &f, &e));
	assert_str(opam_field(f.items, "a")->text, "c");
	assert_null(opam_field(f.items, "b"));
}

static void versions_have_opams_order(void **state)
{
	/* Each before the next. */
	static const char *const rising[] = {"~~", "~", "", "0.9", "1.0~beta1", "1.0~beta2",
		"1.0~beta10", "1.0", "1.0-1", "1.0-2", "1.0-10", "1.0a", "1.0rc1", "1.0+dune",
		"1.0.1", "1.0_1", "1.9", "1.10", "99999999999999999999", "100000000000000000000",
		"a", "v0.9", "v0.16.0", "+", "1:0", "2:0"};
	static const char *const equal[][2] = {{"1.0", "1.00"}, {"1.0", "1.0-0"}, {"1", "1-"},
		{"x", "x0"}, {"0:1", "1"}, {"", ""}, {"1-2-3", "1-2-03"}};
	(void)state;
	size_t n = sizeof(rising) / sizeof(*rising);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int order = opam_version_compare(str_of(rising[i]), str_of(rising[j]));
			if (((order > 0) - (order < 0)) != ((i > j) - (i < j)))
				print_error("%s, %s: %d\n", rising[i], rising[j], order);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	for (size_t i = 0; i < sizeof(equal) / sizeof(*equal); i++)
		assert_int_equal(opam_version_compare(str_of(equal[i][0]), str_of(equal[i][1])), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(values_come_out_as_opam_writes_them),
	cmocka_unit_test(strings_have_escapes),
	cmocka_unit_test(strings_are_printed_as_opam_does),
	cmocka_unit_test(errors_tell_place_and_wish),
	cmocka_unit_test(depth_is_bounded_length_is_not),
	cmocka_unit_test(places_are_kept),
	cmocka_unit_test(operators_bind_as_opam_binds),
	cmocka_unit_test(the_last_field_counts),
	cmocka_unit_test(versions_have_opams_order),
};
RUN_TESTS("opam")
