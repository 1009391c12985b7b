/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms that are members of a row, bucket by bucket. */
#include "render/bars.h"

#include <errno.h>
#include <string.h>

#include "model/format.h"
#include "model/histogram.h"
#include "model/record.h"

void bar_write(uint64_t count, uint64_t largest, uint32_t width, FILE *stream)
{
	uint32_t length = (uint32_t)((double)count / (double)largest * width + 0.5);

	if (count && !length)
		length = 1;
	if (length)
		fputs("  ", stream);
	for (uint32_t i = 0; i < length; i++)
		fputc('*', stream);
	fputc('\n', stream);
}

void bar_append_keys(struct painter *painter, const struct skbscope_record *record, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		const struct skbscope_column *column = &record->schema->columns[i];

		buffer_printf(&painter->cell, "%s%s ", i ? ", " : "", column->name);
		value_format(column, record->key, true, &painter->cell);
	}
	painter->failed |= painter->cell.failed;
}

/* What a bucket counts, into the painter's cell: "2.0 us - 4.1 us". */
static const char *range_of(struct painter *painter, const struct histogram *histogram,
			    size_t bucket)
{
	const uint64_t low = histogram_low(bucket), high = histogram_high(histogram->type, bucket);
	const bool exact = painter->options->exact;

	buffer_clear(&painter->cell);
	buffer_string(&painter->cell, high == UINT64_MAX ? ">= " : "");
	histogram_format(histogram->type, low, exact, &painter->cell);
	if (high != UINT64_MAX) {
		buffer_string(&painter->cell, " - ");
		histogram_format(histogram->type, high, exact, &painter->cell);
	}
	painter->failed |= painter->cell.failed;
	return buffer_text(&painter->cell);
}

static uint32_t bar_width(const struct painter *painter, int used)
{
	const uint32_t width = painter->options->width, taken = (uint32_t)used;

	if (!width || width >= taken + BAR_WIDTH)
		return BAR_WIDTH;
	return width > taken + 8 ? width - taken : 8;
}

static void write_buckets(struct painter *painter, const struct histogram *histogram)
{
	size_t first = 0, last = histogram->count - 1;
	int range_width = 0, count_width = 0;
	uint64_t largest = 0;

	while (!histogram->counts[first])
		first++;
	while (!histogram->counts[last])
		last--;
	for (size_t i = first; i <= last; i++) {
		const uint64_t count = histogram->counts[i];
		int range = (int)strlen(range_of(painter, histogram, i));
		int digits = (int)strlen(paint_count_text(painter, count));

		range_width = range > range_width ? range : range_width;
		count_width = digits > count_width ? digits : count_width;
		largest = count > largest ? count : largest;
	}
	for (size_t i = first; i <= last; i++) {
		fprintf(painter->stream, "%*s  ", range_width, range_of(painter, histogram, i));
		fprintf(painter->stream, "%*s", count_width,
			paint_count_text(painter, histogram->counts[i]));
		bar_write(histogram->counts[i], largest,
			  bar_width(painter, range_width + count_width + 4), painter->stream);
	}
}

static void write_one(struct painter *painter, const struct skbscope_record *record,
		      const struct skbscope_column *column)
{
	const struct histogram histogram =
		histogram_read(column->type, record->value + column->bit_offset / 8);
	size_t keys = 0;

	if (!histogram.n)
		return;
	while (keys < record->schema->column_count && record->schema->columns[keys].is_key)
		keys++;
	buffer_clear(&painter->cell);
	bar_append_keys(painter, record, keys);
	fprintf(painter->stream, "\n%s%s%s\n", buffer_text(&painter->cell), keys ? ": " : "",
		column->name);
	write_buckets(painter, &histogram);
}

int bars_write(struct painter *painter, const struct skbscope_table *table,
	       const struct order *order)
{
	for (size_t row = 0; row < order->count && !ferror(painter->stream); row++) {
		const struct skbscope_record record = record_of_row(table, order->rows[row]);

		for (size_t i = 0; i < table->schema->column_count; i++)
			if (column_is_histogram(&table->schema->columns[i]))
				write_one(painter, &record, &table->schema->columns[i]);
	}
	return ferror(painter->stream) ? -EIO : painter->failed ? -ENOMEM : 0;
}
