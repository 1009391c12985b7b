/* SPDX-License-Identifier: Apache-2.0 */
/* Migrating rows by a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/bits.h"
#include "model/key_index.h"
#include "model/migrate.h"

struct migration {
	const struct migrate_plan *plan;
	struct key_index index;
	uint8_t *one;   /* a CPU's new value */
	uint8_t *value; /* a row's new value, all CPUs of it */
	uint8_t *total; /* the same, added to another row's */
	size_t from_cpu_stride, to_cpu_stride;
	uint32_t from_cpus;
	uint64_t no_room;
	uint64_t out_of_range;
	const char *unfit; /* the first column that did not fit */
};

static void migration_clear(struct migration *migration)
{
	key_index_clear(&migration->index);
	free(migration->one);
	free(migration->value);
	free(migration->total);
}

void migrated_clear(struct migrated *migrated)
{
	table_rows_clear(&migrated->rows);
	free(migrated->text);
	*migrated = (struct migrated){ 0 };
}

/* Into bytes that are not zero yet. */
static bool convert(struct migration *migration, const struct migrate_columns *columns,
		    const uint8_t *from, uint8_t *to, size_t to_size)
{
	if (columns->is_copy) {
		memcpy(to, from, to_size);
		return true;
	}
	memset(to, 0, to_size);
	for (size_t i = 0; i < columns->count; i++) {
		if (convert_run(&columns->columns[i].conversion, from, to) == 0)
			continue;
		if (!migration->unfit)
			migration->unfit = columns->columns[i].name;
		return false;
	}
	return true;
}

/* One value after another is converted first and added up then: the new type may
 * be the wider one. */
static bool convert_value(struct migration *migration, const uint8_t *from, size_t stride)
{
	const struct migrate_plan *plan = migration->plan;
	size_t size = plan->to->value_size;

	memset(migration->value, 0, stride);
	for (uint32_t cpu = 0; cpu < migration->from_cpus; cpu++) {
		const uint8_t *old = from + cpu * migration->from_cpu_stride;

		if (!convert(migration, &plan->value, old, migration->one, size))
			return false;
		if (migration->from_cpus == 1 || plan->to->per_cpu)
			memcpy(migration->value + cpu * migration->to_cpu_stride, migration->one,
			       size);
		else if (!sum_add(&plan->sum, migration->value, migration->one))
			return false;
	}
	return true;
}

bool migrate_add(const struct migrate_plan *plan, uint8_t *total, const uint8_t *value)
{
	size_t stride = table_rows_cpu_stride(plan->to->value_size);
	uint32_t cpus = plan->to->per_cpu ? plan->cpus : 1;
	bool fits = true;

	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		fits &= sum_add(&plan->sum, total + cpu * stride, value + cpu * stride);
	return fits;
}

static bool is_index_in_range(const struct migrate_plan *plan, const uint8_t *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index < plan->to->max_entries;
}

static void merge(struct migration *migration, struct migrated *out, size_t row)
{
	uint8_t *total = table_rows_value(&out->rows, row);
	size_t stride = out->rows.value_stride;

	/* Added beside it: what is stored stays whole if the sum does not fit. */
	memcpy(migration->total, total, stride);
	if (!migrate_add(migration->plan, migration->total, migration->value)) {
		migration->out_of_range++;
		return;
	}
	memcpy(total, migration->total, stride);
	out->merged++;
}

/* There is room for one more row: the key is converted in its place. */
static int migrate_row(struct migration *migration, const uint8_t *key, const uint8_t *value,
		       struct migrated *out)
{
	const struct migrate_plan *plan = migration->plan;
	struct table_rows *rows = &out->rows;
	uint8_t *new_key = table_rows_key(rows, rows->count);
	size_t found;

	if (!convert(migration, &plan->key, key, new_key, plan->to->key_size) ||
	    !convert_value(migration, value, rows->value_stride)) {
		migration->out_of_range++;
		return 0;
	}
	if (plan->to->is_array && !is_index_in_range(plan, new_key)) {
		migration->no_room++;
		return 0;
	}
	found = key_index_find(&migration->index, new_key);
	if (found != NO_ROW) {
		merge(migration, out, found);
	} else if (rows->count == plan->to->max_entries) {
		migration->no_room++;
	} else {
		memcpy(table_rows_value(rows, rows->count), migration->value, rows->value_stride);
		return key_index_add(&migration->index, rows->count++);
	}
	return 0;
}

static void report_count(struct buffer *text, uint64_t rows, const char *what)
{
	buffer_printf(text, "%s%llu row%s %s", text->length ? "; " : "", (unsigned long long)rows,
		      rows == 1 ? "" : "s", what);
}

static int report(const struct migration *migration, struct migrated *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct migrate_plan *plan = migration->plan;

	buffer_string(&text, plan->text);
	if (out->merged)
		report_count(&text, out->merged, "merged with others");
	if (migration->out_of_range) {
		report_count(&text, migration->out_of_range, "left behind: ");
		buffer_printf(&text, "%s does not fit",
			      migration->unfit ? migration->unfit : "the sum");
	}
	if (migration->no_room) {
		report_count(&text, migration->no_room, "left behind: ");
		buffer_printf(&text, "no room in %u entries", plan->to->max_entries);
	}
	if (text.failed)
		return -ENOMEM;
	out->text = strdup(buffer_text(&text));
	return out->text ? 0 : -ENOMEM;
}

static int open_migration(struct migration *migration, const struct table_rows *rows,
			  struct migrated *out)
{
	const struct migrate_plan *plan = migration->plan;
	size_t stride;
	int r;

	migration->from_cpus = plan->from->per_cpu ? rows->cpu_count : 1;
	migration->from_cpu_stride = table_rows_cpu_stride(plan->from->value_size);
	migration->to_cpu_stride = table_rows_cpu_stride(plan->to->value_size);
	stride = plan->to->per_cpu ? migration->to_cpu_stride * plan->cpus : plan->to->value_size;
	out->rows.key_size = plan->to->key_size;
	out->rows.value_stride = stride;
	out->rows.cpu_count = plan->to->per_cpu ? plan->cpus : 1;
	out->rows.complete = rows->complete;
	if (!plan->possible || !migration->from_cpus || !plan->cpus ||
	    (plan->from->per_cpu && plan->to->per_cpu && migration->from_cpus > plan->cpus))
		return -EINVAL;
	if (rows->count && rows->value_stride < (plan->from->per_cpu ? migration->from_cpu_stride *
									       migration->from_cpus
								     : plan->from->value_size))
		return -EINVAL;
	if (plan->to->is_array && plan->to->key_size != sizeof(uint32_t))
		return -EINVAL;
	r = table_rows_reserve(&out->rows, rows->count + 1);
	migration->one = calloc(1, migration->to_cpu_stride + 1);
	migration->value = calloc(1, stride + 1);
	migration->total = calloc(1, stride + 1);
	if (r < 0 || !migration->one || !migration->value || !migration->total)
		return -ENOMEM;
	return key_index_open(&migration->index, out->rows.keys, plan->to->key_size, rows->count);
}

int migrate_rows(const struct migrate_plan *plan, const struct table_rows *rows,
		 struct migrated *out)
{
	AUTO(migration_clear) struct migration migration = { .plan = plan };
	const uint8_t *keys = rows->keys, *values = rows->values;
	int r;

	*out = (struct migrated){ 0 };
	r = open_migration(&migration, rows, out);
	for (size_t i = 0; i < rows->count && r == 0; i++) {
		const uint8_t *value = values + i * rows->value_stride;

		if (plan->from->is_array && bytes_are_zero(value, rows->value_stride))
			continue;
		r = migrate_row(&migration, keys + i * plan->from->key_size, value, out);
	}
	out->dropped = migration.out_of_range + migration.no_room;
	if (r == 0)
		r = report(&migration, out);
	if (r < 0)
		migrated_clear(out);
	return r;
}
