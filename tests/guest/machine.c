/* machine.c - a machine whose tables are served by git, as a program on the loopback network: what
 * an image does, without the image. Commands come from standard input, a line each:
 *
 *     create TABLE            begins its history with an empty commit
 *     put TABLE PATH TEXT     changes an entry, as a commit of its own
 *     later TABLE PATH TEXT   changes an entry; the next commit has it
 *     remove TABLE PATH       removes an entry, as a commit of its own
 *     many TABLE COUNT        as many puts, each a commit
 *     branch TABLE NAME PATH  removes PATH on a branch and merges that
 *     age SECONDS             lets time pass
 *     pull TABLE URL          fetches the state there and merges it
 *     push TABLE URL          pushes the table there
 *     list TABLE              prints the entries
 *     stats                   prints the server's counters
 *     end
 *
 * Each is answered by one line "done" when nothing waits any more. Options: PORT, then words
 * NAME:READ:WRITE (each closed, open or token) and tokens NAME:read|write:TOKEN[:PATH,PATH...].
 * SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "git.h"
#include "git_client.h"

#define CONNECTIONS 64
#define TABLES 3
#define TOKENS 16
#define PATHS 8
#define SECOND 1000000000ull
#define CHUNK 4096
#define OBJECTS 32768

/* ---- the tables: a name of up to 31 bytes, a text of up to 63 ------------------------------- */

struct key {
	char text[TABLE_KEY_MAX];
};
struct value {
	char text[64];
};
enum { NOTE_PUT = 1, NOTE_PUSH, NOTE_CREATE };

static size_t path_of(const void *key, char out[TABLE_PATH_MAX])
{
	const struct key *k = key;
	size_t n = strnlen(k->text, sizeof(k->text));
	memcpy(out, k->text, n);
	return n;
}

static bool is_plain(const char *p, size_t n)
{
	if (!n || p[0] == '/' || p[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(p[i] > ' ' && p[i] < 127) || (p[i] == '/' && p[i + 1] == '/'))
			return false;
	return true;
}

static bool parse_path(const char *path, size_t n, void *key)
{
	struct key *k = key;
	memset(k, 0, sizeof(*k));
	if (n >= sizeof(k->text) || !is_plain(path, n))
		return false;
	memcpy(k->text, path, n);
	return true;
}

static size_t text_of(const void *value, char out[TABLE_TEXT_MAX])
{
	const struct value *v = value;
	size_t n = strnlen(v->text, sizeof(v->text));
	memcpy(out, v->text, n);
	out[n] = '\n';
	return n + 1;
}

static bool parse_text(const char *text, size_t n, void *value)
{
	struct value *v = value;
	memset(v, 0, sizeof(*v));
	if (n < 2 || n > sizeof(v->text) || text[n - 1] != '\n' || memchr(text, '\n', n - 1) ||
		memchr(text, 0, n))
		return false;
	memcpy(v->text, text, n - 1);
	return true;
}

/* The larger text wins. */
static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	*(struct value *)out =
		*(const struct value *)(memcmp(a, b, sizeof(struct value)) > 0 ? a : b);
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	if (!key)
		return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "%s",
			note == NOTE_PUSH     ? "merge a push"
			: note == NOTE_CREATE ? "initial empty table"
					      : "later changes");
	if (!value)
		return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "entry removed: %s",
			((const struct key *)key)->text);
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "entry set: %s -> %s",
		((const struct key *)key)->text, ((const struct value *)value)->text);
}

static struct table_kind kinds[TABLES];
static struct git_store stores[TABLES];
static size_t store_count;
static struct git_token tokens[TOKENS];
static size_t token_count;
static const char *paths[TOKENS][PATHS + 1];
static const uint64_t secret[2] = {0x243f6a8885a308d3, 0x13198a2e03707344};
static struct table_limits limits = {.entries = 20000,
	.history_bytes = 8 << 20,
	.history_ns = 600 * SECOND,
	.log_records = 65536,
	.secret = secret};
static uint64_t aged;

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec + aged;
}

static void *zeroed(size_t n)
{
	void *p = calloc(1, n);
	if (!p)
		abort();
	return p;
}

static enum git_access access_of(const char *word)
{
	return strcmp(word, "open") == 0    ? GIT_OPEN
	       : strcmp(word, "token") == 0 ? GIT_TOKEN
					    : GIT_CLOSED;
}

static void add_store(char *name, const char *read, const char *write)
{
	struct table_kind *k = &kinds[store_count];
	*k = (struct table_kind){.name = name,
		.author = name,
		.key_size = sizeof(struct key),
		.value_size = sizeof(struct value),
		.path = path_of,
		.parse_path = parse_path,
		.text = text_of,
		.parse_text = parse_text,
		.merge = merge,
		.message = message};
	struct table *t = table_open(zeroed(table_memory(k, &limits)), k, &limits);
	table_set_time(t, now());
	stores[store_count++] = (struct git_store){.name = name,
		.table = t,
		.read = access_of(read),
		.write = access_of(write),
		.note = NOTE_PUSH};
}

static void add_token(const char *store, const char *verb, const char *text, char *prefixes)
{
	struct git_token *t = &tokens[token_count];
	*t = (struct git_token){.store = store, .write = strcmp(verb, "write") == 0};
	if (!git_token_hash(text, strlen(text), t->hash)) {
		fprintf(stderr, "machine: not a token: %s\n", text);
		exit(2);
	}
	size_t n = 0;
	for (char *p = prefixes ? strtok(prefixes, ",") : NULL; p && n < PATHS;
		p = strtok(NULL, ","))
		paths[token_count][n++] = p;
	t->paths = prefixes ? paths[token_count] : NULL;
	token_count++;
}

static void take_option(char *word)
{
	char *part[4] = {word};
	for (size_t i = 1; i < 4; i++) {
		part[i] = part[i - 1] ? strchr(part[i - 1], ':') : NULL;
		if (part[i])
			*part[i]++ = 0;
	}
	if (!part[2]) {
		fprintf(stderr, "machine: expected NAME:...:...\n");
		exit(2);
	}
	if (strcmp(part[1], "read") == 0 || strcmp(part[1], "write") == 0) {
		add_token(part[0], part[1], part[2], part[3]);
	} else {
		add_store(part[0], part[1], part[2]);
	}
}

/* ---- the other half: a client --------------------------------------------------------------- */

static int connect_to(const struct git_url *url)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(url->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, url->host, &at.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends all that there is to send, then waits for an answer. */
static void talk(struct git_client *c, int fd)
{
	uint8_t part[CHUNK];
	size_t n;
	while ((n = git_client_output(c, part, sizeof(part))))
		if (write(fd, part, n) != (ssize_t)n)
			break;
	ssize_t got = read(fd, part, sizeof(part));
	if (got > 0)
		git_client_receive(c, part, (size_t)got);
	else
		git_client_disconnected(c);
}

static void run_client(struct git_client *c, const struct git_url *url)
{
	int fd = -1;
	for (;;) {
		enum git_client_state state = git_client_state(c);
		if (state != GIT_CLIENT_TALKS && fd >= 0) {
			close(fd);
			fd = -1;
		}
		if (state == GIT_CLIENT_DONE || state == GIT_CLIENT_FAILED)
			return;
		if (state == GIT_CLIENT_TALKS) {
			talk(c, fd);
		} else if (state == GIT_CLIENT_WORKS) {
			git_client_work(c);
		} else {
			fd = connect_to(url);
			if (fd < 0)
				git_client_disconnected(c);
			else
				git_client_connected(c);
		}
	}
}

static void exchange(struct table *t, const char *text, bool push)
{
	static struct git_client *c;
	struct git_url url;
	if (!c)
		c = git_client_open(zeroed(git_client_memory(OBJECTS)), OBJECTS, secret[0]);
	if (!git_url_parse(text, strlen(text), &url)) {
		printf("not a URL\n");
		return;
	}
	const struct git_client_job job = {
		.url = &url, .table = t, .note = NOTE_PUSH, .deadline_ns = now() + 60 * SECOND};
	git_client_tick(c, now());
	if (push)
		git_client_push(c, &job);
	else
		git_client_pull(c, &job);
	run_client(c, &url);
	if (git_client_state(c) == GIT_CLIENT_FAILED)
		printf("failed: %s\n", git_client_error(c));
	git_client_end(c);
}

/* ---- commands ------------------------------------------------------------------------------- */

static struct table *table_of(const char *name)
{
	for (size_t i = 0; name && i < store_count; i++)
		if (strcmp(stores[i].name, name) == 0)
			return stores[i].table;
	return NULL;
}

static void put(struct table *t, const char *path, const char *text, unsigned note)
{
	struct key k;
	struct value v;
	memset(&v, 0, sizeof(v));
	snprintf(v.text, sizeof(v.text), "%s", text);
	if (parse_path(path, strlen(path), &k))
		table_put(t, &k, &v, note);
}

static void put_many(struct table *t, unsigned long count)
{
	static unsigned long turn;
	for (unsigned long i = 0; i < count; i++, turn++) {
		char path[32], text[64];
		snprintf(path, sizeof(path), "many/%lu/%lu", turn % 7, turn % 211);
		snprintf(text, sizeof(text), "turn %lu", turn);
		put(t, path, text, NOTE_PUT);
		while (table_work(t))
			;
	}
}

static void branch(struct table *t, const char *name, const char *path)
{
	struct table_branch *b = table_branch(t, name);
	struct key k;
	if (!b)
		return;
	if (parse_path(path, strlen(path), &k))
		table_branch_remove(b, &k);
	table_branch_commit(b, NOTE_PUT);
	table_branch_merge(b, NOTE_PUT);
}

static void list(struct table *t)
{
	size_t cursor = 0;
	const void *key, *value;
	while (table_next(t, &cursor, &key, &value))
		printf("%s %s\n", ((const struct key *)key)->text,
			((const struct value *)value)->text);
}

static void print_stats(struct git_server *s)
{
	struct git_stats v = git_stats(s);
	printf("connections %llu refused %llu requests %llu bad %llu denied %llu timeouts %llu "
	       "displaced %llu fetches %llu objects %llu merged %llu rejected %llu\n",
		(unsigned long long)v.connections, (unsigned long long)v.connections_refused,
		(unsigned long long)v.requests, (unsigned long long)v.bad_requests,
		(unsigned long long)v.denied, (unsigned long long)v.timeouts,
		(unsigned long long)v.displaced, (unsigned long long)v.fetches,
		(unsigned long long)v.objects_sent, (unsigned long long)v.pushes_merged,
		(unsigned long long)v.pushes_refused);
}

static void run_on_table(const char *verb, struct table *t, char *a, char *b)
{
	struct key k;
	if (strcmp(verb, "create") == 0)
		table_commit(t, NOTE_CREATE);
	else if (strcmp(verb, "put") == 0 && a && b)
		put(t, a, b, NOTE_PUT);
	else if (strcmp(verb, "later") == 0 && a && b)
		put(t, a, b, TABLE_LATER);
	else if (strcmp(verb, "remove") == 0 && a && parse_path(a, strlen(a), &k))
		table_remove(t, &k, NOTE_PUT);
	else if (strcmp(verb, "many") == 0 && a)
		put_many(t, strtoul(a, NULL, 10));
	else if (strcmp(verb, "branch") == 0 && a && b)
		branch(t, a, b);
	else if ((strcmp(verb, "pull") == 0 || strcmp(verb, "push") == 0) && a)
		exchange(t, a, verb[1] == 'u' && verb[2] == 's');
	else if (strcmp(verb, "list") == 0)
		list(t);
	table_flush(t);
}

static void run(struct git_server *s, char *line)
{
	char *verb = strtok(line, " \n");
	char *name = strtok(NULL, " \n");
	struct table *t = table_of(name);
	char *a = strtok(NULL, " \n");
	char *b = strtok(NULL, "\n");
	if (!verb)
		return;
	if (strcmp(verb, "end") == 0)
		exit(0);
	if (strcmp(verb, "stats") == 0)
		print_stats(s);
	if (strcmp(verb, "age") == 0 && name)
		aged += strtoull(name, NULL, 10) * SECOND;
	if (t)
		run_on_table(verb, t, a, b);
	printf("done\n");
	fflush(stdout);
}

static void read_commands(struct git_server *s)
{
	static char held[65536];
	static size_t n;
	ssize_t got = read(0, held + n, sizeof(held) - 1 - n);
	if (got <= 0)
		exit(0);
	n += (size_t)got;
	held[n] = 0;
	char *line = held, *end;
	while ((end = strchr(line, '\n'))) {
		*end = 0;
		run(s, line);
		line = end + 1;
	}
	n = strlen(line);
	memmove(held, line, n);
}

/* ---- sockets -------------------------------------------------------------------------------- */

struct link {
	int fd;
	struct git_conn *conn;
	uint8_t in[CHUNK], out[CHUNK];
	size_t in_n, out_n;
	bool in_ended;
};
static struct link links[CONNECTIONS];

static void link_close(struct link *l)
{
	git_conn_close(l->conn);
	close(l->fd);
	l->conn = NULL;
}

static void accept_link(struct git_server *s, int listener)
{
	struct sockaddr_in peer;
	socklen_t n = sizeof(peer);
	char name[GIT_PEER_MAX];
	int fd = accept4(listener, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	inet_ntop(AF_INET, &peer.sin_addr, name, sizeof(name));
	struct link *l = links;
	while (l < links + CONNECTIONS && l->conn)
		l++;
	struct git_conn *c = l < links + CONNECTIONS ? git_accept(s, name) : NULL;
	if (!c)
		close(fd);
	else
		*l = (struct link){.fd = fd, .conn = c};
}

static bool link_read(struct link *l)
{
	ssize_t got = l->in_ended || l->in_n == CHUNK
			      ? -1
			      : read(l->fd, l->in + l->in_n, CHUNK - l->in_n);
	if (got > 0)
		l->in_n += (size_t)got;
	if (got == 0)
		l->in_ended = true;
	size_t taken = git_conn_receive(l->conn, l->in, l->in_n);
	memmove(l->in, l->in + taken, l->in_n - taken);
	l->in_n -= taken;
	if (l->in_ended && !l->in_n)
		git_conn_finish(l->conn);
	return got > 0 || taken;
}

static bool link_write(struct link *l)
{
	l->out_n += git_conn_output(l->conn, l->out + l->out_n, CHUNK - l->out_n);
	if (!l->out_n)
		return false;
	ssize_t sent = write(l->fd, l->out, l->out_n);
	if (sent < 0)
		return false;
	memmove(l->out, l->out + sent, l->out_n - (size_t)sent);
	l->out_n -= (size_t)sent;
	return sent > 0;
}

/* True while something moves. */
static bool link_serve(struct link *l)
{
	bool moved = link_read(l);
	moved = link_write(l) || moved;
	if (!l->out_n && git_conn_is_done(l->conn))
		shutdown(l->fd, SHUT_WR);
	if (git_conn_is_dead(l->conn) || (l->in_ended && !l->out_n && git_conn_is_done(l->conn)))
		link_close(l);
	return moved;
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 64)) {
		perror("machine: listen");
		exit(2);
	}
	return fd;
}

static void log_line(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%s\n", line);
}

static void wait_for_more(int listener)
{
	struct pollfd fds[CONNECTIONS + 2] = {{0, POLLIN, 0}, {listener, POLLIN, 0}};
	nfds_t n = 2;
	for (struct link *l = links; l < links + CONNECTIONS; l++)
		if (l->conn)
			fds[n++] = (struct pollfd){l->fd,
				(short)((l->in_n < CHUNK && !l->in_ended ? POLLIN : 0) |
					(l->out_n ? POLLOUT : 0)),
				0};
	poll(fds, n, 100);
	if (fds[0].revents)
		fds[0].fd = -1;
}

static void serve(struct git_server *s, int listener)
{
	for (;;) {
		bool moved = false;
		for (size_t i = 0; i < store_count; i++) {
			table_set_time(stores[i].table, now());
			moved = table_work(stores[i].table) || moved;
		}
		git_tick(s, now());
		accept_link(s, listener);
		for (unsigned i = 0; i < 16 && git_work(s); i++)
			moved = true;
		for (struct link *l = links; l < links + CONNECTIONS; l++)
			if (l->conn)
				moved = link_serve(l) || moved;
		if (!moved)
			wait_for_more(listener);
		struct pollfd commands = {0, POLLIN, 0};
		if (poll(&commands, 1, 0) > 0)
			read_commands(s);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: machine PORT NAME:READ:WRITE... [NAME:VERB:TOKEN...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	for (int i = 2; i < argc; i++)
		take_option(argv[i]);
	struct git_config config = {.stores = stores,
		.store_count = store_count,
		.tokens = tokens,
		.token_count = token_count,
		.connections = CONNECTIONS,
		.per_address = CONNECTIONS,
		.jobs = 4,
		.objects = OBJECTS,
		.secret = 0x9e3779b97f4a7c15,
		.log = log_line};
	int listener = listen_at((uint16_t)atoi(argv[1]));
	serve(git_open(zeroed(git_memory(&config)), &config), listener);
}
