/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations as they would have to be for what came, in the place of those that are written. */
#ifndef EXPECT_UPDATE_H
#define EXPECT_UPDATE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "expect/outcome.h"

struct edit {
	const char *from, *to; /* in the text of the file */
	const char *text;      /* instead */
};

struct edits {
	struct arena *arena; /* the caller's, also for their text */
	struct edit *list;
	size_t count, room;
};

/* Adds what makes the case expect what came. False: that cannot be written, and why is in *why;
 * then nothing is added. */
bool update_case(const struct judgement *judgement, struct edits *edits, const char **why);

/* The text, which ends with a NUL, with all edits. 0; -EINVAL: two of them are about the same;
 * -ENOMEM. */
int edits_apply(struct edits *edits, struct span text, struct buffer *out);

#endif
