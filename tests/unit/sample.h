/* sample.h - two sides of a comparison as a real run gives them: a static web site whose lwIP
 * starts with ten segments instead of four. SPDX-License-Identifier: ISC */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "report/report.h"

#define SAMPLE_SUBJECT "tcp: start with ten segments (RFC 6928)"
#define SAMPLE_TREE "3f2a91c0d4e5b6a7980716253443526170819203"
#define SAMPLE_DSC "8d8f944db8e6d542fc2d6f01559078fb1b5dda71651c67ee5fa3571ed1342c50"

struct sample_check {
	const char *name, *type, *why;
	enum verdict verdict;
	const char *metric, *unit;
	double value;
};
struct sample_symbol {
	const char *name, *package, *section;
	uint64_t before, after;
};

static const struct sample_check sample_before[] = {
	{"boot", "boot", "ready after 41 ms", PASS, "time to ready", "ms", 41.2},
	{"arp", "arp", "10.77.0.2 is at 52:54:00:12:34:56", PASS, "time", "ms", 41.9},
	{"ping", "ping", "5 of 5 answered", PASS, "round trip", "ms", 40.61},
	{"tcp", "tcp", "connected to port 80", PASS, "time", "ms", 41.35},
	{"page", "http", "200, 9,216 bytes, the expected body", PASS, "total time", "ms", 121.3},
	{"missing page", "http", "404 as expected", PASS, "total time", "ms", 81.4},
	{"segments in the first flight", "packets", "4 packets, expected at least 10", FAIL,
		"segments in the first flight", "packets", 4},
	{"body is complete", "command", "exited with status 0", PASS, "length", "bytes", 9216},
};
static const struct sample_check sample_after[] = {
	{"boot", "boot", "ready after 43 ms", PASS, "time to ready", "ms", 43.0},
	{"arp", "arp", "10.77.0.2 is at 52:54:00:12:34:56", PASS, "time", "ms", 42.4},
	{"ping", "ping", "5 of 5 answered", PASS, "round trip", "ms", 40.66},
	{"tcp", "tcp", "connected to port 80", PASS, "time", "ms", 41.02},
	{"page", "http", "200, 9,216 bytes, the expected body", PASS, "total time", "ms", 81.0},
	{"missing page", "http", "404 as expected", PASS, "total time", "ms", 81.9},
	{"segments in the first flight", "packets", "10 packets", PASS,
		"segments in the first flight", "packets", 10},
	{"body is complete", "command", "exited with status 0", PASS, "length", "bytes", 9216},
};

static const struct sample_symbol sample_symbols[] = {
	{"heap", "platform", ".bss", 33554432, 33554432},
	{"files_data", "site", ".rodata", 11264, 11264},
	{"ram_heap", "lwip", ".bss", 65560, 131096},
	{"memp_memory_PBUF_POOL_base", "lwip", ".bss", 98304, 98304},
	{"tcp_input", "lwip", ".text", 3120, 3120},
	{"tcp_receive", "lwip", ".text", 2940, 2988},
	{"tcp_process", "lwip", ".text", 1984, 2016},
	{"tcp_output", "lwip", ".text", 1240, 1240},
	{"tcp_output_segment", "lwip", ".text", 624, 624},
	{"tcp_write", "lwip", ".text", 1822, 1822},
	{"tcp_alloc", "lwip", ".text", 401, 433},
	{"tcp_listen_input", "lwip", ".text", 612, 628},
	{"tcp_connect", "lwip", ".text", 588, 604},
	{"tcp_slowtmr", "lwip", ".text", 1404, 1404},
	{"tcp_fasttmr", "lwip", ".text", 180, 180},
	{"tcp_initial_window", "lwip", ".text", 0, 38},
	{"tcp_calc_initial_cwnd", "lwip", ".text", 46, 0},
	{"tcp_eff_send_mss_netif", "lwip", ".text", 122, 122},
	{"ip4_input", "lwip", ".text", 870, 870},
	{"ip4_output_if_opt_src", "lwip", ".text", 712, 712},
	{"etharp_input", "lwip", ".text", 540, 540},
	{"etharp_output", "lwip", ".text", 498, 498},
	{"pbuf_alloc", "lwip", ".text", 612, 612},
	{"pbuf_free", "lwip", ".text", 204, 204},
	{"mem_malloc", "lwip", ".text", 388, 388},
	{"mem_trim", "lwip", ".text", 312, 312},
	{"inet_chksum_pseudo", "lwip", ".text", 260, 260},
	{"memp_pools", "lwip", ".rodata", 104, 104},
	{"dhcp_recv", "lwip", ".text", 1810, 1810},
	{"http_recv", "site", ".text", 1488, 1488},
	{"http_send", "site", ".text", 760, 760},
	{"fs_open", "site", ".text", 196, 196},
	{"main", "site", ".text", 84, 84},
	{"port_poll", "lwip-port", ".text", 420, 420},
	{"port_output", "lwip-port", ".text", 318, 318},
	{"lwip_hook_tcp_isn", "lwip-port", ".text", 166, 166},
	{"boot_main", "platform", ".text", 512, 512},
	{"virtio_net_poll", "platform", ".text", 734, 734},
	{"console_write", "platform", ".text", 96, 96},
	{"panic", "platform", ".text", 402, 402},
	{"memcpy", "platform", ".text", 58, 58},
};

static inline struct run sample_run(
	struct arena *a, bool patched, const struct sample_check *checks, size_t n)
{
	struct run r = {
		.id = patched ? "20261123T083712Z-static-site-7be0912f"
			      : "20261123T083703Z-static-site-1a2b3c4d",
		.image = "static-site",
		.started = patched ? "2026-11-23T08:37:12Z" : "2026-11-23T08:37:03Z",
		.accelerator = "tcg",
		.end = "stopped by the lab",
		.ns = patched ? 1210000000 : 1340000000,
	};
	r.dir = str_format(a, ".respin/runs/%s", r.id);
	for (size_t i = 0; i < n; i++) {
		const struct sample_check *from = &checks[i];
		struct check_result *check = vec_add(a, &r.checks);
		*check = (struct check_result){
			.name = from->name,
			.type = from->type,
			.verdict = from->verdict,
			.why = from->why,
		};
		vec_push(a, &check->metrics,
			((struct metric){from->metric, from->unit, from->value}));
		if (from->verdict == FAIL)
			r.verdict = FAIL;
	}
	return r;
}

static inline void sample_packages(struct arena *a, bool patched, struct image_info *image)
{
	vec_push(a, &image->packages,
		((struct manifest_package){.name = "site", .version = "1", .size = 14128}));
	vec_push(a, &image->packages,
		((struct manifest_package){.name = "lwip-port", .version = "1", .size = 3904}));
	struct manifest_package lwip = {
		.name = "lwip",
		.version = "2.1.3",
		.source = "Debian source package lwip 2.1.3+dfsg1-2",
		.source_sha256 = SAMPLE_DSC,
		.size = patched ? 61104 : 60992,
	};
	if (patched) {
		lwip.overlay_tree = SAMPLE_TREE;
		vec_push(a, &lwip.patches, SAMPLE_SUBJECT);
	}
	vec_push(a, &image->packages, lwip);
	vec_push(a, &image->packages,
		((struct manifest_package){.name = "platform", .version = "1", .size = 28736}));
}

static inline struct image_info sample_image(struct arena *a, bool patched)
{
	struct image_info image = {
		.name = "static-site",
		.sha256 =
			patched ? "9b1c6e0f3d2a4b5c6d7e8f90112233445566778899aabbccddeeff0011223344"
				: "51f0a3c2b1d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7"
				  "e",
		.size = patched ? 182904 : 182344,
		.loaded = patched ? 107872 : 107760,
	};
	sample_packages(a, patched, &image);
	for (size_t i = 0; i < sizeof(sample_symbols) / sizeof(*sample_symbols); i++) {
		const struct sample_symbol *from = &sample_symbols[i];
		uint64_t size = patched ? from->after : from->before;
		if (size)
			vec_push(a, &image.symbols,
				((struct image_symbol){.name = from->name,
					.package = from->package,
					.section = from->section,
					.size = size}));
	}
	vec_push(a, &image.sections,
		((struct image_section){
			.name = ".text", .size = patched ? 78704 : 78592, .loaded = true}));
	vec_push(a, &image.sections,
		((struct image_section){.name = ".rodata", .size = 24576, .loaded = true}));
	vec_push(a, &image.sections,
		((struct image_section){
			.name = ".bss", .size = patched ? 33783992 : 33718456, .loaded = true}));
	return image;
}

static inline void sample_sides(struct arena *a, struct side *before, struct side *after)
{
	size_t n = sizeof(sample_before) / sizeof(*sample_before);
	*before = (struct side){
		.label = "without overlays",
		.run = sample_run(a, false, sample_before, n),
		.image = sample_image(a, false),
	};
	*after = (struct side){
		.label = "with lwip: " SAMPLE_SUBJECT,
		.run = sample_run(a, true, sample_after, n),
		.image = sample_image(a, true),
		.build = {.path = "static-site", .reused = 64, .ns = 1100000000},
	};
	vec_push(a, &after->build.ran,
		((struct action){.output = "lwip/src/core/tcp.o",
			.package = "lwip",
			.reason = "src/core/tcp.c changed",
			.ns = 412000000}));
	vec_push(a, &after->build.ran,
		((struct action){.output = "lwip/src/core/tcp_in.o",
			.package = "lwip",
			.reason = "src/include/lwip/priv/tcp_priv.h changed",
			.ns = 518000000}));
	vec_push(a, &after->build.ran,
		((struct action){.output = "lwip.o",
			.package = "lwip",
			.reason = "lwip/src/core/tcp.o changed",
			.ns = 31000000}));
	vec_push(a, &after->build.ran,
		((struct action){.output = "static-site",
			.package = "static-site",
			.reason = "lwip.o changed",
			.ns = 58000000}));
}

static inline steps sample_steps(struct arena *a)
{
	steps s = {0};
	vec_push(a, &s, ((struct step){"resolve", "lwip/tcp.h is in lwip 2.1.3", 2100000}));
	vec_push(a, &s, ((struct step){"fetch", "lwip 2.1.3+dfsg1-2, checksum holds", 840000000}));
	vec_push(a, &s, ((struct step){"overlay", "a working tree of lwip", 120000000}));
	vec_push(a, &s, ((struct step){"edit", "1 patch, 3 files", 14000000}));
	vec_push(a, &s, ((struct step){"build", "4 run, 64 reused", 1100000000}));
	vec_push(a, &s, ((struct step){"check", "8 checks, twice", 2550000000}));
	vec_push(a, &s, ((struct step){"compare", "1 check fixed, 0 broken", 400000}));
	return s;
}

#endif
