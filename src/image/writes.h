/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of an image write into the values of its maps. */
#ifndef IMAGE_WRITES_H
#define IMAGE_WRITES_H

#include <skbscope/image.h>

/* Sets the writes of each map. The image must have been checked. 0 or -ENOMEM. */
int writes_fill(struct skbscope_image *image);

#endif
