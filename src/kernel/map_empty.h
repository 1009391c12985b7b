/* SPDX-License-Identifier: Apache-2.0 */
/* Making a map as it was when it was new, while nobody uses it. */
#ifndef KERNEL_MAP_EMPTY_H
#define KERNEL_MAP_EMPTY_H

#include "kernel/map_read.h"

/* 0: it is as new. 1: that cannot be promised, as of a type that cannot be emptied, or of one
 * that evicts and may have evicted: whether it does depends on what it held before. -errno. */
int map_empty(struct map_reader *reader);

/* The same of a map with keys, all of which are known. */
bool map_has_keys(const struct map_reader *reader);
int map_delete_keys(const struct map_reader *reader, const uint8_t *keys, size_t count);

#endif
