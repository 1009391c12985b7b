/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a live map. Three ways: arrays by index, batches where the kernel has
 * them for the type, and from key to key. The last one starts over when its key
 * is deleted under it, so it remembers what it has seen.
 */
#include "kernel/map_read.h"

#include <bcc/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/abi.h"
#include "model/key_index.h"

#define BATCH_FIRST_ROWS 1024u
#define BATCH_MAX_ROWS (256u << 10)
#define BATCH_BYTES (1u << 20) /* what one batch may occupy before it must grow */
#define RETRIES 8

/* Batches of other types go on from a key, which may be gone by then: they would
 * start over and count rows twice. */
static bool batch_is_exact(uint32_t type)
{
	return map_type_is(type, MAP_NUMERIC) && type != BPF_MAP_TYPE_LPM_TRIE;
}

void map_reader_init(struct map_reader *reader, int fd, uint32_t type, uint32_t key_size,
		     uint32_t value_size, uint32_t max_entries, uint32_t cpus)
{
	bool per_cpu = map_type_is(type, MAP_PER_CPU);

	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->type = type;
	reader->key_size = key_size;
	reader->max_entries = max_entries;
	reader->cpu_count = per_cpu ? cpus : 1;
	reader->value_stride =
		per_cpu ? (uint32_t)table_rows_cpu_stride(value_size) * cpus : value_size;
	reader->batch = batch_is_exact(type) ? MAP_BATCH_UNTRIED : MAP_BATCH_MISSING;
	reader->interrupt_fd = -1;
}

static bool is_interrupted(const struct map_reader *reader)
{
	struct pollfd polled = { .fd = reader->interrupt_fd, .events = POLLIN };

	return reader->interrupt_fd >= 0 && poll(&polled, 1, 0) > 0;
}

static bool is_unsupported(int code)
{
	return code == -EINVAL || code == -ENOSYS || code == -EOPNOTSUPP || code == -ABI_ENOTSUPP;
}

static uint32_t batch_first_rows(const struct map_reader *reader)
{
	uint32_t row = reader->key_size + reader->value_stride;
	uint32_t rows = row ? BATCH_BYTES / row : BATCH_FIRST_ROWS;

	if (rows > reader->max_entries)
		rows = reader->max_entries;
	return rows ? rows : 1;
}

struct batch {
	void *cursors[2]; /* the kernel's place in the walk: before and after a batch */
	uint32_t rows;
	int retries;
	bool begun;
};

static void batch_clear(struct batch *batch)
{
	free(TAKE(batch->cursors[0]));
	free(TAKE(batch->cursors[1]));
}

/* 1: there is more; 0: that was all. */
static int batch_step(const struct map_reader *reader, struct batch *batch, struct table_rows *rows)
{
	uint32_t count = batch->rows;
	void *swap = batch->cursors[0];
	int r = table_rows_reserve(rows, count);

	if (r < 0)
		return r;
	r = bpf_lookup_batch(reader->fd, batch->begun ? batch->cursors[0] : NULL, batch->cursors[1],
			     table_rows_key(rows, rows->count), table_rows_value(rows, rows->count),
			     &count);
	if (r < 0)
		r = -errno;
	if (r == -ENOSPC) { /* a hash bucket holds more than there is room for */
		if (batch->rows >= BATCH_MAX_ROWS)
			return r;
		batch->rows *= 2;
		return 1;
	}
	if (r < 0 && r != -ENOENT && r != -EINTR && r != -EAGAIN)
		return r;
	if (count > batch->rows)
		return -EIO;
	rows->count += count;
	if (r == -ENOENT)
		return 0;
	if (r < 0 && ++batch->retries > RETRIES) {
		rows->complete = false;
		return 0;
	}
	if (r < 0 && !count)
		return 1;
	batch->cursors[0] = batch->cursors[1];
	batch->cursors[1] = swap;
	batch->begun = true;
	return 1;
}

static int read_batches(const struct map_reader *reader, uint64_t max_rows, struct table_rows *rows)
{
	/* A cursor is a key for some types, a bucket's number for others. */
	size_t cursor = reader->key_size > 16 ? reader->key_size : 16;
	AUTO(batch_clear)
	struct batch batch = {
		.cursors = { calloc(1, cursor), calloc(1, cursor) },
		.rows = batch_first_rows(reader),
	};
	int r;

	if (!batch.cursors[0] || !batch.cursors[1])
		return -ENOMEM;
	while ((r = batch_step(reader, &batch, rows)) > 0) {
		if (rows->count > max_rows)
			break;
		if (is_interrupted(reader))
			return -EINTR;
	}
	return r < 0 ? r : 0;
}

/* Deleted keys send the walk back to the start: the index knows what it has seen. */
static int read_key(const struct map_reader *reader, const void *key, struct key_index *seen,
		    struct table_rows *rows)
{
	void *slot;
	int r;

	if (key_index_find(seen, key) != NO_ROW)
		return 0;
	r = table_rows_reserve(rows, 1);
	if (r < 0)
		return r;
	seen->keys = rows->keys;
	slot = table_rows_key(rows, rows->count);
	memcpy(slot, key, reader->key_size);
	if (bpf_lookup_elem(reader->fd, slot, table_rows_value(rows, rows->count)) < 0)
		return errno == ENOENT ? 0 : -errno; /* deleted meanwhile: not there any more */
	return key_index_add(seen, rows->count++);
}

static int read_keys(const struct map_reader *reader, uint64_t max_rows, struct table_rows *rows)
{
	AUTO(freep) char *keys = calloc(2, reader->key_size ? reader->key_size : 1);
	AUTO(key_index_clear) struct key_index seen = { 0 };
	char *key = keys, *next;
	uint64_t steps = 0, limit = max_rows > UINT64_MAX / 2 ? UINT64_MAX : max_rows * 2 + 16;
	int r;

	if (!keys)
		return -ENOMEM;
	next = keys + reader->key_size;
	r = key_index_open(&seen, rows->keys, reader->key_size, BATCH_FIRST_ROWS);
	if (r < 0)
		return r;
	r = bpf_get_first_key(reader->fd, key, reader->key_size);
	while (r >= 0) {
		char *swap = key;

		r = read_key(reader, key, &seen, rows);
		if (r < 0)
			return r;
		if (rows->count > max_rows)
			return 0;
		if (steps % BATCH_FIRST_ROWS == 0 && is_interrupted(reader))
			return -EINTR;
		if (++steps > limit) { /* keys vanish faster than the walk goes */
			rows->complete = false;
			return 0;
		}
		r = bpf_get_next_key(reader->fd, key, next);
		key = next;
		next = swap;
	}
	return errno == ENOENT ? 0 : -errno;
}

static int read_indexes(const struct map_reader *reader, uint64_t max_rows, struct table_rows *rows)
{
	for (uint32_t i = 0; i < reader->max_entries && i <= max_rows; i++) {
		int r = table_rows_reserve(rows, 1);

		if (r == 0 && i % BATCH_FIRST_ROWS == 0 && is_interrupted(reader))
			r = -EINTR;
		if (r < 0)
			return r;
		memcpy(table_rows_key(rows, rows->count), &i, sizeof(i));
		if (bpf_lookup_elem(reader->fd, &i, table_rows_value(rows, rows->count)) < 0)
			return -errno;
		rows->count++;
	}
	return 0;
}

static int walk(struct map_reader *reader, uint64_t max_rows, struct table_rows *rows)
{
	int r;

	if (reader->batch != MAP_BATCH_MISSING) {
		r = read_batches(reader, max_rows, rows);
		if (r == 0)
			reader->batch = MAP_BATCH_WORKS;
		if (r >= 0 || (!is_unsupported(r) && r != -ENOSPC))
			return r;
		if (reader->batch == MAP_BATCH_UNTRIED && is_unsupported(r))
			reader->batch = MAP_BATCH_MISSING;
		rows->count = 0;
		rows->complete = true;
	}
	if (map_type_is(reader->type, MAP_ARRAY))
		return read_indexes(reader, max_rows, rows);
	return read_keys(reader, max_rows, rows);
}

int map_read(struct map_reader *reader, uint64_t max_rows, struct table_rows *out)
{
	AUTO(table_rows_clear)
	struct table_rows rows = {
		.key_size = reader->key_size,
		.value_stride = reader->value_stride,
		.cpu_count = reader->cpu_count,
		.complete = true,
	};
	int r = walk(reader, max_rows, &rows);

	if (r < 0)
		return is_unsupported(r) ? -EOPNOTSUPP : r;
	if (rows.count > max_rows) { /* one too many was read, to know that there is more */
		rows.count = (size_t)max_rows;
		rows.complete = false;
	}
	*out = rows;
	rows = (struct table_rows){ 0 };
	return 0;
}

static int read_source(void *context, const struct skbscope_read_options *options,
		       struct table_rows *out)
{
	struct map_reader *reader = context;
	int r;

	reader->interrupt_fd = options->interrupt_fd;
	r = map_read(reader,
		     options->max_rows ? options->max_rows : 2 * (uint64_t)reader->max_entries,
		     out);
	reader->interrupt_fd = -1;
	return r;
}

static int read_nothing(void *context, const struct skbscope_read_options *options,
			struct table_rows *out)
{
	(void)context;
	(void)options;
	(void)out;
	return 0;
}

struct table_source map_source(struct map_reader *reader, const struct table_schema *schema,
			       uint64_t since)
{
	return (struct table_source){
		.schema = schema,
		.since = since,
		.read = schema->public.readable ? read_source : read_nothing,
		.context = reader,
	};
}
