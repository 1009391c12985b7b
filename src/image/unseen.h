/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program does that nobody will see, or waits for that nobody will do: prints that go
 * elsewhere, tables and program arrays that user space would have to fill.
 */
#ifndef IMAGE_UNSEEN_H
#define IMAGE_UNSEEN_H

#include <skbscope/image.h>

#include "base/buffer.h"

enum unseen_kind {
	UNSEEN_PRINTS,
	UNSEEN_TAILS,   /* a program array that nothing fills */
	UNSEEN_ENTRIES, /* a table that is only looked up */
	UNSEEN_VALUES,  /* an array that is only read */
};

struct unseen {
	enum unseen_kind kind;
	int32_t map; /* -1: none */
	const struct skbscope_image_program *program;
	uint32_t instruction; /* the first that does it */
};

/* In a new array that the caller frees, by kind: one for a map, and one for the prints. Functions
 * of other hooks are not looked at: they are not run. */
int unseen_find(const struct skbscope_image *image, struct unseen **out, size_t *count);

/* How many at the start of a list are of one kind. */
size_t unseen_alike(const struct unseen *list, size_t count);
/* A sentence without a period about so many that are, and what to do about the first. */
void unseen_text(const struct skbscope_image *image, const struct unseen *list, size_t count,
		 struct buffer *out);
void unseen_hint(const struct skbscope_image *image, const struct unseen *unseen,
		 struct buffer *out);

#endif
