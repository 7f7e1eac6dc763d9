/* files.h - the files packed into the image, a cpio archive ("newc" format).
 * SPDX-License-Identifier: ISC */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

struct file {
	const char *path; /* as packed: "index.html" */
	const char *data;
	size_t n;
};

/* The regular file at PATH ("/index.html"); false where there is none. */
bool files_find(const char *path, struct file *out);
/* Walks the archive: set *PLACE to NULL first. Panics where the archive is damaged. */
bool files_next(const char **place, struct file *out);

#endif
