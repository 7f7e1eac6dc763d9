/* http_server.h - a web server on loopback that misbehaves on demand, in a child process.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_HTTP_SERVER_H
#define RESPIN_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"

/* How a page is served; ranges are honoured unless said otherwise. */
enum manner {
	WHOLE,
	CUT,	       /* the first TIMES answers end in the middle */
	CUT_NO_RANGES, /* the same, and each answer starts at the first byte */
	WRONG_RANGE,   /* answers 206, but from the first byte; the first answer is cut */
	BUSY,	       /* the first TIMES answers are "503" */
	REFUSE,	       /* with STATUS */
	REDIRECT,      /* to TARGET */
	ENDLESS,       /* chunks for ever */
	HEADERS,       /* headers for ever */
	SLOW,	       /* a byte every tenth of a second */
	SILENT	       /* no answer at all */
};

struct page {
	const char *path;
	enum manner manner;
	struct str body;
	int times, status;
	const char *target;
	/* What was seen of it: */
	atomic_int requests;
	_Atomic unsigned long long from; /* the last range's start */
};

enum { PAGES_MOST = 16 };

/* The pages are shared with the server's process. */
struct server {
	pid_t pid;
	int port, listening;
	struct page *pages;
};

static inline bool http_send(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

static inline void http_head(int fd, const char *status, size_t length, const char *more)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", status, length,
		more);
	http_send(fd, (struct str){head, (size_t)n});
}

static inline void http_send_forever(int fd)
{
	static const char chunk[] = "1000\r\n";
	static char bytes[0x1000 + 2];
	memset(bytes, 'x', 0x1000);
	memcpy(bytes + 0x1000, "\r\n", 2);
	http_send(fd, S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
	while (http_send(fd, (struct str){chunk, sizeof(chunk) - 1}) &&
		http_send(fd, (struct str){bytes, sizeof(bytes)}))
		;
}

static inline void http_send_headers_forever(int fd)
{
	http_send(fd, S("HTTP/1.1 200 OK\r\n"));
	while (http_send(fd, S("X-More: and another one, and another one, and another one\r\n")))
		;
}

static inline void http_send_slowly(int fd, struct str body)
{
	for (size_t i = 0; i < body.n && http_send(fd, (struct str){body.p + i, 1}); i++)
		usleep(100000);
}

static inline void http_send_body(int fd, struct page *p, size_t from, bool partial, bool cut)
{
	struct str body = str_from(p->body, from);
	char range[96] = "";
	if (partial)
		snprintf(range, sizeof(range), "Content-Range: bytes %zu-%zu/%zu\r\n", from,
			p->body.n - 1, p->body.n);
	http_head(fd, partial ? "206 Partial Content" : "200 OK", body.n, range);
	if (p->manner == SLOW)
		http_send_slowly(fd, body);
	else
		http_send(fd, (struct str){body.p, cut ? body.n / 2 : body.n});
}

static inline void http_answer(int fd, struct page *p, size_t from)
{
	static const char busy[] = "busy", gone[] = "gone";
	char more[256], status[32];
	int request = ++p->requests;
	p->from = from;
	switch (p->manner) {
	case SILENT:
		sleep(60);
		return;
	case ENDLESS:
		http_send_forever(fd);
		return;
	case HEADERS:
		http_send_headers_forever(fd);
		return;
	case REFUSE:
		snprintf(status, sizeof(status), "%d Refused", p->status);
		http_head(fd, status, sizeof(gone) - 1, "");
		http_send(fd, str_of(gone));
		return;
	case REDIRECT:
		snprintf(more, sizeof(more), "Location: %s\r\n", p->target);
		http_head(fd, "302 Found", 0, more);
		return;
	case BUSY:
		if (request <= p->times) {
			http_head(fd, "503 Service Unavailable", sizeof(busy) - 1, "");
			http_send(fd, str_of(busy));
			return;
		}
		break;
	case CUT_NO_RANGES:
		from = 0;
		break;
	default:
		break;
	}
	if (from > 0 && from >= p->body.n) {
		http_head(fd, "416 Range Not Satisfiable", 0, "");
		return;
	}
	http_send_body(fd, p, p->manner == WRONG_RANGE ? 0 : from, from > 0, request <= p->times);
}

static inline void http_serve(struct server *s, int fd)
{
	char request[4096];
	size_t have = 0;
	request[0] = '\0';
	while (!strstr(request, "\r\n\r\n")) {
		ssize_t n = recv(fd, request + have, sizeof(request) - 1 - have, 0);
		if (n <= 0)
			return;
		have += (size_t)n;
		request[have] = '\0';
	}
	char path[1024] = "";
	sscanf(request, "GET %1023s", path);
	size_t from = 0;
	const char *range = strstr(request, "Range: bytes=");
	if (range)
		sscanf(range, "Range: bytes=%zu-", &from);
	for (struct page *p = s->pages; p < s->pages + PAGES_MOST && p->path; p++) {
		if (strcmp(p->path, path) == 0) {
			http_answer(fd, p, from);
			return;
		}
	}
	http_head(fd, "404 Not Found", 0, "");
}

/* Takes a port; pages are added by http_page(), then http_go() starts to serve them. */
static inline void http_open(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	s->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listening, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(s->listening, 16), 0);
	assert_int_equal(getsockname(s->listening, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	s->pages = mmap(NULL, sizeof(struct page) * PAGES_MOST, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(s->pages != MAP_FAILED);
}

static inline struct page *http_page(struct server *s, const char *path, enum manner manner)
{
	struct page *p = s->pages;
	while (p < s->pages + PAGES_MOST && p->path)
		p++;
	assert_true(p < s->pages + PAGES_MOST);
	p->path = path;
	p->manner = manner;
	return p;
}

/* A process for each connection: one that hangs is in nobody's way. */
static inline void http_serve_all(struct server *s)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(s->listening, NULL, NULL);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			http_serve(s, fd);
			shutdown(fd, SHUT_WR);
			_exit(0);
		}
		close(fd);
	}
}

static inline void http_go(struct server *s)
{
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		http_serve_all(s);
	}
	close(s->listening);
}

static inline void http_stop(struct server *s)
{
	if (s->pid) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	munmap(s->pages, sizeof(struct page) * PAGES_MOST);
}

#endif
