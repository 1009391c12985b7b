/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making images. Whoever fills one (the worker, image_read) allocates every
 * string and array from the image's arena (arena_of).
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <skbscope/image.h>

#include "base/arena.h"
#include "base/buffer.h"

int image_new(struct skbscope_image **out);
void image_freep(struct skbscope_image **image); /* for AUTO() */

/* The file format, used on the worker's pipe and by the cache. */
int image_write(const struct skbscope_image *image, struct buffer *out);

/* Trusts nothing: every offset, index, count, string and instruction bound is
 * checked, because the bytes come from a process that ran a hostile source. */
int image_read(const void *data, size_t length, struct skbscope_image **out,
	       struct skbscope_error *error);

/* Checks the parts against each other, and fills in what follows from them. */
int image_finish(struct skbscope_image *image, struct skbscope_error *error);

/* -1 if there is none of that name. */
int image_find_map(const struct skbscope_image *image, const char *name);
int image_find_program(const struct skbscope_image *image, const char *name);

/* Of the file that a function is in. */
const char *image_path_of(const struct skbscope_image *image,
			  const struct skbscope_image_program *program);

/* The user's line for an instruction: the nearest line record at or before it;
 * false if there is none. Strings are borrowed from the image's BTF. */
struct image_place {
	const char *file;
	uint32_t line, column;
	const char *source;
};
bool image_place(const struct skbscope_image *image, const struct skbscope_image_program *program,
		 uint32_t instruction, struct image_place *out);

#endif
