/* test_wire.c - the wire between two sockets: delay, order, recording, bounds, floods.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "lab/wire.h"

#define MS ((int64_t)1000000)

/* Both ends of the wire as sockets: what is written to IMAGE comes out of HOST, and back. */
struct bench {
	struct arena a;
	const char *dir;
	struct recording recording;
	struct wire wire;
	int image, host;
};

static int setup(void **state)
{
	struct err e = {0};
	int image[2], host[2];
	struct bench *b = calloc(1, sizeof(*b));
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, image), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, host), 0);
	assert_ok(dir_make_temp(&b->a, "/tmp/respin-test-wire.", &b->dir, &e));
	assert_ok(recording_open(path_join(&b->a, b->dir, "wire.pcap"), &b->recording, &e));
	b->image = image[0];
	b->host = host[0];
	wire_init(&b->wire, &b->a, 1, 1500, 0, &b->recording);
	wire_plug(&b->wire, 0, host[1]);
	wire_plug(&b->wire, 1, image[1]);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	recording_close(&b->recording);
	close(b->image);
	close(b->host);
	close(b->wire.ports[0].fd);
	close(b->wire.ports[1].fd);
	assert_ok(tree_remove(b->dir, &e));
	arena_free(&b->a);
	free(b);
	return 0;
}

static struct str frame_of(struct bench *b, char mark, size_t n)
{
	char *bytes = arena_alloc(&b->a, n + 1);
	memset(bytes, mark, n);
	return (struct str){bytes, n};
}

static void put(int fd, struct str frame)
{
	assert_int_equal(send(fd, frame.p, frame.n, 0), frame.n);
}

/* The mark and the size of the next frame that comes out; size 0: none. */
static size_t get(int fd, char *mark)
{
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
	*mark = n > 0 ? bytes[0] : '-';
	return n < 0 ? 0 : (size_t)n;
}

static void assert_gets(int fd, char mark, size_t n)
{
	char got;
	assert_int_equal(get(fd, &got), n);
	assert_int_equal(got, mark);
}

static void frames_pass_in_order(void **state)
{
	struct bench *b = *state;
	put(b->image, frame_of(b, 'a', 60));
	put(b->image, frame_of(b, 'b', 1514));
	put(b->host, frame_of(b, 'c', 14));
	wire_turn(&b->wire, 1);
	assert_gets(b->host, 'a', 60);
	assert_gets(b->host, 'b', 1514);
	assert_gets(b->host, '-', 0);
	assert_gets(b->image, 'c', 14);
	assert_int_equal(b->wire.ports[1].sent, 2);
	assert_int_equal(b->wire.ports[1].received, 1);
	assert_true(wire_due(&b->wire) == INT64_MAX);
}

static void frames_are_delayed_each_way(void **state)
{
	struct bench *b = *state;
	b->wire.delay_ns = 20 * MS;
	put(b->image, frame_of(b, 'a', 60));
	wire_turn(&b->wire, 100 * MS);
	put(b->host, frame_of(b, 'b', 60));
	wire_turn(&b->wire, 105 * MS);
	assert_true(wire_due(&b->wire) == 120 * MS);
	assert_gets(b->host, '-', 0);
	wire_turn(&b->wire, 120 * MS - 1);
	assert_gets(b->host, '-', 0);
	wire_turn(&b->wire, 120 * MS);
	assert_gets(b->host, 'a', 60);
	assert_gets(b->image, '-', 0);
	assert_true(wire_due(&b->wire) == 125 * MS);
	wire_turn(&b->wire, 130 * MS);
	assert_gets(b->image, 'b', 60);
}

/* An ARP packet of 10.0.0.7 to hardware address TO. */
static struct str arp_of(struct bench *b, const char *to, char opcode)
{
	struct str frame = frame_of(b, 0, 42);
	static const char head[] = {2, 0, 0, 0, 0, 7, 8, 6, 0, 1, 8, 0, 6, 4, 0};
	char *bytes = (char *)(uintptr_t)frame.p;
	memcpy(bytes, to, 6);
	memcpy(bytes + 6, head, sizeof(head));
	bytes[21] = opcode;
	memcpy(bytes + 28, "\12\0\0\7", 4);
	return frame;
}

static void who_answers_arp_is_known(void **state)
{
	struct bench *b = *state;
	struct port *p = &b->wire.ports[1];
	static const char host[6] = {2, 0, 0, 0, 0, 1}, all[6] = {-1, -1, -1, -1, -1, -1};
	put(b->image, arp_of(b, host, 1));
	put(b->image, arp_of(b, all, 2)); /* an announcement */
	struct str cut = arp_of(b, host, 2);
	cut.n = 31;
	put(b->image, cut);
	wire_turn(&b->wire, 1);
	assert_memory_equal(p->answered, "\0\0\0\0", 4);
	put(b->image, arp_of(b, host, 2));
	wire_turn(&b->wire, 2);
	assert_memory_equal(p->answered, "\12\0\0\7", 4);
	wire_plug(&b->wire, 1, p->fd); /* another one, at the same place */
	assert_memory_equal(p->answered, "\0\0\0\0", 4);
}

static struct window whole(const struct bench *b)
{
	return (struct window){.path = b->recording.path, .to = b->recording.n};
}

static void it_records_at_the_images_end(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct str header = {0};
	b->wire.delay_ns = 20 * MS;
	put(b->host, frame_of(b, 2, 60));
	wire_turn(&b->wire, 100 * MS);
	assert_int_equal(b->recording.n, 0); /* not there yet */
	put(b->image, frame_of(b, 1, 60));
	wire_turn(&b->wire, 110 * MS); /* left: recorded at once */
	assert_int_equal(b->recording.n, 1);
	wire_turn(&b->wire, 120 * MS);
	assert_int_equal(b->recording.n, 2);
	assert_ok(recording_flush(&b->recording, &e));
	assert_ok(file_read(&b->a, b->recording.path, 1 << 20, &header, &e));
	assert_int_equal(header.n, 24 + 2 * (16 + 60));
	static const unsigned char nanoseconds[] = {0x4d, 0x3c, 0xb2, 0xa1};
	assert_memory_equal(header.p, nanoseconds, 4);
	uint32_t first[2], second[2];
	memcpy(first, header.p + 24, 8);
	memcpy(second, header.p + 24 + 76, 8);
	int64_t apart = ((int64_t)second[0] - first[0]) * 1000 * MS + second[1] - first[1];
	assert_true(apart == 10 * MS);
}

static void what_no_wire_carries_is_dropped(void **state)
{
	struct bench *b = *state;
	put(b->image, frame_of(b, 'a', 13));
	put(b->image, frame_of(b, 'b', 1519));
	put(b->image, frame_of(b, 'c', 1518)); /* with a VLAN tag */
	wire_turn(&b->wire, 1);
	assert_gets(b->host, 'c', 1518);
	assert_int_equal(b->wire.dropped, 2);
	assert_int_equal(b->recording.n, 3); /* what the image sent is recorded all the same */
}

static void a_receiver_that_takes_nothing_blocks_only_its_lane(void **state)
{
	struct bench *b = *state;
	struct pollfd polls[2];
	size_t received = 0;
	char mark;
	for (int i = 0; i < 2000; i++) {
		put(b->host, frame_of(b, 'x', 1000));
		wire_turn(&b->wire, 1 + i);
	}
	assert_true(b->wire.ports[1].blocked);
	assert_true(b->wire.ports[1].n > 0);
	assert_true(wire_due(&b->wire) == INT64_MAX); /* no busy waiting */
	wire_polls(&b->wire, polls);
	assert_true(polls[1].events & POLLOUT);
	put(b->image, frame_of(b, 'y', 60));
	wire_turn(&b->wire, 3000);
	assert_gets(b->host, 'y', 60);
	for (int64_t now = 4000; b->wire.ports[1].n; now++) {
		while (get(b->image, &mark))
			received++;
		wire_turn(&b->wire, now);
	}
	while (get(b->image, &mark))
		received++;
	assert_int_equal(received, 2000);
	assert_int_equal(b->recording.n, 2001);
}

static void the_wire_holds_a_bounded_number_of_frames(void **state)
{
	struct bench *b = *state;
	char mark;
	size_t received = 0;
	b->wire.delay_ns = 1000 * MS;
	for (int i = 0; i < 9000; i++) {
		put(b->host, frame_of(b, 'x', 14));
		wire_turn(&b->wire, 1);
	}
	assert_int_equal(b->wire.ports[1].n, 8192);
	assert_int_equal(b->wire.dropped, 9000 - 8192);
	for (int64_t now = 2000 * MS; b->wire.ports[1].n; now++) {
		wire_turn(&b->wire, now);
		while (get(b->image, &mark))
			received++;
	}
	assert_int_equal(received, 8192);
}

static void a_flood_is_what_nothing_asked_for(void **state)
{
	struct bench *b = *state;
	struct str frame = frame_of(b, 'x', 60);
	char mark;
	for (int i = 0; i < WIRE_FLOOD_FRAMES; i++) {
		put(b->image, frame);
		wire_turn(&b->wire, i);
		get(b->host, &mark);
	}
	assert_null(wire_flood(&b->wire, 1));
	put(b->image, frame);
	wire_turn(&b->wire, WIRE_FLOOD_FRAMES);
	assert_non_null(strstr(wire_flood(&b->wire, 1), "20000 frames in a row"));
	put(b->host, frame);
	wire_turn(&b->wire, WIRE_FLOOD_FRAMES + 1);
	assert_null(wire_flood(&b->wire, 1));
	b->recording.bytes = WIRE_FLOOD_BYTES + 1;
	assert_non_null(strstr(wire_flood(&b->wire, 1), "512 MiB"));
}

static void an_image_that_went_away_is_no_error(void **state)
{
	struct bench *b = *state;
	close(b->image);
	put(b->host, frame_of(b, 'a', 60));
	wire_turn(&b->wire, 1);
	assert_int_equal(b->wire.dropped, 1);
	b->image = open("/dev/null", O_RDONLY);
}

/* ---- several machines ------------------------------------------------------------------- */

/* Three machines and the host on one wire; FAR are the other ends of the cables, by port. */
static void start_switch(struct bench *b, int far[4])
{
	wire_init(&b->wire, &b->a, 3, 1500, 0, &b->recording);
	for (size_t i = 0; i < 4; i++) {
		int ends[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
		wire_plug(&b->wire, i, ends[0]);
		far[i] = ends[1];
	}
}

static void end_switch(struct bench *b, const int far[4])
{
	for (size_t i = 0; i < 4; i++) {
		close(far[i]);
		if (i > 1)
			close(b->wire.ports[i].fd);
	}
}

/* A frame of 60 bytes from the station FROM to the station TO (0xff: all), which is its mark. */
static struct str frame_between(struct bench *b, unsigned char from, unsigned char to)
{
	char *bytes = arena_alloc(&b->a, 60);
	memset(bytes, to == 0xff ? 0xff : 0, 6);
	bytes[0] = (char)(to == 0xff ? to : 2);
	bytes[5] = (char)to;
	bytes[6] = 2;
	bytes[11] = (char)from;
	return (struct str){bytes, 60};
}

/* How many frames each of the four cables has for its other end, "0110", say. */
static const char *arrivals(struct bench *b, const int far[4])
{
	struct text t = {.a = &b->a};
	for (size_t i = 0; i < 4; i++) {
		size_t n = 0;
		char mark;
		while (get(far[i], &mark))
			n++;
		text_addf(&t, "%zu", n);
	}
	return t.p;
}

static const char *sends(struct bench *b, const int far[4], unsigned char from, unsigned char to)
{
	put(far[from], frame_between(b, from, to));
	wire_turn(&b->wire, 1);
	return arrivals(b, far);
}

static void a_switch_learns_who_is_where(void **state)
{
	struct bench *b = *state;
	int far[4], ours[2] = {b->wire.ports[0].fd, b->wire.ports[1].fd};
	start_switch(b, far);
	assert_string_equal(sends(b, far, 1, 0xff), "1011");
	assert_int_equal(b->recording.n, 1); /* once, however many hear it */
	assert_string_equal(sends(b, far, 0, 0xff), "0111");
	assert_int_equal(b->recording.n, 2);
	assert_string_equal(sends(b, far, 2, 1), "0100");
	assert_string_equal(sends(b, far, 1, 2), "0010");
	assert_string_equal(sends(b, far, 1, 0), "1000");
	assert_string_equal(sends(b, far, 1, 3), "1011"); /* it has not been heard yet */
	assert_int_equal(b->recording.n, 6);
	put(far[3], frame_between(b, 1, 0xff)); /* it moved */
	wire_turn(&b->wire, 1);
	arrivals(b, far);
	assert_string_equal(sends(b, far, 2, 1), "0001");
	close(ours[0]);
	close(ours[1]);
	end_switch(b, far);
}

static void what_is_unplugged_gets_nothing(void **state)
{
	struct bench *b = *state;
	int far[4], ours[2] = {b->wire.ports[0].fd, b->wire.ports[1].fd};
	start_switch(b, far);
	b->wire.delay_ns = 20 * MS;
	put(far[0], frame_between(b, 0, 0xff));
	wire_turn(&b->wire, 0);
	assert_int_equal(wire_waiting(&b->wire), 3);
	int old = b->wire.ports[3].fd;
	wire_plug(&b->wire, 3, -1);
	assert_int_equal(wire_waiting(&b->wire), 2);
	wire_turn(&b->wire, 20 * MS);
	assert_string_equal(arrivals(b, far), "0110");
	wire_plug(&b->wire, 3, old);
	b->wire.delay_ns = 0;
	assert_string_equal(sends(b, far, 0, 0xff), "0111");
	close(ours[0]);
	close(ours[1]);
	end_switch(b, far);
}

/* ---- searching a recording ------------------------------------------------------------- */

/* ARP frames with these opcodes, recorded. */
static struct window recorded(struct bench *b, const char *opcodes)
{
	struct err e = {0};
	for (const char *c = opcodes; *c; c++) {
		char frame[42] = {0};
		frame[12] = 8;
		frame[13] = 6;
		frame[21] = (char)(*c - '0');
		recording_add(&b->recording, 1, (struct str){frame, sizeof(frame)});
	}
	assert_ok(recording_flush(&b->recording, &e));
	return whole(b);
}

#define OP(n) "arp[6:2] = " #n

static size_t count(const struct window *w, const char *filter)
{
	struct err e = {0};
	struct packet_count c = {0};
	assert_ok(packets_count(w, filter, &c, &e));
	return c.matching;
}

static void windows_narrow_what_is_counted(void **state)
{
	struct bench *b = *state;
	struct window w = recorded(b, "1233431233");
	assert_int_equal(count(&w, OP(3)), 5);
	w.after = OP(2);
	assert_int_equal(count(&w, OP(3)), 5);
	w.until = OP(4);
	assert_int_equal(count(&w, OP(3)), 2);
	w.from = 4;
	w.until = NULL;
	assert_int_equal(count(&w, OP(3)), 2);
	w.to = 9;
	assert_int_equal(count(&w, OP(3)), 1);
	w.after = OP(5);
	assert_int_equal(count(&w, OP(3)), 0);
}

static void orders_are_of_packets_behind_each_other(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	size_t matched = 0;
	struct window w = recorded(b, "1323");
	const char *good[] = {OP(1), OP(3), OP(3)}, *bad[] = {OP(2), OP(1)};
	const strings in_order = {.v = good, .n = 3}, not = {.v = bad, .n = 2};
	assert_ok(packets_in_order(&w, &in_order, &matched, &e));
	assert_int_equal(matched, 3);
	assert_ok(packets_in_order(&w, &not, &matched, &e));
	assert_int_equal(matched, 1);
}

static void wrong_filters_are_refused_in_libpcaps_words(void **state)
{
	(void)state;
	struct err e = {0};
	assert_true(filter_check("tcp port 80 and not arp", &e));
	assert_false(filter_check("tcp prot 80", &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "filter 'tcp prot 80': "));
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
	WITH_BENCH(frames_pass_in_order),
	WITH_BENCH(frames_are_delayed_each_way),
	WITH_BENCH(it_records_at_the_images_end),
	WITH_BENCH(what_no_wire_carries_is_dropped),
	WITH_BENCH(a_receiver_that_takes_nothing_blocks_only_its_lane),
	WITH_BENCH(the_wire_holds_a_bounded_number_of_frames),
	WITH_BENCH(a_flood_is_what_nothing_asked_for),
	WITH_BENCH(an_image_that_went_away_is_no_error),
	WITH_BENCH(a_switch_learns_who_is_where),
	WITH_BENCH(what_is_unplugged_gets_nothing),
	WITH_BENCH(windows_narrow_what_is_counted),
	WITH_BENCH(orders_are_of_packets_behind_each_other),
	WITH_BENCH(who_answers_arp_is_known),
	cmocka_unit_test(wrong_filters_are_refused_in_libpcaps_words),
};
RUN_TESTS("wire")
