/* SPDX-License-Identifier: Apache-2.0 */
/* Tables whose counts are smaller than the truth when two CPUs count at once. */
#ifndef IMAGE_RACING_H
#define IMAGE_RACING_H

#include <skbscope/image.h>

#include "base/buffer.h"

/* "'a' and 'b'", of the functions for tc; nothing if there are none. 0 or -ENOMEM. */
int racing_tables(const struct skbscope_image *image, struct buffer *out);

#endif
