/* test_recipe.c - recipes, workspaces, the graph. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "recipe/recipe.h"
#include "sys/sys.h"

static const char *root;
static struct arena arena;

static void put(const char *name, const char *text)
{
	struct err e = {0};
	const char *path = path_join(&arena, root, name);
	assert_ok(dir_make(path_dir(&arena, path), &e));
	assert_ok(file_write(path, str_of(text), 0644, &e));
}

static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-recipe.", &root, &e));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(tree_remove(root, &e));
	arena_free(&arena);
	return 0;
}

#define LIBRARY(name, needs)                                                                       \
	"{\"name\":\"" name "\",\"version\":\"1\",\"license\":\"ISC\","                            \
	"\"source\":[{\"path\":\"src\"}],\"needs\":[" needs "],"                                   \
	"\"build\":{\"objects\":{\"sources\":[\"*.c\"]}}}"

static void put_graph(void)
{
	put("respin.json", "{\"recipes\":[\"recipes\",\"more\"]}");
	put("recipes/a/recipe.json", LIBRARY("a", "\"b\",\"c\""));
	put("recipes/b/recipe.json", LIBRARY("b", "\"d\""));
	put("recipes/c/recipe.json", LIBRARY("c", "\"d\""));
	put("more/d/recipe.json", LIBRARY("d", ""));
	put("more/site/recipe.json",
		"{\"name\":\"site\",\"version\":\"1\",\"license\":\"ISC\",\"needs\":[\"a\"],"
		"\"image\":{\"checks\":[{\"name\":\"up\",\"type\":\"boot\"}]}}");
}

static const char *names(const recipes *list)
{
	struct text t = {.a = &arena};
	text_addz(&t, "");
	vec_for(r, list)
		text_addf(&t, "%s ", (*r)->name);
	return t.p;
}

static void finds_the_workspace_from_below(void **state)
{
	(void)state;
	struct workspace w;
	struct err e = {0};
	put_graph();
	put("deep/er/file", "");
	assert_ok(workspace_open(&arena, path_join(&arena, root, "deep/er"), &w, &e));
	assert_string_equal(w.root, root);
	assert_string_equal(names(&w.all), "a b c d site ");
	assert_false(workspace_open(&arena, "/", &w, &e));
	assert_int_equal(e.code, E_USAGE);
}

static void orders_the_closure_for_linking(void **state)
{
	(void)state;
	struct workspace w;
	struct recipe *site, *d;
	recipes list;
	struct err e = {0};
	put_graph();
	assert_ok(workspace_open(&arena, root, &w, &e));
	assert_ok(recipe_find_image(&w, "site", &site, &e));
	assert_ok(recipe_closure(&w, site, &list, &e));
	assert_string_equal(names(&list), "site a c b d ");
	assert_ok(recipe_find(&w, "d", &d, &e));
	assert_ok(recipe_dependents(&w, d, &list, &e));
	assert_string_equal(names(&list), "a b c site ");
	assert_ok(recipe_dependents(&w, site, &list, &e));
	assert_int_equal(list.n, 0);
}

static void suggests_near_names(void **state)
{
	(void)state;
	struct workspace w;
	struct recipe *r;
	struct err e = {0};
	put_graph();
	assert_ok(workspace_open(&arena, root, &w, &e));
	assert_false(recipe_find(&w, "sitte", &r, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	assert_string_equal(e.hint, "did you mean 'site'?");
	assert_false(recipe_find_image(&w, "a", &r, &e));
	assert_int_equal(e.code, E_USAGE);
	assert_false(recipe_find(&w, "quite-another", &r, &e));
	assert_string_equal(e.hint, "there are: a, b, c, d, site");
	/* A long list tells nobody anything. */
	for (int i = 0; i < 50; i++) {
		const char *name = str_format(&arena, "library%d", i);
		put(str_format(&arena, "recipes/%s/recipe.json", name),
			str_format(&arena, LIBRARY("%s", ""), name));
	}
	assert_ok(workspace_open(&arena, root, &w, &e));
	assert_false(recipe_find(&w, "quite-another", &r, &e));
	assert_string_equal(e.hint, "none of its 55 packages has a name like it");
}

static void names_a_circle(void **state)
{
	(void)state;
	struct workspace w;
	struct recipe *r;
	recipes list;
	struct err e = {0};
	put("respin.json", "{}");
	put("recipes/a/recipe.json", LIBRARY("a", "\"b\""));
	put("recipes/b/recipe.json", LIBRARY("b", "\"a\""));
	assert_ok(workspace_open(&arena, root, &w, &e));
	assert_ok(recipe_find(&w, "a", &r, &e));
	assert_false(recipe_closure(&w, r, &list, &e));
	assert_string_equal(e.text, "packages need each other in a circle: a -> b -> a");
}

/* Every folder of tests/data/recipes/bad holds a recipe.json and the error expected of it. */
static void refuses_bad_recipes(void **state)
{
	(void)state;
	const char *bad = "tests/data/recipes/bad";
	strings list;
	struct err e = {0};
	assert_ok(dir_list(&arena, bad, &list, &e));
	assert_true(list.n >= 20);
	vec_for(name, &list) {
		const char *dir = path_join(&arena, bad, *name);
		struct recipe *r;
		struct str expected;
		assert_ok(
			file_read(&arena, path_join(&arena, dir, "expected"), 4096, &expected, &e));
		assert_false(recipe_read(&arena, path_join(&arena, dir, "recipe.json"), &r, &e));
		assert_int_equal(e.code, E_INPUT);
		const char *place = strstr(e.where, "recipe.json");
		const char *got = str_format(&arena, "%s: %s", place, e.text);
		assert_string_equal(got, str_copy(&arena, str_trim(expected)));
	}
}

static void reads_all_recipes_of_the_project(void **state)
{
	(void)state;
	struct workspace w;
	struct err e = {0};
	assert_ok(workspace_open(&arena, ".", &w, &e));
	vec_for(r, &w.all) {
		recipes list;
		assert_ok(recipe_closure(&w, *r, &list, &e));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {TEST(finds_the_workspace_from_below),
	TEST(orders_the_closure_for_linking), TEST(suggests_near_names), TEST(names_a_circle),
	TEST(refuses_bad_recipes), TEST(reads_all_recipes_of_the_project)};
RUN_TESTS("recipe")
