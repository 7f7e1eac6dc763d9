/* test_spec.c - decode tables, canonical bytes, JSON in and out. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "spec/spec.h"

struct inner {
	int64_t count;
	strings words;
};
struct line {
	strings argv;
};
struct outer {
	const char *name, *mode;
	bool on;
	struct inner in;
	struct inner *maybe;
	VEC(struct inner) many;
	VEC(struct line) run;
};

static const char *const modes[] = {"fast", "slow", NULL};
static const struct spec_field inner_fields[] = {{.name = "count",
							 .kind = SPEC_INT,
							 .offset = offsetof(struct inner, count),
							 .min = 1,
							 .max = 9,
							 .preset = 5,
							 .help = "How many."},
	{.name = "words", .kind = SPEC_STRINGS, .offset = offsetof(struct inner, words)}};
static const struct spec inner_spec = {"inner", sizeof(struct inner), inner_fields, 2, "inner"};
static const struct spec_field outer_fields[] = {{.name = "name",
							 .kind = SPEC_STRING,
							 .offset = offsetof(struct outer, name),
							 .required = true,
							 .help = "what it is called"},
	{.name = "mode",
		.kind = SPEC_STRING,
		.offset = offsetof(struct outer, mode),
		.words = modes},
	{.name = "on", .kind = SPEC_BOOL, .offset = offsetof(struct outer, on)},
	{.name = "in",
		.kind = SPEC_STRUCT,
		.offset = offsetof(struct outer, in),
		.sub = &inner_spec},
	{.name = "maybe",
		.kind = SPEC_POINTER,
		.offset = offsetof(struct outer, maybe),
		.sub = &inner_spec},
	{.name = "many",
		.kind = SPEC_STRUCTS,
		.offset = offsetof(struct outer, many),
		.sub = &inner_spec},
	{.name = "run", .kind = SPEC_ARGVS, .offset = offsetof(struct outer, run)}};
static const struct spec outer_spec = {"outer", sizeof(struct outer), outer_fields, 7, "outer"};

static void reads_every_kind(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct outer o = {0};
	struct err e = {0};
	assert_ok(spec_read(&a, &outer_spec,
		S("{\"name\":\"n\",\"mode\":\"slow\",\"on\":true,\"in\":{\"words\":[\"a\",\"b\"]},"
		  "\"maybe\":{\"count\":9},\"many\":[{},{\"count\":2}],\"run\":[[\"x\",\"y\"],["
		  "\"z\"]]}"),
		"f.json", &o, &e));
	assert_string_equal(o.name, "n");
	assert_string_equal(o.mode, "slow");
	assert_true(o.on);
	assert_int_equal(o.in.count, 5);
	assert_string_equal(o.in.words.v[1], "b");
	assert_int_equal(o.maybe->count, 9);
	assert_int_equal(o.many.n, 2);
	assert_int_equal(o.many.v[0].count, 5);
	assert_int_equal(o.many.v[1].count, 2);
	assert_string_equal(o.run.v[0].argv.v[1], "y");
}

static void says_what_is_wrong_and_where(void **state)
{
	(void)state;
	static const struct {
		const char *json, *text, *where, *hint;
	} cases[] = {{"[]", "expected an object, found a list", "f.json", ""},
		{"{}", "\"name\" is missing: what it is called", "f.json", ""},
		{"{\"name\":3}", "expected a string, found 3", "f.json:/name", ""},
		{"{\"name\":\"n\",\"mode\":\"fats\"}", "expected one of fast, slow, found \"fats\"",
			"f.json:/mode", ""},
		{"{\"name\":\"n\",\"in\":{\"count\":10}}",
			"expected a whole number from 1 to 9, found 10", "f.json:/in/count", ""},
		{"{\"name\":\"n\",\"in\":{\"count\":1.5}}",
			"expected a whole number from 1 to 9, found 1.5", "f.json:/in/count", ""},
		{"{\"name\":\"n\",\"many\":[{},{\"words\":[\"a\",null]}]}",
			"expected a string, found null", "f.json:/many/1/words/1", ""},
		{"{\"name\":\"n\",\"many\":[{\"word\":[]}]}", "unknown field \"word\"",
			"f.json:/many/0", "did you mean \"words\"?"},
		{"{\"name\":\"n\",\"in\":{\"zzzzzz\":[]}}", "unknown field \"zzzzzz\"",
			"f.json:/in", "there are: count, words"},
		{"{\"name\":\"n\",\"name\":\"m\"}", "this name stands here twice", "f.json:/name",
			""},
		{"{\"name\":\"n\",\"run\":[[]]}",
			"expected a command line of at least one word, found a list",
			"f.json:/run/0", ""},
		{"{\"name\":\"n\",\n \"on\" true}", "this is not JSON from here on", "f.json:2:7",
			""},
		{"{\"name\":\"n\"} x", "this is not JSON from here on", "f.json:1:14", ""},
		{"", "this is not JSON from here on", "f.json:1:1", ""},
		{"{\"name\":\"a\\u0000b\"}", "a string holds the character U+0000", "f.json:1:11",
			""}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		defer(arena_free) struct arena a = {0};
		struct outer o = {0};
		struct err e = {0};
		assert_false(spec_read(&a, &outer_spec, str_of(cases[i].json), "f.json", &o, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_string_equal(e.text, cases[i].text);
		assert_string_equal(e.where, cases[i].where);
		assert_string_equal(e.hint, cases[i].hint);
	}
}

static void refuses_depth(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	const struct json *j;
	struct err e = {0};
	for (int i = 0; i < 40; i++)
		text_addz(&t, "[");
	for (int i = 0; i < 40; i++)
		text_addz(&t, "]");
	assert_false(json_parse(&a, text_str(&t), "f.json", &j, &e));
	assert_string_equal(e.text, "the JSON is more than 32 levels deep");
}

static const char *canonical(struct arena *a, const char *json)
{
	struct outer o = {0};
	struct err e = {0};
	struct text t = {.a = a};
	assert_ok(spec_read(a, &outer_spec, str_of(json), "f.json", &o, &e));
	spec_canonical(&outer_spec, &o, &t);
	return t.p;
}

static void canonical_bytes_differ_exactly_where_structs_do(void **state)
{
	(void)state;
	static const char *const different[] = {"{\"name\":\"n\"}", "{\"name\":\"\"}",
		"{\"name\":\"n\",\"mode\":\"fast\"}", "{\"name\":\"n\",\"on\":true}",
		"{\"name\":\"n\",\"in\":{\"count\":1}}",
		"{\"name\":\"n\",\"in\":{\"words\":[\"ab\"]}}",
		"{\"name\":\"n\",\"in\":{\"words\":[\"a\",\"b\"]}}",
		"{\"name\":\"n\",\"maybe\":{}}", "{\"name\":\"n\",\"many\":[{}]}",
		"{\"name\":\"n\",\"many\":[{\"words\":[\"a\"]}]}",
		"{\"name\":\"n\",\"run\":[[\"a\",\"b\"]]}",
		"{\"name\":\"n\",\"run\":[[\"a\"],[\"b\"]]}"};
	defer(arena_free) struct arena a = {0};
	size_t n = sizeof(different) / sizeof(*different);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
				canonical(&a, different[i]), canonical(&a, different[j]));
	assert_string_equal(canonical(&a, "{\"name\":\"n\",\"in\":{\"count\":5}}"),
		canonical(&a, "{ \"in\" : {}, \"name\" : \"n\" }"));
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "text", "a\"\\\n\x01\xff\xc3\xa9");
	json_put_string(&w, "none", NULL);
	json_put_int(&w, "int", -3);
	json_put_number(&w, "number", 0.5);
	json_put_bool(&w, "bool", true);
	json_open(&w, "empty", '[');
	json_close(&w);
	json_close(&w);
	assert_string_equal(t.p,
		"{\n  \"text\": \"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\",\n  \"none\": null,\n"
		"  \"int\": -3,\n  \"number\": 0.5,\n  \"bool\": true,\n  \"empty\": []\n}");
	const struct json *j;
	struct err e = {0};
	assert_ok(json_parse(&a, text_str(&t), "f", &j, &e));
	assert_int_equal(json_count(j), 6);
	assert_string_equal(json_name(json_at(j, 1)), "none");
	assert_true(json_number(json_get(j, "int"), 0) == -3);
	assert_true(json_bool(json_get(j, "bool"), false));
	assert_string_equal(json_string(json_get(j, "int"), "other"), "other");
	assert_null(json_get(j, "missing"));
}

/* The value's bytes, "" where there is none. */
static const char *located(struct arena *a, const char *object, const char *name)
{
	struct str value;
	return json_locate(str_of(object), name, &value) ? str_copy(a, value) : "";
}

static void locates_members(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	const char *text = " {\"a\":1 , \"s\" : \"b\\\"}, \\\\\" ,\n\t\"in\": {\"x\": [1, {\"b\": "
			   "\"]\"}]},\"x\":[ ], \"last\":null\n}";
	assert_string_equal(located(&a, text, "a"), "1");
	assert_string_equal(located(&a, text, "s"), "\"b\\\"}, \\\\\"");
	assert_string_equal(located(&a, text, "in"), "{\"x\": [1, {\"b\": \"]\"}]}");
	assert_string_equal(located(&a, text, "x"), "[ ]");
	assert_string_equal(located(&a, text, "last"), "null");
	static const char *const none[] = {
		"", "[]", "{}", "{\"b\"", "{\"b\":", "{\"a", "{\"a\":1", "{a:1}", "x"};
	assert_string_equal(located(&a, text, "b"), "");
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_string_equal(located(&a, none[i], "b"), "");
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(reads_every_kind),
	cmocka_unit_test(says_what_is_wrong_and_where), cmocka_unit_test(refuses_depth),
	cmocka_unit_test(canonical_bytes_differ_exactly_where_structs_do),
	cmocka_unit_test(writes_what_it_reads), cmocka_unit_test(locates_members)};
RUN_TESTS("spec")
