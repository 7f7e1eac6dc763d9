/* trap.h - the interrupt vectors. SPDX-License-Identifier: ISC */
#ifndef TRAP_H
#define TRAP_H

#define VECTOR_TIMER 0x20
#define VECTOR_DEVICE 0x21
#define VECTOR_SPURIOUS 0xff

#endif
