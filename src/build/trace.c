/* trace.c - the paths and stamps behind an answer, in one file. SPDX-License-Identifier: ISC */
#include "build/trace.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRACE_LIMIT ((size_t)256 << 20)
#define DAY_NS ((int64_t)86400 * 1000000000)

static const char magic[16] = "respin trace 1\n";

enum trace_state { MISSING, PRESENT, UNSURE };

struct header {
	char magic[sizeof(magic)];
	struct digest sum; /* of all that follows */
	struct trace_answer answer;
	uint64_t n_paths, n_kept;
};
/* Behind the header: n_paths of these, n_kept digests, and the paths, each with its NUL. */
struct trace_path {
	struct stamp stamp;
	uint32_t path;
	uint32_t state; /* UNSURE: it may have changed under the same stamp */
};

/* ---- the name ------------------------------------------------------------------------- */

static void add_word(struct text *t, const char *word)
{
	text_addz(t, word ? word : "\1");
	text_add(t, (struct str){"", 1});
}

static void add_overlays(struct text *t, const overlays *with)
{
	if (with)
		vec_for(o, with) {
			add_word(t, o->package);
			add_word(t, o->dir);
			add_word(t, o->tree);
			vec_for(subject, &o->patches)
				add_word(t, *subject);
			add_word(t, NULL);
		}
}

bool trace_name(struct arena *a, const struct build_request *q, const char **out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *cc;
	recipes closure;
	struct text t = {.a = &scratch};
	if (!compiler_find(&scratch, &cc, e) || !recipe_closure(q->w, q->image, &closure, e))
		return false;
	add_word(&t, q->w->root);
	add_word(&t, cc);
	add_word(&t, getenv("PATH"));
	add_word(&t, q->any_effect ? "any" : NULL);
	add_overlays(&t, q->with);
	vec_for(r, &closure) {
		add_word(&t, (*r)->dir);
		spec_canonical(&recipe_spec, *r, &t);
	}
	struct digest d = hash_bytes(text_str(&t));
	*out = str_format(a, "%s/builds/%s", q->w->state, digest_hex(&scratch, &d));
	return true;
}

/* ---- reading -------------------------------------------------------------------------- */

static struct str behind_sum(struct str bytes)
{
	return str_from(bytes, offsetof(struct header, answer));
}

static const struct header *read_trace(struct arena *a, const char *file)
{
	struct str bytes;
	struct err ignored;
	if (!file_read(a, file, TRACE_LIMIT, &bytes, &ignored) || bytes.n < sizeof(struct header))
		return NULL;
	const struct header *h = (const void *)bytes.p;
	struct digest sum = hash_bytes(behind_sum(bytes));
	bool whole = !memcmp(h->magic, magic, sizeof(magic)) && digest_eq(&sum, &h->sum);
	return whole ? h : NULL;
}

static const struct trace_path *paths_of(const struct header *h)
{
	return (const void *)(h + 1);
}

static const struct digest *kept_of(const struct header *h)
{
	return (const void *)(paths_of(h) + h->n_paths);
}

static bool path_holds(const struct trace_path *p, const char *names)
{
	struct stamp now;
	bool exists = file_stamp(names + p->path, &now);
	return p->state == (exists ? PRESENT : MISSING) && (!exists || stamp_eq(&p->stamp, &now));
}

/* gc keeps what is used: once a day is enough to tell it. */
static void mark_used(const char *file)
{
	struct stamp stamp;
	if (file_stamp(file, &stamp) && stamp.mtime_ns < clock_wall_ns() - DAY_NS)
		utimensat(AT_FDCWD, file, NULL, 0);
}

bool trace_holds(const char *file, struct trace_answer *out)
{
	defer(arena_free) struct arena scratch = {0};
	const struct header *h = read_trace(&scratch, file);
	if (!h)
		return false;
	const char *names = (const char *)(kept_of(h) + h->n_kept);
	for (size_t i = 0; i < h->n_paths; i++)
		if (!path_holds(&paths_of(h)[i], names))
			return false;
	mark_used(file);
	*out = h->answer;
	return true;
}

void trace_each_kept(const char *file, void (*each)(void *ctx, const struct digest *d), void *ctx)
{
	defer(arena_free) struct arena scratch = {0};
	const struct header *h = read_trace(&scratch, file);
	for (size_t i = 0; h && i < h->n_kept; i++)
		each(ctx, &kept_of(h)[i]);
}

/* ---- writing -------------------------------------------------------------------------- */

static void write_paths(const struct engine *g, struct text *paths, struct text *names)
{
	vec_for(entry, &g->watched.entries) {
		const struct seen *seen = entry->value;
		struct trace_path p;
		memset(&p, 0, sizeof(p));
		p.stamp = seen->stamp;
		p.path = (uint32_t)names->n;
		p.state = !seen->safe ? UNSURE : seen->exists ? PRESENT : MISSING;
		text_add(paths, (struct str){(const char *)&p, sizeof(p)});
		text_add(names, (struct str){entry->key.p, entry->key.n + 1});
	}
}

bool trace_write(struct engine *g, const char *file, struct err *e)
{
	struct text paths = {.a = g->a}, names = {.a = g->a}, kept = {.a = g->a}, all = {.a = g->a};
	write_paths(g, &paths, &names);
	vec_for(at, &g->nodes) {
		text_add(&kept, (struct str){(const char *)&(*at)->key, sizeof((*at)->key)});
		text_add(&kept, (struct str){(const char *)&(*at)->object, sizeof((*at)->object)});
	}
	struct header h = {.answer = {nodes_target(g)->object, g->nodes.n},
		.n_paths = g->watched.entries.n,
		.n_kept = g->nodes.n * 2};
	memcpy(h.magic, magic, sizeof(magic));
	text_add(&all, (struct str){(const char *)&h, sizeof(h)});
	text_add(&all, text_str(&paths));
	text_add(&all, text_str(&kept));
	text_add(&all, text_str(&names));
	struct digest sum = hash_bytes(behind_sum(text_str(&all)));
	memcpy(all.p + offsetof(struct header, sum), &sum, sizeof(sum));
	return dir_make(path_dir(g->a, file), e) && file_write_cache(file, text_str(&all), 0666, e);
}
