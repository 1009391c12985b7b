/* SPDX-License-Identifier: Apache-2.0 */
/* The one gate for an image's types: whoever walks them afterwards need not take care. */
#ifndef IMAGE_CHECK_BTF_H
#define IMAGE_CHECK_BTF_H

#include <skbscope/image.h>

/* libbpf can parse them; names, references, members and the image's records are in
 * bounds; no type contains itself, and none is nested deeper than a bound. */
int check_btf(const struct skbscope_image *image, struct skbscope_error *error);

#endif
