#include "net/api.h"

extern const char files_start[];

int main(void)
{
	return tcp(files_start[0]) + udp(2);
}
