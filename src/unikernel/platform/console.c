/* console.c - the first serial port, polled. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"
#include <stdio.h>

/* 16550: base port and its registers. */
#define PORT 0x3f8
#define INTERRUPTS (PORT + 1)
#define FIFO (PORT + 2)
#define LINE_CONTROL (PORT + 3)
#define LINE_STATUS (PORT + 5)
#define TRANSMITTER_EMPTY 0x20

void console_open(void)
{
	out8(INTERRUPTS, 0);
	out8(LINE_CONTROL, 0x80); /* the next two are the divisor: 115200 baud */
	out8(PORT, 1);
	out8(INTERRUPTS, 0);
	out8(LINE_CONTROL, 0x03); /* 8 bits, no parity */
	out8(FIFO, 0x07);
}

void console_write(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		while (!(in8(LINE_STATUS) & TRANSMITTER_EMPTY))
			;
		out8(PORT, (uint8_t)p[i]);
	}
}

void console_vprintf(const char *fmt, va_list ap)
{
	char line[512];
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void console_printf(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	console_vprintf(fmt, ap);
	va_end(ap);
}
