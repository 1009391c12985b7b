/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a map that nobody uses yet. */
#ifndef KERNEL_WRITE_H
#define KERNEL_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "model/table_rows.h"

/* *written tells how many rows are in the map, also after a failure. */
int map_write(int fd, const struct table_rows *rows, size_t *written);

#endif
