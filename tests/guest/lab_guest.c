/* lab_guest.c - an image that does one thing wrong, for tests of the lab. Its command line says
 * which: "mode=X". Freestanding, 32 bits: built by test_lab.c. SPDX-License-Identifier: ISC */
#include <stdint.h>

#define NOTE __attribute__((section(".note.Xen"), used, aligned(4)))

__attribute__((used)) static char stack[65536];
void start(void);
_Noreturn __attribute__((used)) void guest(const uint32_t *info);

/* XEN_ELFNOTE_PHYS32_ENTRY: where QEMU enters, with ebx = hvm_start_info. */
static const struct {
	uint32_t name_size, size, type;
	char name[4];
	void (*entry)(void);
} note NOTE = {4, 4, 18, "Xen", start};

__asm__(".globl start\n"
	"start:\n"
	"	mov $stack + 65536, %esp\n"
	"	push %ebx\n"
	"	call guest\n");

static void out8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void print(const char *z)
{
	while (*z)
		out8(0x3f8, (uint8_t)*z++);
}

static void print_hex(uint32_t v)
{
	char text[11] = "0x00000000";
	for (int i = 9; i > 1; i--, v >>= 4)
		text[i] = "0123456789abcdef"[v & 15];
	print(text);
}

static void leave(uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)0xf4));
}

static _Noreturn void halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* ---- a network device: virtio-mmio 2, polled ------------------------------------------ */

#define QUEUE 8 /* descriptors of a queue */
struct queue {
	struct {
		uint64_t address;
		uint32_t n;
		uint16_t flags, next;
	} descriptors[QUEUE];
	struct {
		uint16_t flags, index, ring[QUEUE];
	} available;
	_Alignas(4) volatile struct {
		uint16_t flags, index;
		struct {
			uint32_t id, n;
		} ring[QUEUE];
	} used;
	uint16_t seen;
};
static _Alignas(16) struct queue receiver, sender;
static volatile uint32_t *device;
static unsigned char frame_in[2048], frame_out[2048];

#define REG(offset) device[(offset) / 4]
#define HEADER 12

static void set_queue(uint32_t number, struct queue *q)
{
	REG(0x30) = number;
	REG(0x38) = QUEUE;
	REG(0x80) = (uint32_t)(uintptr_t)q->descriptors;
	REG(0x84) = 0;
	REG(0x90) = (uint32_t)(uintptr_t)&q->available;
	REG(0x94) = 0;
	REG(0xa0) = (uint32_t)(uintptr_t)&q->used;
	REG(0xa4) = 0;
	REG(0x44) = 1;
}

static void offer(uint32_t number, struct queue *q, void *buffer, uint32_t n, uint16_t flags)
{
	q->descriptors[0].address = (uintptr_t)buffer;
	q->descriptors[0].n = n;
	q->descriptors[0].flags = flags;
	q->available.ring[q->available.index % QUEUE] = 0;
	__asm__ volatile("" ::: "memory");
	q->available.index++;
	__asm__ volatile("" ::: "memory");
	REG(0x50) = number;
}

static void open_network(void)
{
	for (uint32_t at = 0xfeb00000; at < 0xfeb01000; at += 0x200) {
		device = (volatile uint32_t *)(uintptr_t)at;
		if (REG(0) == 0x74726976 && REG(8) == 1)
			break;
	}
	REG(0x70) = 0;
	REG(0x70) = 3;
	REG(0x24) = 1; /* VIRTIO_F_VERSION_1 and nothing else */
	REG(0x20) = 1;
	REG(0x24) = 0;
	REG(0x20) = 0;
	REG(0x70) = 11;
	set_queue(0, &receiver);
	set_queue(1, &sender);
	REG(0x70) = 15;
	offer(0, &receiver, frame_in, sizeof(frame_in), 2);
}

static void send(const unsigned char *frame, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		frame_out[HEADER + i] = frame[i];
	offer(1, &sender, frame_out, HEADER + n, 0);
	while (sender.used.index == sender.seen)
		;
	sender.seen++;
}

static const unsigned char my_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

/* Answers ARP requests for anything, with this opcode. */
static _Noreturn void answer_arp(unsigned char opcode)
{
	for (;;) {
		while (receiver.used.index == receiver.seen)
			;
		receiver.seen++;
		unsigned char *f = frame_in + HEADER;
		if (f[12] == 8 && f[13] == 6 && f[21] == 1) {
			unsigned char sought[4];
			for (int i = 0; i < 4; i++)
				sought[i] = f[38 + i];
			for (int i = 0; i < 6; i++) {
				f[i] = f[6 + i];
				f[6 + i] = my_mac[i];
			}
			for (int i = 0; i < 10; i++)
				f[32 + i] = f[22 + i];
			for (int i = 0; i < 6; i++)
				f[22 + i] = my_mac[i];
			for (int i = 0; i < 4; i++)
				f[28 + i] = sought[i];
			f[21] = opcode;
			send(f, 42);
		}
		offer(0, &receiver, frame_in, sizeof(frame_in), 2);
	}
}

static _Noreturn void flood_wire(void)
{
	static unsigned char frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x88, 0xb5};
	for (;;)
		send(frame, sizeof(frame));
}

/* ---- modes ---------------------------------------------------------------------------- */

static _Noreturn __attribute__((noinline)) void panic(void)
{
	print("\nrespin: panic: out of biscuits\nrespin: backtrace: ");
	print_hex((uint32_t)(uintptr_t)panic + 4);
	print(" ");
	print_hex((uint32_t)(uintptr_t)guest + 4);
	print("\n");
	leave(64);
	halt();
}

static char mode_of(const char *line)
{
	for (; *line; line++)
		if (line[0] == 'm' && line[1] == 'o' && line[2] == 'd' && line[3] == 'e' &&
			line[4] == '=')
			return line[5];
	return 'r';
}

static void reset(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint32_t base;
	} no_table = {0, 0};
	__asm__ volatile("lidt %0; ud2" : : "m"(no_table));
}

_Noreturn void guest(const uint32_t *info)
{
	const char *line = (const char *)(uintptr_t)info[6];
	char mode = mode_of(line);
	print("command line: ");
	print(line);
	print("\n");
	if (mode == 'h') /* hangs before it is ready */
		halt();
	if (mode == 'e') /* ends before it is ready */
		leave(16);
	if (mode == 'q') /* panics before it is ready */
		panic();
	if (mode == 'f') /* floods the console */
		for (;;)
			print("all work and no play makes jack a dull boy, he says again and "
			      "again\n");
	if (mode == 'n' || mode == 'a' || mode == 'b')
		open_network();
	print("respin: ready 10.77.0.2\n");
	switch (mode) {
	case 'w': /* ends well */
		leave(16);
		break;
	case 'p':
		panic();
	case 't':
		reset();
		break;
	case 'n':
		flood_wire();
	case 'a':
		answer_arp(2);
	case 'b':
		answer_arp(3);
	default: /* stays, deaf and dumb */
		break;
	}
	halt();
}
