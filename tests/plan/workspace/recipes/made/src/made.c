#include "base.h"
#include "config.h"

const char *made(void)
{
	return WHERE __DATE__ + base_add(1, -1);
}
