/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions in the cache, beside the images and by their rules: what libpcap made of one is
 * the same while libpcap is, and the files that it looks names up in.
 *
 * Nothing here fails a compilation: without a cache it takes longer.
 */
#ifndef COMPILE_FILTER_CACHE_H
#define COMPILE_FILTER_CACHE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "compile/cache_key.h"
#include "image/classic.h"

/* One expression's dealings with the cache. */
struct filter_cache {
	const char *expression; /* borrowed */
	int directory;          /* -1: there is none, or it is not to be trusted */
	struct cache_key key;
	uint64_t since_ns; /* by the clock of file systems: before the worker was started */
};

/* path: NULL for none. */
void filter_cache_open(struct filter_cache *cache, const char *path, const char *expression,
		       enum worker_link link);
void filter_cache_close(struct filter_cache *cache); /* for AUTO() too */

/* What is there passes the same check as what comes from a worker. */
bool filter_cache_find(const struct filter_cache *cache, struct classic *out);
/* Of a worker's whole answer, which was checked. */
void filter_cache_keep(const struct filter_cache *cache, const struct buffer *answer);

#endif
