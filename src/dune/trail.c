/* trail.c - what an image was last built from, in one file: proof that nothing changed, and what
 * the next build's reasons are told from. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define TRAIL_LIMIT ((size_t)256 << 20)
#define DAY_NS ((int64_t)86400 * 1000000000)

static const char magic[16] = "respin dune 1\n";

struct header {
	char magic[sizeof(magic)];
	struct digest sum; /* of all that follows */
	struct digest facts, shape, object;
	uint64_t parts, caches, n_inputs, n_names;
};
/* Behind the header: n_inputs of these, and n_names bytes of names, each with its NUL. */
struct input {
	struct stamp stamp;
	struct digest digest;
	uint32_t path, real; /* where in the names; real of a value is path's */
	uint32_t kind, safe, marks, zero;
};

const char *trail_file(const struct build *b, const char *side)
{
	struct text t = {.a = b->a};
	const struct dune_how *how = b->q->image->build.dune;
	text_addf(&t, "%s\n%s\n%s\n%s\n", b->root, side, b->q->image->name, how->target);
	struct digest d = hash_bytes(text_str(&t));
	return str_format(b->a, "%s/dune/records/%s-%s", b->state, side, digest_hex(b->a, &d));
}

/* ---- reading -------------------------------------------------------------------------- */

static struct str behind_sum(struct str bytes)
{
	return str_from(bytes, offsetof(struct header, facts));
}

static const struct header *check_header(struct str bytes)
{
	const struct header *h = (const void *)bytes.p;
	if (bytes.n < sizeof(*h))
		return NULL;
	struct digest sum = hash_bytes(behind_sum(bytes));
	size_t rest = bytes.n - sizeof(*h);
	bool whole = !memcmp(h->magic, magic, sizeof(magic)) && digest_eq(&sum, &h->sum) &&
		     h->n_inputs <= rest / sizeof(struct input) && h->n_names <= rest &&
		     h->n_inputs * sizeof(struct input) + h->n_names == rest;
	return whole ? h : NULL;
}

static bool read_inputs(struct arena *a, const struct header *h, entries *out)
{
	const struct input *in = (const void *)(h + 1);
	const char *names = (const char *)(in + h->n_inputs);
	if (!h->n_names || names[h->n_names - 1])
		return false;
	for (size_t i = 0; i < h->n_inputs; i++) {
		if (in[i].path >= h->n_names || in[i].real >= h->n_names || in[i].kind > ENTRY_LAST)
			return false;
		vec_push(a, out,
			((struct entry){.kind = (enum entry_kind)in[i].kind,
				.safe = in[i].safe != 0,
				.marks = in[i].marks,
				.path = names + in[i].path,
				.real = names + in[i].real,
				.stamp = in[i].stamp,
				.digest = in[i].digest}));
	}
	return true;
}

bool trail_parse(struct arena *a, struct str bytes, struct trail *out)
{
	struct trail r = {.by_path = {.a = a}};
	const struct header *h = check_header(bytes);
	if (!h || !read_inputs(a, h, &r.inputs))
		return false;
	vec_for(in, &r.inputs)
		*map_put(&r.by_path, str_of(in->path)) = in;
	r.facts = h->facts;
	r.shape = h->shape;
	r.object = h->object;
	r.parts = h->parts;
	r.caches = h->caches != 0;
	*out = r;
	return true;
}

bool trail_read(struct arena *a, const char *file, struct trail *out)
{
	struct str bytes;
	struct err ignored;
	return file_read(a, file, TRAIL_LIMIT, &bytes, &ignored) && trail_parse(a, bytes, out);
}

/* One of a workspace that stood elsewhere tells nothing. */
bool trail_read_any(struct build *b, struct trail *out)
{
	const char *dir = path_join(b->a, b->state, "dune/records"), *newest = NULL;
	const char *prefix = str_format(b->a, "%s-", b->side);
	struct digest root = hash_bytes(str_of(b->root));
	strings names = {0};
	struct err ignored;
	int64_t latest = 0;
	if (!dir_exists(dir) || !dir_list(b->a, dir, &names, &ignored))
		return false;
	vec_for(name, &names) {
		struct stamp stamp;
		const char *file = path_join(b->a, dir, *name);
		if (!str_starts(str_of(*name), str_of(prefix)) || !file_stamp(file, &stamp) ||
			stamp.mtime_ns <= latest)
			continue;
		latest = stamp.mtime_ns;
		newest = file;
	}
	struct trail found;
	if (!newest || !trail_read(b->a, newest, &found))
		return false;
	const struct entry *place = map_get(&found.by_path, S(PLACE_OF_ALL));
	if (!place || !digest_eq(&place->digest, &root))
		return false;
	*out = found;
	return true;
}

bool trail_holds(const struct trail *r)
{
	vec_for(in, &r->inputs) {
		struct stamp now;
		if (in->kind >= ENTRY_MOUNT)
			continue;
		bool there = file_stamp(in->real, &now) ||
			     (in->kind == ENTRY_ODD && link_stamp_at(AT_FDCWD, in->real, &now));
		if (!in->safe || !there || !stamp_eq(&in->stamp, &now))
			return false;
	}
	return true;
}

/* A day is as exactly as sweeping asks. */
void trail_touch(const char *file)
{
	struct stamp stamp;
	if (file_stamp(file, &stamp) && stamp.mtime_ns < clock_wall_ns() - DAY_NS)
		utimensat(AT_FDCWD, file, NULL, 0);
}

/* ---- writing -------------------------------------------------------------------------- */

static uint32_t add_name(struct text *names, const char *name)
{
	uint32_t at = (uint32_t)names->n;
	text_add(names, (struct str){name, strlen(name) + 1});
	return at;
}

bool trail_write(struct build *b, const struct digest *object, struct err *e)
{
	struct text inputs = {.a = b->a}, names = {.a = b->a}, all = {.a = b->a};
	vec_for(entry, &b->inputs) {
		struct input in;
		memset(&in, 0, sizeof(in));
		in.stamp = entry->stamp;
		in.digest = entry->digest;
		in.path = add_name(&names, entry->path);
		in.real = entry->real && strcmp(entry->real, entry->path)
				  ? add_name(&names, entry->real)
				  : in.path;
		in.kind = entry->kind;
		in.safe = entry->safe;
		in.marks = marks_of(b, entry);
		text_add(&inputs, (struct str){(const char *)&in, sizeof(in)});
	}
	struct header h = {.facts = b->facts,
		.shape = b->shape,
		.object = *object,
		.parts = b->parts,
		.caches = b->caches,
		.n_inputs = b->inputs.n,
		.n_names = names.n};
	memcpy(h.magic, magic, sizeof(magic));
	text_add(&all, (struct str){(const char *)&h, sizeof(h)});
	text_add(&all, text_str(&inputs));
	text_add(&all, text_str(&names));
	struct digest sum = hash_bytes(behind_sum(text_str(&all)));
	memcpy(all.p + offsetof(struct header, sum), &sum, sizeof(sum));
	const char *file = trail_file(b, b->side);
	return dir_make(path_dir(b->a, file), e) && file_write_cache(file, text_str(&all), 0666, e);
}
