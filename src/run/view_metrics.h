/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of metrics, in the text format that node_exporter's textfile collector reads. Each
 * reading takes the place of the one before as a whole; the last one stays.
 */
#ifndef RUN_VIEW_METRICS_H
#define RUN_VIEW_METRICS_H

#include "run/view.h"

/* At most so many series a table; 0: the default. */
int view_metrics_open(const char *path, uint64_t series, struct view **out,
		      struct skbscope_error *error);

#endif
