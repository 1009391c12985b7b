/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting rows. A column of up to 64 bits gives every row a rank, and a radix sort
 * orders a million ranks twenty times faster than comparing their rows does; rows of
 * the same rank are sorted by the next column. Few rows, and columns that are longer,
 * are compared.
 */
#include "render/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/record.h"
#include "model/value.h"

#define FEW 256u
#define DIGITS 8u /* of a rank: its bytes */

struct ranked {
	uint64_t rank;
	uint32_t row;
};

/* The column to compare after so many that were the same; NULL: there are no more. */
static const struct skbscope_column *column_at(const struct sorting *sorting, size_t position)
{
	const struct skbscope_schema *schema = sorting->table->schema;

	if (sorting->column && position-- == 0)
		return sorting->column;
	return position < schema->column_count && schema->columns[position].is_key
		       ? &schema->columns[position]
		       : NULL;
}

static bool is_by_rate(const struct sorting *sorting, size_t position)
{
	return position == 0 && sorting->by_rate && sorting->column && sorting->table->rates;
}

/* No rate is negative; the bits of other doubles are in the order of their numbers. */
static uint64_t rank_rate(const struct sorting *sorting, uint32_t row)
{
	const struct skbscope_table *table = sorting->table;
	const double rate =
		table->rates[row * table->schema->counter_count + sorting->column->rate];

	return rate >= 0 ? (uint64_t)bits_of_double(rate, 64) + 1 : 0;
}

static int compare_at(const struct sorting *sorting, size_t position,
		      const struct skbscope_column *column, uint32_t a, uint32_t b)
{
	uint64_t left, right;

	if (!is_by_rate(sorting, position))
		return value_compare(column, cell_data(sorting->table, a, column),
				     cell_data(sorting->table, b, column));
	left = rank_rate(sorting, a);
	right = rank_rate(sorting, b);
	return (left > right) - (left < right);
}

/* Whether the smallest comes first. */
static bool goes_up(const struct sorting *sorting, size_t position,
		    const struct skbscope_column *column)
{
	return column->is_key != (position == 0 && sorting->column && sorting->reverse);
}

static int compare(const struct sorting *sorting, uint32_t a, uint32_t b)
{
	const struct skbscope_column *column;

	for (size_t i = 0; (column = column_at(sorting, i)); i++) {
		int r = compare_at(sorting, i, column, a, b);

		if (r)
			return (r < 0) == goes_up(sorting, i, column) ? -1 : 1;
	}
	return (a > b) - (a < b);
}

static int compare_rows(const void *left, const void *right, void *sorting)
{
	return compare(sorting, *(const uint32_t *)left, *(const uint32_t *)right);
}

static bool rank_rows(const struct sorting *sorting, size_t position,
		      const struct skbscope_column *column, const uint32_t *rows, size_t count,
		      struct ranked *out)
{
	const bool up = goes_up(sorting, position, column);

	for (size_t i = 0; i < count; i++) {
		out[i].row = rows[i];
		if (is_by_rate(sorting, position))
			out[i].rank = rank_rate(sorting, rows[i]);
		else if (!value_rank(column, cell_data(sorting->table, rows[i], column),
				     &out[i].rank))
			return false;
		if (!up)
			out[i].rank = ~out[i].rank;
	}
	return true;
}

/* By one byte of the rank after the other, the last one first; what has come to stand in
 * order by the bytes behind stays so. Returns which of the two arrays they are in. */
static struct ranked *sort_ranks(struct ranked *from, struct ranked *to, size_t count)
{
	size_t places[DIGITS][256] = { 0 };

	for (size_t i = 0; i < count; i++)
		for (size_t digit = 0; digit < DIGITS; digit++)
			places[digit][from[i].rank >> digit * 8 & 0xff]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t *place = places[digit], next = 0;
		struct ranked *other = from;

		if (place[from[0].rank >> digit * 8 & 0xff] == count)
			continue; /* the same in all of them */
		for (size_t value = 0; value < 256; value++) {
			size_t here = place[value];

			place[value] = next;
			next += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[from[i].rank >> digit * 8 & 0xff]++] = from[i];
		from = to;
		to = other;
	}
	return from;
}

/* By the columns from this position on. Both arrays have room for all of the rows. */
static void sort_from(const struct sorting *sorting, size_t position, uint32_t *rows, size_t count,
		      struct ranked *ranks, struct ranked *spare)
{
	const struct skbscope_column *column = column_at(sorting, position);
	struct ranked *sorted;

	if (count < FEW || !column || !rank_rows(sorting, position, column, rows, count, ranks)) {
		qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)(uintptr_t)sorting);
		return;
	}
	sorted = sort_ranks(ranks, spare, count);
	spare = sorted == ranks ? spare : ranks;
	for (size_t i = 0; i < count; i++)
		rows[i] = sorted[i].row;
	for (size_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count && sorted[end].rank == sorted[at].rank; end++)
			;
		if (end - at > 1)
			sort_from(sorting, position + 1, rows + at, end - at, sorted + at,
				  spare + at);
	}
}

int sort_rows(const struct sorting *sorting, uint32_t *rows, size_t count)
{
	AUTO(freep) struct ranked *ranks = NULL;

	if (count >= FEW) {
		ranks = calloc(count, 2 * sizeof(*ranks));
		if (!ranks)
			return -ENOMEM;
	}
	sort_from(sorting, 0, rows, count, ranks, ranks ? ranks + count : NULL);
	return 0;
}

static void sift_down(const struct sorting *sorting, uint32_t *heap, size_t count, size_t at)
{
	for (;;) {
		size_t last = at;
		uint32_t row = heap[at];

		for (size_t child = at * 2 + 1; child < count && child <= at * 2 + 2; child++)
			if (compare(sorting, heap[child], heap[last]) > 0)
				last = child;
		if (last == at)
			return;
		heap[at] = heap[last];
		heap[last] = row;
		at = last;
	}
}

/* The heap's root is the last of those kept. */
void sort_select(const struct sorting *sorting, uint32_t *rows, size_t all, size_t count)
{
	for (size_t at = count / 2; at-- > 0;)
		sift_down(sorting, rows, count, at);
	for (size_t i = count; i < all; i++) {
		uint32_t row = rows[i];

		if (compare(sorting, row, rows[0]) >= 0)
			continue;
		rows[i] = rows[0];
		rows[0] = row;
		sift_down(sorting, rows, count, 0);
	}
}
