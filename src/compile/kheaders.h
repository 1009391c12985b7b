/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that a kernel carries in itself (CONFIG_IKHEADERS), unpacked once. */
#ifndef COMPILE_KHEADERS_H
#define COMPILE_KHEADERS_H

#include <stddef.h>

#include "compile/headers.h"

/* Writes the unpacked tree's path. A tree that another user could have written
 * to is never used. */
int kheaders_unpack(const struct kernel_places *places, char *path, size_t size,
		    struct skbscope_error *error);

#endif
