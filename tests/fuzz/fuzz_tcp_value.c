/* fuzz_tcp_value.c - values and paths of TCP connections from elsewhere: what is accepted is
 * exactly what would be written, whatever it is. SPDX-License-Identifier: ISC */
#include "tcp_value.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(const struct table_kind *kind, const char *p, size_t n)
{
	uint8_t value[TABLE_VALUE_MAX] = {0};
	char back[TABLE_TEXT_MAX];
	if (!kind->parse_text(p, n, value))
		return;
	if (kind->text(value, back) != n || memcmp(back, p, n) != 0)
		__builtin_trap();
	if (kind == &tcp_kind)
		tcp_value_is_sane((const void *)value);
}

static void try_path(const struct table_kind *kind, const char *p, size_t n)
{
	uint8_t key[TABLE_KEY_MAX] = {0};
	char back[TABLE_PATH_MAX];
	if (kind->parse_path(p, n, key) && (kind->path(key, back) != n || memcmp(back, p, n) != 0))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	try_text(&tcp_kind, p, size);
	try_text(&tcp_payload_kind, p, size);
	try_path(&tcp_kind, p, size);
	try_path(&tcp_payload_kind, p, size);
	return 0;
}
