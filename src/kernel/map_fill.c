/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a map: in batches where the kernel has them for the type, else row by row. */
#include "kernel/map_fill.h"

#include <bpf/bpf.h>
#include <errno.h>

#define BATCH_ROWS 4096u

/* The row that the kernel stopped at is tried by itself, so that its error is the
 * row's and not the batch's. */
static int write_batch(int fd, const struct table_rows *rows, size_t from, uint32_t *count)
{
	const struct bpf_map_batch_opts options = { .sz = sizeof(options) };

	return bpf_map_update_batch(fd, table_rows_key(rows, from), table_rows_value(rows, from),
				    count, &options);
}

int map_fill(int fd, const struct table_rows *rows, size_t *written)
{
	bool batches = true;

	*written = 0;
	while (*written < rows->count) {
		size_t left = rows->count - *written;
		uint32_t count = left < BATCH_ROWS ? (uint32_t)left : BATCH_ROWS;

		if (batches && write_batch(fd, rows, *written, &count) == 0) {
			*written += count;
			continue;
		}
		batches = false;
		if (bpf_map_update_elem(fd, table_rows_key(rows, *written),
					table_rows_value(rows, *written), BPF_ANY) < 0)
			return -errno;
		(*written)++;
	}
	return 0;
}
