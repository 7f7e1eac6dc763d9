/* site.c - a web site: lwIP's server over the files packed into the image.
 * SPDX-License-Identifier: ISC */
#include "files.h"
#include "lwip_port.h"
#include "platform.h"
#include "lwip/apps/fs.h"
#include "lwip/apps/httpd.h"
#include <string.h>

/* Where the build puts the archive. */
extern const char files_start[], files_end[];

int fs_open_custom(struct fs_file *file, const char *name);
void fs_close_custom(struct fs_file *file);

static struct archive packed(void)
{
	return (struct archive){files_start, files_end};
}

/* lwIP asks for "/index.html" by itself where the request says "/", and for "/404.html" where
 * there is no such file. The contents are sent from where they lie in the image. */
int fs_open_custom(struct fs_file *file, const char *name)
{
	struct file f;
	if (!files_find(packed(), name, &f))
		return 0;
	*file = (struct fs_file){
		.data = f.data,
		.len = (int)f.n,
		.index = (int)f.n,
		.flags = FS_FILE_FLAGS_HEADER_PERSISTENT,
	};
	return 1;
}

void fs_close_custom(struct fs_file *file)
{
	(void)file;
}

static void check_file(const struct file *f)
{
	if (f->n > INT32_MAX)
		panic("%s is too large for the web server", f->path);
	/* The server takes the status of its answer from the name. */
	if (strstr(f->path, "400") || strstr(f->path, "501"))
		console_printf("respin: %s will be sent as an error page\n", f->path);
}

/* Reads the whole archive once, so that damage is found at boot and not by a visitor. */
static void check_files(void)
{
	struct archive a = packed();
	struct file f;
	unsigned count = 0;
	enum found found;
	for (; (found = files_next(&a, &f)) == FOUND_FILE; count++)
		check_file(&f);
	if (found == FOUND_DAMAGE)
		panic("the packed files are damaged at byte %zu", (size_t)(a.p - files_start));
	if (!count)
		panic("there are no files to serve");
}

int main(void)
{
	check_files();
	lwip_port_open();
	httpd_init();
	lwip_port_run();
}
