/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a map that nobody uses yet. */
#ifndef KERNEL_WRITE_H
#define KERNEL_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "model/carry.h"

/* *written tells how many rows are in the map, also after a failure. */
int map_write(int fd, uint32_t key_size, const struct carried *rows, size_t *written);

#endif
