/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a map: in batches where the kernel has them for the type, else row by row. */
#include "kernel/write.h"

#include <bpf/bpf.h>
#include <errno.h>

#define BATCH_ROWS 4096u

/* The row that the kernel stopped at is tried by itself, so that its error is the
 * row's and not the batch's. */
static int write_batch(int fd, uint32_t key_size, const struct carried *rows, size_t from,
		       uint32_t *count)
{
	const struct bpf_map_batch_opts options = { .sz = sizeof(options) };

	return bpf_map_update_batch(fd, rows->keys + from * key_size,
				    rows->values + from * rows->value_stride, count, &options);
}

int map_write(int fd, uint32_t key_size, const struct carried *rows, size_t *written)
{
	bool batches = true;

	*written = 0;
	while (*written < rows->count) {
		size_t left = rows->count - *written;
		uint32_t count = left < BATCH_ROWS ? (uint32_t)left : BATCH_ROWS;

		if (batches && write_batch(fd, key_size, rows, *written, &count) == 0) {
			*written += count;
			continue;
		}
		batches = false;
		if (bpf_map_update_elem(fd, rows->keys + *written * key_size,
					rows->values + *written * rows->value_stride, BPF_ANY) < 0)
			return -errno;
		(*written)++;
	}
	return 0;
}
