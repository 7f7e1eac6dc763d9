/* hash.h - a hash table of fixed size: keys and values are plain bytes, each of one length. All its
 * memory is given at the start, so nothing ever grows, moves or fails but by being full; insertion,
 * look-up and removal take the same short time whatever it holds.
 * Freestanding: the same code in images and in the host's tests. SPDX-License-Identifier: ISC */
#ifndef HASH_H
#define HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed hash for short messages. */
uint64_t siphash(const uint64_t secret[2], const void *p, size_t n);

struct hash; /* lives at the start of the memory that it is given */

/* Bytes that a table of ENTRIES entries needs. */
size_t hash_memory(size_t entries, size_t key_size, size_t value_size);
/* Makes an empty table in MEMORY (zeroed, 16-byte aligned, hash_memory() bytes). SECRET is random:
 * an outsider who chooses keys can't make them collide. */
struct hash *hash_open(
	void *memory, size_t entries, size_t key_size, size_t value_size, const uint64_t secret[2]);
/* The value of KEY, NULL where there is none. It stays where it is until its removal. */
void *hash_get(const struct hash *h, const void *key);
/* The value of KEY, made (zeroed, *FRESH set) where there was none; NULL where the table is full.
 */
void *hash_put(struct hash *h, const void *key, bool *fresh);
/* False where there was none. */
bool hash_remove(struct hash *h, const void *key);
size_t hash_count(const struct hash *h);
/* Goes through the entries: *CURSOR is 0 at first; false at the end. Entries that are there all the
 * while come exactly once; such as are put or removed in between, at most once. The keys' order has
 * no meaning. */
bool hash_next(const struct hash *h, size_t *cursor, const void **key, void **value);

#endif
