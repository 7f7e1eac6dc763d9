/* server.c - an ordinary program that is a machine: its command line says what it does.
 * SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_port(int type, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	int fd = socket(AF_INET, type, 0), one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		(type == SOCK_STREAM && listen(fd, 16) < 0)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

/* SIZE bytes to each who asks. */
static void serve(int port, size_t size)
{
	static char page[65536], request[4096];
	int fd = open_port(SOCK_STREAM, port);
	memset(page, 'x', sizeof(page));
	signal(SIGPIPE, SIG_IGN); /* some only knock */
	puts("serving");	  /* not flushed: a terminal's lines come at once */
	for (;;) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int client = accept(fd, (struct sockaddr *)&peer, &length);
		if (client < 0 || read(client, request, sizeof(request)) < 0)
			continue;
		printf("from %s\n", inet_ntoa(peer.sin_addr));
		dprintf(client, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
		for (size_t left = size; left;) {
			ssize_t n = write(client, page, left < sizeof(page) ? left : sizeof(page));
			if (n <= 0)
				break;
			left -= (size_t)n;
		}
		close(client);
	}
}

static void say_goodbye(int number)
{
	(void)number;
	static const char words[] = "goodbye\n";
	if (write(1, words, sizeof(words) - 1) > 0)
		_exit(0);
}

static void wait_forever(void)
{
	for (;;)
		pause();
}

/* The death of a program of OCaml's, as its runtime tells it. */
static void die_of_exception(void)
{
	fputs("Fatal error: exception Failure(\"no biscuits\")\n"
	      "Raised at Stdlib.failwith in file \"stdlib.ml\", line 29, characters 17-33\n"
	      "Called from Dune__exe__Unikernel.Main.start in file \"unikernel.ml\" (inlined), "
	      "line 14, "
	      "characters 4-27\n"
	      "Re-raised at Lwt_main.run.run_loop in file \"src/unix/lwt_main.ml\", line 34, "
	      "characters 8-22\n",
		stderr);
	exit(2);
}

static void leave_children(void)
{
	if (fork() == 0) {
		signal(SIGTERM, SIG_IGN);
		execlp("sleep", "sleep", "7141", (char *)NULL);
	}
	open_port(SOCK_STREAM, 80);
	wait_forever();
}

static void flood(void)
{
	for (;;)
		puts("a line that is printed over and over, and over again");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "idle", *value = argc > 2 ? argv[2] : "";
	if (!strcmp(mode, "serve"))
		serve(atoi(value), argc > 3 ? (size_t)atol(argv[3]) : 100);
	else if (!strcmp(mode, "late") && usleep(400000) == 0)
		serve(80, 100);
	else if (!strcmp(mode, "udp"))
		open_port(SOCK_DGRAM, atoi(value));
	else if (!strcmp(mode, "exit"))
		return puts("it was nice"), atoi(value);
	else if (!strcmp(mode, "crash"))
		raise(SIGSEGV);
	else if (!strcmp(mode, "exception"))
		die_of_exception();
	else if (!strcmp(mode, "children"))
		leave_children();
	else if (!strcmp(mode, "orphan"))
		return fork() ? 0 : execlp("sleep", "sleep", "7141", (char *)NULL);
	else if (!strcmp(mode, "flood"))
		flood();
	else if (!strcmp(mode, "polite"))
		signal(SIGTERM, say_goodbye), puts("ready");
	else if (!strcmp(mode, "deaf"))
		signal(SIGTERM, SIG_IGN), puts("ready");
	else if (!strcmp(mode, "words"))
		for (int i = 2; i < argc; i++)
			printf("<%s>\n", argv[i]);
	wait_forever();
}
