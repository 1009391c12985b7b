/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an image's parts fit together: indexes in bounds, relocations at map
 * loads, BTF that can be walked without care. image_read asks before anybody
 * else sees the image.
 */
#ifndef IMAGE_CHECK_H
#define IMAGE_CHECK_H

#include <skbscope/image.h>

int check_image(const struct skbscope_image *image, struct skbscope_error *error);

#endif
