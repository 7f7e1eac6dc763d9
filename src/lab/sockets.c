/* sockets.c - the kernel's tables of sockets. SPDX-License-Identifier: ISC */
#include "lab/sockets.h"
#include "lab/space.h"

#include <fcntl.h>
#include <unistd.h>

#define TCP_LISTEN "0A"
#define UDP_UNCONNECTED "07"

static const char *const names[] = {"tcp", "tcp6", "udp", "udp6"};

bool sockets_open(int space, int home, struct sockets *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	if (!space_enter(space, e))
		return false;
	for (size_t i = 0; i < 4; i++)
		out->fds[i] = open(
			str_format(&scratch, "/proc/self/net/%s", names[i]), O_RDONLY | O_CLOEXEC);
	return space_enter(home, e);
}

void sockets_close(struct sockets *s)
{
	for (size_t i = 0; i < 4; i++)
		close_fd(&s->fds[i]);
}

/* Cuts the next word off the front of *S. */
static struct str take_word(struct str *s)
{
	*s = str_trim(*s);
	return str_cut(s, ' ');
}

/* Of "0: 0100007F:1F90 00000000:0000 0A ..." the port 0x1f90, where the state is STATE. */
static unsigned port_of(struct str line, const char *state)
{
	unsigned port = 0;
	(void)take_word(&line);
	struct str address = take_word(&line);
	(void)take_word(&line);
	if (!str_is(take_word(&line), state) || address.n < 4)
		return 0;
	for (size_t i = address.n - 4; i < address.n; i++) {
		char c = address.p[i];
		bool letter = c >= 'A' && c <= 'F';
		if (!letter && (c < '0' || c > '9'))
			return 0;
		port = port * 16 + (unsigned)(letter ? c - 'A' + 10 : c - '0');
	}
	return port;
}

unsigned sockets_port(struct str table, bool tcp)
{
	unsigned port = 0;
	(void)str_cut(&table, '\n'); /* the names of the columns */
	while (table.n && !port)
		port = port_of(str_cut(&table, '\n'), tcp ? TCP_LISTEN : UDP_UNCONNECTED);
	return port;
}

const char *sockets_listen(struct arena *a, const struct sockets *s)
{
	char buffer[16384]; /* sockets that listen come first */
	for (size_t i = 0; i < 4; i++) {
		ssize_t n = s->fds[i] < 0 ? -1 : pread(s->fds[i], buffer, sizeof(buffer), 0);
		unsigned port = n > 0 ? sockets_port((struct str){buffer, (size_t)n}, i < 2) : 0;
		if (port)
			return str_format(
				a, "it listens at %s port %u", i < 2 ? "TCP" : "UDP", port);
	}
	return NULL;
}
