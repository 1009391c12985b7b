/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renderers: a snapshot in, bytes out. A renderer knows nothing of the kernel,
 * and nothing else asks which one is on.
 */
#ifndef SKBSCOPE_RENDER_H
#define SKBSCOPE_RENDER_H

#include <stdio.h>

#include <skbscope/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skbscope_render_options {
	size_t size; /* sizeof this struct */
	bool exact;  /* every digit instead of human units */
	bool colour;
	bool per_cpu;      /* a column a CPU, where the snapshot has them */
	uint32_t top;      /* rows a table; 0: all */
	uint32_t width;    /* columns of the terminal; 0: unlimited */
	const char *sort;  /* "TABLE.COLUMN" or "COLUMN"; NULL: as the schema says; borrowed */
	bool bars;         /* below a table the buckets of the histograms in its rows */
	bool hidden;       /* JSON: the rows of tables that are tagged @hide, too */
	bool pretty;       /* JSON with a line for each value */
	const char *table; /* of CSV the table, where there are several; NULL: there is one */
	uint64_t series;   /* of OpenMetrics, the most of one table; 0: 1000 */
};

/* Writes one reading and returns 0, or a negative errno if the stream failed or
 * options ask for a column that no table has. options may be NULL. */
typedef int skbscope_renderer(const struct skbscope_snapshot *snapshot,
			      const struct skbscope_render_options *options, FILE *stream,
			      struct skbscope_error *error);

SKBSCOPE_API skbscope_renderer skbscope_render_table; /* aligned text for people */
SKBSCOPE_API skbscope_renderer skbscope_render_json;  /* one JSON object and a newline */
/* Comma-separated values: one table. */
SKBSCOPE_API skbscope_renderer skbscope_render_csv;
/* One exposition in OpenMetrics 1.0. */
SKBSCOPE_API skbscope_renderer skbscope_render_openmetrics;

#ifdef __cplusplus
}
#endif

#endif
