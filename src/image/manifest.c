/* manifest.c - the manifest as JSON. SPDX-License-Identifier: ISC */
#include "image/manifest.h"

#include <stdlib.h>

#include "spec/spec.h"

/* ---- ranges --------------------------------------------------------------------------- */

static int by_address(const void *x, const void *y)
{
	const struct range *a = x, *b = y;
	return (a->address > b->address) - (a->address < b->address);
}

bool ranges_sort(ranges *r, uint64_t *at)
{
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_address);
	for (size_t i = 1; i < r->n; i++) {
		*at = r->v[i].address;
		if (*at - r->v[i - 1].address < r->v[i - 1].size)
			return false;
	}
	return true;
}

const struct range *ranges_find(const ranges *r, uint64_t address)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->v[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct range *before = low ? &r->v[low - 1] : NULL;
	return before && address - before->address < before->size ? before : NULL;
}

/* ---- writing -------------------------------------------------------------------------- */

static void write_package(
	struct json_writer *w, const struct manifest_package *p, const ranges *r, size_t index)
{
	struct arena *a = w->out->a;
	strings places = {0};
	vec_for(range, r) {
		if (range->package != index)
			continue;
		vec_push(a, &places,
			str_format(a, "0x%jx+0x%jx", (uintmax_t)range->address,
				(uintmax_t)range->size));
	}
	json_open(w, NULL, '{');
	json_put_string(w, "name", p->name);
	json_put_string(w, "version", p->version);
	json_put_string(w, "license", p->license);
	json_put_string(w, "source", p->source);
	json_put_string(w, "source_sha256", p->source_sha256);
	json_put_string(w, "overlay_tree", p->overlay_tree);
	json_put_strings(w, "patches", &p->patches);
	json_put_strings(w, "ranges", &places);
	json_close(w);
}

void manifest_write(const struct image_info *m, const ranges *r, struct text *out)
{
	struct json_writer w = {.out = out};
	json_open(&w, NULL, '{');
	json_put_string(&w, "name", m->name);
	json_put_string(&w, "files_sha256", m->files_sha256);
	json_open(&w, "packages", '[');
	for (size_t i = 0; i < m->packages.n; i++)
		write_package(&w, &m->packages.v[i], r, i);
	json_close(&w);
	json_close(&w);
	text_addz(out, "\n");
}

/* ---- reading -------------------------------------------------------------------------- */

static bool read_range(const struct json *j, struct range *out)
{
	struct str rest = str_of(json_string(j, "")), address = str_cut(&rest, '+');
	return str_hex(address, &out->address) && str_hex(rest, &out->size) && out->size &&
	       out->address + out->size > out->address;
}

static bool read_package(struct arena *a, const struct json *j, size_t index, const char *file,
	struct manifest_package *p, ranges *r, struct err *e)
{
	const struct json *patches = json_get(j, "patches"), *places = json_get(j, "ranges");
	p->name = json_string(json_get(j, "name"), NULL);
	p->version = json_string(json_get(j, "version"), NULL);
	p->license = json_string(json_get(j, "license"), NULL);
	p->source = json_string(json_get(j, "source"), NULL);
	p->source_sha256 = json_string(json_get(j, "source_sha256"), NULL);
	p->overlay_tree = json_string(json_get(j, "overlay_tree"), NULL);
	if (!p->name)
		return fail(e, E_INPUT, "package %zu has no name", index) ||
		       fail_where(e, "%s:/packages/%zu", file, index);
	for (size_t i = 0; i < json_count(patches); i++)
		vec_push(a, &p->patches, json_string(json_at(patches, i), ""));
	for (size_t i = 0; i < json_count(places); i++) {
		struct range *range = vec_add(a, r);
		range->package = index;
		if (!read_range(json_at(places, i), range))
			return fail(e, E_INPUT,
				       "expected a range of addresses, like \"0x1000+0x20\"") ||
			       fail_where(e, "%s:/packages/%zu/ranges/%zu", file, index, i);
	}
	return true;
}

bool manifest_read(struct arena *a, struct str text, const char *file, struct image_info *out,
	ranges *r, struct err *e)
{
	const struct json *top;
	const char *place = str_format(a, "%s(%s)", file, MANIFEST_SECTION);
	uint64_t overlap;
	manifest_packages packages = {0};
	ranges found = {0};
	if (!json_parse(a, text, place, &top, e))
		return false;
	const struct json *list = json_get(top, "packages");
	for (size_t i = 0; i < json_count(list); i++)
		if (!read_package(a, json_at(list, i), i, place, vec_add(a, &packages), &found, e))
			return false;
	if (!ranges_sort(&found, &overlap))
		return fail(e, E_INPUT, "two packages fill address 0x%jx", (uintmax_t)overlap) ||
		       fail_where(e, "%s", place);
	out->name = json_string(json_get(top, "name"), NULL);
	out->files_sha256 = json_string(json_get(top, "files_sha256"), NULL);
	out->packages = packages;
	*r = found;
	return true;
}
