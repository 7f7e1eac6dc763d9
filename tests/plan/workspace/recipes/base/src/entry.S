	.section .text.start, "ax"
	.globl start
start:
	call main
	hlt
	.section .note.GNU-stack, "", @progbits
