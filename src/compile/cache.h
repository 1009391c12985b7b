/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of images: what was compiled once need not be compiled again while
 * everything that went into it is as it was. docs/cache.md says what that is, and
 * why a cache cannot be used to plant an image.
 *
 * Nothing here fails a compilation. Whatever is wrong with a cache is a miss, and
 * a sentence for those who ask (cache->trouble).
 */
#ifndef COMPILE_CACHE_H
#define COMPILE_CACHE_H

#include <skbscope/compile.h>

#include "base/buffer.h"
#include "compile/cache_directory.h"
#include "compile/inputs.h"

#define CACHE_DIRECTORY_MODE 0700

/* images/ below private_dir_cache(), with its errors. */
int cache_directory_default(struct buffer *out);

/* One compilation's dealings with the cache. */
struct cache {
	int directory; /* -1: there is none, or it is not to be trusted */
	const struct skbscope_source *source;
	const struct skbscope_compile_options *options; /* borrowed, as is the source */
	struct cache_key key;
	uint64_t since_ns;   /* wall clock of file systems when it began */
	const char *trouble; /* NULL: nothing to say; static */
};

#define CACHE_INIT                                                                                 \
	{                                                                                          \
		.directory = -1                                                                    \
	}

/* With no directory in the options, everything below does nothing. */
void cache_open(struct cache *cache, const struct skbscope_source *source,
		const struct skbscope_compile_options *options);
void cache_close(struct cache *cache); /* for AUTO() too */

/* True: *image and *inputs are the caller's, and diagnostics (empty; may be NULL) has
 * what the compiler said about it. */
bool cache_lookup(struct cache *cache, struct skbscope_image **image,
		  struct skbscope_diagnostics *diagnostics, struct skbscope_inputs **inputs);

/* An entry that is not written yet: the image is in somebody's hands before that. */
struct cache_write {
	int directory; /* -1: nothing is to be written */
	struct cache_key key;
	struct buffer bytes;
};

#define CACHE_WRITE_INIT                                                                           \
	{                                                                                          \
		.directory = -1                                                                    \
	}

/* Only of what can be told to be the same later; takes the cache's directory. */
void cache_prepare(struct cache *cache, const struct skbscope_image *image,
		   const struct skbscope_inputs *inputs,
		   const struct skbscope_diagnostics *diagnostics, struct cache_write *write);
/* What was in the way; NULL: nothing. Nothing is left to be written. */
const char *cache_write(struct cache_write *write);
void cache_write_clear(struct cache_write *write); /* for AUTO() too */

struct cache_listing {
	struct cache_item *items; /* last used first */
	size_t count;
	uint64_t bytes;
};

/* Of the images; what they have in common (precompiled.h) is nothing to list, nor are filters.
 * A directory that is not there is an empty cache; one that is not to be trusted
 * is an error. Damaged entries have an empty path. */
int cache_list(const char *directory, struct cache_listing *out, struct skbscope_error *error);
void cache_listing_clear(struct cache_listing *listing); /* for AUTO() too */

/* Removes every entry, and nothing else; counts the images. */
int cache_clear(const char *directory, size_t *removed, uint64_t *bytes,
		struct skbscope_error *error);

#endif
