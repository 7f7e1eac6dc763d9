/* pin.c - checksums of Debian sources that apt told, kept: each source stays what it was at first.
 * SPDX-License-Identifier: ISC */
#include "fetch/pin.h"

#include "sys/sys.h"

#define PINS_MAX ((size_t)4 << 20)

static const char *file_of(const struct workspace *w)
{
	return path_join(w->a, w->state, "pins");
}

/* "PACKAGE VERSION SHA256" */
static const char *find_pin(struct arena *a, struct str pins, const struct source *s)
{
	const char *head = str_format(a, "%s %s ", s->debian, s->version);
	while (pins.p) {
		struct str line = str_cut(&pins, '\n');
		struct digest unused;
		if (!str_starts(line, str_of(head)))
			continue;
		struct str hex = str_from(line, str_of(head).n);
		if (digest_parse(hex, &unused))
			return str_copy(a, hex);
	}
	return NULL;
}

MUST_CHECK static bool read_pins(const struct workspace *w, struct str *out, struct err *e)
{
	*out = S("");
	return !file_exists(file_of(w)) || file_read(w->a, file_of(w), PINS_MAX, out, e);
}

MUST_CHECK static bool ask_apt(
	const struct workspace *w, struct source *s, struct str *pins, struct err *e)
{
	struct text t = {.a = w->a};
	if (!source_find_debian(w->a, s->debian, s->version, s, e))
		return false;
	text_add(&t, *pins);
	text_addf(&t, "%s %s %s\n", s->debian, s->version, s->sha256);
	*pins = text_str(&t);
	return dir_make(w->state, e) && file_write_cache(file_of(w), *pins, 0644, e);
}

bool pins_add(const struct workspace *w, const struct recipe *r, bool ask, struct recipe *out,
	struct err *e)
{
	struct str pins = S("");
	bool read = false;
	*out = *r;
	out->source = (source_list){0};
	vec_for(s, &r->source) {
		struct source *own = vec_add(w->a, &out->source);
		*own = *s;
		if (!own->debian || own->sha256)
			continue;
		if (!read && !read_pins(w, &pins, e))
			return false;
		read = true;
		own->sha256 = find_pin(w->a, pins, own);
		if (!own->sha256 && ask && !ask_apt(w, own, &pins, e))
			return fail_context(e, "source of %s", r->name);
	}
	return true;
}
