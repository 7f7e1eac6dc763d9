/* fuzz_frame.c - the images' look at a frame, on any bytes: what passes holds all that lwIP reads
 * of it without asking. SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "unikernel/lwip/frame.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* As lwIP goes through TCP's options: kind, length, value, each byte where the last one ended. */
static void read_options(const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n && p[at] != 0;) {
		if (p[at] == 1) {
			at++;
			continue;
		}
		require(at + 1 < n && p[at + 1] >= 2);
		at += p[at + 1];
		require(at <= n);
	}
}

static void read_ip(const uint8_t *p, size_t n)
{
	require(n >= 20);
	size_t header = (p[0] & 15u) * 4, total = (size_t)p[2] << 8 | p[3];
	size_t offset = ((size_t)p[6] << 8 | p[7]) & 0x1fff, payload = total - header;
	require(header >= 20 && header <= total && total <= n);
	if (p[9] == 17 && !offset)
		require(payload >= 8);
	if (p[9] != 6)
		return;
	require(offset == 0 || offset * 8 >= 60);
	if (offset)
		return;
	require(payload >= 20);
	size_t tcp = (size_t)(p[header + 12] >> 4) * 4;
	require(tcp >= 20 && tcp <= payload);
	read_options(p + header + 20, tcp - 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!frame_is_whole(data, size))
		return 0;
	require(size >= 14);
	if (data[12] == 8 && data[13] == 0)
		read_ip(data + 14, size - 14);
	return 0;
}
