/* inspect.c - respin inspect: what is inside an image. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "project/project.h"

#define SYMBOLS_SHOWN 15

static void put_packages(struct json_writer *w, const struct image_info *i)
{
	json_open(w, "packages", '[');
	vec_for(p, &i->packages) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", p->name);
		json_put_string(w, "version", p->version);
		json_put_string(w, "license", p->license);
		json_put_string(w, "source", p->source);
		json_put_string(w, "source_sha256", p->source_sha256);
		json_put_string(w, "overlay_tree", p->overlay_tree);
		json_put_strings(w, "patches", &p->patches);
		json_put_int(w, "size", (int64_t)p->size);
		json_put_int(w, "zeroed", (int64_t)p->zeroed);
		json_close(w);
	}
	json_close(w);
}

static void put_symbols(struct json_writer *w, const struct image_info *i)
{
	json_open(w, "symbols", '[');
	vec_for(s, &i->symbols) {
		json_open(w, NULL, '{');
		json_put_string(w, "name", s->name);
		json_put_string(w, "package", s->package);
		json_put_string(w, "section", s->section);
		json_put_string(w, "address",
			str_format(w->out->a, "0x%llx", (unsigned long long)s->address));
		json_put_int(w, "size", (int64_t)s->size);
		json_close(w);
	}
	json_close(w);
}

static void put_image(struct context *c, const struct image_info *i)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "image", i->name);
	json_put_string(&w, "sha256", i->sha256);
	json_put_int(&w, "size", (int64_t)i->size);
	json_put_int(&w, "loaded", (int64_t)i->loaded);
	json_put_int(&w, "zeroed", (int64_t)i->zeroed);
	json_put_string(&w, "files_sha256", i->files_sha256);
	put_packages(&w, i);
	json_open(&w, "sections", '[');
	vec_for(s, &i->sections) {
		json_open(&w, NULL, '{');
		json_put_string(&w, "name", s->name);
		json_put_int(&w, "size", (int64_t)s->size);
		json_put_bool(&w, "loaded", s->loaded);
		json_close(&w);
	}
	json_close(&w);
	if (c->options.symbols)
		put_symbols(&w, i);
	json_close(&w);
	term_out("%s\n", t.p);
}

static void print_packages(const struct image_info *i)
{
	term_out("\n%-16s %-10s %10s %10s  %s\n", "package", "version", "bytes", "zeroed",
		"licence");
	vec_for(p, &i->packages) {
		if (!image_lists(i, p))
			continue;
		term_out("%s%-16s%s %-10s %10llu %10llu  %s\n", term_tint(TINT_BOLD), p->name,
			term_tint_end(), p->version ? p->version : "", (unsigned long long)p->size,
			(unsigned long long)p->zeroed, p->license ? p->license : "");
		if (p->source && *p->source)
			term_out("  source   %s\n", p->source);
		if (p->source_sha256)
			term_out("  sha256   %s\n", p->source_sha256);
		if (p->overlay_tree)
			term_out("  overlay  tree %s\n", p->overlay_tree);
		vec_for(z, &p->patches)
			term_out("  patch    %s\n", *z);
	}
}

static void print_sections(const struct image_info *i)
{
	term_out("\n%-26s  %10s\n", "section", "bytes");
	vec_for(s, &i->sections)
		if (s->loaded || term_is_verbose())
			term_out("%-26s  %10llu%s\n", s->name, (unsigned long long)s->size,
				s->zeroed   ? "  zeroed memory, not in the file"
				: s->loaded ? ""
					    : "  not loaded");
}

static bool is_zeroed(const struct image_info *i, const struct image_symbol *symbol)
{
	vec_for(s, &i->sections)
		if (symbol->address >= s->address && symbol->address - s->address < s->size &&
			s->loaded)
			return s->zeroed;
	return false;
}

static void print_symbols(struct context *c, const struct image_info *i)
{
	size_t shown = 0, most = c->options.symbols ? i->symbols.n : SYMBOLS_SHOWN;
	term_out("\n%-26s  %10s  %s\n", "symbol", "bytes",
		c->options.symbols ? "" : "  the largest in the file; --symbols lists all");
	vec_for(s, &i->symbols) {
		if (shown == most)
			break;
		if (!c->options.symbols && is_zeroed(i, s))
			continue;
		shown++;
		term_out("%-26s  %10llu  %-10s %s\n", s->name, (unsigned long long)s->size,
			s->section, s->package ? s->package : "");
	}
}

static void print_image(struct context *c, const struct image_info *i)
{
	term_out("%s\n  file     %llu bytes\n  sha256   %s\n  loaded   %llu bytes, of them %llu "
		 "zeroed\n",
		i->name ? i->name : "(no manifest)", (unsigned long long)i->size, i->sha256,
		(unsigned long long)i->loaded, (unsigned long long)i->zeroed);
	if (i->packages.n)
		print_packages(i);
	print_sections(i);
	print_symbols(c, i);
}

bool pick_file(struct context *c, const char **out, struct err *e)
{
	struct recipe *image;
	overlays with = {0};
	struct build_result built = {0};
	if (c->args.n && file_exists(c->args.v[0])) {
		*out = c->args.v[0];
		return true;
	}
	if (!project_open(c->a, ".", &c->w, e))
		return false;
	project_environment(&c->w);
	if (!pick_image(c, &image, e) || !pick_overlays(c, image, &with, e) ||
		!build_image(c, image, &with, NULL, &built, e))
		return false;
	*out = built.path;
	return true;
}

bool cmd_inspect(struct context *c, struct err *e)
{
	const char *file;
	struct image_info info = {0};
	if (!pick_file(c, &file, e) || !image_read(c->a, file, &info, e))
		return false;
	if (c->options.json)
		put_image(c, &info);
	else
		print_image(c, &info);
	return true;
}
