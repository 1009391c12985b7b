/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions of an image go where: the entry functions of each direction,
 * and the targets of tail calls. Pure data; nothing is loaded here.
 */
#ifndef KERNEL_ENTRY_POINTS_H
#define KERNEL_ENTRY_POINTS_H

#include <skbscope/image.h>
#include <skbscope/session.h>

struct entry_points {
	int program[2]; /* by enum skbscope_direction; index into the image's programs, or -1 */
};

/* The caller's choice first, then the image's tags, then the one function that
 * is nobody's tail-call target: on ingress, unless directions were asked for. Fails with the
 * list of functions and what to write. */
int entry_points_choose(const struct skbscope_image *image,
			const struct skbscope_session_options *options, struct entry_points *out,
			struct skbscope_error *error);

/* Refuses a function that is no tc program, and says what to write; 0 for others. */
int entry_points_foreign(const struct skbscope_image *image,
			 const struct skbscope_image_program *program,
			 struct skbscope_error *error);

/* Checks that every @tail names a prog array, an index within it and a function. */
int entry_points_check_tails(const struct skbscope_image *image, struct skbscope_error *error);

/* needed[i] says whether program i must be loaded to run the entry points. */
void entry_points_needed(const struct skbscope_image *image,
			 const struct entry_points *entry_points, bool *needed);

#endif
