/* plugin.h - what fetch.c asks of the module respin-fetch.so, and within which bounds.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_PLUGIN_H
#define RESPIN_FETCH_PLUGIN_H

#include "fetch/fetch.h"

/* How much is taken from outside; beyond any of it the source is refused with E_UNSAFE. */
struct limits {
	uint64_t download;   /* bytes of one archive */
	uint64_t bytes;	     /* unpacked, the holes of sparse files included */
	uint64_t entries;    /* of one archive */
	uint64_t ratio;	     /* unpacked to packed bytes ... */
	uint64_t ratio_from; /* ... looked at once this much was unpacked */
	size_t depth;	     /* names in one path */
};
#define LIMITS_DEFAULT                                                                             \
	{                                                                                          \
		.download = 512u << 20, .bytes = 512u << 20, .entries = 200000, .ratio = 200,      \
		.ratio_from = 16u << 20, .depth = 64                                               \
	}

/* How long a server is waited for. */
struct patience {
	int tries;     /* of one URL, where the failure may pass */
	int retry_ms;  /* pause before the second try; doubled for each further one */
	int connect_s; /* until a connection stands */
	int stall_s;   /* at less than 1 KiB/s */
};
#define PATIENCE_DEFAULT                                                                           \
	{                                                                                          \
		.tries = 5, .retry_ms = 500, .connect_s = 20, .stall_s = 30                        \
	}

/* One source to get. */
struct fetch_job {
	const char *package;		    /* its name, for the progress line */
	const char *downloads;		    /* folder of verified and partial archives; is there */
	const char *dir;		    /* the tree to make; nothing is there, nor at DIR.raw */
	const struct source_stages *stages; /* to be told; or NULL */
	struct limits limits;
	struct patience patience;
};

/* Each fills JOB->dir from one place of a recipe, verified. What a failure leaves there and at
 * DIR.raw is the caller's to remove. */
struct fetch_api {
	bool (*archive)(const struct fetch_job *job, const struct source *s, struct err *e);
	bool (*debian)(const struct fetch_job *job, const struct source *s, struct err *e);
	/* Adds S's files to JOB->dir, which holds the rest of it. */
	bool (*added)(const struct fetch_job *job, const struct source *s, struct err *e);
	/* archive_load() of the open file FROM, whose name in messages is ARCHIVE. */
	bool (*load)(struct arena *a, const char *archive, const char *suffix, int from,
		struct archive_contents *out, struct err *e);
};

extern const struct fetch_api respin_fetch;

#endif
