/* SPDX-License-Identifier: Apache-2.0 */
/* All that is exposed: of each table, and of the session. */
#ifndef RENDER_SERIES_SET_H
#define RENDER_SERIES_SET_H

#include "render/series.h"

/* Metrics that are none of a table's columns; the program is a label of theirs. */
enum metric_other {
	METRIC_READING,
	METRIC_ENFORCED,
	METRIC_ATTACHED,
	METRIC_VERDICTS,
	METRIC_EVENTS,
	METRIC_ROWS,
	METRIC_ROOM,
	METRIC_FOLDED,
	METRIC_LOST,
	METRIC_UNKNOWN,
	METRIC_OTHERS,
};

const struct metric_head *metric_other(enum metric_other which);

struct sample {
	enum metric_other which;
	const char *labels;
	struct metric_number number;
};

struct series {
	uint64_t most;
	struct arena *arena; /* of the latest reading: names and labels */
	struct series_table **tables;
	size_t count;
	struct sample *samples;
	size_t sample_count;
};

#endif
