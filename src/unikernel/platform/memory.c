/* memory.c - page tables: every page has the rights it needs, and none can be both written and
 * executed; and the memory behind the image. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define PAGE 4096ull
#define LARGE (2ull << 20)
#define MAPPED (4ull << 30)
#define ENTRIES 512
#define MIB (1ull << 20)
#define ALIGNMENT 64u
#define MARK 0x6e6970736572a51full

/* Bits of an entry (Intel SDM volume 3, 4.5). */
#define PRESENT 0x1ull
#define WRITABLE 0x2ull
#define IS_LARGE 0x80ull
#define NO_EXECUTE (1ull << 63)
#define ADDRESS 0x000ffffffffff000ull

#define NO_ACCESS 0ull
#define READ_EXECUTE PRESENT
#define READ (PRESENT | NO_EXECUTE)
#define READ_WRITE (PRESENT | WRITABLE | NO_EXECUTE)

/* hvm_memmap_table_entry; type 1 is RAM. */
struct memory_range {
	uint64_t address, size;
	uint32_t type, reserved;
};

extern uint64_t page_root[], page_directories[];

/* A table for each large page that holds pages of different rights: the one at 0, and where a
 * part of the image begins or ends. */
static uint64_t tables[12][ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used;

/* What was not taken yet. */
static uintptr_t next, end;
/* Stands behind the image from the first boot on. The memory of a machine that was switched on is
 * zero; that of one that was reset is as the image before has left it. */
static bool was_reset;

static _Noreturn void too_little(uint64_t bytes)
{
	panic("too little memory: the image needs %llu MiB, boot with more",
		(unsigned long long)((bytes + MIB - 1) / MIB));
}

static bool holds_image(const struct memory_range *r)
{
	return r->type == 1 && r->address <= (uintptr_t)image_start &&
	       r->address + r->size >= (uintptr_t)image_end;
}

static void note_reset(void)
{
	if (end - next < ALIGNMENT)
		return;
	uint64_t *mark = (uint64_t *)next;
	was_reset = *mark == MARK;
	*mark = MARK;
	next += ALIGNMENT;
}

void memory_open(const struct start_info *info)
{
	const struct memory_range *map = (const struct memory_range *)info->memory_map;
	uint32_t i = 0, count = info->version >= 1 ? info->memory_map_count : 0;
	while (i < count && !holds_image(&map[i]))
		i++;
	if (i == count)
		too_little((uintptr_t)image_end);
	next = (uintptr_t)image_end;
	end = map[i].address + map[i].size;
	if (end > MAPPED)
		end = MAPPED;
	note_reset();
}

void *memory_take(size_t n)
{
	if (n > memory_left())
		too_little(n > MAPPED ? n : next + n);
	void *p = (void *)next;
	next += (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (was_reset)
		memset(p, 0, n);
	return p;
}

size_t memory_left(void)
{
	return (end - next) & ~(size_t)(ALIGNMENT - 1);
}

/* Replaces a large page by 512 small ones of the same rights. */
static void split(uint64_t *entry)
{
	if (tables_used == sizeof(tables) / sizeof(tables[0]))
		panic("the image has too many parts for its page tables");
	uint64_t *table = tables[tables_used++];
	uint64_t base = *entry & ADDRESS, rights = *entry & ~(ADDRESS | IS_LARGE);
	for (unsigned i = 0; i < ENTRIES; i++)
		table[i] = (base + i * PAGE) | rights;
	*entry = (uintptr_t)table | PRESENT | WRITABLE;
}

static uint64_t entry_for(uint64_t address, uint64_t rights)
{
	return rights ? address | rights : 0;
}

static void protect(uint64_t from, uint64_t to, uint64_t rights)
{
	while (from < to) {
		uint64_t *entry = &page_directories[from / LARGE];
		if (*entry & IS_LARGE && from % LARGE == 0 && to - from >= LARGE) {
			*entry = entry_for(from, rights | IS_LARGE);
			from += LARGE;
			continue;
		}
		if (*entry & IS_LARGE)
			split(entry);
		uint64_t *table = (uint64_t *)(*entry & ADDRESS);
		table[from / PAGE % ENTRIES] = entry_for(from, rights);
		from += PAGE;
	}
}

void memory_protect(void)
{
	protect(0, PAGE, NO_ACCESS);
	protect(PAGE, (uintptr_t)text_start, READ_WRITE);
	protect((uintptr_t)text_start, (uintptr_t)text_end, READ_EXECUTE);
	protect((uintptr_t)rodata_start, (uintptr_t)rodata_end, READ);
	protect((uintptr_t)rodata_end, MAPPED, READ_WRITE);
	protect((uintptr_t)stack_guard, (uintptr_t)stack_guard + PAGE, NO_ACCESS);
	protect((uintptr_t)trap_stack_guard, (uintptr_t)trap_stack_guard + PAGE, NO_ACCESS);
	__asm__ volatile("mov %0, %%cr3" : : "r"(page_root) : "memory");
}
