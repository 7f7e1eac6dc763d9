/* installed.c - which installed package each compilation unit comes from: kept as long as no folder
 * of libraries changes. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#define TEXT_LIMIT ((size_t)16 << 20)

static const char *file_of(const struct build *b)
{
	return path_join(b->a, b->state, "dune/installed");
}

static const char *key_of(const struct build *b)
{
	struct hasher h;
	hash_start(&h);
	vec_for(entry, &b->inputs)
		if (entry->kind == ENTRY_INSTALLED) {
			struct str path = str_of(entry->path);
			hash_add(&h, path);
			hash_add(&h, (struct str){(const char *)&entry->stamp.mtime_ns,
					     sizeof(entry->stamp.mtime_ns)});
		}
	struct digest d = hash_end(&h);
	return digest_hex(b->a, &d);
}

static bool read_site(struct build *b, struct text *out, struct err *e)
{
	struct ocaml_site site;
	struct ocaml_installed all;
	if (!project_site(b->a, b->q->w, NULL, &site, e) ||
		!ocaml_installed_read(b->a, &site, &all, e))
		return false;
	vec_for(library, &all.libraries)
		if (library->package)
			vec_for(m, &library->modules)
				text_addf(out, "%s %s\n", m->unit, library->package);
	return true;
}

static void take(struct build *b, struct str text, installed_units *out)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n'), unit = str_cut(&line, ' ');
		vec_push(b->a, out, ((struct installed_unit){unit, line}));
	}
}

bool installed_read(struct build *b, installed_units *out, struct err *e)
{
	struct str text;
	struct err ignored;
	const char *key = key_of(b);
	if (file_read(b->a, file_of(b), TEXT_LIMIT, &text, &ignored) &&
		str_is(str_cut(&text, '\n'), key)) {
		take(b, text, out);
		return true;
	}
	struct text made = {.a = b->a};
	text_addf(&made, "%s\n", key);
	if (!read_site(b, &made, e) || !file_write_cache(file_of(b), text_str(&made), 0666, e))
		return false;
	text = text_str(&made);
	(void)str_cut(&text, '\n');
	take(b, text, out);
	return true;
}
