/* test_ocaml_text.c - S-expressions and META files: what they mean, and what is said of those that
 * are wrong. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "ocaml/meta.h"
#include "ocaml/ocaml.h"
#include "ocaml/sexp.h"

static const char *read_again(struct arena *a, const char *text)
{
	struct sexp all;
	struct err e = {0};
	if (!sexp_read(a, "dune", str_of(text), &all, &e))
		return str_format(a, "%s: %s", e.where, e.text);
	return sexp_text(a, &all);
}

static void values_are_read_as_dune_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text, *values;
	} cases[] = {
		{"", "()"},
		{" ; only this\n", "()"},
		{"(a (b) c'd%{env:X=y}-z)", "((a (b) c'd%{env:X=y}-z))"},
		{"a\"b\"c", "(a \"b\" c)"},
		{"\"\\065\\x41\\n\\\"\\\\\\%{x}\"", "(\"AA\\n\\\"\\\\%{x}\")"},
		{"\"a\\\n   b\"", "(\"ab\")"},
		{"\"\\| one\\n\n  \"\\> two\\n\n\"\\|\nx", "(\"one\\n\\ntwo\\\\n\\n\\n\" x)"},
		{"#| a #| b |# c |# d #;(e f) #; g h", "(d h)"},
		{"a#b ;c\nd", "(a#b d)"},
		{"(a\r\n b)\r\n", "((a b))"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		assert_string_equal(read_again(&a, cases[i].text), cases[i].values);
	}
}

static void wrong_values_are_named_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"(a\n  (b", "dune:2:3: expected a ')' that closes this '('"},
		{"a\n )", "dune:2:2: this ')' closes nothing"},
		{"(a \"b\n", "dune:1:4: expected a '\"' that ends this string"},
		{"\"\\q\"",
			"dune:1:2: expected one of n t b r \\ \" ' % x or three digits after this "
			"'\\'"},
		{"\"\\65\"", "dune:1:5: expected three digits after '\\'"},
		{"\"\\999\"", "dune:1:6: expected a code up to \\255"},
		{"\"\\|x", "dune:1:4: expected a space after \"\\| or \"\\>"},
		{"a%{b\n}", "dune:1:2: expected a '}' that ends this '%{'"},
		{"#| x", "dune:1:1: expected a '|#' that ends this comment"},
		{"(a #;)", "dune:1:4: expected a value after '#;'"},
		{"a\001", "dune:1:2: expected text: a control character is here"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		assert_string_equal(read_again(&a, cases[i].text), cases[i].error);
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	static const char *const openings[] = {"(", "#;"};
	for (size_t i = 0; i < 2; i++) {
		defer(arena_free) struct arena a = {0};
		struct text t = {.a = &a};
		struct err e = {0};
		struct sexp all;
		for (int n = 0; n < 100000; n++)
			text_addz(&t, openings[i]);
		assert_false(sexp_read(&a, "dune", text_str(&t), &all, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_non_null(strstr(e.text, "within each other"));
		if (i == 0)
			assert_false(sexp_read_canonical(&a, "dune", text_str(&t), &all, &e));
	}
}

static void size_is_bounded(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct sexp all;
	struct err e = {0};
	size_t n = 2 * (size_t)SEXP_MAX_VALUES;
	char *many = arena_alloc(&a, 2 * n);
	for (size_t i = 0; i < n; i++)
		memcpy(many + 2 * i, i % 100 ? "a " : "a\n", 2);
	assert_false(sexp_read(&a, "dune", (struct str){many, 2 * n}, &all, &e));
	assert_string_equal(e.text, "expected at most 2000000 values");
	for (size_t i = 0; i < n; i++)
		memcpy(many + 2 * i, "0:", 2);
	assert_false(sexp_read_canonical(&a, "dune", (struct str){many, 2 * n}, &all, &e));
	assert_string_equal(e.text, "expected at most 2000000 values");
}

static void canonical_values_are_read(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct sexp all;
	struct err e = {0};
	assert_ok(sexp_read_canonical(&a, "dune", S("(4:name(3:a b0:))"), &all, &e));
	assert_string_equal(sexp_text(&a, &all), "((\"name\" (\"a b\" \"\")))");
	assert_false(sexp_read_canonical(&a, "dune", S("(4:nam"), &all, &e));
	assert_string_equal(e.where, "dune:1:4");
	assert_false(sexp_read_canonical(&a, "dune", S("(4name)"), &all, &e));
	assert_false(sexp_read_canonical(&a, "dune", S("(1:a))"), &all, &e));
	assert_false(sexp_read_canonical(&a, "dune", S("((1:a)"), &all, &e));
}

static const char META[] = "version = \"1\" # a comment\n"
			   "x = \"first\"\n"
			   "x(byte) = \"b\"\n"
			   "x(native,-mt) = \"n-nomt\"\n"
			   "x(native) = \"n\"\n"
			   "x(native,mt) = \"nm\"\n"
			   "x += \"more\"\n"
			   "x(byte) += \"more-b\"\n"
			   "y += \"nothing to add to\"\n"
			   "quoted = \"a\\\"b\\\\c\n d\"\n"
			   "requires = \"unix, str\n lwt\"\n"
			   "package \"in\" ( x = \"inner\" package \"deep\" ( ) )\n";

/* As ocamlfind query -predicates ... -format '%(x)' says. */
static void variables_depend_on_predicates(void **state)
{
	(void)state;
	static const struct {
		const char *predicates, *value;
	} cases[] = {{"", "first more"}, {"byte", "b more more-b"}, {"native", "n-nomt more"},
		{"native,mt", "nm more"}, {"byte,native", "n-nomt more more-b"},
		{"byte,native,mt", "nm more more-b"}};
	defer(arena_free) struct arena a = {0};
	struct meta m;
	struct err e = {0};
	assert_ok(meta_read(&a, "META", str_of(META), &m, &e));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		strings set = meta_words(&a, cases[i].predicates);
		assert_string_equal(meta_value(&a, &m, "x", &set), cases[i].value);
	}
	strings none = {0};
	assert_null(meta_value(&a, &m, "y", &none));
	assert_string_equal(meta_value(&a, &m, "quoted", &none), "a\"b\\c\n d");
	strings words = meta_words(&a, meta_value(&a, &m, "requires", &none));
	assert_int_equal(words.n, 3);
	assert_string_equal(words.v[2], "lwt");
	assert_string_equal(m.packages.v[0]->name, "in");
	assert_int_equal(m.packages.v[0]->line, 14);
	assert_string_equal(m.packages.v[0]->packages.v[0]->name, "deep");
}

static void wrong_meta_files_are_named_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where, *error;
	} cases[] = {
		{"x\n \"a\"", "META:2:2", "expected '(', '=' or '+=' after a variable's name"},
		{"x = abc", "META:1:5", "expected a value in double quotes"},
		{"x(a b) = \"c\"", "META:1:5", "expected ',' or ')' after a predicate"},
		{"x() = \"c\"", "META:1:3", "expected a predicate"},
		{"x +\"c\"", "META:1:4", "expected '=' after '+'"},
		{"x = \"a\nb", "META:1:5", "expected a '\"' that ends this value"},
		{"package \"t\" ( x = \"y\"", "META:1:22",
			"expected a variable, a package, or ')' that ends this package"},
		{")", "META:1:1", "expected a variable's name: this ')' closes nothing"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		struct meta m;
		struct err e = {0};
		assert_false(meta_read(&a, "META", str_of(cases[i].text), &m, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.where, cases[i].where);
		assert_string_equal(e.text, cases[i].error);
	}
}

static void packages_are_not_endlessly_deep(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	struct meta m;
	struct err e = {0};
	for (int i = 0; i < 10000; i++)
		text_addz(&t, "package \"a\" (\n");
	assert_false(meta_read(&a, "META", text_str(&t), &m, &e));
	assert_string_equal(e.text, "expected at most 32 packages within each other");
}

static void one_line_of_what_dune_says(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"dune failed (1):\nFile \"bin/dune\", line 4, characters 1-13:\n4 | (x)\n"
		 "     ^\nError: Unknown constructor x\nHint: y\n",
			"bin/dune:4: Unknown constructor x"},
		{"dune failed (1):\nError: no rule", "no rule"},
		{"File \"dune\"\nError: bad", "dune: bad"},
		{"dune is not there", "dune is not there"},
		{"", ""},
	};
	(void)state;
	defer(arena_free) struct arena a = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = {0};
		(void)fail(&e, E_CHILD, "%s", cases[i].text);
		assert_string_equal(ocaml_dune_said(&a, &e), cases[i].line);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_line_of_what_dune_says),
	cmocka_unit_test(values_are_read_as_dune_reads_them),
	cmocka_unit_test(wrong_values_are_named_with_their_place),
	cmocka_unit_test(depth_is_bounded),
	cmocka_unit_test(size_is_bounded),
	cmocka_unit_test(canonical_values_are_read),
	cmocka_unit_test(variables_depend_on_predicates),
	cmocka_unit_test(wrong_meta_files_are_named_with_their_place),
	cmocka_unit_test(packages_are_not_endlessly_deep),
};
RUN_TESTS("ocaml_text")
