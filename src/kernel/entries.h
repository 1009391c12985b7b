/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions of an image go where: the entry functions of each direction,
 * and the targets of tail calls. Pure data; nothing is loaded here.
 */
#ifndef KERNEL_ENTRIES_H
#define KERNEL_ENTRIES_H

#include <skbscope/image.h>
#include <skbscope/session.h>

struct entries {
	int program[2]; /* by enum skbscope_direction; index into the image's programs, or -1 */
};

/* The caller's choice first, then the image's tags, then the one function that
 * is nobody's tail-call target. Fails with the list of functions and what to
 * write. */
int entries_choose(const struct skbscope_image *image,
		   const struct skbscope_session_options *options, struct entries *out,
		   struct skbscope_error *error);

/* Checks that every @tail names a prog array, an index within it and a function. */
int entries_check_tails(const struct skbscope_image *image, struct skbscope_error *error);

/* needed[i] says whether program i must be loaded to run the entries. */
void entries_needed(const struct skbscope_image *image, const struct entries *entries,
		    bool *needed);

#endif
