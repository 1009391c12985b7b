/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to series, and what becomes of those that come too late. */
#include "render/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "model/format.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/metric_name.h"
#include "render/order.h"

#define NO_PLACE SIZE_MAX
#define OTHER "other"

struct taking {
	struct series_table *series;
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_table *table;
	struct folded now;
	bool is_start; /* what was folded so far is not known by row: none of it is new */
	struct metric_number *scratch; /* a row, and what it was */
	struct buffer labels, cell;
};

static void folded_clear(struct folded *folded)
{
	buffer_free(&folded->keys);
	buffer_free(&folded->values);
	key_index_clear(&folded->index);
	folded->count = 0;
}

void series_table_free(struct series_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->labels && i < table->count; i++)
		free(table->labels[i]);
	free(table->labels);
	free(table->hashes);
	key_index_clear(&table->places);
	free(table->present);
	free(table->numbers);
	free(table->others);
	free(table->name);
	folded_clear(&table->folded);
	free(table);
}

/* Of what series are told apart by, and of what rows of two readings are compared by. */
static uint64_t sign(const struct families *families, const struct skbscope_schema *schema)
{
	uint64_t hash = hash_bytes(HASH_INIT, &schema->key_size, sizeof(schema->key_size));

	hash = hash_bytes(hash, &schema->value_size, sizeof(schema->value_size));
	for (size_t i = 0; i < families->label_count; i++)
		hash = hash_bytes(hash, families->labels[i], strlen(families->labels[i]) + 1);
	for (size_t i = 0; i < families->count; i++) {
		const struct family *family = &families->list[i];

		hash = hash_bytes(hash, family->head.name, strlen(family->head.name) + 1);
		hash = hash_bytes(hash, &family->slots, sizeof(family->slots));
		hash = hash_bytes(hash, &family->column->bit_offset,
				  sizeof(family->column->bit_offset));
	}
	return hash;
}

static struct series_table *make(const char *name, uint64_t most, const struct families *families)
{
	struct series_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->most = families->series ? most / families->series : most;
	table->most = table->most ? table->most : 1;
	table->name = strdup(name);
	table->labels = calloc(table->most, sizeof(*table->labels));
	table->hashes = calloc(table->most, sizeof(*table->hashes));
	table->present = calloc(table->most, sizeof(*table->present));
	table->numbers = calloc(table->most * families->slots + 1, sizeof(*table->numbers));
	table->others = calloc((size_t)families->slots + 1, sizeof(*table->others));
	if (!table->name || !table->labels || !table->hashes || !table->present ||
	    !table->numbers || !table->others ||
	    key_index_open(&table->places, (const uint8_t *)table->hashes, sizeof(*table->hashes),
			   0) < 0) {
		series_table_free(table);
		return NULL;
	}
	return table;
}

static bool have_same_labels(const struct families *a, const struct families *b)
{
	for (size_t i = 0; i < a->label_count && i < b->label_count; i++)
		if (strcmp(a->labels[i], b->labels[i]) != 0)
			return false;
	return a->label_count == b->label_count;
}

/* An edited program may have other columns: places stay, and what the others added up to goes
 * on where the name does. */
static int inherit(struct series_table *table, struct series_table *before,
		   const struct families *families)
{
	int r = 0;

	if (have_same_labels(families, &before->families))
		while (r == 0 && table->count < table->most && table->count < before->count) {
			table->hashes[table->count] = before->hashes[table->count];
			table->labels[table->count] = TAKE(before->labels[table->count]);
			r = key_index_add(&table->places, table->count++);
		}
	table->since = before->since;
	table->has_others = before->has_others;
	for (size_t i = 0; i < families->count; i++)
		for (size_t k = 0; k < before->families.count; k++) {
			const struct family *new = &families->list[i], *old;

			old = &before->families.list[k];
			if (new->slots == old->slots && strcmp(new->head.name, old->head.name) == 0)
				memcpy(table->others + new->slot, before->others + old->slot,
				       new->slots * sizeof(*table->others));
		}
	return r;
}

static void append_labels(struct taking *taking, const struct skbscope_record *record)
{
	const struct families *families = &taking->series->families;
	size_t label = 0;

	buffer_clear(&taking->labels);
	for (size_t i = 0; label < families->label_count; i++) {
		const struct skbscope_column *column = &record->schema->columns[i];
		struct buffer *cell = &taking->cell;

		if (!column->is_key || column == families->bucket)
			continue;
		buffer_clear(cell);
		cell_plain(taking->snapshot, column, record->key, cell);
		metric_label(families->labels[label++], buffer_text(cell), cell->length,
			     &taking->labels);
		taking->labels.failed |= cell->failed;
	}
}

static const char *other_labels(const struct families *families, struct arena *arena)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < families->label_count; i++)
		metric_label(families->labels[i], OTHER, strlen(OTHER), &text);
	return text.failed ? NULL : arena_string(arena, buffer_text(&text));
}

/* Its labels' place, which it takes where there is one: NO_PLACE. -ENOMEM. A row that
 * calls itself "other" is one of them, and so is one whose hash is another's. */
static int find_place(struct taking *taking, const struct skbscope_record *record, size_t *place)
{
	struct series_table *series = taking->series;
	const char *labels;
	uint64_t hash;

	append_labels(taking, record);
	if (taking->labels.failed)
		return -ENOMEM;
	labels = buffer_text(&taking->labels);
	hash = hash_bytes(HASH_INIT, labels, taking->labels.length);
	*place = key_index_find(&series->places, (const uint8_t *)&hash);
	if (*place != NO_ROW) {
		if (strcmp(series->labels[*place], labels) != 0)
			*place = NO_PLACE;
		return 0;
	}
	*place = NO_PLACE;
	if (series->count == series->most || (*labels && strcmp(labels, series->other) == 0))
		return 0;
	series->labels[series->count] = strdup(labels);
	if (!series->labels[series->count])
		return -ENOMEM;
	series->hashes[series->count] = hash;
	*place = series->count++;
	return key_index_add(&series->places, *place);
}

static bool is_zero(const struct skbscope_table *table, size_t row)
{
	const size_t size = table->schema->value_size;

	return bytes_are_zero(table->values + row * size, size);
}

/* The places that are left are for the rows that would be shown first. */
static int choose(struct taking *taking)
{
	const struct skbscope_render_options options = { .top = (uint32_t)taking->series->most };
	const struct skbscope_table *table = taking->table;
	AUTO(order_clear) struct order order = { 0 };
	int r = 0;

	if (taking->series->count == taking->series->most ||
	    table->row_count <= taking->series->most)
		return 0;
	r = order_rows(table, &options, table->schema->is_array, &order, NULL);
	for (size_t i = 0; r == 0 && i < order.count; i++) {
		const struct skbscope_record record = record_of_row(table, order.rows[i]);
		size_t place;

		r = find_place(taking, &record, &place);
	}
	return r;
}

static int remember(struct taking *taking, const uint8_t *key, const uint8_t *value)
{
	const struct skbscope_schema *schema = taking->table->schema;

	buffer_append(&taking->now.keys, key, schema->key_size);
	buffer_append(&taking->now.values, value, schema->value_size);
	taking->now.count++;
	return taking->now.keys.failed || taking->now.values.failed ? -ENOMEM : 0;
}

/* A counter that is less than it was began anew. */
static void add_difference(const struct families *families, const struct metric_number *now,
			   const struct metric_number *before, struct metric_number *others)
{
	for (size_t i = 0; i < families->count; i++) {
		const struct family *family = &families->list[i];

		for (uint32_t slot = family->slot; slot < family->slot + family->slots; slot++) {
			const bits_t was =
				before[slot].whole <= now[slot].whole ? before[slot].whole : 0;

			if (family->head.kind == METRIC_GAUGE)
				continue;
			others[slot].form = NUMBER_WHOLE;
			others[slot].whole += now[slot].whole - was;
		}
	}
}

static int fold(struct taking *taking, const struct skbscope_record *record, size_t before)
{
	struct series_table *series = taking->series;
	const struct families *families = &series->families;
	const uint32_t value_size = record->schema->value_size;
	struct metric_number *now = taking->scratch, *was = now + families->slots;

	memset(now, 0, 2 * families->slots * sizeof(*now));
	families_read(families, taking->snapshot, record, now);
	if (before != NO_ROW) {
		struct skbscope_record old = *record;

		old.value = (const uint8_t *)series->folded.values.data + before * value_size;
		families_read(families, taking->snapshot, &old, was);
	}
	if (!taking->is_start)
		add_difference(families, now, was, series->others);
	series->has_others = true;
	return remember(taking, record->key, record->value);
}

static int take_row(struct taking *taking, size_t row)
{
	struct series_table *series = taking->series;
	const struct skbscope_record record = record_of_row(taking->table, row);
	size_t place = NO_PLACE, before = NO_ROW;
	int r = 0;

	if (series->folded.count)
		before = key_index_find(&series->folded.index, record.key);
	if (before == NO_ROW)
		r = find_place(taking, &record, &place);
	if (r < 0)
		return r;
	if (place == NO_PLACE)
		return fold(taking, &record, before);
	series->present[place] = true;
	families_read(&series->families, taking->snapshot, &record,
		      series->numbers + place * series->families.slots);
	return 0;
}

/* What a walk that was cut short did not come to is still there. */
static int keep_unseen(struct taking *taking)
{
	const struct skbscope_schema *schema = taking->table->schema;
	const struct folded *before = &taking->series->folded;
	const size_t seen = taking->now.count;
	struct key_index *index = &taking->now.index;
	int r = key_index_build(index, (const uint8_t *)taking->now.keys.data, schema->key_size,
				seen);

	for (size_t i = 0; r == 0 && i < before->count && !taking->table->complete; i++) {
		const uint8_t *key = (const uint8_t *)before->keys.data + i * schema->key_size;

		if (key_index_find(index, key) == NO_ROW)
			r = remember(taking, key,
				     (const uint8_t *)before->values.data + i * schema->value_size);
	}
	if (r < 0 || taking->now.count == seen)
		return r;
	key_index_clear(index);
	return key_index_build(index, (const uint8_t *)taking->now.keys.data, schema->key_size,
			       taking->now.count);
}

/* Of an array every index has a row: where they are too many, those of zeros are nothing. */
static int take_rows(struct taking *taking)
{
	const struct skbscope_table *table = taking->table;
	struct series_table *series = taking->series;
	const bool skip = table->schema->is_array && table->row_count > series->most;
	int r = choose(taking);

	memset(series->present, 0, series->count * sizeof(*series->present));
	memset(series->numbers, 0,
	       series->count * series->families.slots * sizeof(*series->numbers));
	for (size_t i = 0; r == 0 && i < table->row_count; i++)
		if (!skip || !is_zero(table, i))
			r = take_row(taking, i);
	if (r == 0 && taking->now.count + series->folded.count)
		r = keep_unseen(taking);
	if (r == 0) {
		folded_clear(&series->folded);
		series->folded = taking->now;
		taking->now = (struct folded){ 0 };
	}
	return r;
}

static void taking_clear(struct taking *taking)
{
	folded_clear(&taking->now);
	free(taking->scratch);
	buffer_free(&taking->labels);
	buffer_free(&taking->cell);
}

int series_table_take(struct series_table **table, uint64_t most,
		      const struct skbscope_snapshot *snapshot, const struct skbscope_table *rows,
		      const struct families *families, struct arena *arena)
{
	const uint64_t signature = sign(families, rows->schema);
	AUTO(taking_clear) struct taking taking = { .snapshot = snapshot, .table = rows };
	int r = 0;

	if (!*table || (*table)->signature != signature) {
		struct series_table *made = make(rows->schema->table, most, families);

		if (!made)
			return -ENOMEM;
		if (*table)
			r = inherit(made, *table, families);
		taking.is_start = made->has_others && made->since == rows->since;
		series_table_free(*table);
		*table = made;
	} else if ((*table)->since != rows->since) {
		folded_clear(&(*table)->folded); /* all of it is new */
	}
	(*table)->signature = signature;
	(*table)->since = rows->since;
	(*table)->families = *families;
	(*table)->other = other_labels(families, arena);
	taking.series = *table;
	taking.scratch = calloc((size_t)families->slots * 2 + 1, sizeof(*taking.scratch));
	if (r < 0 || !(*table)->other || !taking.scratch)
		return -ENOMEM;
	return families->count ? take_rows(&taking) : 0;
}
