#include "base.h"
#include <stdint.h>

int base_add(int a, int b)
{
	return (int32_t)a + b;
}
