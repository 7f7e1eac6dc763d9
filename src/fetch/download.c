/* download.c - one file from one URL, verified while it streams by. SPDX-License-Identifier: ISC */
#include "fetch/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REDIRECTS_MOST = 5, STALL_BYTES = 1024 };

/* A file on its way. */
struct transfer {
	const struct download *d;
	struct unpacker *u;
	CURL *curl;
	int fd;		/* the partial file */
	uint64_t have;	/* bytes that were hashed, handed on and are in the partial file */
	uint64_t skip;	/* of this answer, bytes that we have already */
	bool answering; /* the first bytes of this answer came */
	struct hasher hash;
	struct err *e; /* of our own callbacks */
	bool failed;
	char words[CURL_ERROR_SIZE];
};

const char *download_path(struct arena *a, const struct download *d)
{
	if (d->other)
		return str_format(a, "%s/%s-%s", d->folder, hash_kind_name(d->kind), d->other);
	return path_join(a, d->folder, digest_hex(a, &d->sha256));
}

/* ---- bytes ------------------------------------------------------------------------------ */

static uint64_t most(const struct download *d)
{
	return d->size ? d->size : d->limit;
}

static void take_old(struct transfer *t, struct str bytes)
{
	hash_add(&t->hash, bytes);
	unpack_feed(t->u, bytes);
	t->have += bytes.n;
}

MUST_CHECK static bool take_new(struct transfer *t, struct str bytes)
{
	if (bytes.n > most(t->d) - t->have)
		return fail(t->e, E_UNSAFE, "%s: sends more than the %llu bytes that are %s",
			t->d->url, (unsigned long long)most(t->d),
			t->d->size ? "expected" : "allowed");
	for (struct str left = bytes; left.n;) {
		ssize_t n = write(t->fd, left.p, left.n);
		if (n < 0 && errno != EINTR)
			return fail_errno(t->e, "write the download of %s", t->d->url);
		left = str_from(left, n < 0 ? 0 : (size_t)n);
	}
	take_old(t, bytes);
	return true;
}

/* What curl calls with the body. A server that does not know ranges answers 200 with the whole
 * file: what we have of it is passed over. */
static size_t on_body(char *bytes, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	if (!t->answering) {
		long status = 0;
		curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
		t->skip = status == 206 ? 0 : t->have;
		t->answering = true;
	}
	struct str body = {bytes, one * n};
	size_t pass = t->skip < body.n ? (size_t)t->skip : body.n;
	t->skip -= pass;
	t->failed = !take_new(t, str_from(body, pass));
	return t->failed ? 0 : body.n;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *t = ctx;
	(void)a, (void)b, (void)c, (void)d;
	if (t->d->size)
		term_progress("fetch %s: %llu of %llu kB", t->d->label,
			(unsigned long long)t->have / 1000, (unsigned long long)t->d->size / 1000);
	else
		term_progress("fetch %s: %llu kB", t->d->label, (unsigned long long)t->have / 1000);
	return signals_pending();
}

/* ---- one answer -------------------------------------------------------------------------- */

static void set_up(struct transfer *t)
{
	CURL *c = t->curl;
	const struct download *d = t->d;
	curl_easy_setopt(c, CURLOPT_URL, d->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MOST);
	curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)d->patience.connect_s);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)d->patience.stall_s);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "respin");
	if (d->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, d->proxy);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->words);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static bool may_pass(CURLcode r, long status)
{
	switch (r) {
	case CURLE_HTTP_RETURNED_ERROR:
		return status == 408 || status == 429 || status >= 500;
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/* The error of an answer that curl gave up. */
static bool answer_failed(struct transfer *t, CURLcode r, long status)
{
	const char *url = t->d->url;
	if (t->failed)
		return false;
	if (signals_pending())
		return fail(t->e, E_INTERRUPTED, "%s: interrupted", url);
	if (r == CURLE_HTTP_RETURNED_ERROR)
		return fail(t->e, E_NET, "%s: the server answered %ld", url, status);
	if (r == CURLE_TOO_MANY_REDIRECTS)
		return fail(t->e, E_NET, "%s: more than %d redirections", url, REDIRECTS_MOST);
	return fail(t->e, E_NET, "%s: %s", url, t->words[0] ? t->words : curl_easy_strerror(r));
}

/* One request, for what is missing. *AGAIN where it failed in a way that may pass. */
MUST_CHECK static bool ask(struct transfer *t, bool *again)
{
	char range[32];
	snprintf(range, sizeof(range), "%llu-", (unsigned long long)t->have);
	curl_easy_setopt(t->curl, CURLOPT_RANGE, t->have ? range : NULL);
	t->answering = false;
	t->words[0] = '\0';
	CURLcode r = curl_easy_perform(t->curl);
	long status = 0;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	*again = !t->failed && !signals_pending() && may_pass(r, status);
	/* 416: there is nothing behind what we have; its checksum will tell. */
	bool all = r == CURLE_HTTP_RETURNED_ERROR && status == 416 && t->have;
	return r == CURLE_OK || all || answer_failed(t, r, status);
}

/* ---- many answers ------------------------------------------------------------------------ */

static void pause_for(int ms)
{
	struct pollfd wake = {.fd = signals_fd(), .events = POLLIN};
	(void)poll(&wake, 1, ms);
}

MUST_CHECK static bool ask_patiently(struct transfer *t, bool *resumed)
{
	int delay = t->d->patience.retry_ms;
	for (int tries = 1;; tries++, delay *= 2) {
		bool again;
		*resumed = *resumed || t->have;
		if (ask(t, &again))
			return true;
		if (!again)
			return false;
		if (tries >= t->d->patience.tries)
			return fail_context(t->e, "tried %d times", tries);
		pause_for(delay);
	}
}

MUST_CHECK static bool read_old(struct transfer *t)
{
	char bytes[65536];
	ssize_t n;
	while ((n = read(t->fd, bytes, sizeof(bytes))) > 0)
		take_old(t, (struct str){bytes, (size_t)n});
	return n == 0 || fail_errno(t->e, "read a partial download");
}

MUST_CHECK static bool check_sum(struct transfer *t)
{
	defer(arena_free) struct arena scratch = {0};
	const struct download *d = t->d;
	const char *got = hash_end_hex(&scratch, &t->hash);
	const char *wanted = d->other ? d->other : digest_hex(&scratch, &d->sha256);
	if (!strcmp(got, wanted))
		return true;
	(void)fail(t->e, E_CHECKSUM,
		"%s: wrong checksum of the %llu bytes received: expected %s %s, got %s",
		d->url ? d->url : download_path(&scratch, d), (unsigned long long)t->have,
		hash_kind_name(t->hash.kind), wanted, got);
	return fail_hint(t->e, "the file was changed at its source or on its way; "
			       "find out which before the recipe's checksum is changed");
}

static void curl_close(CURL **curl)
{
	curl_easy_cleanup(*curl);
}

/* The partial file of an earlier run, if any; one that is too long can't be a part of this. */
static int open_part(const struct download *d, const char *part)
{
	struct stamp s;
	bool too_long = file_stamp(part, &s) && s.size > most(d);
	return open(part, O_RDWR | O_CREAT | O_CLOEXEC | (too_long ? O_TRUNC : 0), 0644);
}

/* From the net to the partial file, behind what is there. */
MUST_CHECK static bool from_net(struct transfer *t, const char *part, bool *old)
{
	defer(close_fd) int fd = open_part(t->d, part);
	if (fd < 0)
		return fail_errno(t->e, "open %s", part);
	t->fd = fd;
	defer(curl_close) CURL *curl = curl_easy_init();
	if (!curl)
		return fail(t->e, E_BUG, "libcurl can't be initialised");
	t->curl = curl;
	set_up(t);
	if (!read_old(t))
		return false;
	bool ok = ask_patiently(t, old);
	term_progress_end();
	return ok && check_sum(t);
}

/* The path of a URL file://PATH, which opam does not escape; NULL. */
static const char *local_path(const struct download *d)
{
	static const char scheme[] = "file://";
	bool is_local = d->url && !strncmp(d->url, scheme, strlen(scheme));
	return is_local ? d->url + strlen(scheme) : NULL;
}

MUST_CHECK static bool copy_file(struct transfer *t, int from)
{
	char bytes[65536];
	ssize_t n;
	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		if (signals_pending())
			return fail(t->e, E_INTERRUPTED, "%s: interrupted", t->d->url);
		if (!take_new(t, (struct str){bytes, (size_t)n}))
			return false;
	}
	return n == 0 || fail_errno(t->e, "read %s", t->d->url);
}

/* From a file of this machine to the partial file, which it begins again. */
MUST_CHECK static bool from_file(struct transfer *t, const char *path, const char *part)
{
	struct stat st;
	defer(close_fd) int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (from < 0 || fstat(from, &st))
		return fail_errno(t->e, "open %s", t->d->url);
	if (!S_ISREG(st.st_mode))
		return fail(t->e, E_INPUT, "%s: expected the path of an archive", t->d->url);
	defer(close_fd) int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_TRUNC, 0644);
	if (fd < 0)
		return fail_errno(t->e, "open %s", part);
	t->fd = fd;
	return copy_file(t, from) && check_sum(t);
}

MUST_CHECK static bool from_url(struct transfer *t, const char *part, bool *old)
{
	const char *path = local_path(t->d);
	return path ? from_file(t, path, part) : from_net(t, part, old);
}

MUST_CHECK static bool from_disk(struct transfer *t, const char *path)
{
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(t->e, "open %s", path);
	t->fd = fd;
	return read_old(t) && check_sum(t);
}

bool download(const struct download *d, struct unpacker *u, bool *old, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *path = download_path(&scratch, d);
	const char *part = str_format(&scratch, "%s.part", path);
	struct transfer t = {.d = d, .u = u, .e = e};
	hash_start_as(&t.hash, d->other ? d->kind : HASH_SHA256);
	*old = file_exists(path);
	bool kept = *old;
	if (kept ? from_disk(&t, path) : from_url(&t, part, old)) {
		if (!kept && rename(part, path))
			return fail_errno(e, "rename %s", part);
		return true;
	}
	if (e->code == E_CHECKSUM)
		(void)unlink(kept ? path : part);
	else if (!kept && (e->code == E_UNSAFE || t.have == 0 || local_path(d)))
		(void)unlink(part);
	return false;
}
