/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that append what is behind a header's fields. */
#ifndef PACKET_PAD_H
#define PACKET_PAD_H

#include <stddef.h>

#include "base/buffer.h"

/* Zeros until what begins there is so many whole blocks. */
void rest_pad(size_t begin, size_t block, struct buffer *out);

#endif
