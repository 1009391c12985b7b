/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms. Of a log2 histogram, a bucket's number is what bpf_log2l() of BCC answers: n holds
 * 2^(n-1) to 2^n - 1, and 0 is in bucket 1. A key of type log2_t is the exponent
 * itself, as bpf_log2() answers it: n holds 2^n to 2^(n+1) - 1. In a struct key the
 * last member is the bucket, and every value of the others has its own histogram. The
 * buckets of a linear histogram are themselves.
 */
#include "render/histogram.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/format.h"
#include "model/record.h"
#include "model/value.h"
#include "render/bars.h"
#include "render/order.h"

#define BUCKETS 65u /* bpf_log2l of any u64 is at most 64 */

struct histogram {
	uint64_t counts[BUCKETS];
	uint64_t beyond;    /* of keys that are no bucket */
	uint64_t largest;   /* 0: there is nothing in it */
	size_t first, last; /* buckets that hold something */
};

struct plot {
	const struct skbscope_table *table;
	const struct skbscope_column *bucket, *count; /* the last key, the only value */
	size_t groups; /* key columns before the bucket: a histogram for each of their values */
	struct painter *painter;
};

static void add_rows(struct histogram *histogram, const struct plot *plot, const uint32_t *rows,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct skbscope_record record = record_of_row(plot->table, rows[i]);
		struct value key = value_read(plot->bucket, record.key);
		struct value packets = value_read(plot->count, record.value);

		if (key.u < BUCKETS)
			histogram->counts[key.u] += (uint64_t)packets.u;
		else
			histogram->beyond += (uint64_t)packets.u;
	}
	for (size_t i = 0; i < BUCKETS; i++) {
		if (!histogram->counts[i])
			continue;
		if (!histogram->largest)
			histogram->first = i;
		histogram->last = i;
		if (histogram->counts[i] > histogram->largest)
			histogram->largest = histogram->counts[i];
	}
}

static void bucket_range(size_t bucket, bool is_exponent, uint64_t *low, uint64_t *high)
{
	size_t exponent = is_exponent ? bucket : bucket - 1;

	if (!is_exponent && bucket == 0) {
		*low = *high = 0;
		return;
	}
	if (exponent >= 64) { /* no u64 is that large, a program may still say so */
		*low = *high = UINT64_MAX;
		return;
	}
	*low = exponent ? 1ull << exponent : 0;
	*high = (1ull << exponent) - 1 + (1ull << exponent);
}

static void write_buckets(struct plot *plot, const struct histogram *histogram)
{
	bool is_exponent = plot->bucket->type->display == SKBSCOPE_DISPLAY_LOG2;
	uint32_t width = plot->painter->options->width, bar = BAR_WIDTH, used;
	int number_width, count_width = (int)strlen("count");
	FILE *stream = plot->painter->stream;
	uint64_t low, high;

	bucket_range(histogram->last, is_exponent, &low, &high);
	number_width = snprintf(NULL, 0, "%llu", (unsigned long long)high);
	for (size_t i = histogram->first; i <= histogram->last; i++) {
		int length = (int)strlen(paint_count_text(plot->painter, histogram->counts[i]));

		count_width = length > count_width ? length : count_width;
	}
	used = (uint32_t)(number_width * 2 + count_width) + 7;
	if (width && width < used + bar)
		bar = width > used + 8 ? width - used : 8;

	fprintf(stream, "%*s  %*s\n", number_width * 2 + 3, plot->bucket->name, count_width,
		"count");
	for (size_t i = histogram->first; i <= histogram->last; i++) {
		bucket_range(i, is_exponent, &low, &high);
		fprintf(stream, "%*llu - %-*llu  %*s", number_width, (unsigned long long)low,
			number_width, (unsigned long long)high, count_width,
			paint_count_text(plot->painter, histogram->counts[i]));
		bar_write(histogram->counts[i], histogram->largest, bar, stream);
	}
}

static void write_histogram(struct plot *plot, const uint32_t *rows, size_t count)
{
	struct histogram histogram = { 0 };

	add_rows(&histogram, plot, rows, count);
	if (histogram.largest)
		write_buckets(plot, &histogram);
	else if (!histogram.beyond)
		fputs("(empty)\n", plot->painter->stream);
	if (histogram.beyond)
		fprintf(plot->painter->stream, "%llu in keys that are no bucket\n",
			(unsigned long long)histogram.beyond);
}

/* Gaps of more buckets than this are one line. */
#define GAP_SHOWN 16

static void write_bucket(struct plot *plot, int width, const char *bucket, int count_width,
			 uint64_t count, uint64_t largest)
{
	FILE *stream = plot->painter->stream;

	fprintf(stream, "%*s  %*s", width, bucket, count_width,
		paint_count_text(plot->painter, count));
	bar_write(count, largest, BAR_WIDTH, stream);
}

static void write_empty_buckets(struct plot *plot, int width, int count_width, __int128 from,
				__int128 to)
{
	AUTO(buffer_free) struct buffer bucket = { 0 };

	if (to - from > GAP_SHOWN)
		fputs("…\n", plot->painter->stream);
	else
		for (__int128 at = from; at < to; at++) {
			buffer_clear(&bucket);
			format_integer((bits_t)at, at < 0, &bucket);
			write_bucket(plot, width, buffer_text(&bucket), count_width, 0, 1);
		}
}

/* The rows come in the order of their buckets. */
static void write_linear(struct plot *plot, const uint32_t *rows, size_t count)
{
	AUTO(buffer_free) struct buffer bucket = { 0 };
	int width = (int)strlen(plot->bucket->name), count_width = (int)strlen("count");
	uint64_t largest = 0;
	bool any = false;
	__int128 next = 0;

	for (size_t i = 0; i < count; i++) {
		const struct skbscope_record record = record_of_row(plot->table, rows[i]);
		uint64_t packets = (uint64_t)value_read(plot->count, record.value).u;
		int length = (int)strlen(paint_count_text(plot->painter, packets));

		if (!packets)
			continue;
		buffer_clear(&bucket);
		value_format(plot->bucket, record.key, true, &bucket);
		width = (int)bucket.length > width ? (int)bucket.length : width;
		count_width = length > count_width ? length : count_width;
		largest = packets > largest ? packets : largest;
	}
	if (!largest) {
		fputs("(empty)\n", plot->painter->stream);
		return;
	}
	fprintf(plot->painter->stream, "%*s  %*s\n", width, plot->bucket->name, count_width,
		"count");
	for (size_t i = 0; i < count; i++) {
		const struct skbscope_record record = record_of_row(plot->table, rows[i]);
		uint64_t packets = (uint64_t)value_read(plot->count, record.value).u;
		__int128 at = (__int128)value_read(plot->bucket, record.key).u;

		if (!packets)
			continue;
		if (any)
			write_empty_buckets(plot, width, count_width, next, at);
		buffer_clear(&bucket);
		value_format(plot->bucket, record.key, true, &bucket);
		write_bucket(plot, width, buffer_text(&bucket), count_width, packets, largest);
		any = true;
		next = at + 1;
	}
	plot->painter->failed |= bucket.failed;
}

static bool is_same_group(const struct plot *plot, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < plot->groups; i++) {
		const struct skbscope_column *column = &plot->table->schema->columns[i];

		if (value_compare(column, cell_data(plot->table, a, column),
				  cell_data(plot->table, b, column)))
			return false;
	}
	return true;
}

static void write_group_name(struct plot *plot, uint32_t row)
{
	const struct skbscope_record record = record_of_row(plot->table, row);

	buffer_clear(&plot->painter->cell);
	bar_append_keys(plot->painter, &record, plot->groups);
	if (plot->groups)
		fprintf(plot->painter->stream, "%s\n", buffer_text(&plot->painter->cell));
}

static void write_groups(struct plot *plot, const struct order *order)
{
	const uint32_t top = plot->painter->options->top;
	size_t next, shown = 0, more = 0;

	for (size_t at = 0; at < order->count && !ferror(plot->painter->stream); at = next) {
		for (next = at + 1; next < order->count; next++)
			if (!is_same_group(plot, order->rows[at], order->rows[next]))
				break;
		if (top && shown == top) {
			more++;
			continue;
		}
		if (shown++)
			fputc('\n', plot->painter->stream);
		write_group_name(plot, order->rows[at]);
		if (plot->table->schema->histogram == SKBSCOPE_HISTOGRAM_LINEAR)
			write_linear(plot, order->rows + at, next - at);
		else
			write_histogram(plot, order->rows + at, next - at);
	}
	if (more)
		fprintf(plot->painter->stream, "… %zu more histogram%s\n", more,
			more == 1 ? "" : "s");
}

int histogram_write(const struct skbscope_table *table, struct painter *painter)
{
	const struct skbscope_column *columns = table->schema->columns;
	const struct skbscope_render_options by_key = { .sort = columns[0].name };
	const size_t value = table->schema->column_count - 1;
	struct plot plot = { table, &columns[value - 1], &columns[value], value - 1, painter };
	AUTO(order_clear) struct order order = { 0 };

	if (order_rows(table, &by_key, false, &order, NULL) < 0)
		return -ENOMEM;
	if (order.count)
		write_groups(&plot, &order);
	else
		fputs("(empty)\n", painter->stream);
	return ferror(painter->stream) ? -EIO : 0;
}
