/* mirage.c - a MirageOS project: its target, its image, and the machine that boots it.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "project/reading.h"

/* Names of targets, and where they boot; NULL: nowhere here. */
static const struct {
	const char *target, *machine;
} targets[] = {
	{"unix", "unix"}, {"spt", "solo5-spt"}, {"hvt", "solo5-hvt"}, {"virtio", "solo5-virtio"}};
enum { TARGETS = sizeof(targets) / sizeof(*targets) };

/* The words of mirage/context, a line each: "configure", "-t", "spt". */
static const char *target_of(struct arena *a, struct str context)
{
	bool next = false;
	while (context.p) {
		struct str word = str_trim(str_cut(&context, '\n'));
		if (next)
			return str_copy(a, word);
		next = str_is(word, "-t") || str_is(word, "--target");
		if (str_starts(word, S("--target=")))
			return str_copy(a, str_from(word, strlen("--target=")));
		if (str_starts(word, S("-t")) && word.n > 2)
			return str_copy(a, str_from(word, 2));
	}
	return "unix";
}

static bool not_configured(struct reading *p, const char *what, struct err *e)
{
	p->mirage.is_unconfigured = true;
	fail(e, E_INPUT, "this MirageOS project is not configured: %s", what);
	fail_where(e, "%s/config.ml", p->root);
	return fail_hint(e, "run: mirage configure -t %s",
		p->mirage.target ? p->mirage.target : "TARGET (unix, spt, hvt or virtio)");
}

/* Other commands of mirage's leave the top file at the configuration's: then dune builds nothing,
 * and says that all is well. */
MUST_CHECK static bool check_top(struct reading *p, struct err *e)
{
	struct str text;
	if (!file_read(p->a, path_join(p->a, p->root, "dune"), PROJECT_FILE_MAX, &text, e))
		return not_configured(p, "there is no file dune", e);
	if (str_find(text, S("dune.build")) >= 0)
		return true;
	return not_configured(p,
		"the file dune includes dune.config, which builds no image (mirage describe, and a "
		"mirage configure that fails, leave it so)",
		e);
}

bool mirage_read(struct reading *p, struct err *e)
{
	struct str context;
	strings images = {0};
	const char *file = path_join(p->a, p->root, "mirage/context");
	const char *dist = path_join(p->a, p->root, "dist/dune");
	if (!file_exists(file))
		return not_configured(p, "there is no mirage/context", e);
	if (!file_read(p->a, file, PROJECT_FILE_MAX, &context, e))
		return false;
	p->mirage.target = target_of(p->a, context);
	vec_push(p->a, &p->read, file);
	if (!file_exists(dist))
		return not_configured(p, "there is no dist/dune", e);
	if (!check_top(p, e) || !ocaml_promoted(p->a, dist, &images, e))
		return false;
	vec_push(p->a, &p->read, dist);
	vec_push(p->a, &p->read, path_join(p->a, p->root, "dune"));
	if (!images.n)
		return not_configured(p, "dist/dune names no image", e);
	p->mirage.image = path_join(p->a, "dist", images.v[0]);
	return true;
}

bool project_is_unconfigured(struct arena *a, const char *start)
{
	struct reading p = {.a = a};
	struct err ignored;
	return project_root(a, start, NULL, &p.root, &ignored) && p.root &&
	       root_is_mirage(a, p.root) && !mirage_read(&p, &ignored) && p.mirage.is_unconfigured;
}

static const char *machine_of(const struct reading *p)
{
	for (size_t i = 0; i < TARGETS; i++)
		if (!strcmp(targets[i].target, p->mirage.target))
			return targets[i].machine;
	return NULL;
}

static struct str file_text(struct reading *p, const char *name)
{
	struct str text;
	struct err ignored;
	const char *file = path_join(p->a, p->root, name);
	if (!file_exists(file) || !file_read(p->a, file, PROJECT_FILE_MAX, &text, &ignored))
		return S("");
	vec_push(p->a, &p->read, file);
	return text;
}

/* "(name site-unix)" */
static struct str project_name(struct reading *p)
{
	struct str text = file_text(p, "dune-project");
	ptrdiff_t at = str_find(text, S("(name "));
	if (at < 0)
		return S("");
	text = str_from(text, (size_t)at + strlen("(name "));
	return str_trim(str_cut(&text, ')'));
}

const char *mirage_package(struct reading *p)
{
	const char *best = NULL;
	if (!p->mirage.target)
		return NULL;
	struct str named = project_name(p);
	const char *ending = str_format(p->a, "-%s", p->mirage.target);
	vec_for(package, &p->dune.packages) {
		if (strcmp(package->dir, "mirage") != 0 ||
			!str_ends(str_of(package->name), str_of(ending)))
			continue;
		if (str_is(named, package->name))
			return package->name;
		if (!best || strlen(package->name) < strlen(best))
			best = package->name;
	}
	return best;
}

static size_t count(struct str text, struct str word)
{
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(text, word)) >= 0; n++)
		text = str_from(text, (size_t)at + word.n);
	return n;
}

/* "--ipv4=VALUE" where MAIN registers the argument KEY; "--GROUP-ipv4=VALUE" where it does so for a
 * group: the first of several networks. */
static void add_word(
	struct text *t, struct str main, const char *key, const char *option, const char *value)
{
	ptrdiff_t at = str_find(main, str_of(key));
	if (at < 0)
		return;
	struct str rest = str_trim(str_from(main, (size_t)at + strlen(key))), group = S("");
	if (str_starts(rest, S("~group:\""))) {
		rest = str_from(rest, strlen("~group:\""));
		group = str_cut(&rest, '"');
	}
	text_addf(t, "%s--%.*s%s%s=%s", t->n ? " " : "", STR(group), group.n ? "-" : "", option,
		value);
}

/* What the generated start-up registers says which words it takes. */
static const char *words_of(struct reading *p, struct str main)
{
	static const char *const networks[] = {"Mirage_runtime_network.V4.network ",
		"Mirage_runtime_network.V4.optional_network "};
	struct text t = {.a = p->a};
	text_addz(&t, "");
	if (!strcmp(p->mirage.target, "unix"))
		add_word(&t, main, "Mirage_runtime_network.interface ", "interface", "$TAP");
	bool fixed = str_find(main, str_of(networks[0])) >= 0;
	add_word(&t, main, networks[!fixed], "ipv4", "$ADDRESS/$PREFIX");
	add_word(&t, main, "Mirage_runtime_network.V4.gateway ", "ipv4-gateway", "$HOST");
	return t.p;
}

/* The kernel's sockets, or network cards of its own. */
static size_t cards_of(struct reading *p, struct str main)
{
	if (!strcmp(p->mirage.target, "unix"))
		return str_find(main, S("Netif.connect")) >= 0;
	return count(file_text(p, "mirage/manifest.json"), S("\"NET_BASIC\""));
}

bool mirage_image(struct reading *p, const char **image, struct err *e)
{
	struct str main = file_text(p, "mirage/main.ml");
	const char *machine = machine_of(p);
	size_t cards = cards_of(p, main);
	if (!machine) {
		fail(e, E_INPUT, "images of mirage's target '%s' can't be booted here",
			p->mirage.target);
		fail_where(e, "%s/mirage/context", p->root);
		return fail_hint(e, "mirage configure -t unix, spt, hvt or virtio");
	}
	if (!strcmp(machine, "unix") && !cards)
		machine = "process";
	*image = image_field_text(p->a, machine, words_of(p, main), cards);
	return true;
}
