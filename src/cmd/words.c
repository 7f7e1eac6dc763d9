/* words.c - durations, counts and errors as people read them. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

const char *source_folder(struct context *c, const char *package)
{
	struct recipe *r;
	struct tree t;
	struct err ignored;
	const char *dir, *root;
	if (!recipe_find(&c->w, package, &r, &ignored) || !r->source.n ||
		!source_locate(&c->w, r, &t, &ignored) || !t.dir || !t.is_path)
		return NULL;
	if (!path_real(c->a, t.dir, &dir, &ignored) || !path_real(c->a, c->w.root, &root, &ignored))
		return t.dir;
	size_t n = strlen(root);
	return !strncmp(dir, root, n) && dir[n] == '/' ? dir + n + 1 : dir;
}

const char *source_words(struct context *c, const char *package)
{
	const char *folder = source_folder(c, package);
	return folder ? str_format(c->a, "the source as it lies in %s", folder)
		      : "upstream's source as released";
}

const char *duration(struct arena *a, int64_t ns)
{
	double ms = (double)ns / 1e6;
	if (ms < 10)
		return str_format(a, "%.1f ms", ms);
	if (ms < 1000)
		return str_format(a, "%.0f ms", ms);
	return str_format(a, "%.1f s", ms / 1000);
}

const char *counted(struct arena *a, size_t n, const char *thing)
{
	struct str word = str_of(thing);
	bool hissing = str_ends(word, S("ch"));
	if (n != 1 && str_ends(word, S("ry")))
		return str_format(a, "%zu %.*sies", n, (int)word.n - 1, thing);
	return str_format(a, "%zu %s%s", n, thing, n == 1 ? "" : hissing ? "es" : "s");
}

const char *first_line(struct arena *a, const struct err *e)
{
	struct str text = str_of(e->text), first = str_cut(&text, '\n');
	if (str_ends(first, S(":")))
		first.n--;
	return str_copy(a, first);
}
