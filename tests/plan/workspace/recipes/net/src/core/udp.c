#include "net/api.h"

int udp(int x)
{
	return x * 7;
}
