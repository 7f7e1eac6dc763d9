/* traps.S - where exceptions and interrupts arrive. SPDX-License-Identifier: ISC */

#define APIC_END_OF_INTERRUPT 0xfee000b0

	.section .text.traps, "ax"
	.code64
/* One stub of 16 bytes for each of the processor's 32 exceptions. */
	.balign 16
	.globl trap_stubs
	.type trap_stubs, @function
trap_stubs:
	.set vector, 0
	.rept 32
	.balign 16
	/* 8, 10-14, 17, 21, 29 and 30 bring an error code; the others get a zero. */
	.if (0x60227d00 >> vector) & 1
	.else
	pushq $0
	.endif
	pushq $vector
	jmp trap_enter
	.set vector, vector + 1
	.endr
	.size trap_stubs, . - trap_stubs

	.type trap_enter, @function
trap_enter:
	cld
	mov %rsp, %rdi
	mov %rbp, %rsi
	and $-16, %rsp
	call trap_report
	ud2
	.size trap_enter, . - trap_enter

/* An interrupt has done its work when the processor is awake: see cpu_sleep(). */
	.globl interrupt_stub
	.type interrupt_stub, @function
interrupt_stub:
	push %rax
	mov $APIC_END_OF_INTERRUPT, %eax
	movl $0, (%rax)
	pop %rax
	iretq
	.size interrupt_stub, . - interrupt_stub

	.globl spurious_stub
	.type spurious_stub, @function
spurious_stub:
	iretq
	.size spurious_stub, . - spurious_stub

	.section .note.GNU-stack, "", @progbits
