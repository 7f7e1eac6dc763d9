/* served.h - a folder to fetch into, and a server with one archive to fetch.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_SERVED_H
#define RESPIN_TESTS_SERVED_H

#include "unit.h"

#include "archives.h"
#include "fetch/download.h"
#include "http_server.h"
#include "sys/sys.h"

struct place {
	struct arena a;
	const char *root, *downloads, *dir;
	struct server server;
	struct str archive;
	struct download d;
};

/* An archive of some size that no codec makes small: cuts fall into its middle. */
static inline struct str make_archive(struct place *p)
{
	struct text t = {.a = &p->a}, noise = {.a = &p->a};
	struct digest d = hash_bytes(S("noise"));
	for (int i = 0; i < 4000; i++) {
		d = hash_bytes((struct str){(char *)d.b, sizeof(d.b)});
		text_addz(&noise, digest_hex(&p->a, &d));
	}
	tar_file(&t, "top/noise", 0644, noise.p);
	tar_file(&t, "top/file", 0644, "hello");
	return packed(&p->a, ARCHIVE_FILTER_GZIP, tar_end(&t), 0);
}

static inline int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err e;
	assert_ok(dir_make_temp(&p->a, "/tmp/respin-download.", &p->root, &e));
	p->downloads = path_join(&p->a, p->root, "downloads");
	p->dir = path_join(&p->a, p->root, "tree");
	assert_ok(dir_make(p->downloads, &e));
	p->archive = make_archive(p);
	term_init(true, 0, false);
	setenv("no_proxy", "*", 1);
	http_open(&p->server);
	p->d = (struct download){.proxy = "",
		.label = "test",
		.folder = p->downloads,
		.sha256 = hash_bytes(p->archive),
		.limit = 1 << 20,
		.patience = {.tries = 3, .retry_ms = 1, .connect_s = 1, .stall_s = 1}};
	*state = p;
	return 0;
}

static inline int tear_down(void **state)
{
	struct place *p = *state;
	struct err e;
	http_stop(&p->server);
	assert_ok(tree_remove(p->root, &e));
	arena_free(&p->a);
	free(p);
	return 0;
}

static inline const char *url_of(struct place *p, const char *path)
{
	return str_format(&p->a, "http://127.0.0.1:%d%s", p->server.port, path);
}

/* The one page of a test. */
static inline struct page *page(struct place *p, enum manner manner)
{
	struct page *page = http_page(&p->server, "/x.tar.gz", manner);
	page->body = p->archive;
	p->d.url = url_of(p, "/x.tar.gz");
	return page;
}

static inline size_t kept(struct place *p)
{
	strings names = {0};
	struct err e;
	assert_ok(dir_list(&p->a, p->downloads, &names, &e));
	return names.n;
}

static inline const char *part_path(struct place *p)
{
	return str_format(&p->a, "%s.part", download_path(&p->a, &p->d));
}

static inline void assert_arrived(struct place *p)
{
	struct str bytes;
	struct err e;
	assert_ok(file_read(&p->a, path_join(&p->a, p->dir, "file"), 100, &bytes, &e));
	assert_str(bytes, "hello");
	assert_ok(file_read(&p->a, download_path(&p->a, &p->d), 1 << 20, &bytes, &e));
	assert_true(str_eq(bytes, p->archive));
	assert_int_equal(kept(p), 1);
}

/* The output of a line for the shell, run in the scratch folder. */
static inline const char *shell(struct place *p, const char *line)
{
	const char *const argv[] = {"sh", "-c", line, NULL};
	const struct command c = {.argv = argv, .dir = p->root};
	struct outcome o;
	struct err e = {0};
	assert_ok(command_must(&p->a, &c, &o, &e));
	return str_copy(&p->a, str_trim(o.output));
}

#endif
