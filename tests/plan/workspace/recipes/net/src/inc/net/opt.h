#include "netopts.h"

#define WINDOW 4
