/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/map_empty.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "kernel/abi.h"
#include "model/schema.h"

/* A CPU holds so many free rows of its own (LOCAL_FREE_TARGET), and two may be ours: the one that
 * fills a table, and the one that is fed. */
#define EVICTING_SPARE (2 * 2 * 128u)

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static int zero_slots(const struct map_reader *reader, const struct table_rows *rows)
{
	AUTO(freep) uint8_t *zeros = calloc(1, rows->value_stride + 1);

	if (!zeros)
		return -ENOMEM;
	for (size_t i = 0; i < rows->count; i++) {
		if (is_zero(table_rows_value(rows, i), rows->value_stride))
			continue;
		if (bpf_map_update_elem(reader->fd, table_rows_key(rows, i), zeros, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int pop_all(const struct map_reader *reader)
{
	AUTO(freep) uint8_t *value = calloc(1, reader->value_stride + 1);

	if (!value)
		return -ENOMEM;
	while (bpf_map_lookup_and_delete_elem(reader->fd, NULL, value) == 0)
		;
	return errno == ENOENT ? 0 : errno == EINVAL ? 1 : -errno;
}

static bool may_have_evicted(const struct map_reader *reader, size_t rows)
{
	return map_type_is(reader->type, MAP_EVICTS) && rows &&
	       rows + EVICTING_SPARE > reader->max_entries / 2;
}

bool map_has_keys(const struct map_reader *reader)
{
	return map_type_is(reader->type, MAP_NUMERIC) && !map_type_is(reader->type, MAP_ARRAY);
}

int map_delete_keys(const struct map_reader *reader, const uint8_t *keys, size_t count)
{
	if (may_have_evicted(reader, count))
		return 1;
	for (size_t i = 0; i < count; i++)
		if (bpf_map_delete_elem(reader->fd, keys + i * reader->key_size) < 0 &&
		    errno != ENOENT)
			return -errno;
	return 0;
}

int map_empty(struct map_reader *reader)
{
	AUTO(table_rows_clear) struct table_rows rows = { 0 };
	int r;

	switch (reader->type) {
	case BPF_MAP_TYPE_PROG_ARRAY: /* which programs cannot write */
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_RINGBUF:
		return 0;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return pop_all(reader);
	default:
		break;
	}
	if (!map_type_is(reader->type, MAP_NUMERIC) || !map_type_is(reader->type, MAP_READABLE))
		return 1;
	r = map_read(reader, reader->max_entries, &rows);
	if (r < 0)
		return r;
	if (!rows.complete)
		return 1;
	return map_has_keys(reader) ? map_delete_keys(reader, rows.keys, rows.count)
				    : zero_slots(reader, &rows);
}
