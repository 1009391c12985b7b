/* SPDX-License-Identifier: Apache-2.0 */
/* Prints of texts that are nowhere. */
#ifndef WORKER_INSPECT_PRINTS_H
#define WORKER_INSPECT_PRINTS_H

#include <stdbool.h>

#include <skbscope/image.h>

/* Once prints have their places. True: it has one, which is told in the log as an error. Of
 * functions for other hooks, which are not loaded, nothing is said. */
bool inspect_prints(const struct skbscope_image *image,
		    const struct skbscope_image_program *program);

#endif
