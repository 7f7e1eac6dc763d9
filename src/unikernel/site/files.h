/* files.h - the files packed into the image, a cpio archive ("newc" format).
 * SPDX-License-Identifier: ISC */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

/* What is left of an archive. */
struct archive {
	const char *p, *end;
};
struct file {
	const char *path; /* as packed: "index.html" */
	const char *data; /* where it lies in the archive */
	size_t n;
};
enum found { FOUND_FILE, FOUND_END, FOUND_DAMAGE };

/* The next regular file. At damage, A->p is where it was seen. */
enum found files_next(struct archive *a, struct file *out);
/* The regular file at PATH ("/index.html"); false where there is none. */
bool files_find(struct archive a, const char *path, struct file *out);

#endif
