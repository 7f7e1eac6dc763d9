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

/* ---- virtio-mmio 2, polled ------------------------------------------------------------ */

#define NET 1
#define BLOCK 2
#define QUEUE 8 /* descriptors of a queue */
struct descriptor {
	uint64_t address;
	uint32_t n;
	uint16_t flags, next;
};
struct queue {
	struct descriptor descriptors[QUEUE];
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

#define REG(device, offset) (device)[(offset) / 4]
#define WRITTEN 2 /* flag of a descriptor: by the device */
#define MORE 1	  /* another follows */

/* The device number N of a kind, from the highest address down; NULL where there is none. */
static volatile uint32_t *find_device(uint32_t kind, int n)
{
	for (uint32_t at = 0xfeb00e00; at >= 0xfeb00000; at -= 0x200) {
		volatile uint32_t *device = (volatile uint32_t *)(uintptr_t)at;
		if (REG(device, 0) == 0x74726976 && REG(device, 8) == kind && n-- == 0)
			return device;
	}
	return 0;
}

static void set_queue(volatile uint32_t *device, uint32_t number, struct queue *q)
{
	REG(device, 0x30) = number;
	REG(device, 0x38) = QUEUE;
	REG(device, 0x80) = (uint32_t)(uintptr_t)q->descriptors;
	REG(device, 0x84) = 0;
	REG(device, 0x90) = (uint32_t)(uintptr_t)&q->available;
	REG(device, 0x94) = 0;
	REG(device, 0xa0) = (uint32_t)(uintptr_t)&q->used;
	REG(device, 0xa4) = 0;
	REG(device, 0x44) = 1;
}

static void reset_device(volatile uint32_t *device)
{
	REG(device, 0x70) = 0;
	REG(device, 0x70) = 3;
	REG(device, 0x24) = 1; /* VIRTIO_F_VERSION_1 and nothing else */
	REG(device, 0x20) = 1;
	REG(device, 0x24) = 0;
	REG(device, 0x20) = 0;
	REG(device, 0x70) = 11;
}

/* Hands the chain of descriptors that begins with the first one to the device. */
static void kick(volatile uint32_t *device, uint32_t number, struct queue *q)
{
	q->available.ring[q->available.index % QUEUE] = 0;
	__asm__ volatile("" ::: "memory");
	q->available.index++;
	__asm__ volatile("" ::: "memory");
	REG(device, 0x50) = number;
}

static void describe(struct queue *q, int i, void *buffer, uint32_t n, uint16_t flags)
{
	q->descriptors[i].address = (uintptr_t)buffer;
	q->descriptors[i].n = n;
	q->descriptors[i].flags = flags;
	q->descriptors[i].next = (uint16_t)(i + 1);
}

static void wait_used(struct queue *q)
{
	while (q->used.index == q->seen)
		;
	q->seen++;
}

/* ---- network cards --------------------------------------------------------------------- */

#define HEADER 12
#define CARDS 2
static _Alignas(16) struct card {
	struct queue receiver, sender;
	volatile uint32_t *device;
	unsigned char in[2048], out[2048], mac[6];
	unsigned char ip[4]; /* zeros: answer for any */
} cards[CARDS];

static void offer(struct card *c)
{
	describe(&c->receiver, 0, c->in, sizeof(c->in), WRITTEN);
	kick(c->device, 0, &c->receiver);
}

static void open_network(void)
{
	for (int i = 0; i < CARDS; i++) {
		struct card *c = &cards[i];
		c->device = find_device(NET, i);
		if (!c->device)
			continue;
		reset_device(c->device);
		set_queue(c->device, 0, &c->receiver);
		set_queue(c->device, 1, &c->sender);
		REG(c->device, 0x70) = 15;
		for (int k = 0; k < 6; k++)
			c->mac[k] = ((volatile unsigned char *)c->device)[0x100 + k];
		offer(c);
	}
}

static void send(struct card *c, const unsigned char *frame, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		c->out[HEADER + i] = frame[i];
	describe(&c->sender, 0, c->out, HEADER + n, 0);
	kick(c->device, 1, &c->sender);
	wait_used(&c->sender);
}

static int is_mine(const struct card *c, const unsigned char *ip)
{
	int any = 1, same = 1;
	for (int i = 0; i < 4; i++) {
		any &= c->ip[i] == 0;
		same &= c->ip[i] == ip[i];
	}
	return any || same;
}

static void answer(struct card *c, unsigned char opcode)
{
	unsigned char *f = c->in + HEADER;
	if (f[12] == 8 && f[13] == 6 && f[21] == 1 && is_mine(c, f + 38)) {
		unsigned char sought[4];
		for (int i = 0; i < 4; i++)
			sought[i] = f[38 + i];
		for (int i = 0; i < 6; i++) {
			f[i] = f[6 + i];
			f[6 + i] = c->mac[i];
		}
		for (int i = 0; i < 10; i++)
			f[32 + i] = f[22 + i];
		for (int i = 0; i < 6; i++)
			f[22 + i] = c->mac[i];
		for (int i = 0; i < 4; i++)
			f[28 + i] = sought[i];
		f[21] = opcode;
		send(c, f, 42);
	}
}

/* Answers ARP requests for its addresses, with this opcode. */
static _Noreturn void answer_arp(unsigned char opcode)
{
	for (;;) {
		for (int i = 0; i < CARDS; i++) {
			struct card *c = &cards[i];
			if (!c->device || c->receiver.used.index == c->receiver.seen)
				continue;
			c->receiver.seen++;
			answer(c, opcode);
			offer(c);
		}
	}
}

static _Noreturn void flood_wire(void)
{
	static unsigned char frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x88, 0xb5};
	for (;;)
		send(&cards[0], frame, sizeof(frame));
}

/* ---- a disk ---------------------------------------------------------------------------- */

static _Alignas(16) struct queue requests;
static struct {
	uint32_t type, reserved;
	uint64_t sector;
} request;
static unsigned char sector[512];
static volatile unsigned char disk_status;

static void disk(volatile uint32_t *device, uint32_t type)
{
	request.type = type;
	describe(&requests, 0, &request, sizeof(request), MORE);
	describe(&requests, 1, sector, sizeof(sector), (uint16_t)(type ? MORE : MORE | WRITTEN));
	describe(&requests, 2, (void *)(uintptr_t)&disk_status, 1, WRITTEN);
	kick(device, 0, &requests);
	wait_used(&requests);
}

/* Counts its boots in the first sector. */
static void count_boots(void)
{
	volatile uint32_t *device = find_device(BLOCK, 0);
	char digit[] = "boot number 0\n";
	if (!device) {
		print("no disk\n");
		return;
	}
	reset_device(device);
	set_queue(device, 0, &requests);
	REG(device, 0x70) = 15;
	disk(device, 0);
	sector[0]++;
	disk(device, 1);
	digit[12] = (char)('0' + sector[0]);
	print(digit);
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

/* The number at *TEXT, which moves behind it. */
static unsigned char number(const char **text)
{
	unsigned n = 0;
	for (; **text >= '0' && **text <= '9'; ++*text)
		n = n * 10 + (unsigned)(**text - '0');
	return (unsigned char)n;
}

/* Takes the addresses of "ip=10.77.0.2/24" and "ip1=192.168.1.1/24". */
static void read_addresses(const char *line)
{
	for (; *line; line++) {
		if (line[0] != 'i' || line[1] != 'p')
			continue;
		int card = line[2] == '1';
		if (line[2 + card] != '=')
			continue;
		line += 3 + card;
		for (int i = 0; i < 4; i++, line++)
			cards[card].ip[i] = number(&line);
	}
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
	if (mode == 'c')
		read_addresses(line);
	if (mode == 'n' || mode == 'a' || mode == 'b' || mode == 'c')
		open_network();
	if (mode == 'd' || mode == 'l') /* counts its boots */
		count_boots();
	if (mode == 'l') /* ... and leaves */
		leave(16);
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
	case 'a': /* for any address */
	case 'c': /* for its own */
		answer_arp(2);
	case 'b':
		answer_arp(3);
	default: /* stays, deaf and dumb */
		break;
	}
	halt();
}
