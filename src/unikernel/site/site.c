/* site.c - a web site: lwIP's server over the files packed into the image.
 * SPDX-License-Identifier: ISC */
#include "files.h"
#include "lwip_port.h"
#include "platform.h"
#include "lwip/apps/fs.h"
#include "lwip/apps/httpd.h"
#include <string.h>

int fs_open_custom(struct fs_file *file, const char *name);
void fs_close_custom(struct fs_file *file);

/* lwIP asks for "/index.html" by itself where the request says "/", and for "/404.html" where
 * there is no such file. The contents are sent from where they lie in the image. */
int fs_open_custom(struct fs_file *file, const char *name)
{
	struct file f;
	if (!files_find(name, &f))
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

/* Reads the whole archive once, so that damage is found at boot and not by a visitor. */
static void check_files(void)
{
	const char *place = NULL;
	struct file f;
	unsigned count = 0;
	while (files_next(&place, &f)) {
		if (f.n > INT32_MAX)
			panic("%s is too large for the web server", f.path);
		/* The server takes the status of its answer from the name. */
		if (strstr(f.path, "400") || strstr(f.path, "501"))
			console_printf("respin: %s will be sent as an error page\n", f.path);
		count++;
	}
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
