/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files an image was made from, and the names that were looked for in vain:
 * taking down what they are, and telling later whether they still are.
 */
#ifndef COMPILE_CACHE_FILES_H
#define COMPILE_CACHE_FILES_H

#include <stdbool.h>

#include "base/arena.h"
#include "compile/cache_key.h"
#include "compile/protocol.h"

/* While all of it is the same, so is the content; only who can set the clock back
 * can make it lie. Access rights are part of it: the compiler has to be able to
 * read the file. */
struct cache_identity {
	uint64_t device, inode, size, modified_ns, changed_ns;
	uint32_t mode, user, group, zero;
};

struct cache_file {
	enum file_role role; /* FILE_READ, FILE_MISSED or FILE_LIBRARY */
	const char *path;
	struct cache_identity identity;
	uint8_t hash[CACHE_HASH_BYTES]; /* of the content; FILE_READ only */
};

/* Fills *file, whose role and path are set. False if it cannot be relied on: a
 * missed name that exists, or a file that changed since the compilation began. */
bool cache_file_take(struct cache_file *file, uint64_t since_ns);

/* Whether all is as it was. *refreshed is set where a file was only touched, and
 * its new identity may be kept. */
bool cache_file_holds(struct cache_file *file, uint64_t since_ns, bool *refreshed);

/* Takes each file of the workers' lists once, and what the dynamic linker goes by.
 * Paths are borrowed from the list. */
bool cache_files_take(const char *list, size_t length, uint64_t since_ns, struct arena *arena,
		      struct cache_file **files, size_t *count);

/* Of the program, not of the compiler. */
bool cache_file_is_the_programs(const struct cache_file *file);

/* The clock that file systems use for their times, which is a coarse one. */
uint64_t cache_files_clock_ns(void);

#endif
