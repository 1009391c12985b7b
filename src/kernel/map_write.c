/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each row is written in the way that loses nothing of what is counted in it: what is there
 * and only partly told is stored into in place; what is new, or told as a whole, is an update.
 */
#include "kernel/map_write.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/row_store.h"
#include "model/table_rows.h"

#define RETRIES 8 /* of a row that a program makes and deletes again at that moment */

/* What a change did, and what was there before. */
struct done {
	enum { NOTHING, INSERTED, UPDATED, STORED, DELETED } what;
};

struct writing {
	const struct map_target *target;
	struct row_store store;
	size_t stride, size; /* of one CPU's value, and of all */
	uint8_t *now;        /* of one row */
	uint8_t *before;     /* of each change */
	struct done *done;   /* of each change */
};

static void writing_clear(struct writing *writing)
{
	row_store_close(&writing->store);
	free(writing->now);
	free(writing->before);
	free(writing->done);
}

static int writing_open(struct writing *writing, size_t count)
{
	const struct skbscope_schema *schema = writing->target->schema;

	writing->stride =
		schema->per_cpu ? table_rows_cpu_stride(schema->value_size) : schema->value_size;
	writing->size = writing->stride * (schema->per_cpu ? writing->target->cpus : 1);
	writing->now = calloc(1, writing->size + 1);
	writing->before = calloc(count + 1, writing->size + 1);
	writing->done = calloc(count + 1, sizeof(*writing->done));
	return writing->now && writing->before && writing->done ? 0 : -ENOMEM;
}

static int update(const struct writing *writing, const void *key, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(writing->target->fd, key, value, flags) < 0 ? -errno : 0;
}

static int look_up(const struct writing *writing, const void *key, void *value)
{
	return bpf_map_lookup_elem(writing->target->fd, key, value) < 0 ? -errno : 0;
}

static uint32_t cpus_of(const struct writing *writing)
{
	return writing->target->schema->per_cpu ? writing->target->cpus : 1;
}

/* The change's bits onto each CPU's value. */
static void put(const struct writing *writing, const struct wanted_change *change, uint8_t *values)
{
	for (uint32_t cpu = 0; cpu < cpus_of(writing); cpu++)
		for (uint32_t i = 0; i < writing->target->schema->value_size; i++) {
			uint8_t *byte = values + cpu * writing->stride + i;

			*byte = (uint8_t)((*byte & ~change->written[i]) |
					  (change->value[i] & change->written[i]));
		}
}

static bool is_told_wholly(const struct writing *writing, const struct wanted_change *change)
{
	for (uint32_t i = 0; i < writing->target->schema->value_size; i++)
		if (change->written[i] != 0xff)
			return false;
	return true;
}

static bool says_nothing(const struct writing *writing, const struct wanted_change *change)
{
	for (uint32_t i = 0; i < writing->target->schema->value_size; i++)
		if (change->written[i])
			return false;
	return true;
}

/* values: every CPU's. */
static int store(struct writing *writing, const struct wanted_change *change, const uint8_t *values)
{
	const struct map_target *target = writing->target;
	int r = row_store_open(target->fd, target->schema, change->written, &writing->store);

	for (uint32_t cpu = 0; r == 0 && cpu < cpus_of(writing); cpu++) {
		r = row_store_run(&writing->store, change->key, values + cpu * writing->stride,
				  cpu);
		if (r == 1)
			r = -ENOENT;
	}
	return r;
}

/* Of the row that is there, whose other members are kept. */
static int store_into(struct writing *writing, const struct wanted_change *change, uint8_t *before)
{
	int r;

	memcpy(writing->now, before, writing->size);
	put(writing, change, writing->now);
	if (memcmp(writing->now, before, writing->size) == 0)
		return 0;
	r = store(writing, change, writing->now);
	/* Before Linux 5.18 no program reaches another CPU's value, and a row may be larger than
	 * a program can address. */
	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		r = update(writing, change->key, writing->now, BPF_EXIST);
	return r;
}

/* Whether a key is in an LPM table only an update tells: a lookup finds its neighbours. */
static int write_row(struct writing *writing, const struct wanted_change *change, uint8_t *before,
		     struct done *done)
{
	int r = -ENOENT;

	for (int i = 0; i < RETRIES && r == -ENOENT; i++) {
		memset(writing->now, 0, writing->size);
		put(writing, change, writing->now);
		done->what = INSERTED;
		r = update(writing, change->key, writing->now, BPF_NOEXIST);
		if (r != -EEXIST)
			return r;
		r = look_up(writing, change->key, before);
		if (r < 0)
			continue;
		if (says_nothing(writing, change)) {
			done->what = NOTHING;
			return 0;
		}
		if (is_told_wholly(writing, change)) {
			done->what = UPDATED;
			r = update(writing, change->key, writing->now, BPF_EXIST);
		} else {
			done->what = STORED;
			r = store_into(writing, change, before);
		}
	}
	return r;
}

static int delete_row(struct writing *writing, const struct wanted_change *change, uint8_t *before,
		      struct done *done)
{
	int r = look_up(writing, change->key, before);

	if (r == 0 && bpf_map_delete_elem(writing->target->fd, change->key) < 0)
		r = -errno;
	done->what = r == 0 ? DELETED : NOTHING;
	return r == -ENOENT ? 0 : r;
}

static int undo(struct writing *writing, const struct wanted_change *change, const uint8_t *before,
		const struct done *done)
{
	switch (done->what) {
	case INSERTED:
		return bpf_map_delete_elem(writing->target->fd, change->key) < 0 && errno != ENOENT
			       ? -errno
			       : 0;
	case UPDATED:
	case DELETED:
		return update(writing, change->key, before, BPF_ANY);
	case STORED:
		return store(writing, change, before) == 0
			       ? 0
			       : update(writing, change->key, before, BPF_EXIST);
	default:
		return 0;
	}
}

int map_write(const struct map_target *target, const struct wanted_change *changes, size_t count,
	      size_t *failed, size_t *left)
{
	AUTO(writing_clear)
	struct writing writing = { .target = target, .store = ROW_STORE_INIT };
	int r = writing_open(&writing, count);
	size_t i;

	*failed = *left = 0;
	for (i = 0; r == 0 && i < count; i++) {
		uint8_t *before = writing.before + i * writing.size;

		if (changes[i].value)
			r = write_row(&writing, &changes[i], before, &writing.done[i]);
		else
			r = delete_row(&writing, &changes[i], before, &writing.done[i]);
	}
	if (r == 0)
		return 0;
	*failed = i ? i - 1 : 0;
	/* Of the failed one too, where it reached some CPUs. */
	for (i = *failed + (i && writing.done[i - 1].what == STORED); i-- > 0;)
		*left += undo(&writing, &changes[i], writing.before + i * writing.size,
			      &writing.done[i]) < 0;
	return r;
}
