/* SPDX-License-Identifier: Apache-2.0 */
/* Writing rows into a map that programs use, all of them or none. */
#ifndef KERNEL_MAP_WRITE_H
#define KERNEL_MAP_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "model/wanted.h"

struct map_target {
	int fd;
	const struct skbscope_schema *schema;
	uint32_t cpus; /* possible ones */
};

/* What was there before is there again after a failure. -errno, and *failed is the change
 * that the kernel refused; *left: so many that could not be taken back. */
int map_write(const struct map_target *target, const struct wanted_change *changes, size_t count,
	      size_t *failed, size_t *left);

#endif
