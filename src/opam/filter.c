/* filter.c - what filters come to. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

#include <string.h>
#include <sys/utsname.h>

#define UNDEFINED ((struct opam_result){false, {NULL, 0}})

static struct opam_result text_result(struct str text)
{
	return (struct opam_result){true, text};
}

static struct opam_result bool_result(bool yes)
{
	return text_result(yes ? S("true") : S("false"));
}

static bool is_true(struct opam_result r)
{
	return r.defined && str_is(r.text, "true");
}

static bool is_false(struct opam_result r)
{
	return r.defined && str_is(r.text, "false");
}

/* ---- variables ---------------------------------------------------------------------------- */

void opam_env_set(struct opam_env *env, const char *name, struct str value)
{
	struct str *kept = NEW(env->variables.a, struct str);
	*kept = (struct str){str_copy(env->variables.a, value), value.n};
	*map_put(&env->variables, str_of(name)) = kept;
}

static struct opam_result plain_variable(const struct opam_env *env, struct str name)
{
	for (; env; env = env->above) {
		const struct str *value = map_get(&env->variables, name);
		if (value)
			return text_result(*value);
	}
	return UNDEFINED;
}

/* PACKAGE:NAME; the whole of it is FULL. */
static struct opam_result package_variable(
	const struct opam_env *env, struct str full, struct str package, struct str name)
{
	if (str_is(package, "_"))
		return plain_variable(env, name);
	struct opam_result found = plain_variable(env, full);
	bool enable = str_is(name, "enable");
	if (found.defined || (!enable && !str_is(name, "installed")))
		return found;
	while (env && !env->installed)
		env = env->above;
	if (!env)
		return UNDEFINED;
	bool yes = env->installed(env->ctx, package);
	if (enable)
		return text_result(yes ? S("enable") : S("disable"));
	return bool_result(yes);
}

/* "a+b:name" is true where it is so for a and for b. */
static struct opam_result variable(struct arena *a, const struct opam_env *env, struct str ident)
{
	struct str name = ident;
	struct str packages = str_cut(&name, ':');
	if (!name.p)
		return plain_variable(env, ident);
	if (str_find(packages, S("+")) < 0)
		return package_variable(env, ident, packages, name);
	struct opam_result all = bool_result(true);
	while (packages.p) {
		struct str package = str_cut(&packages, '+');
		const char *full = str_format(a, "%.*s:%.*s", STR(package), STR(name));
		struct opam_result one = package_variable(env, str_of(full), package, name);
		if (!is_true(one) && !is_false(one))
			return UNDEFINED;
		if (is_false(one))
			all = one;
	}
	return all;
}

/* INSIDE of "%{...}%": a variable, or "variable?yes:no". */
static struct str expand_one(struct arena *a, struct str inside, const struct opam_env *env)
{
	struct str rest = inside;
	struct str ident = str_cut(&rest, '?');
	struct opam_result r = variable(a, env, ident);
	if (!rest.p)
		return r.defined ? r.text : S("");
	struct str yes = str_cut(&rest, ':');
	return is_true(r) ? yes : rest.p ? rest : S("");
}

struct str opam_expand(struct arena *a, struct str text, const struct opam_env *env)
{
	if (!text.n || !memchr(text.p, '%', text.n))
		return text;
	struct text out = {.a = a};
	for (ptrdiff_t at; (at = str_find(text, S("%"))) >= 0;) {
		text_add(&out, (struct str){text.p, (size_t)at});
		text = str_from(text, (size_t)at);
		ptrdiff_t end = str_starts(text, S("%{")) ? str_find(text, S("}%")) : -1;
		if (end > 0) {
			text_add(&out,
				expand_one(a, (struct str){text.p + 2, (size_t)end - 2}, env));
			text = str_from(text, (size_t)end + 2);
		} else {
			text_addz(&out, "%");
			text = str_from(text, str_starts(text, S("%%")) ? 2 : 1);
		}
	}
	text_add(&out, text);
	return text_str(&out);
}

/* ---- evaluation --------------------------------------------------------------------------- */

static struct opam_result eval_relation(
	struct arena *a, const struct opam_value *v, const struct opam_env *env)
{
	struct opam_result left = opam_eval(a, v->left, env), right = opam_eval(a, v->right, env);
	if (!left.defined || !right.defined)
		return UNDEFINED;
	int order = opam_version_compare(left.text, right.text);
	return bool_result(opam_relation_holds((enum opam_op)v->op, order));
}

/* All of ITEMS, or any of them: DECISIVE is the value that settles it. */
static struct opam_result eval_chain(
	struct arena *a, const struct opam_value *items, bool decisive, const struct opam_env *env)
{
	struct opam_result result = bool_result(!decisive);
	for (const struct opam_value *v = items; v; v = v->next) {
		struct opam_result one = opam_eval(a, v, env);
		if (decisive ? is_true(one) : is_false(one))
			return bool_result(decisive);
		if (!is_true(one) && !is_false(one))
			result = UNDEFINED;
	}
	return result;
}

static struct opam_result eval_not(struct opam_result r)
{
	return is_true(r) || is_false(r) ? bool_result(is_false(r)) : UNDEFINED;
}

struct opam_result opam_eval(
	struct arena *a, const struct opam_value *filter, const struct opam_env *env)
{
	switch ((enum opam_kind)filter->kind) {
	case OPAM_BOOL:
		return bool_result(filter->number);
	case OPAM_INT:
		return text_result(str_of(str_format(a, "%lld", (long long)filter->number)));
	case OPAM_STRING:
		return text_result(opam_expand(a, filter->text, env));
	case OPAM_IDENT:
		return variable(a, env, filter->text);
	case OPAM_GROUP:
	case OPAM_LIST:
		if (filter->items && !filter->items->next)
			return opam_eval(a, filter->items, env);
		return UNDEFINED;
	case OPAM_AND:
		return eval_chain(a, filter->items, false, env);
	case OPAM_OR:
		return eval_chain(a, filter->items, true, env);
	case OPAM_NOT:
		return eval_not(opam_eval(a, filter->left, env));
	case OPAM_DEFINED:
		return bool_result(opam_eval(a, filter->left, env).defined);
	case OPAM_RELATION:
		return eval_relation(a, filter, env);
	default:
		return UNDEFINED;
	}
}

bool opam_eval_bool(const struct opam_value *filter, const struct opam_env *env, bool otherwise)
{
	defer(arena_free) struct arena scratch = {0};
	if (!filter)
		return true;
	struct opam_result r = opam_eval(&scratch, filter, env);
	return is_true(r) || (!is_false(r) && otherwise);
}

/* ---- this machine ------------------------------------------------------------------------- */

static const char *arch_name(const char *machine)
{
	static const struct {
		const char *kernel, *opam;
	} names[] = {
		{"i386", "x86_32"},
		{"i586", "x86_32"},
		{"i686", "x86_32"},
		{"aarch64", "arm64"},
		{"armv6l", "arm32"},
		{"armv7l", "arm32"},
		{"ppc", "ppc32"},
		{"ppc64le", "ppc64"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].kernel, machine))
			return names[i].opam;
	return machine;
}

/* The value of NAME in os-release(5), without quotes; empty where it is not there. */
static struct str release_value(struct str text, const char *name)
{
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		struct str key = str_cut(&line, '=');
		if (!str_is(key, name))
			continue;
		if (line.n >= 2 && (*line.p == '"' || *line.p == '\''))
			line = (struct str){line.p + 1, line.n - 2};
		return line;
	}
	return S("");
}

static void set_distribution(struct opam_env *env)
{
	struct str text = S("");
	struct err ignored;
	if (!file_read(env->variables.a, "/etc/os-release", 65536, &text, &ignored))
		return;
	struct str id = release_value(text, "ID"), like = release_value(text, "ID_LIKE");
	struct str family = str_cut(&like, ' ');
	opam_env_set(env, "os-distribution", id);
	opam_env_set(env, "os-family", family.n ? family : id);
	opam_env_set(env, "os-version", release_value(text, "VERSION_ID"));
}

void opam_env_machine(struct opam_env *env)
{
	struct utsname system;
	if (uname(&system) == 0) {
		opam_env_set(env, "arch", str_of(arch_name(system.machine)));
		opam_env_set(env, "os", S("linux"));
	}
	set_distribution(env);
	opam_env_set(env, "opam-version", S("2.1.2"));
	opam_env_set(env, "make", S("make"));
	opam_env_set(env, "jobs", str_of(str_format(env->variables.a, "%d", cpu_count())));
}

void opam_env_roles(struct opam_env *env)
{
	static const char *const roles[] = {
		"with-test", "with-doc", "with-dev-setup", "dev", "post", "pinned"};
	opam_env_set(env, "build", S("true"));
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		opam_env_set(env, roles[i], S("false"));
}
