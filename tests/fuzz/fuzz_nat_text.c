/* fuzz_nat_text.c - paths, entries and forwards of the NAT, as others may write them: what is
 * accepted is written back as it was. SPDX-License-Identifier: ISC */
#include "nat.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const char *out, size_t n, const char *text, size_t size)
{
	if (n != size || memcmp(out, text, n) != 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(8) char entry[64];
	static char out[TABLE_TEXT_MAX];
	const char *text = (const char *)data;
	enum nat_protocol protocol;
	uint16_t port, to;
	uint32_t address;
	if (nat_kind.key_size > sizeof(entry) || nat_kind.value_size > sizeof(entry))
		__builtin_trap();
	if (nat_kind.parse_path(text, size, entry))
		check_same(out, nat_kind.path(entry, out), text, size);
	if (nat_kind.parse_text(text, size, entry))
		check_same(out, nat_kind.text(entry, out), text, size);
	if (nat_forward_parse(text, size, &protocol, &port, &address, &to) &&
		(protocol == NAT_ICMP || !port || !to))
		__builtin_trap();
	return 0;
}
