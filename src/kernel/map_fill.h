/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a map that nobody uses yet. */
#ifndef KERNEL_MAP_FILL_H
#define KERNEL_MAP_FILL_H

#include <stddef.h>
#include <stdint.h>

#include "model/table_rows.h"

/* *written tells how many rows are in the map, also after a failure. */
int map_fill(int fd, const struct table_rows *rows, size_t *written);

#endif
