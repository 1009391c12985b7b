/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two versions of a program counted differently on the same packets: two
 * snapshots compared table by table and row by row. Tables and columns go by
 * name, so the versions need not have the same ones.
 *
 * The structs are read-only to callers, are made only by the library, and may
 * grow at their ends: never copy or embed them by value.
 */
#ifndef SKBSCOPE_DIFFERENCE_H
#define SKBSCOPE_DIFFERENCE_H

#include <skbscope/render.h>
#include <skbscope/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKBSCOPE_NO_ROW SIZE_MAX

/* A column that both tables have. */
struct skbscope_column_pair {
	const struct skbscope_column *first, *second;
	bool is_number;   /* both are an amount: there is a difference to show */
	size_t differing; /* rows of both tables in which it differs */
};

struct skbscope_row_difference {
	size_t first, second; /* the row in each table; SKBSCOPE_NO_ROW: there is none */
	double size;          /* how much the first counter differs; the order of rows */
};

struct skbscope_table_difference {
	const char *table;
	const struct skbscope_table *first, *second; /* NULL: only the other has it */
	/* Why rows were not compared; NULL if they were. Tables without rows and
	 * tables with other keys cannot be. */
	const char *not_compared;
	const struct skbscope_column_pair *keys, *values;
	size_t key_count, value_count;
	/* Columns of values that only one has, or that cannot be compared. */
	const char *const *only_first, *const *only_second;
	size_t only_first_count, only_second_count;
	size_t same_rows, differing_rows, first_rows, second_rows; /* the latter: only there */
	const struct skbscope_row_difference *rows;                /* all but the same */
	size_t row_count;
};

struct skbscope_verdict_difference {
	const char *function;
	int32_t verdict;
	uint64_t first, second; /* packets */
};

struct skbscope_difference {
	const struct skbscope_snapshot *first, *second; /* borrowed */
	const struct skbscope_table_difference
		*tables; /* the first's, then those only in the second */
	size_t table_count;
	const struct skbscope_verdict_difference *verdicts; /* only those that differ */
	size_t verdict_count;
	/* No row, no verdict and no table is different. Columns that only one has do not
	 * count: a new column is why one edits. */
	bool same;
};

/* Both snapshots must outlive the difference. *out is written only on success. */
SKBSCOPE_API int skbscope_difference_new(const struct skbscope_snapshot *first,
					 const struct skbscope_snapshot *second,
					 struct skbscope_difference **out,
					 struct skbscope_error *error);
SKBSCOPE_API void skbscope_difference_free(struct skbscope_difference *difference);

/* As the renderers of snapshots; the first is called "old", the second "new".
 * options->top cuts the rows of each table, options->sort is refused: the largest
 * differences come first. */
typedef int skbscope_difference_renderer(const struct skbscope_difference *difference,
					 const struct skbscope_render_options *options,
					 FILE *stream, struct skbscope_error *error);

SKBSCOPE_API skbscope_difference_renderer skbscope_render_difference_table;
SKBSCOPE_API skbscope_difference_renderer skbscope_render_difference_json;
SKBSCOPE_API skbscope_difference_renderer skbscope_render_difference_csv;

#ifdef __cplusplus
}
#endif

#endif
