/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets, and what is told of them. */
#include "model/histogram.h"

#include <string.h>

#include "model/format_number.h"

static const struct {
	enum skbscope_figure figure;
	const char *name;
	unsigned int percent; /* 0: n */
} figures[HISTOGRAM_FIGURES] = {
	{ SKBSCOPE_FIGURE_N, "n", 0 },
	{ SKBSCOPE_FIGURE_P50, "p50", 50 },
	{ SKBSCOPE_FIGURE_P90, "p90", 90 },
	{ SKBSCOPE_FIGURE_P99, "p99", 99 },
};

bool display_is_bucket(enum skbscope_display display)
{
	return display == SKBSCOPE_DISPLAY_BUCKET || display == SKBSCOPE_DISPLAY_BUCKET_NS ||
	       display == SKBSCOPE_DISPLAY_BUCKET_BYTES;
}

/* One bucket is no histogram, and more than there are have no meaning. */
bool type_is_histogram(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_ARRAY && type->display == SKBSCOPE_DISPLAY_PLAIN &&
	       type->count > 1 && type->count <= HISTOGRAM_BUCKETS &&
	       type->element->kind == SKBSCOPE_KIND_INTEGER && type->element->bits == 64 &&
	       display_is_bucket(type->element->display);
}

struct histogram histogram_read(const struct skbscope_type *type, const uint8_t *data)
{
	struct histogram histogram = { .type = type, .count = type->count };

	memcpy(histogram.counts, data, histogram.count * sizeof(*histogram.counts));
	for (size_t i = 0; i < histogram.count; i++)
		histogram.n += histogram.counts[i];
	return histogram;
}

uint64_t histogram_low(size_t bucket)
{
	return bucket ? UINT64_C(1) << (bucket - 1) : 0;
}

uint64_t histogram_high(const struct skbscope_type *type, size_t bucket)
{
	return bucket + 1 >= type->count ? UINT64_MAX : (UINT64_C(1) << bucket) - 1;
}

/* What their columns are; of kind INTEGER. */
static const struct skbscope_type plain_unit = { .name = "u64", .bits = 64 };
static const struct skbscope_type ns_unit = { .name = "ns_t",
					      .bits = 64,
					      .display = SKBSCOPE_DISPLAY_NS };
static const struct skbscope_type bytes_unit = { .name = "bytes_t",
						 .bits = 64,
						 .display = SKBSCOPE_DISPLAY_BYTES };

static const struct skbscope_type *unit_of(const struct skbscope_type *type)
{
	return type->element->display == SKBSCOPE_DISPLAY_BUCKET_NS      ? &ns_unit
	       : type->element->display == SKBSCOPE_DISPLAY_BUCKET_BYTES ? &bytes_unit
									 : &plain_unit;
}

void histogram_format(const struct skbscope_type *type, uint64_t amount, bool exact,
		      struct buffer *out)
{
	const enum skbscope_display display = unit_of(type)->display;

	if (!exact && display == SKBSCOPE_DISPLAY_NS)
		format_ns((double)amount, out);
	else if (!exact && display == SKBSCOPE_DISPLAY_BYTES)
		format_bytes((double)amount, out);
	else
		format_integer(amount, false, out);
}

/* Where the value stands that so many of a hundred are no larger than. There is one. */
static size_t find_percentile(const struct histogram *histogram, unsigned int percent)
{
	const uint64_t rank =
		histogram->n / 100 * percent + (histogram->n % 100 * percent + 99) / 100;
	uint64_t seen = 0;
	size_t bucket = 0;

	while (bucket + 1 < histogram->count && (seen += histogram->counts[bucket]) < rank)
		bucket++;
	return bucket;
}

size_t figures_make(const struct skbscope_column *columns, size_t count, uint32_t counters,
		    struct arena *arena, const struct skbscope_column **out)
{
	struct skbscope_column *list;
	size_t made = 0, histograms = 0;

	for (size_t i = 0; i < count; i++)
		histograms += column_is_histogram(&columns[i]);
	if (!histograms)
		return 0;
	list = ARENA_ARRAY(arena, struct skbscope_column, histograms * HISTOGRAM_FIGURES);
	for (size_t i = 0; list && i < count; i++) {
		const struct skbscope_column *column = &columns[i];

		for (size_t f = 0; column_is_histogram(column) && f < HISTOGRAM_FIGURES; f++) {
			const bool is_n = figures[f].figure == SKBSCOPE_FIGURE_N;

			list[made++] = (struct skbscope_column){
				.name = arena_printf(arena, "%s.%s", column->name, figures[f].name),
				.type = is_n ? &plain_unit : unit_of(column->type),
				.bit_offset = column->bit_offset,
				.bit_size = 64,
				.is_counter = is_n,
				.rate = is_n ? counters++ : 0,
				.figure = figures[f].figure,
				.histogram = column->type,
			};
		}
	}
	*out = list;
	return made;
}

static struct histogram histogram_of(const struct skbscope_column *figure, const uint8_t *data)
{
	return histogram_read(figure->histogram, data + figure->bit_offset / 8);
}

static size_t index_of(enum skbscope_figure figure)
{
	size_t i = 0;

	while (i + 1 < HISTOGRAM_FIGURES && figures[i].figure != figure)
		i++;
	return i;
}

const char *histogram_figure_name(size_t figure)
{
	return figures[figure].name;
}

bool histogram_figure(const struct histogram *histogram, size_t figure, uint64_t *number)
{
	const unsigned int percent = figures[figure].percent;

	*number = histogram->n;
	if (!percent || !histogram->n)
		return !percent;
	*number = histogram_high(histogram->type, find_percentile(histogram, percent));
	return *number != UINT64_MAX;
}

uint64_t figure_read(const struct skbscope_column *figure, const uint8_t *data)
{
	const struct histogram histogram = histogram_of(figure, data);
	uint64_t number;

	histogram_figure(&histogram, index_of(figure->figure), &number);
	return number;
}

static void format_percentile(const struct histogram *histogram, unsigned int percent, bool exact,
			      struct buffer *out)
{
	const size_t bucket = find_percentile(histogram, percent);
	const bool is_open = histogram_high(histogram->type, bucket) == UINT64_MAX;

	if (!histogram->n) {
		buffer_string(out, "-");
		return;
	}
	buffer_string(out, is_open ? ">=" : "<");
	histogram_format(histogram->type,
			 is_open ? histogram_low(bucket)
				 : histogram_high(histogram->type, bucket) + 1,
			 exact, out);
}

static void format_n(const struct histogram *histogram, bool exact, struct buffer *out)
{
	if (exact)
		format_integer(histogram->n, false, out);
	else
		format_count((double)histogram->n, out);
}

void figure_format(const struct skbscope_column *figure, const uint8_t *data, bool exact,
		   struct buffer *out)
{
	const struct histogram histogram = histogram_of(figure, data);

	if (figure->figure == SKBSCOPE_FIGURE_N)
		format_n(&histogram, exact, out);
	else
		format_percentile(&histogram, figures[index_of(figure->figure)].percent, exact,
				  out);
}

void histogram_format_all(const struct skbscope_type *type, const uint8_t *data, bool exact,
			  struct buffer *out)
{
	const struct histogram histogram = histogram_read(type, data);

	buffer_string(out, "n=");
	format_n(&histogram, exact, out);
	for (size_t i = 1; histogram.n && i < HISTOGRAM_FIGURES; i++) {
		buffer_printf(out, " %s", figures[i].name);
		format_percentile(&histogram, figures[i].percent, exact, out);
	}
}

const struct skbscope_column *shown_next(const struct skbscope_schema *schema,
					 struct shown_columns *at)
{
	const struct skbscope_column *column;

	while (!at->left && at->column < schema->column_count) {
		const bool skipped = at->brief && schema->columns[at->column].is_detail;

		column = &schema->columns[at->column++];
		if (column_is_histogram(column) && skipped)
			at->figure += HISTOGRAM_FIGURES;
		else if (column_is_histogram(column))
			at->left = HISTOGRAM_FIGURES;
		else if (!skipped)
			return column;
	}
	if (!at->left || at->figure == schema->figure_count)
		return NULL;
	at->left--;
	return &schema->figures[at->figure++];
}

static const struct skbscope_column *find(const struct skbscope_column *columns, size_t count,
					  const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

const struct skbscope_column *shown_find(const struct skbscope_schema *schema, const char *name)
{
	const struct skbscope_column *column = find(schema->columns, schema->column_count, name);

	return column ? column : find(schema->figures, schema->figure_count, name);
}
