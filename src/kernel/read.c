/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a live map. Three ways: arrays by index, batches where the kernel has
 * them for the type, and from key to key. The last one starts over when its key
 * is deleted under it, so it remembers what it has seen.
 */
#include "kernel/read.h"

#include <bcc/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/abi.h"
#include "model/schema.h"

#define BATCH_FIRST_ROWS 1024u
#define BATCH_MAX_ROWS (256u << 10)
#define BATCH_BYTES (1u << 20) /* what one batch may occupy before it must grow */
#define RETRIES 8

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Batches of other types go on from a key, which may be gone by then: they would
 * start over and count rows twice. */
static bool batch_is_exact(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return is_array(type);
	}
}

void map_reader_init(struct map_reader *reader, int fd, uint32_t type, uint32_t key_size,
		     uint32_t value_size, uint32_t max_entries, uint32_t cpus)
{
	bool per_cpu = map_type_is_per_cpu(type);

	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->type = type;
	reader->key_size = key_size;
	reader->max_entries = max_entries;
	reader->cpu_count = per_cpu ? cpus : 1;
	reader->value_stride = per_cpu ? (value_size + 7) / 8 * 8 * cpus : value_size;
	reader->batch = batch_is_exact(type) ? MAP_BATCH_UNTRIED : MAP_BATCH_MISSING;
	reader->interrupt_fd = -1;
}

static bool is_interrupted(const struct map_reader *reader)
{
	struct pollfd polled = { .fd = reader->interrupt_fd, .events = POLLIN };

	return reader->interrupt_fd >= 0 && poll(&polled, 1, 0) > 0;
}

void map_rows_clear(struct map_rows *rows)
{
	buffer_free(&rows->keys);
	buffer_free(&rows->values);
	rows->count = 0;
}

static bool is_unsupported(int code)
{
	return code == -EINVAL || code == -ENOSYS || code == -EOPNOTSUPP || code == -ABI_ENOTSUPP;
}

static int reserve(const struct map_reader *reader, struct map_rows *rows, size_t more)
{
	int r = buffer_reserve(&rows->keys, more * reader->key_size);

	return r < 0 ? r : buffer_reserve(&rows->values, more * reader->value_stride);
}

static char *next_slot(struct buffer *buffer)
{
	return buffer->data + buffer->length;
}

static void keep(const struct map_reader *reader, struct map_rows *rows, size_t count)
{
	rows->keys.length += count * reader->key_size;
	rows->values.length += count * reader->value_stride;
	rows->count += count;
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
static int batch_step(const struct map_reader *reader, struct batch *batch, struct map_rows *rows)
{
	uint32_t count = batch->rows;
	void *swap = batch->cursors[0];
	int r = reserve(reader, rows, count);

	if (r < 0)
		return r;
	r = bpf_lookup_batch(reader->fd, batch->begun ? batch->cursors[0] : NULL, batch->cursors[1],
			     next_slot(&rows->keys), next_slot(&rows->values), &count);
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
	keep(reader, rows, count);
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

static int read_batches(const struct map_reader *reader, uint64_t max_rows, struct map_rows *rows)
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

/* Deleted keys send the walk back to the start; this is how it knows. */
struct seen {
	uint32_t *slots; /* row number + 1; 0: free */
	size_t size;     /* a power of two */
};

static void seen_clear(struct seen *seen)
{
	free(TAKE(seen->slots));
}

static uint64_t hash_key(const char *key, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)key[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static uint32_t *seen_slot(const struct seen *seen, const struct map_rows *rows, const char *key,
			   size_t key_size)
{
	for (size_t i = (size_t)hash_key(key, key_size);; i++) {
		uint32_t *slot = &seen->slots[i & (seen->size - 1)];

		if (!*slot || memcmp(rows->keys.data + (*slot - 1) * key_size, key, key_size) == 0)
			return slot;
	}
}

static int seen_grow(struct seen *seen, const struct map_rows *rows, size_t key_size)
{
	struct seen grown = { .size = seen->size ? seen->size * 2 : 1024 };

	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (size_t i = 0; i < rows->count; i++)
		*seen_slot(&grown, rows, rows->keys.data + i * key_size, key_size) =
			(uint32_t)i + 1;
	seen_clear(seen);
	*seen = grown;
	return 0;
}

static int read_key(const struct map_reader *reader, const char *key, struct seen *seen,
		    struct map_rows *rows)
{
	uint32_t *slot;
	int r;

	if (seen->size < (rows->count + 1) * 2) {
		r = seen_grow(seen, rows, reader->key_size);
		if (r < 0)
			return r;
	}
	slot = seen_slot(seen, rows, key, reader->key_size);
	if (*slot)
		return 0;
	r = reserve(reader, rows, 1);
	if (r < 0)
		return r;
	memcpy(next_slot(&rows->keys), key, reader->key_size);
	if (bpf_lookup_elem(reader->fd, next_slot(&rows->keys), next_slot(&rows->values)) < 0)
		return errno == ENOENT ? 0 : -errno; /* deleted meanwhile: not there any more */
	keep(reader, rows, 1);
	*slot = (uint32_t)rows->count;
	return 0;
}

static int read_keys(const struct map_reader *reader, uint64_t max_rows, struct map_rows *rows)
{
	AUTO(freep) char *keys = calloc(2, reader->key_size ? reader->key_size : 1);
	AUTO(seen_clear) struct seen seen = { 0 };
	char *key = keys, *next;
	uint64_t steps = 0, limit = max_rows > UINT64_MAX / 2 ? UINT64_MAX : max_rows * 2 + 16;
	int r;

	if (!keys)
		return -ENOMEM;
	next = keys + reader->key_size;
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

static int read_indexes(const struct map_reader *reader, uint64_t max_rows, struct map_rows *rows)
{
	for (uint32_t i = 0; i < reader->max_entries && i <= max_rows; i++) {
		int r = reserve(reader, rows, 1);

		if (r == 0 && i % BATCH_FIRST_ROWS == 0 && is_interrupted(reader))
			r = -EINTR;
		if (r < 0)
			return r;
		memcpy(next_slot(&rows->keys), &i, sizeof(i));
		if (bpf_lookup_elem(reader->fd, &i, next_slot(&rows->values)) < 0)
			return -errno;
		keep(reader, rows, 1);
	}
	return 0;
}

static int read_next_out(const struct map_reader *reader, struct map_rows *rows)
{
	int r = reserve(reader, rows, 1);

	if (r < 0)
		return r;
	if (bpf_lookup_elem(reader->fd, NULL, next_slot(&rows->values)) < 0)
		return errno == ENOENT ? 0 : -errno;
	keep(reader, rows, 1);
	rows->complete = false; /* what stands behind it cannot be seen */
	return 0;
}

static int walk(struct map_reader *reader, uint64_t max_rows, struct map_rows *rows)
{
	int r;

	if (reader->type == BPF_MAP_TYPE_QUEUE || reader->type == BPF_MAP_TYPE_STACK)
		return read_next_out(reader, rows);
	if (reader->batch != MAP_BATCH_MISSING) {
		r = read_batches(reader, max_rows, rows);
		if (r == 0)
			reader->batch = MAP_BATCH_WORKS;
		if (r >= 0 || (!is_unsupported(r) && r != -ENOSPC))
			return r;
		if (reader->batch == MAP_BATCH_UNTRIED && is_unsupported(r))
			reader->batch = MAP_BATCH_MISSING;
		buffer_clear(&rows->keys);
		buffer_clear(&rows->values);
		rows->count = 0;
		rows->complete = true;
	}
	if (is_array(reader->type))
		return read_indexes(reader, max_rows, rows);
	return read_keys(reader, max_rows, rows);
}

int map_read(struct map_reader *reader, uint64_t max_rows, struct map_rows *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->complete = true;
	r = walk(reader, max_rows, out);
	if (r < 0) {
		map_rows_clear(out);
		return is_unsupported(r) ? -EOPNOTSUPP : r;
	}
	if (out->count > max_rows) { /* one too many was read, to know that there is more */
		out->count = (size_t)max_rows;
		out->complete = false;
	}
	return 0;
}
