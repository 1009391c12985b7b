/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log2 histograms. A bucket's number is what bpf_log2l() of BCC answers: n holds
 * 2^(n-1) to 2^n - 1, and 0 is in bucket 1. A key of type log2_t is the exponent
 * itself, as bpf_log2() answers it: n holds 2^n to 2^(n+1) - 1. In a struct key the
 * last member is the bucket, and every value of the others has its own histogram.
 */
#include "render/histogram.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/value.h"
#include "render/common.h"
#include "render/order.h"

#define BUCKETS 65u /* bpf_log2l of any u64 is at most 64 */
#define BAR_WIDTH 40u

struct histogram {
	uint64_t counts[BUCKETS];
	uint64_t beyond; /* of keys that are no bucket */
	uint64_t largest;
	size_t first, last; /* buckets that hold something */
	bool is_empty;
};

/* The columns that matter: the last of the key, and the only one of the value. */
struct axes {
	const struct skbscope_column *bucket, *count;
	size_t groups; /* key columns before the bucket: a histogram for each of their values */
};

static struct axes find_axes(const struct skbscope_schema *schema)
{
	size_t value = schema->column_count - 1;

	return (struct axes){ .bucket = &schema->columns[value - 1],
			      .count = &schema->columns[value],
			      .groups = value - 1 };
}

static void add_rows(struct histogram *histogram, const struct skbscope_table *table,
		     const struct axes *axes, const uint32_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct value key =
			value_read(axes->bucket, cell_data(table, rows[i], axes->bucket));
		struct value packets =
			value_read(axes->count, cell_data(table, rows[i], axes->count));

		if (key.u < BUCKETS)
			histogram->counts[key.u] += (uint64_t)packets.u;
		else
			histogram->beyond += (uint64_t)packets.u;
	}
	histogram->is_empty = true;
	for (size_t i = 0; i < BUCKETS; i++) {
		if (!histogram->counts[i])
			continue;
		if (histogram->is_empty)
			histogram->first = i;
		histogram->is_empty = false;
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

static int format_cell_count(uint64_t count, bool exact, struct buffer *out)
{
	buffer_clear(out);
	return exact ? buffer_printf(out, "%llu", (unsigned long long)count)
		     : format_count((double)count, out);
}

static size_t digits(uint64_t number)
{
	size_t length = 1;

	for (; number >= 10; number /= 10)
		length++;
	return length;
}

/* The least of counts still has a star: it is not nothing. */
static void write_bar(uint64_t count, uint64_t largest, uint32_t width, FILE *stream)
{
	uint32_t length = (uint32_t)((double)count / (double)largest * width + 0.5);

	if (count && !length)
		length = 1;
	if (length)
		fputs("  ", stream);
	for (uint32_t i = 0; i < length; i++)
		fputc('*', stream);
}

static int write_one(const struct skbscope_table *table, const struct axes *axes,
		     const uint32_t *rows, size_t count,
		     const struct skbscope_render_options *options, FILE *stream)
{
	bool is_exponent = axes->bucket->type->display == SKBSCOPE_DISPLAY_LOG2;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct histogram histogram = { 0 };
	size_t number_width, count_width = strlen("count"), used;
	uint64_t low, high;
	uint32_t bar = BAR_WIDTH;

	add_rows(&histogram, table, axes, rows, count);
	if (histogram.is_empty && !histogram.beyond)
		return fputs("(empty)\n", stream) < 0 ? -EIO : 0;

	bucket_range(histogram.last, is_exponent, &low, &high);
	number_width = digits(high);
	for (size_t i = histogram.first; i <= histogram.last; i++) {
		if (format_cell_count(histogram.counts[i], options->exact, &text) < 0)
			return -ENOMEM;
		if (text.length > count_width)
			count_width = text.length;
	}
	used = number_width * 2 + strlen(" - ") + count_width + 4;
	if (options->width && options->width < used + bar)
		bar = options->width > used + 8 ? options->width - (uint32_t)used : 8;

	if (!histogram.is_empty)
		fprintf(stream, "%*s  %*s\n", (int)(number_width * 2 + 3), axes->bucket->name,
			(int)count_width, "count");
	for (size_t i = histogram.first; !histogram.is_empty && i <= histogram.last; i++) {
		bucket_range(i, is_exponent, &low, &high);
		if (format_cell_count(histogram.counts[i], options->exact, &text) < 0)
			return -ENOMEM;
		fprintf(stream, "%*llu - %-*llu  %*s", (int)number_width, (unsigned long long)low,
			(int)number_width, (unsigned long long)high, (int)count_width,
			buffer_text(&text));
		write_bar(histogram.counts[i], histogram.largest, bar, stream);
		fputc('\n', stream);
	}
	if (histogram.beyond)
		fprintf(stream, "%llu in keys that are no power of two\n",
			(unsigned long long)histogram.beyond);
	return ferror(stream) ? -EIO : 0;
}

static bool is_same_group(const struct skbscope_table *table, size_t groups, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < groups; i++) {
		const struct skbscope_column *column = &table->schema->columns[i];

		if (value_compare(column, cell_data(table, a, column), cell_data(table, b, column)))
			return false;
	}
	return true;
}

static int write_group_name(const struct skbscope_table *table, size_t groups, uint32_t row,
			    FILE *stream)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < groups; i++) {
		const struct skbscope_column *column = &table->schema->columns[i];
		int r = buffer_printf(&text, "%s%s ", i ? ", " : "", column->name);

		if (r == 0)
			r = value_format(column, cell_data(table, row, column), true, &text);
		if (r < 0)
			return -ENOMEM;
	}
	return groups && fprintf(stream, "%s\n", buffer_text(&text)) < 0 ? -EIO : 0;
}

int histogram_write(const struct skbscope_table *table,
		    const struct skbscope_render_options *options, FILE *stream)
{
	const struct skbscope_render_options by_key = { .sort = table->schema->columns[0].name };
	const struct axes axes = find_axes(table->schema);
	AUTO(order_clear) struct order order = { 0 };
	size_t next, shown = 0, more = 0;

	if (order_rows(table, &by_key, false, &order, NULL) < 0)
		return -ENOMEM;
	if (!order.count)
		return fputs("(empty)\n", stream) < 0 ? -EIO : 0;
	for (size_t at = 0; at < order.count; at = next) {
		int r;

		for (next = at + 1; next < order.count; next++)
			if (!is_same_group(table, axes.groups, order.rows[at], order.rows[next]))
				break;
		if (options->top && shown == options->top) {
			more++;
			continue;
		}
		if (shown++ && fputc('\n', stream) < 0)
			return -EIO;
		r = write_group_name(table, axes.groups, order.rows[at], stream);
		if (r == 0)
			r = write_one(table, &axes, order.rows + at, next - at, options, stream);
		if (r < 0)
			return r;
	}
	if (more)
		fprintf(stream, "… %zu more histogram%s\n", more, more == 1 ? "" : "s");
	return ferror(stream) ? -EIO : 0;
}
