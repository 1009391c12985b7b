/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings as Prometheus reads them, in its text format 0.0.4 (which node_exporter's textfile
 * collector takes as well) and in OpenMetrics 1.0.
 *
 *	struct series *series;                       the view's, as long as the view lives
 *	series_open(most, &series);
 *	each reading:  series_take(series, snapshot, &error);
 *	then, any number of times and in either form:
 *	               openmetrics_write(series, OPENMETRICS_1, &buffer);
 *	series_freep(&series);
 *
 * What is exposed outlives a reading, because counters must not fall: a row that once had series
 * of its own has them until the end, those that came too late are in the series whose labels
 * are all "other" for good, and what vanished from a table stays in that sum.
 */
#ifndef RENDER_OPENMETRICS_H
#define RENDER_OPENMETRICS_H

#include <skbscope/snapshot.h>

#include "base/buffer.h"

#define SERIES_MOST 1000u /* of a table, unless something else is asked for */

struct series;

enum openmetrics_form { OPENMETRICS_TEXT, OPENMETRICS_1, OPENMETRICS_FORMS };
extern const char *const openmetrics_content_types[OPENMETRICS_FORMS];

/* With room for so many series a table (0: SERIES_MOST), but at least for one row. 0 or -ENOMEM. */
int series_open(uint64_t most, struct series **out);
void series_freep(struct series **series); /* for AUTO() too */

/* Takes a reading in; nothing is borrowed. To be called for each, also where it is not
 * written: the sum of the others counts what was added from one to the next. 0 or -ENOMEM. */
int series_take(struct series *series, const struct skbscope_snapshot *snapshot,
		struct skbscope_error *error);

/* Appends one exposition of the latest reading; out->failed where there was no memory. Before
 * the first reading it has no metrics. */
void openmetrics_write(const struct series *series, enum openmetrics_form form, struct buffer *out);

#endif
