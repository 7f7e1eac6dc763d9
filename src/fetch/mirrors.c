/* mirrors.c - where this machine's apt gets its packages from. SPDX-License-Identifier: ISC */
#include "fetch/mirrors.h"

#include <string.h>

#include "sys/sys.h"

static bool is_http(struct str url)
{
	return str_starts(url, S("http://")) || str_starts(url, S("https://"));
}

static void add_pool(struct arena *a, struct map *seen, const char *pool, strings *pools)
{
	if (!map_has(seen, str_of(pool)))
		vec_push(a, pools, pool);
	map_put(seen, str_of(pool));
}

void mirrors_parse(struct arena *a, struct str lines, strings *pools)
{
	struct map seen = {.a = a};
	while (lines.p) {
		struct str component = str_cut(&lines, '\n');
		struct str site = str_cut(&component, '|');
		/* An archive without components has no pool that could be guessed. */
		if (!is_http(site) || !component.n || str_starts(component, S("$(")))
			continue;
		while (str_ends(site, S("/")))
			site.n--;
		add_pool(a, &seen, str_format(a, "%.*s/pool/%.*s", STR(site), STR(component)),
			pools);
		/* Security updates lie one folder deeper. */
		if (str_ends(site, S("-security")))
			add_pool(a, &seen,
				str_format(a, "%.*s/pool/updates/%.*s", STR(site), STR(component)),
				pools);
	}
}

/* A line of `apt-config shell V Acquire::...`: V='http://proxy:3128/' */
static const char *parse_proxy(struct arena *a, struct str line)
{
	str_cut(&line, '\'');
	struct str value = str_cut(&line, '\'');
	if (!value.p || !value.n)
		return NULL;
	return str_is(value, "DIRECT") ? "" : str_copy(a, value);
}

MUST_CHECK static bool ask_proxy(
	struct arena *a, const char *setting, const char **out, struct err *e)
{
	const char *const argv[] = {"apt-config", "shell", "PROXY", setting, NULL};
	struct outcome o;
	if (!command_must(a, &(struct command){.argv = argv, .split = true}, &o, e))
		return false;
	*out = parse_proxy(a, o.output);
	return true;
}

bool mirrors_ask(struct arena *a, struct mirrors *out, struct err *e)
{
	static const char *const argv[] = {"apt-get", "indextargets", "--format",
		"$(SITE)|$(COMPONENT)", "Created-By: Packages", NULL};
	struct outcome o;
	struct mirrors m = {0};
	if (!command_must(a, &(struct command){.argv = argv, .split = true}, &o, e)) {
		if (e->code != E_ABSENT)
			return false;
		return fail_hint(e, "Debian's sources are found by apt's configuration; elsewhere "
				    "a recipe needs a url or git source");
	}
	mirrors_parse(a, o.output, &m.pools);
	if (!ask_proxy(a, "Acquire::http::Proxy", &m.proxy[0], e) ||
		!ask_proxy(a, "Acquire::https::Proxy", &m.proxy[1], e))
		return false;
	*out = m;
	if (m.pools.n)
		return true;
	(void)fail(e, E_NET, "apt's configuration names no http or https mirror");
	return fail_hint(e, "see `apt-get indextargets` and /etc/apt/sources.list");
}

void mirrors_parse_files(struct arena *a, struct str lines, mirrors_files *out)
{
	while (lines.p) {
		struct str rest = str_cut(&lines, '\n');
		if (!str_starts(rest, S("'")))
			continue;
		rest = str_from(rest, 1);
		struct str url = str_cut(&rest, '\'');
		rest = str_trim(rest);
		struct str name = str_cut(&rest, ' ');
		if (is_http(url) && name.n)
			vec_push(a, out,
				((struct mirrors_file){str_copy(a, name), str_copy(a, url)}));
	}
}

void mirrors_find(struct arena *a, const char *source, const char *version, mirrors_files *out)
{
	const char *const argv[] = {"apt-get", "-qq", "source", "--print-uris", "--only-source",
		str_format(a, "%s=%s", source, version), NULL};
	struct outcome o;
	struct err ignored;
	if (command_run(a, &(struct command){.argv = argv, .split = true}, &o, &ignored) &&
		o.exit_code == 0)
		mirrors_parse_files(a, o.output, out);
}

const char *mirrors_proxy(const struct mirrors *m, const char *url)
{
	bool tls = str_starts(str_of(url), S("https:"));
	return tls && m->proxy[1] ? m->proxy[1] : m->proxy[0];
}

static void add_escaped(struct text *t, const char *part)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (; *part; part++) {
		if (strchr(plain, *part))
			text_add(t, (struct str){part, 1});
		else
			text_addf(t, "%%%02x", (unsigned char)*part);
	}
}

const char *pool_url(struct arena *a, const char *pool, const char *source, const char *file)
{
	struct str name = str_of(source);
	size_t initial = str_starts(name, S("lib")) && name.n > 3 ? 4 : 1;
	struct text t = {.a = a};
	text_addf(&t, "%s/%.*s/", pool, (int)initial, source);
	add_escaped(&t, source);
	text_addz(&t, "/");
	add_escaped(&t, file);
	return t.p;
}
