/* sha1.h - nettle's, by the name that it has where it is installed. SPDX-License-Identifier: ISC */
#include <sha1.h>
