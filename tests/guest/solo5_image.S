/* solo5_image.S - no image, but a file with the notes of one: -DTARGET=2 is Solo5's spt.
 * SPDX-License-Identifier: ISC */
#define ENTRY(name, type)		\
	9: .ascii name;			\
	.skip 68 - (. - 9b);		\
	.long type;			\
	.skip 32

	.section .note.solo5.manifest, "a", @note
	.balign 4
	.long 6, 2f - 1f, 0x3154464d
	.asciz "Solo5"
	.skip 2
1:	.skip 4
	.long 1, ENTRIES
	ENTRY("", 0x40000000)
#ifdef CARD
	ENTRY(CARD, 2)
#endif
#ifdef SECOND_CARD
	ENTRY(SECOND_CARD, 2)
#endif
#ifdef DISK
	ENTRY(DISK, 1)
#endif
2:
	.section .note.solo5.abi, "a", @note
	.balign 4
	.long 6, 16, 0x31494241
	.asciz "Solo5"
	.skip 2
	.long TARGET, 2, 0, 0

	.section .note.GNU-stack, "", @progbits
	.text
	.globl _start
_start:	hlt
