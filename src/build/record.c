/* record.c - an action's inputs and results as text. SPDX-License-Identifier: ISC */
#include "build/record.h"

#include <string.h>

/* Changing what a key means, or how actions work, needs a new version here. */
static const char version[] = "respin action 1";

static const struct digest nothing;

void input_add(struct arena *a, inputs *list, enum input_kind kind, const char *name,
	const struct digest *digest)
{
	*vec_add(a, list) = (struct input){kind, name, digest ? *digest : nothing};
}

struct digest inputs_key(const inputs *known)
{
	struct hasher h;
	hash_start(&h);
	hash_add(&h, (struct str){version, sizeof(version)});
	vec_for(in, known) {
		char kind = (char)in->kind;
		hash_add(&h, (struct str){&kind, 1});
		hash_add(&h, (struct str){in->name, strlen(in->name) + 1});
		hash_add(&h, (struct str){(const char *)in->digest.b, sizeof(in->digest.b)});
	}
	return hash_end(&h);
}

uint64_t record_today(void)
{
	return (uint64_t)clock_wall_ns() / 1000000000 / 86400;
}

/* A line break in a name would end its line; such a name is never found again, which only costs
 * a run of the action. */
static void write_name(struct text *out, const char *name)
{
	for (const char *end; (end = strchr(name, '\n')); name = end + 1) {
		text_add(out, (struct str){name, (size_t)(end - name)});
		text_addz(out, "\\n");
	}
	text_addz(out, name);
	text_addz(out, "\n");
}

static void write_inputs(const inputs *list, struct text *out)
{
	vec_for(in, list) {
		bool bare = digest_eq(&in->digest, &nothing);
		char kind = (char)in->kind;
		text_add(out, (struct str){&kind, 1});
		text_addz(out, " ");
		text_addz(out, bare ? "-" : digest_hex(out->a, &in->digest));
		text_addz(out, " ");
		write_name(out, in->name);
	}
}

void record_write(const struct record *r, struct text *out)
{
	text_addz(out, version);
	text_addz(out, "\n");
	write_inputs(&r->known, out);
	vec_for(v, &r->variants) {
		text_addf(out, "= %s %llu\n", digest_hex(out->a, &v->object),
			(unsigned long long)v->day);
		write_inputs(&v->found, out);
	}
}

static bool read_digest(struct str word, struct digest *out)
{
	*out = nothing;
	return str_is(word, "-") || digest_parse(word, out);
}

static bool read_variant(struct str line, struct variant *out)
{
	return digest_parse(str_cut(&line, ' '), &out->object) && str_u64(line, &out->day);
}

bool record_read(struct arena *a, struct str text, struct record *out)
{
	struct record r = {0};
	if (!str_is(str_cut(&text, '\n'), version))
		return false;
	inputs *into = &r.known;
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		struct str kind = str_cut(&line, ' ');
		if (kind.n != 1 || !line.p)
			return false;
		if (kind.p[0] == '=') {
			struct variant *v = vec_add(a, &r.variants);
			if (!read_variant(line, v))
				return false;
			into = &v->found;
			continue;
		}
		struct input *in = vec_add(a, into);
		in->kind = (enum input_kind)kind.p[0];
		if (!read_digest(str_cut(&line, ' '), &in->digest) || !line.p)
			return false;
		in->name = str_copy(a, line);
	}
	*out = r;
	return true;
}
