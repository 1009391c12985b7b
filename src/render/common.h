/* SPDX-License-Identifier: Apache-2.0 */
/* How every renderer begins and ends. */
#ifndef RENDER_COMMON_H
#define RENDER_COMMON_H

#include <skbscope/difference.h>
#include <skbscope/render.h>

/* Copies the caller's options (NULL: all defaults) into a full struct; what a newer
 * caller set and this library does not have is refused. */
int render_options_take(const struct skbscope_render_options *options,
			struct skbscope_render_options *full, struct skbscope_error *error);

/* The same for differences, which have an order of their own: another is refused. */
int render_difference_options_take(const struct skbscope_render_options *options,
				   struct skbscope_render_options *full,
				   struct skbscope_error *error);

/* Flushes, and turns a stream that failed (disk full, closed) or a code of -ENOMEM into
 * an error. */
int render_finish(int r, FILE *stream, struct skbscope_error *error);

#endif
