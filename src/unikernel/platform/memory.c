/* memory.c - page tables: every page has the rights it needs, and none can be both written and
 * executed. SPDX-License-Identifier: ISC */
#include "parts.h"

#define PAGE 4096ull
#define LARGE (2ull << 20)
#define MAPPED (4ull << 30)
#define ENTRIES 512

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

void memory_check(const struct start_info *info)
{
	const struct memory_range *map = (const struct memory_range *)info->memory_map;
	unsigned long long end = (uintptr_t)image_end;
	for (uint32_t i = 0; info->version >= 1 && i < info->memory_map_count; i++)
		if (map[i].type == 1 && map[i].address <= (uintptr_t)image_start &&
			map[i].address + map[i].size >= end)
			return;
	panic("too little memory: the image needs %llu MiB", (end >> 20) + 1);
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
