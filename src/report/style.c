/* style.c - the page's style sheet, embedded. SPDX-License-Identifier: ISC */
#include "report/markup.h"

__asm__(".pushsection .rodata, \"a\"\n"
	".balign 8\n"
	".hidden report_css_size\n"
	".globl report_css_size\n"
	"report_css_size: .quad 1f - 0f\n"
	".hidden report_css\n"
	".globl report_css\n"
	"report_css:\n"
	"0: .incbin \"src/report/report.css\"\n"
	"1:\n"
	".popsection\n");

extern const char report_css[] __attribute__((visibility("hidden")));
extern const uint64_t report_css_size __attribute__((visibility("hidden")));

struct str page_style(void)
{
	return (struct str){report_css, report_css_size};
}
