/* test_catalog.c - names of a world, packed, kept, and found again. SPDX-License-Identifier: ISC */
#include "unit.h"

#include <pthread.h>

#include "resolve/catalog.h"

struct fixture {
	struct arena arena;
	const char *dir;
	int made; /* how often the world was read */
	bool old_was_there;
	struct catalog_source source;
};

/* Three libraries in a row: web needs tcp, tcp needs ip; and one apart. */
static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct fixture *f = ctx;
	struct str text;
	const char *input = path_join(m->a, f->dir, "input");
	f->made++;
	f->old_was_there = m->old != NULL;
	catalog_watch(m, input);
	catalog_watch(m, path_join(m->a, f->dir, "missing"));
	if (!file_read(m->a, input, 1000, &text, e))
		return false;
	static const char *const libraries[] = {"ip", "tcp", "web", "apart"};
	for (uint32_t i = 0; i < 4; i++) {
		vec_push(m->a, &m->owners,
			((struct made_owner){.library = libraries[i],
				.package = "stack",
				.version = str_copy(m->a, text)}));
		vec_push(m->a, &m->names,
			((struct made_name){.name = libraries[i],
				.shown = libraries[i],
				.owner = i,
				.kind = CATALOG_LIBRARY}));
	}
	vec_push(m->a, &m->names,
		((struct made_name){.name = "Flow",
			.shown = "Tcp.Flow",
			.file = "src/flow.ml",
			.why = "it is there",
			.owner = 1,
			.line = 7,
			.kind = CATALOG_MODULE}));
	vec_push(m->a, &m->names,
		((struct made_name){.name = "flow.ml",
			.shown = "src/flow.ml",
			.file = "src/flow.ml",
			.owner = 1,
			.kind = CATALOG_SOURCE}));
	catalog_add_fact(m, 2, CATALOG_NEEDS, "tcp", 1);
	catalog_add_fact(m, 1, CATALOG_BECAUSE, "first", CATALOG_NONE);
	catalog_add_fact(m, 1, CATALOG_NEEDS, "ip", 0);
	catalog_add_fact(m, 1, CATALOG_BECAUSE, "second", CATALOG_NONE);
	catalog_add_fact(m, 3, CATALOG_NEEDS, "elsewhere", CATALOG_NONE);
	m->summary = "four libraries";
	return true;
}

/* Files are older than the clock's granularity when they are read. */
static void put(struct fixture *f, const char *name, const char *text)
{
	struct err e;
	assert_ok(file_write(path_join(&f->arena, f->dir, name), str_of(text), 0644, &e));
	usleep(50000);
}

static int set_up(void **state)
{
	struct err e;
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f || !dir_make_temp(&f->arena, "/tmp/respin-test-catalog.", &f->dir, &e))
		return -1;
	put(f, "input", "1.0");
	f->source = (struct catalog_source){.kept = path_join(&f->arena, f->dir, "index/kept"),
		.key = "the key",
		.make = make,
		.ctx = f};
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct fixture *f = *state;
	bool removed = tree_remove(f->dir, &e);
	arena_free(&f->arena);
	free(f);
	return removed ? 0 : -1;
}

static const char *version(struct fixture *f)
{
	struct err e;
	defer(catalog_close) struct catalog c;
	assert_ok(catalog_open(&f->arena, &f->source, &c, &e));
	return str_copy(&f->arena, str_of(catalog_text(&c, catalog_owner(&c, 0)->version)));
}

/* ---- what is in it ----------------------------------------------------------------------------
 */

static void names_are_found_with_all_that_was_said(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const struct catalog_name *n;
	defer(catalog_close) struct catalog c;
	assert_ok(catalog_open(&f->arena, &f->source, &c, &e));
	assert_int_equal(catalog_find(&c, S("Flow"), &n), 1);
	assert_string_equal(catalog_text(&c, n->shown), "Tcp.Flow");
	assert_string_equal(catalog_text(&c, n->file), "src/flow.ml");
	assert_string_equal(catalog_text(&c, n->why), "it is there");
	assert_int_equal(n->line, 7);
	assert_int_equal(n->kind, CATALOG_MODULE);
	assert_string_equal(catalog_text(&c, catalog_owner(&c, n->owner)->library), "tcp");
	assert_int_equal(catalog_find(&c, S("flow.ml"), &n), 1);
	assert_string_equal(catalog_text(&c, n->name), "flow.ml");
	assert_int_equal(catalog_find(&c, S("flow"), &n), 0);
	assert_int_equal(catalog_find(&c, S(""), &n), 0);
	assert_string_equal(catalog_text(&c, c.header->summary), "four libraries");
	assert_null(catalog_owner(&c, 4));
}

static void facts_keep_their_order(void **state)
{
	struct fixture *f = *state;
	struct err e;
	defer(catalog_close) struct catalog c;
	assert_ok(catalog_open(&f->arena, &f->source, &c, &e));
	strings because = catalog_facts(&c, &f->arena, catalog_owner(&c, 1), CATALOG_BECAUSE);
	assert_int_equal(because.n, 2);
	assert_string_equal(because.v[0], "first");
	assert_string_equal(because.v[1], "second");
	assert_int_equal(catalog_facts(&c, &f->arena, catalog_owner(&c, 0), CATALOG_NEEDS).n, 0);
}

static void dependents_are_transitive(void **state)
{
	struct fixture *f = *state;
	struct err e;
	defer(catalog_close) struct catalog c;
	assert_ok(catalog_open(&f->arena, &f->source, &c, &e));
	bool of_ip[4] = {true}, of_web[4] = {false, false, true};
	catalog_mark_dependents(&c, of_ip);
	assert_true(of_ip[1] && of_ip[2] && !of_ip[3]);
	catalog_mark_dependents(&c, of_web);
	assert_true(!of_web[0] && !of_web[1] && !of_web[3]);
}

/* ---- is it still true? ------------------------------------------------------------------------
 */

static void it_is_made_once(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(version(f), "1.0");
	assert_string_equal(version(f), "1.0");
	assert_int_equal(f->made, 1);
	assert_false(f->old_was_there);
}

static void a_change_is_seen(void **state)
{
	struct fixture *f = *state;
	(void)version(f);
	put(f, "input", "2.0");
	assert_string_equal(version(f), "2.0");
	assert_int_equal(f->made, 2);
	assert_true(f->old_was_there);
	put(f, "missing", "now there");
	(void)version(f);
	assert_int_equal(f->made, 3);
	assert_int_equal(unlink(path_join(&f->arena, f->dir, "missing")), 0);
	(void)version(f);
	assert_int_equal(f->made, 4);
}

static void another_key_is_another_catalog(void **state)
{
	struct fixture *f = *state;
	(void)version(f);
	f->source.key = "another";
	(void)version(f);
	assert_int_equal(f->made, 2);
	assert_false(f->old_was_there);
}

static void one_that_can_not_be_kept_is_an_answer(void **state)
{
	struct fixture *f = *state;
	put(f, "file", "not a folder");
	f->source.kept = path_join(&f->arena, f->dir, "file/kept");
	assert_string_equal(version(f), "1.0");
	f->source.kept = NULL;
	assert_string_equal(version(f), "1.0");
	assert_int_equal(f->made, 2);
}

static void what_can_not_be_read_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct catalog c;
	(void)version(f);
	assert_int_equal(unlink(path_join(&f->arena, f->dir, "input")), 0);
	assert_false(catalog_open(&f->arena, &f->source, &c, &e));
	assert_int_equal(e.code, E_ABSENT);
}

/* ---- damage -----------------------------------------------------------------------------------
 */

/* Cut anywhere, or with any byte changed, it is refused or safe to ask. */
static void a_damaged_one_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct str whole;
	(void)version(f);
	assert_ok(file_read(&f->arena, f->source.kept, 1 << 20, &whole, &e));
	for (size_t n = 0; n < whole.n; n += 13) {
		struct catalog c;
		char *cut = arena_alloc(&f->arena, n);
		memcpy(cut, whole.p, n);
		assert_false(catalog_view((struct str){cut, n}, &c));
	}
	assert_ok(file_write(f->source.kept, (struct str){whole.p, whole.n / 2}, 0644, &e));
	assert_string_equal(version(f), "1.0");
	assert_int_equal(f->made, 2);
	assert_string_equal(version(f), "1.0");
	assert_int_equal(f->made, 2);
}

static void *open_often(void *ctx)
{
	struct fixture *shared = ctx;
	struct fixture own = {.dir = shared->dir, .source = shared->source};
	size_t wrong = 0;
	own.source.ctx = &own;
	for (int i = 0; i < 50; i++) {
		struct err e;
		struct catalog c;
		if (!catalog_open(&own.arena, &own.source, &c, &e)) {
			wrong++;
			continue;
		}
		const char *library = catalog_text(&c, catalog_owner(&c, 3)->library);
		wrong += strcmp(library, "apart") != 0;
		catalog_close(&c);
		if (i % 5 == 0)
			(void)unlink(own.source.kept);
	}
	arena_free(&own.arena);
	return (void *)wrong;
}

/* Each sees a whole one, whoever else writes or removes it. */
static void several_at_once_do_no_harm(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_often, f), 0);
	for (size_t i = 0; i < 4; i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	TEST(names_are_found_with_all_that_was_said),
	TEST(facts_keep_their_order),
	TEST(dependents_are_transitive),
	TEST(it_is_made_once),
	TEST(a_change_is_seen),
	TEST(another_key_is_another_catalog),
	TEST(one_that_can_not_be_kept_is_an_answer),
	TEST(what_can_not_be_read_is_an_error),
	TEST(a_damaged_one_is_made_again),
	TEST(several_at_once_do_no_harm),
};
RUN_TESTS("catalog")
