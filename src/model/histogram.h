/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms that are a member of a value: an array whose elements are buckets
 * (ns_bucket_t response[36]). Bucket n counts what has its highest bit at n: 0, 1, 2 to 3,
 * 4 to 7, and so on; the last one also all that is larger. What is told of one, its number
 * and its percentiles, are columns without bytes of their own.
 */
#ifndef MODEL_HISTOGRAM_H
#define MODEL_HISTOGRAM_H

#include <skbscope/snapshot.h>

#include "base/arena.h"
#include "base/buffer.h"

#define HISTOGRAM_BUCKETS 65u /* a u64 has no more */
#define HISTOGRAM_FIGURES 4u  /* n, p50, p90, p99 */

struct histogram {
	const struct skbscope_type *type;
	uint64_t counts[HISTOGRAM_BUCKETS];
	size_t count; /* buckets */
	uint64_t n;   /* all of them together */
};

bool display_is_bucket(enum skbscope_display display);
bool type_is_histogram(const struct skbscope_type *type);
static inline bool column_is_histogram(const struct skbscope_column *column)
{
	return !column->is_key && !column->figure && type_is_histogram(column->type);
}

/* Of a type that is one. */
struct histogram histogram_read(const struct skbscope_type *type, const uint8_t *data);
/* The least and the largest that a bucket counts; UINT64_MAX where it has no bound. */
uint64_t histogram_low(size_t bucket);
uint64_t histogram_high(const struct skbscope_type *type, size_t bucket);
/* Amounts of its unit. */
void histogram_format(const struct skbscope_type *type, uint64_t amount, bool exact,
		      struct buffer *out);

/* One of HISTOGRAM_FIGURES, as figure_read(); false: no number says it. */
const char *histogram_figure_name(size_t figure);
bool histogram_figure(const struct histogram *histogram, size_t figure, uint64_t *number);

/* The figures of each histogram among the columns, side by side and in the columns' order.
 * COUNTERS is how many the columns have. Returns how many there are. */
size_t figures_make(const struct skbscope_column *columns, size_t count, uint32_t counters,
		    struct arena *arena, const struct skbscope_column **out);
/* A percentile is the largest that its bucket counts: UINT64_MAX if that has no bound, and 0
 * where there is none. */
uint64_t figure_read(const struct skbscope_column *figure, const uint8_t *data);
/* "<4.2 ms", ">=17.2 s", "-". */
void figure_format(const struct skbscope_column *figure, const uint8_t *data, bool exact,
		   struct buffer *out);
/* All of them: "n=23 p50<2.1 ms p90<4.2 ms p99<8.4 ms". */
void histogram_format_all(const struct skbscope_type *type, const uint8_t *data, bool exact,
			  struct buffer *out);

/* The columns as people see them: in a histogram's place its figures. Start with zeros, or with
 * those that are no details alone; NULL after the last. */
struct shown_columns {
	size_t column, figure, left;
	bool brief;
};
#define SHOWN_BRIEF                                                                                \
	{                                                                                          \
		.brief = true                                                                      \
	}
const struct skbscope_column *shown_next(const struct skbscope_schema *schema,
					 struct shown_columns *at);
/* A column or a figure of that name; NULL: there is none. */
const struct skbscope_column *shown_find(const struct skbscope_schema *schema, const char *name);

#endif
