/* boot.S - from QEMU's PVH entry (32 bits, no paging) to C in 64-bit mode.
 * SPDX-License-Identifier: ISC */

#define CR4_PAE 0x20
#define CR4_PGE 0x80
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define EFER_NXE 0x800
#define PRESENT_WRITE 0x3
#define PRESENT_WRITE_LARGE 0x83

/* XEN_ELFNOTE_PHYS32_ENTRY: what makes QEMU take a 64-bit ELF file as a kernel. */
	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long pvh_start

	.section .text.boot, "ax"
	.code32
	.globl pvh_start
	.type pvh_start, @function
/* In: ebx = hvm_start_info, flat segments, no stack. */
pvh_start:
	cld
	mov %ebx, %ebp

	/* The first 4 GiB one to one, in pages of 2 MiB; memory.c takes rights away later. */
	mov $page_directories, %edi
	mov $PRESENT_WRITE_LARGE, %eax
1:	mov %eax, (%edi)
	movl $0, 4(%edi)
	add $8, %edi
	add $0x200000, %eax
	jnc 1b
	mov $page_pointers, %edi
	mov $page_directories + PRESENT_WRITE, %eax
	mov $4, %ecx
2:	mov %eax, (%edi)
	movl $0, 4(%edi)
	add $8, %edi
	add $4096, %eax
	loop 2b
	movl $page_pointers + PRESENT_WRITE, page_root
	movl $0, page_root + 4

	mov $page_root, %eax
	mov %eax, %cr3
	mov $CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT, %eax
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME | EFER_NXE, %eax
	wrmsr
	mov $CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE, %eax
	mov %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $0x08, $3f

	.code64
3:	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $stack_top, %rsp
	mov %ebp, %edi
	/* A zero frame ends the backtrace. */
	xor %ebp, %ebp
	call start
	ud2
	.size pvh_start, . - pvh_start

	.section .data.boot, "aw"
	.balign 16
/* Code, data and, filled in by trap.c, the task state that names the stack of exceptions. */
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00af9a000000ffff
	.quad 0x00cf92000000ffff
	.quad 0, 0
boot_gdt_pointer:
	.word . - boot_gdt - 1
	.long boot_gdt
	.long 0

/* First in the writable memory, so that even a machine with too little memory has a stack. */
	.section .bss.first, "aw", @nobits
	.balign 4096
	.globl stack_guard, stack_bottom, stack_top, trap_stack_guard, trap_stack_top
stack_guard:
	.skip 4096
stack_bottom:
	.skip 0x10000
stack_top:
trap_stack_guard:
	.skip 4096
	.skip 0x4000
trap_stack_top:

	.globl page_root, page_directories
page_root:
	.skip 4096
page_pointers:
	.skip 4096
page_directories:
	.skip 4 * 4096

	.section .note.GNU-stack, "", @progbits
