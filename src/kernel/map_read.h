/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a live map: bounded, batched where the kernel can, honest about its end. */
#ifndef KERNEL_MAP_READ_H
#define KERNEL_MAP_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/table_source.h"

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

void map_reader_init(struct map_reader *reader, int fd, uint32_t type, uint32_t key_size,
		     uint32_t value_size, uint32_t max_entries, uint32_t cpus);

/* Into rows that hold nothing yet; at most max_rows are kept. -EOPNOTSUPP for a type that has no
 * rows to read. */
int map_read(struct map_reader *reader, uint64_t max_rows, struct table_rows *out);

/* A map as a table; the reader must outlive it. A queue's next element could be seen, and
 * would look like all that is in it. */
struct table_source map_source(struct map_reader *reader, const struct table_schema *schema,
			       uint64_t since);

#endif
