#include "extra.h"

int extra(void)
{
	return 1;
}
