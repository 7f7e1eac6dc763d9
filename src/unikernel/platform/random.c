/* random.c - random numbers: ChaCha20 (RFC 8439, 2.3) with fast key erasure, its key from rdrand.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"
#include <string.h>

#define HAS_RDRAND (1u << 30)
#define TRIES 100
#define KEY_WORDS 8
#define BLOCK_WORDS 16

static uint32_t key[KEY_WORDS];

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

/* The nonce is zero: no key makes more than one stream. */
static void block(const uint32_t k[KEY_WORDS], uint32_t counter, uint32_t out[BLOCK_WORDS])
{
	const uint32_t in[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, k[0],
		k[1], k[2], k[3], k[4], k[5], k[6], k[7], counter};
	uint32_t x[BLOCK_WORDS];
	memcpy(x, in, sizeof(x));
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
		for (int i = 0; i < 4; i++)
			quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
				&x[12 + (i + 3) % 4]);
	}
	for (int i = 0; i < BLOCK_WORDS; i++)
		out[i] = x[i] + in[i];
}

static uint64_t entropy(void)
{
	uint64_t value;
	for (int i = 0; i < TRIES; i++)
		if (cpu_entropy(&value))
			return value;
	panic("no entropy: rdrand gives nothing");
}

void random_open(void)
{
	if (!(cpu_features() & HAS_RDRAND))
		panic("no entropy: the processor has no rdrand (give QEMU -cpu max)");
	for (int i = 0; i < KEY_WORDS; i += 2) {
		uint64_t value = entropy();
		key[i] = (uint32_t)value;
		key[i + 1] = (uint32_t)(value >> 32);
	}
}

void random_bytes(void *p, size_t n)
{
	uint32_t words[BLOCK_WORDS], stream_key[KEY_WORDS];
	uint8_t *to = p;
	memcpy(stream_key, key, sizeof(key));
	block(stream_key, 0, words);
	memcpy(key, words, sizeof(key));
	for (uint32_t counter = 1; n; counter++) {
		size_t part = n < sizeof(words) ? n : sizeof(words);
		block(stream_key, counter, words);
		memcpy(to, words, part);
		to += part;
		n -= part;
	}
	memset(words, 0, sizeof(words));
	memset(stream_key, 0, sizeof(stream_key));
	__asm__ volatile("" : : "r"(words), "r"(stream_key) : "memory");
}

uint32_t random_u32(void)
{
	uint32_t value;
	random_bytes(&value, sizeof(value));
	return value;
}
