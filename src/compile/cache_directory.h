/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a cache, by its descriptor: never larger than its bound, and free of
 * half-written entries. */
#ifndef COMPILE_CACHE_DIRECTORY_H
#define COMPILE_CACHE_DIRECTORY_H

#include <stdbool.h>

#include "base/buffer.h"
#include "compile/cache_key.h"

/* All entries together; the one that was not used for longest goes first. */
#define CACHE_MAX_BYTES (64u << 20)
#define CACHE_MAX_ENTRIES 4096u

/* What an error of opening it (private_dir_open) or writing to it means, in a few words. */
const char *cache_directory_trouble(int code);

/* -ENOENT if there is no such entry, -EPERM if it is not ours alone. Marks it as
 * used. */
int cache_directory_read(int directory, const struct cache_key *key, struct buffer *out);
int cache_directory_look(int directory, const struct cache_key *key,
			 struct buffer *out); /* no use */
/* In place of an older entry, whole or not at all; then makes room. */
int cache_directory_write(int directory, const struct cache_key *key, const struct buffer *bytes);
bool cache_directory_has(int directory, const struct cache_key *key); /* whatever is in it */
int cache_directory_remove(int directory, const struct cache_key *key);

struct cache_item {
	struct cache_key key;
	char *path; /* of the program; NULL: nobody has looked */
	uint64_t bytes;
	uint64_t used_ns; /* wall clock of the last use */
};

/* All entries, last used first; the caller frees them. Removes what a killed process
 * left half-written long ago. */
int cache_directory_scan(int directory, struct cache_item **items, size_t *count);

#endif
