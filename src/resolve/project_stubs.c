/* project_stubs.c - the C of a dune project: files that lie beside its modules, and the symbols
 * that the stubs of its libraries define. SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/project.h"
#include "resolve/tags.h"

static bool is_c(const char *name)
{
	static const char *const endings[] = {".c", ".h", ".S", ".cc", ".cpp", ".cxx"};
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_ends(str_of(name), str_of(endings[i])))
			return true;
	return false;
}

/* An overlay's file stands in for that of its name which the library had before. */
void project_add_stub(
	struct project *p, uint32_t owner, const char *library, const char *file, bool is_linked)
{
	const char *key = str_format(p->a, "%u %s", owner, path_base(file));
	void **known = map_put(&p->stub_names, str_of(key));
	if (*known)
		return;
	*known = p;
	vec_push(p->a, &p->stubs, ((struct project_stub){owner, library, file, is_linked}));
}

/* Files of DIR that no library names: headers, mostly. */
static void add_folder(
	struct project *p, struct map *seen, const char *dir, uint32_t owner, const char *library)
{
	strings names = {0};
	struct err ignored;
	void **known = map_put(seen, str_of(dir));
	if (*known || !dir_list(p->a, path_join(p->a, p->root, dir), &names, &ignored))
		return;
	*known = p;
	vec_for(name, &names)
		if (is_c(*name))
			project_add_stub(p, owner, library,
				strcmp(dir, ".") ? path_join(p->a, dir, *name) : *name, false);
}

/* Beside its modules, and beside its stubs. Of several libraries in one folder the first is as good
 * as any. */
static void add_beside(struct project *p, const struct modules *x)
{
	struct map seen = {.a = p->a};
	size_t named = p->stubs.n;
	vec_for(l, &p->dune.libraries) {
		uint32_t owner = modules_owner(x, l->name);
		if (owner != CATALOG_NONE)
			add_folder(p, &seen, l->dir, owner, l->name);
	}
	for (size_t i = 0; i < named; i++) {
		struct project_stub stub = p->stubs.v[i];
		if (*stub.file != '/' && strchr(stub.file, '/'))
			add_folder(p, &seen, path_dir(p->a, stub.file), stub.owner, stub.library);
	}
}

static void add_named(struct project *p, const struct modules *x)
{
	vec_for(l, &p->dune.libraries) {
		uint32_t owner = modules_owner(x, l->name);
		for (size_t i = 0; owner != CATALOG_NONE && i < l->stubs.n; i++)
			project_add_stub(p, owner, l->name, l->stubs.v[i], true);
	}
}

static void add_file(struct project *p, struct modules *x, const struct project_stub *stub)
{
	const char *why = stub->is_linked ? str_format(p->a, "%s is a stub in C of %s", stub->file,
						    stub->library)
					  : str_format(p->a, "%s lies beside the sources of %s",
						    stub->file, stub->library);
	vec_push(p->a, &x->m->names,
		((struct made_name){path_base(stub->file), stub->file, stub->file, why, stub->owner,
			0, CATALOG_SOURCE, 0}));
}

static void add_symbol(struct project *p, struct modules *x, const struct project_stub *stub,
	const struct tag *tag)
{
	const char *name = str_copy(p->a, tag->name);
	const char *why = str_format(p->a, "%s is a %s%s defined in %s:%u, a stub in C of %s", name,
		tag->local ? "file-local " : "", tag_words(tag->kind), stub->file, tag->line,
		stub->library);
	vec_push(p->a, &x->m->names,
		((struct made_name){name, name, stub->file, why, stub->owner, (int)tag->line,
			CATALOG_SYMBOL, tag->kind == 'd' ? CATALOG_WEAK : 0}));
}

/* Of several lines of one file (branches of an #if) the first stands for all. */
static bool is_again(struct project *p, struct map *seen, const struct tag *tag)
{
	void **known =
		map_put(seen, str_of(str_format(p->a, "%u %.*s", tag->file, STR(tag->name))));
	bool again = *known;
	*known = p;
	return again;
}

/* Without ctags there are no symbols: that is told where a name is looked for. */
static void add_symbols(struct project *p, struct modules *x)
{
	struct tags_of {
		strings files;
		VEC(const struct project_stub *) stubs;
	} of = {0};
	tags found = {0};
	struct err why;
	vec_for(stub, &p->stubs) {
		if (!stub->is_linked || !tags_knows(stub->file))
			continue;
		catalog_watch(x->m, path_join(p->a, p->root, stub->file));
		vec_push(p->a, &of.files, stub->file);
		vec_push(p->a, &of.stubs, stub);
	}
	if (!tags_read(p->a, p->root, &of.files, &found, &why)) {
		p->no_symbols = why.hint[0] ? str_copy(p->a, str_of(why.hint)) : "ctags failed";
		return;
	}
	struct map seen = {.a = p->a};
	vec_for(tag, &found)
		if (!tag_is_declaration(tag->kind) && !is_again(p, &seen, tag))
			add_symbol(p, x, of.stubs.v[tag->file], tag);
}

void project_add_stubs(struct project *p, struct modules *x)
{
	add_named(p, x);
	add_beside(p, x);
	vec_for(stub, &p->stubs)
		add_file(p, x, stub);
	add_symbols(p, x);
}
