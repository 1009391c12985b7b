/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of several files as one: tables by their names, those that one declares extern
 * being another's; functions of all; one BTF. What there can be only one of (name, entry
 * functions) is the first one's.
 */
#ifndef IMAGE_MERGE_H
#define IMAGE_MERGE_H

#include <skbscope/image.h>

#include "base/arena.h"

struct image_part {
	const struct skbscope_image *image; /* as image_read() gave it */
	const char *const *externs;         /* names of the tables that are not its own */
	size_t extern_count;
};

/* Errors of SKBSCOPE_STAGE_COMPILE are the program's. */
int image_merge(const struct image_part *parts, size_t count, struct skbscope_image **out,
		struct skbscope_error *error);

/* The first one's, with the tails, the tags of tables and the parameters of the others. In
 * the arena; NULL with *error. */
const struct skbscope_documentation *merge_documentation(const struct image_part *parts,
							 size_t count, struct arena *arena,
							 struct skbscope_error *error);

#endif
