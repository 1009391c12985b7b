/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying rows over by a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/carry.h"
#include "model/key_index.h"

struct porter {
	const struct carry_plan *plan;
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

static void porter_clear(struct porter *porter)
{
	key_index_clear(&porter->index);
	free(porter->one);
	free(porter->value);
	free(porter->total);
}

void carried_clear(struct carried *carried)
{
	table_rows_clear(&carried->rows);
	free(carried->text);
	*carried = (struct carried){ 0 };
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
	return !length || (!bytes[0] && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* Into bytes that are not zero yet. */
static bool convert(struct porter *porter, const struct carry_columns *columns, const uint8_t *from,
		    uint8_t *to, size_t to_size)
{
	if (columns->is_copy) {
		memcpy(to, from, to_size);
		return true;
	}
	memset(to, 0, to_size);
	for (size_t i = 0; i < columns->count; i++) {
		if (convert_run(&columns->columns[i].conversion, from, to) == 0)
			continue;
		if (!porter->unfit)
			porter->unfit = columns->columns[i].name;
		return false;
	}
	return true;
}

/* One value after another is converted first and added up then: the new type may
 * be the wider one. */
static bool convert_value(struct porter *porter, const uint8_t *from, size_t stride)
{
	const struct carry_plan *plan = porter->plan;
	size_t size = plan->to->value_size;

	memset(porter->value, 0, stride);
	for (uint32_t cpu = 0; cpu < porter->from_cpus; cpu++) {
		const uint8_t *old = from + cpu * porter->from_cpu_stride;

		if (!convert(porter, &plan->value, old, porter->one, size))
			return false;
		if (porter->from_cpus == 1 || plan->to->per_cpu)
			memcpy(porter->value + cpu * porter->to_cpu_stride, porter->one, size);
		else if (!sum_add(&plan->sum, porter->value, porter->one))
			return false;
	}
	return true;
}

bool carry_add(const struct carry_plan *plan, uint8_t *total, const uint8_t *value)
{
	size_t stride = table_rows_cpu_stride(plan->to->value_size);
	uint32_t cpus = plan->to->per_cpu ? plan->cpus : 1;
	bool fits = true;

	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		fits &= sum_add(&plan->sum, total + cpu * stride, value + cpu * stride);
	return fits;
}

static bool is_index_in_range(const struct carry_plan *plan, const uint8_t *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index < plan->to->max_entries;
}

static void merge(struct porter *porter, struct carried *out, size_t row)
{
	uint8_t *total = table_rows_value(&out->rows, row);
	size_t stride = out->rows.value_stride;

	/* Added beside it: what is stored stays whole if the sum does not fit. */
	memcpy(porter->total, total, stride);
	if (!carry_add(porter->plan, porter->total, porter->value)) {
		porter->out_of_range++;
		return;
	}
	memcpy(total, porter->total, stride);
	out->merged++;
}

/* There is room for one more row: the key is converted in its place. */
static int carry_row(struct porter *porter, const uint8_t *key, const uint8_t *value,
		     struct carried *out)
{
	const struct carry_plan *plan = porter->plan;
	struct table_rows *rows = &out->rows;
	uint8_t *new_key = table_rows_key(rows, rows->count);
	size_t found;

	if (!convert(porter, &plan->key, key, new_key, plan->to->key_size) ||
	    !convert_value(porter, value, rows->value_stride)) {
		porter->out_of_range++;
		return 0;
	}
	if (plan->to->is_array && !is_index_in_range(plan, new_key)) {
		porter->no_room++;
		return 0;
	}
	found = key_index_find(&porter->index, new_key);
	if (found != NO_ROW) {
		merge(porter, out, found);
	} else if (rows->count == plan->to->max_entries) {
		porter->no_room++;
	} else {
		memcpy(table_rows_value(rows, rows->count), porter->value, rows->value_stride);
		return key_index_add(&porter->index, rows->count++);
	}
	return 0;
}

static int tell(const struct porter *porter, struct carried *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct carry_plan *plan = porter->plan;
	unsigned long long merged = out->merged, unfit = porter->out_of_range,
			   no_room = porter->no_room;
	int r = buffer_string(&text, plan->text);

	if (r == 0 && merged)
		r = buffer_printf(&text, "%s%llu row%s fell together with others",
				  text.length ? "; " : "", merged, merged == 1 ? "" : "s");
	if (r == 0 && unfit)
		r = buffer_printf(&text, "%s%llu row%s left behind: %s does not fit",
				  text.length ? "; " : "", unfit, unfit == 1 ? "" : "s",
				  porter->unfit ? porter->unfit : "the sum");
	if (r == 0 && no_room)
		r = buffer_printf(&text, "%s%llu row%s left behind: no room in %u entries",
				  text.length ? "; " : "", no_room, no_room == 1 ? "" : "s",
				  plan->to->max_entries);
	if (r < 0)
		return r;
	out->text = strdup(buffer_text(&text));
	return out->text ? 0 : -ENOMEM;
}

static int open_porter(struct porter *porter, const struct table_rows *rows, struct carried *out)
{
	const struct carry_plan *plan = porter->plan;
	size_t stride;
	int r;

	porter->from_cpus = plan->from->per_cpu ? rows->cpu_count : 1;
	porter->from_cpu_stride = table_rows_cpu_stride(plan->from->value_size);
	porter->to_cpu_stride = table_rows_cpu_stride(plan->to->value_size);
	stride = plan->to->per_cpu ? porter->to_cpu_stride * plan->cpus : plan->to->value_size;
	out->rows.key_size = plan->to->key_size;
	out->rows.value_stride = stride;
	out->rows.cpu_count = plan->to->per_cpu ? plan->cpus : 1;
	out->rows.complete = rows->complete;
	if (!plan->possible || !porter->from_cpus || !plan->cpus ||
	    (plan->from->per_cpu && plan->to->per_cpu && porter->from_cpus > plan->cpus))
		return -EINVAL;
	if (rows->count &&
	    rows->value_stride < (plan->from->per_cpu ? porter->from_cpu_stride * porter->from_cpus
						      : plan->from->value_size))
		return -EINVAL;
	if (plan->to->is_array && plan->to->key_size != sizeof(uint32_t))
		return -EINVAL;
	r = table_rows_reserve(&out->rows, rows->count + 1);
	porter->one = calloc(1, porter->to_cpu_stride + 1);
	porter->value = calloc(1, stride + 1);
	porter->total = calloc(1, stride + 1);
	if (r < 0 || !porter->one || !porter->value || !porter->total)
		return -ENOMEM;
	return key_index_open(&porter->index, out->rows.keys, plan->to->key_size, rows->count);
}

int carry_rows(const struct carry_plan *plan, const struct table_rows *rows, struct carried *out)
{
	AUTO(porter_clear) struct porter porter = { .plan = plan };
	const uint8_t *keys = rows->keys, *values = rows->values;
	int r;

	*out = (struct carried){ 0 };
	r = open_porter(&porter, rows, out);
	for (size_t i = 0; i < rows->count && r == 0; i++) {
		const uint8_t *value = values + i * rows->value_stride;

		if (plan->from->is_array && is_zero(value, rows->value_stride))
			continue;
		r = carry_row(&porter, keys + i * plan->from->key_size, value, out);
	}
	out->dropped = porter.out_of_range + porter.no_room;
	if (r == 0)
		r = tell(&porter, out);
	if (r < 0)
		carried_clear(out);
	return r;
}
