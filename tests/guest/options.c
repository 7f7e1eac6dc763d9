/* Words of the command line. SPDX-License-Identifier: ISC */
#include "platform.h"

static void show(const char *key)
{
	const char *value = option_get(key);
	console_printf("guest: %s is %s\n", key, value ? value : "not there");
}

int main(void)
{
	show("ip");
	show("gateway");
	show("empty");
	show("twice");
	show("word");
	console_printf("guest: number is %llu\n", (unsigned long long)option_number("number", 7));
	(void)option_get("state.pull");
	option_report_unknown();
	return 0;
}
