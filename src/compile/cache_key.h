/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name of a cache entry: a hash of all that decides what a compilation makes
 * and that is known before it is made. What becomes known only by compiling (the
 * files that were read) is in the entry, inputs.h.
 */
#ifndef COMPILE_CACHE_KEY_H
#define COMPILE_CACHE_KEY_H

#include <skbscope/compile.h>

#include "compile/protocol.h"

#define CACHE_HASH_BYTES 32u /* SHA-256 */

enum cache_kind {
	CACHE_IMAGE,
	CACHE_PRECOMPILED, /* precompiled.h */
	CACHE_FILTER,      /* filter_cache.h */
};

struct cache_key {
	uint8_t bytes[CACHE_HASH_BYTES];
	uint32_t kind; /* enum cache_kind */
};

/* The machine around a compilation; a test gives other places. NULL: the real one. */
struct cache_surroundings {
	const char *worker; /* the executable */
	const char *self;   /* the program that is running, or the library in it */
	const char *kernel_notes, *kernel_btf;
	const char *release, *version, *machine; /* of uname */
	long page_size, cpus;                    /* 0: ask */
};

/* 0, or an error where something has no identity: then nothing is cached. */
int cache_key_make(const struct skbscope_source *source,
		   const struct skbscope_compile_options *options,
		   const struct cache_surroundings *surroundings, struct cache_key *key);

/* The same for the header that this request makes: flags, and the directories they name. */
int cache_key_make_precompiled(const struct worker_request *request,
			       const struct cache_surroundings *surroundings,
			       struct cache_key *key);

/* And for a tcpdump expression. */
int cache_key_make_filter(const char *expression, enum worker_link link,
			  const struct cache_surroundings *surroundings, struct cache_key *key);

/* SHA-256 of one run of bytes. */
void cache_hash(const void *data, size_t length, uint8_t hash[CACHE_HASH_BYTES]);

#endif
