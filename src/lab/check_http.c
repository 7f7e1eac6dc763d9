/* check_http.c - fetches a page by curl. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/words.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX "268435456"

struct answer {
	int status;
	double first_byte, total, size; /* seconds, seconds, bytes */
};

static bool parse_answer(struct str output, struct answer *out)
{
	return sscanf(output.p ? output.p : "", "%d %lf %lf %lf", &out->status, &out->first_byte,
		       &out->total, &out->size) == 4;
}

static bool run_curl(
	struct trial *t, const char *body, bool *ended, struct outcome *out, struct err *e)
{
	struct arena *a = t->s->a;
	const char *url = str_format(
		a, "http://%s:%lld%s", trial_address(t), (long long)t->c->port, t->c->path);
	const char *const argv[] = {"curl", "--disable", "--silent", "--show-error", "--globoff",
		"--path-as-is", "--noproxy", "*", "--max-filesize", BODY_MAX, "--output", body,
		"--write-out",
		"%{http_code} %{time_starttransfer} %{time_total} %{size_download}\n", url, NULL};
	const struct command curl = {.argv = argv, .split = true};
	return trial_run(t, &curl, ended, out, e);
}

/* Compares the body with the recipe's checksum, where it has one. */
static bool body_fits(struct trial *t, const char *body, bool *fits, struct err *e)
{
	struct arena *a = t->s->a;
	struct digest digest = hash_bytes((struct str){0});
	*fits = true;
	if (!t->c->sha256)
		return true;
	if (file_exists(body) && !hash_file(body, &digest, e))
		return false;
	const char *hex = digest_hex(a, &digest);
	*fits = strcmp(hex, t->c->sha256) == 0;
	return *fits || fails(t, "the body's SHA-256 is %s, expected %s (see checks/%s)", hex,
				t->c->sha256, path_base(body));
}

/* " (3 TCP packets came back, 1 of them a reset)" */
static const char *http_story(struct trial *t)
{
	const char *host = trial_net(t)->host_mac;
	size_t packets = seen(t, "tcp and not ether src %s", host);
	size_t resets = seen(t, "tcp[tcpflags] & tcp-rst != 0 and not ether src %s", host);
	return str_format(t->s->a, "(%zu TCP packet%s came back, %zu of them %s)", packets,
		plural(packets), resets, resets == 1 ? "a reset" : "resets");
}

bool check_http(struct trial *t, struct err *e)
{
	struct arena *a = t->s->a;
	const char *body = trial_file(t, "body");
	struct outcome out;
	struct answer answer;
	bool ended, fits;
	if (!run_curl(t, body, &ended, &out, e))
		return false;
	if (!ended)
		return session_end(t->s) ||
		       fails(t, "no whole answer to GET %s within %s %s", t->c->path,
			       seconds(a, t->c->timeout_ms), http_story(t));
	if (out.exit_code)
		return fails(t, "GET %s: %s %s", t->c->path, last_line(a, out.errors, 300),
			http_story(t));
	if (!parse_answer(out.output, &answer))
		return fails(t, "curl printed '%s'", one_line(a, out.output, 200));
	measure(t, "first-byte", "ms", answer.first_byte * 1e3);
	measure(t, "total", "ms", answer.total * 1e3);
	measure(t, "size", "bytes", answer.size);
	if (answer.status != t->c->status)
		return fails(t, "GET %s: status %d, expected %lld", t->c->path, answer.status,
			(long long)t->c->status);
	if (!body_fits(t, body, &fits, e))
		return false;
	return !fits || passes(t, "status %d, %.0f bytes in %.1f ms", answer.status, answer.size,
				answer.total * 1e3);
}
