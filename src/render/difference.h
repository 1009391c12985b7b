/* SPDX-License-Identifier: Apache-2.0 */
/* What the renderers of differences share. */
#ifndef RENDER_DIFFERENCE_H
#define RENDER_DIFFERENCE_H

#include <skbscope/difference.h>

/* As render_options_take; another order than the difference's own is refused. */
int difference_options_take(const struct skbscope_render_options *options,
			    struct skbscope_render_options *full, struct skbscope_error *error);

#endif
