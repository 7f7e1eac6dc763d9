/* no_files.h - the web server has no pages of its own. SPDX-License-Identifier: ISC */
#define FS_ROOT ((const struct fsdata_file *)NULL)
