/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two snapshots, compared. The first table's keys are converted to the second's
 * type, so that rows are found by their bytes although the structs may differ.
 */
#include "model/difference.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/bits.h"
#include "model/column_match.h"
#include "model/convert.h"
#include "model/key_index.h"
#include "model/record.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

SKBSCOPE_API void skbscope_difference_free(struct skbscope_difference *difference)
{
	arena_object_free(difference);
}

/* One table's comparison while it is made. */
struct comparison {
	struct skbscope_table_difference *out;
	const struct skbscope_table *first, *second;
	struct arena *arena;
	struct skbscope_column_pair *keys, *values;
	struct conversion *key_from_first, *key_from_second; /* one for each pair */
	struct conversion *value_from_first;
	const struct skbscope_column_pair *order; /* decides which rows come first; NULL: none */
	uint8_t *scratch;                         /* a value of the second's type */
	struct skbscope_row_difference *rows;     /* room for all of both */
};

/* Of which a difference means something: not of addresses, ports or flags. */
static bool is_number(const struct skbscope_type *type)
{
	return (type->kind == SKBSCOPE_KIND_INTEGER || type->kind == SKBSCOPE_KIND_FLOAT) &&
	       (type->display == SKBSCOPE_DISPLAY_PLAIN || type->display == SKBSCOPE_DISPLAY_NS ||
		type->display == SKBSCOPE_DISPLAY_BYTES);
}

/* Two runs of the same packets never see them at the same time. */
static bool is_instant(const struct skbscope_type *type)
{
	return type->display == SKBSCOPE_DISPLAY_WHEN;
}

static __int128 clamp_signed(const struct value *value)
{
	const unsigned __int128 limit = ((unsigned __int128)1 << 127) - 1;

	if (value->form == VALUE_UNSIGNED && value->u > limit)
		return (__int128)limit;
	return (__int128)value->u;
}

static struct value cell(const struct skbscope_column *column, const uint8_t *data)
{
	struct value zero = { .form = VALUE_UNSIGNED };

	return data ? value_read(column, data) : zero;
}

struct value difference_value(const struct skbscope_column_pair *pair, const uint8_t *first,
			      const uint8_t *second)
{
	struct value a = cell(pair->first, first), b = cell(pair->second, second);
	struct value result = { .form = VALUE_SIGNED };
	__int128 number, x, y;

	if (a.form == VALUE_FLOAT || b.form == VALUE_FLOAT) {
		result.form = VALUE_FLOAT;
		result.f = value_double(&b) - value_double(&a);
		return result;
	}
	x = clamp_signed(&a);
	y = clamp_signed(&b);
	if (__builtin_sub_overflow(y, x, &number))
		number = y > x ? (__int128)(((unsigned __int128)1 << 127) - 1)
			       : -(__int128)(((unsigned __int128)1 << 127) - 1) - 1;
	result.u = (unsigned __int128)number;
	return result;
}

static bool is_same_number(const struct value *a, const struct value *b)
{
	double x, y;

	if (a->form == VALUE_FLOAT || b->form == VALUE_FLOAT) {
		x = value_double(a);
		y = value_double(b);
		return (isnan(x) && isnan(y)) || (!(x < y) && !(x > y) && !isnan(x) && !isnan(y));
	}
	/* The same bits are the same number unless only one of them is a sign. */
	return a->u == b->u && (a->form == b->form || (__int128)a->u >= 0);
}

/* Other than numbers go by the second's type: an enumerator that got another number
 * is still the same one. */
static bool is_same_cell(struct comparison *comparison, size_t index, const uint8_t *first,
			 const uint8_t *second)
{
	const struct skbscope_column_pair *pair = &comparison->values[index];

	if (pair->is_number) {
		struct value a = value_read(pair->first, first);
		struct value b = value_read(pair->second, second);

		return is_same_number(&a, &b);
	}
	memset(comparison->scratch, 0, comparison->second->schema->value_size);
	return convert_run(&comparison->value_from_first[index], first, comparison->scratch) == 0 &&
	       value_compare(pair->second, comparison->scratch, second) == 0;
}

static void add_row(struct comparison *comparison, size_t first, size_t second)
{
	const struct skbscope_column_pair *order = comparison->order;
	struct skbscope_row_difference *row = &comparison->rows[comparison->out->row_count++];

	*row = (struct skbscope_row_difference){ .first = first, .second = second };
	if (order) {
		struct value size =
			difference_value(order, cell_data(comparison->first, first, order->first),
					 cell_data(comparison->second, second, order->second));

		row->size = fabs(value_double(&size));
	}
}

static void compare_pair(struct comparison *comparison, size_t first, size_t second)
{
	const uint8_t *a = record_of_row(comparison->first, first).value;
	const uint8_t *b = record_of_row(comparison->second, second).value;
	bool same = true;

	for (size_t i = 0; i < comparison->out->value_count; i++)
		if (!is_same_cell(comparison, i, a, b)) {
			comparison->values[i].differing++;
			same = false;
		}
	if (same) {
		comparison->out->same_rows++;
		return;
	}
	comparison->out->differing_rows++;
	add_row(comparison, first, second);
}

/* A slot of an array that nobody used is no row. */
static bool is_unused(const struct skbscope_table *table, size_t row)
{
	return table->schema->is_array &&
	       bytes_are_zero(record_of_row(table, row).value, table->schema->value_size);
}

/* Only the members: what lies between them must not tell rows apart. */
static bool make_key(const struct comparison *comparison, const struct conversion *conversions,
		     const struct skbscope_table *table, size_t row, uint8_t *to)
{
	memset(to, 0, comparison->second->schema->key_size);
	for (size_t i = 0; i < comparison->out->key_count; i++)
		if (convert_run(&conversions[i], record_of_row(table, row).key, to) < 0)
			return false;
	return true;
}

static int compare_rows(struct comparison *comparison)
{
	const struct skbscope_table *first = comparison->first, *second = comparison->second;
	size_t size = second->schema->key_size;
	AUTO(freep) uint8_t *keys = calloc(second->row_count + 1, size + 1);
	AUTO(freep) bool *found = calloc(second->row_count + 1, sizeof(*found));
	AUTO(key_index_clear) struct key_index index = { 0 };
	uint8_t *key;
	int r;

	if (!keys || !found)
		return -ENOMEM;
	key = keys + second->row_count * size; /* room for one more */
	for (size_t row = 0; row < second->row_count; row++)
		make_key(comparison, comparison->key_from_second, second, row, keys + row * size);
	r = key_index_build(&index, keys, size, second->row_count);
	if (r < 0)
		return r;
	for (size_t row = 0; row < first->row_count; row++) {
		size_t other = NO_ROW;

		if (make_key(comparison, comparison->key_from_first, first, row, key))
			other = key_index_find(&index, key);
		if (other != NO_ROW) {
			found[other] = true;
			compare_pair(comparison, row, other);
		} else if (!is_unused(first, row)) {
			comparison->out->first_rows++;
			add_row(comparison, row, NO_ROW);
		}
	}
	for (size_t row = 0; row < second->row_count; row++)
		if (!found[row] && !is_unused(second, row)) {
			comparison->out->second_rows++;
			add_row(comparison, NO_ROW, row);
		}
	return 0;
}

/* The largest difference first, then by key; without a counter, in that order only. */
static int compare_sizes(const void *left, const void *right, void *context)
{
	const struct skbscope_row_difference *a = left, *b = right;
	const struct comparison *comparison = context;
	bool a_second = a->second != NO_ROW, b_second = b->second != NO_ROW;
	const struct skbscope_table *table = a_second ? comparison->second : comparison->first;

	if (a->size < b->size || a->size > b->size)
		return a->size < b->size ? 1 : -1;
	if (a_second != b_second)
		return a_second ? 1 : -1; /* what only the first has comes first */
	for (size_t i = 0; i < comparison->out->key_count; i++) {
		const struct skbscope_column_pair *pair = &comparison->keys[i];
		const struct skbscope_column *column = a_second ? pair->second : pair->first;
		int r = value_compare(column,
				      cell_data(table, a_second ? a->second : a->first, column),
				      cell_data(table, a_second ? b->second : b->first, column));

		if (r)
			return r;
	}
	return 0;
}

static int make_pairs(struct comparison *comparison, bool is_key)
{
	struct column_match match =
		column_match_of(comparison->first->schema, comparison->second->schema, is_key);
	struct arena *arena = comparison->arena;
	struct skbscope_table_difference *out = comparison->out;
	struct skbscope_column_pair *pairs =
		ARENA_ARRAY(arena, struct skbscope_column_pair, match.new_count);
	struct conversion *from_first = ARENA_ARRAY(arena, struct conversion, match.new_count);
	struct conversion *from_second = ARENA_ARRAY(arena, struct conversion, match.new_count);
	const char **only_first = ARENA_ARRAY(arena, const char *, match.old_count);
	const char **only_second = ARENA_ARRAY(arena, const char *, match.new_count);
	bool *used = ARENA_ARRAY(arena, bool, match.old_count);
	size_t count = 0, firsts = 0, seconds = 0;

	if (arena_failed(arena))
		return -ENOMEM;
	for (size_t i = 0; i < match.new_count; i++) {
		const struct skbscope_column *new = &match.new[i],
					     *old = column_match_source(&match, new);
		int r = old ? convert_plan(old, new, arena, &from_first[count]) : -EOPNOTSUPP;

		if (!is_key && is_instant(new->type) && (!old || is_instant(old->type))) {
			if (old)
				used[old - match.old] = true;
			continue;
		}
		if (r == 0 && is_key)
			r = convert_plan(new, new, arena, &from_second[count]);
		if (r == -EOPNOTSUPP) {
			only_second[seconds++] = new->name;
			continue;
		}
		if (r < 0)
			return r;
		used[old - match.old] = true;
		pairs[count].first = old;
		pairs[count].second = new;
		pairs[count++].is_number = is_number(old->type) && is_number(new->type);
	}
	for (size_t i = 0; i < match.old_count; i++)
		if (!used[i])
			only_first[firsts++] = match.old[i].name;
	if (is_key) {
		out->keys = comparison->keys = pairs;
		out->key_count = count;
		comparison->key_from_first = from_first;
		comparison->key_from_second = from_second;
		if (firsts || seconds || !count)
			out->not_compared = "the keys have different members";
		return 0;
	}
	out->values = comparison->values = pairs;
	out->value_count = count;
	comparison->value_from_first = from_first;
	out->only_first = only_first;
	out->only_first_count = firsts;
	out->only_second = only_second;
	out->only_second_count = seconds;
	if (!count && match.old_count && match.new_count)
		out->not_compared = "the values have no member in common";
	return 0;
}

/* The column that the table is sorted by, if it is a number; else the first counter. */
static const struct skbscope_column_pair *find_order(const struct comparison *comparison)
{
	const char *wish = comparison->second->schema->sort_column;
	const struct skbscope_column_pair *counter = NULL, *number = NULL;

	for (size_t i = 0; i < comparison->out->value_count; i++) {
		const struct skbscope_column_pair *pair = &comparison->values[i];

		if (!pair->is_number)
			continue;
		if (wish && strcmp(pair->second->name, wish) == 0)
			return pair;
		if (!counter && pair->second->is_counter)
			counter = pair;
		if (!number)
			number = pair;
	}
	return counter ? counter : number;
}

static const char *obstacle(const struct skbscope_schema *first,
			    const struct skbscope_schema *second)
{
	if (first->is_events && second->is_events)
		return "events are counted, and not compared one by one";
	if (!first->readable || !second->readable)
		return "there are no rows to compare";
	if (first->is_array != second->is_array)
		return "one is an array, the other is not";
	return NULL;
}

static int compare_tables(const struct skbscope_table *first, const struct skbscope_table *second,
			  struct arena *arena, struct skbscope_table_difference *out)
{
	struct comparison comparison = {
		.out = out, .first = first, .second = second, .arena = arena
	};
	int r;

	out->second = second;
	out->not_compared = obstacle(first->schema, second->schema);
	if (out->not_compared)
		return 0;
	r = make_pairs(&comparison, true);
	if (r == 0 && !out->not_compared)
		r = make_pairs(&comparison, false);
	if (r < 0 || out->not_compared)
		return r;
	comparison.order = find_order(&comparison);
	comparison.scratch = arena_alloc(arena, 1, second->schema->value_size);
	comparison.rows = ARENA_ARRAY(arena, struct skbscope_row_difference,
				      first->row_count + second->row_count);
	if (!comparison.scratch || !comparison.rows)
		return -ENOMEM;
	r = compare_rows(&comparison);
	if (r < 0)
		return r;
	qsort_r(comparison.rows, out->row_count, sizeof(*comparison.rows), compare_sizes,
		&comparison);
	out->rows = comparison.rows;
	return 0;
}

static const struct skbscope_table *find_table(const struct skbscope_snapshot *snapshot,
					       const char *name)
{
	for (size_t i = 0; i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].schema->table, name) == 0)
			return &snapshot->tables[i];
	return NULL;
}

static bool is_table_same(const struct skbscope_table_difference *table)
{
	if (!table->first || !table->second)
		return false;
	if (table->first->schema->is_events && table->second->schema->is_events)
		return table->first->received + table->first->lost ==
		       table->second->received + table->second->lost;
	/* Program arrays never have rows: that is no difference. */
	if (table->not_compared)
		return !table->first->schema->readable && !table->second->schema->readable;
	return !table->row_count;
}

static int add_tables(struct skbscope_difference *difference)
{
	struct arena *arena = arena_of(difference);
	const struct skbscope_snapshot *first = difference->first, *second = difference->second;
	struct skbscope_table_difference *tables = ARENA_ARRAY(
		arena, struct skbscope_table_difference, first->table_count + second->table_count);
	int r = tables ? 0 : -ENOMEM;

	difference->tables = tables;
	for (size_t i = 0; i < first->table_count && r == 0; i++) {
		struct skbscope_table_difference *table = &tables[difference->table_count++];
		const char *name = first->tables[i].schema->table;
		const struct skbscope_table *other = find_table(second, name);

		table->table = name;
		table->first = &first->tables[i];
		if (other)
			r = compare_tables(table->first, other, arena, table);
		difference->same = difference->same && is_table_same(table);
	}
	for (size_t i = 0; i < second->table_count && r == 0; i++) {
		const char *name = second->tables[i].schema->table;

		if (find_table(first, name))
			continue;
		tables[difference->table_count].table = name;
		tables[difference->table_count++].second = &second->tables[i];
		difference->same = false;
	}
	return r;
}

/* Its packets so far; a new one at the end of the list has none. */
static struct skbscope_verdict_difference *
find_verdict(struct skbscope_verdict_difference *verdicts, size_t *count,
	     const struct skbscope_verdict_count *like)
{
	size_t i = 0;

	while (i < *count && (verdicts[i].verdict != like->verdict ||
			      strcmp(verdicts[i].function, like->function) != 0))
		i++;
	if (i == *count)
		verdicts[(*count)++] =
			(struct skbscope_verdict_difference){ .function = like->function,
							      .verdict = like->verdict };
	return &verdicts[i];
}

static int add_verdicts(struct skbscope_difference *difference)
{
	const struct skbscope_snapshot *first = difference->first, *second = difference->second;
	struct skbscope_verdict_difference *verdicts =
		ARENA_ARRAY(arena_of(difference), struct skbscope_verdict_difference,
			    first->verdict_count + second->verdict_count);
	size_t count = 0;

	if (!verdicts)
		return -ENOMEM;
	for (size_t i = 0; i < first->verdict_count; i++)
		find_verdict(verdicts, &count, &first->verdicts[i])->first +=
			first->verdicts[i].packets;
	for (size_t i = 0; i < second->verdict_count; i++)
		find_verdict(verdicts, &count, &second->verdicts[i])->second +=
			second->verdicts[i].packets;
	for (size_t i = 0; i < count; i++)
		if (verdicts[i].first != verdicts[i].second)
			verdicts[difference->verdict_count++] = verdicts[i];
	difference->verdicts = verdicts;
	difference->same = difference->same && !difference->verdict_count;
	return 0;
}

SKBSCOPE_API int skbscope_difference_new(const struct skbscope_snapshot *first,
					 const struct skbscope_snapshot *second,
					 struct skbscope_difference **out,
					 struct skbscope_error *error)
{
	AUTO(arena_object_freep)
	struct skbscope_difference *difference = arena_object_new(sizeof(*difference));
	int r;

	if (!difference)
		return fail_memory(error, STAGE);
	difference->first = first;
	difference->second = second;
	difference->same = true;
	r = add_tables(difference);
	if (r == 0)
		r = add_verdicts(difference);
	if (r == -E2BIG)
		return fail(error, r, STAGE, "a table has too many rows to compare");
	if (r < 0 || arena_failed(arena_of(difference)))
		return fail_memory(error, STAGE);
	*out = TAKE(difference);
	return 0;
}
