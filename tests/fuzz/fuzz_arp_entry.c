/* fuzz_arp_entry.c - ARP entries of others, as paths and texts: what is taken is written again just
 * so. SPDX-License-Identifier: ISC */
#include "arp.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp_key key;
	struct arp_value value;
	char path[TABLE_PATH_MAX], text[TABLE_TEXT_MAX];
	const char *p = (const char *)data;
	if (arp_kind.parse_path(p, size, &key) &&
		(arp_kind.path(&key, path) != size || memcmp(path, p, size) != 0))
		__builtin_trap();
	if (arp_kind.parse_text(p, size, &value) &&
		(arp_kind.text(&value, text) != size || memcmp(text, p, size) != 0))
		__builtin_trap();
	return 0;
}
