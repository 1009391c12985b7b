/* SPDX-License-Identifier: Apache-2.0 */
/* One small image with something of everything, made by hand. */
#ifndef TEST_UNIT_IMAGE_SAMPLE_H
#define TEST_UNIT_IMAGE_SAMPLE_H

#include "image/image.h"

/* The caller frees it. */
struct skbscope_image *sample_image(void);

#endif
