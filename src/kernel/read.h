/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a live map: bounded, batched where the kernel can, honest about its end. */
#ifndef KERNEL_READ_H
#define KERNEL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum map_batch { MAP_BATCH_UNTRIED, MAP_BATCH_WORKS, MAP_BATCH_MISSING };

/* What is known of a map from one reading to the next. */
struct map_reader {
	int fd;
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size;
	uint32_t value_stride; /* what the kernel writes for one key, every CPU's */
	uint32_t max_entries;
	uint32_t cpu_count; /* 1 unless per-CPU */
	enum map_batch batch;
	int interrupt_fd; /* a walk ends with -EINTR once it is readable; -1: none */
};

struct map_rows {
	struct buffer keys, values;
	size_t count;
	bool complete; /* false: the bound was hit, or the map would not hold still */
};

void map_reader_init(struct map_reader *reader, int fd, uint32_t type, uint32_t key_size,
		     uint32_t value_size, uint32_t max_entries, uint32_t cpus);

/* At most max_rows rows are kept. A queue or a stack shows only the element that
 * comes next. -EOPNOTSUPP for a type that has no rows to read. */
int map_read(struct map_reader *reader, uint64_t max_rows, struct map_rows *out);
void map_rows_clear(struct map_rows *rows);

#endif
