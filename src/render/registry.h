/* SPDX-License-Identifier: Apache-2.0 */
/* The formats by name: the one place that knows which there are. */
#ifndef RENDER_REGISTRY_H
#define RENDER_REGISTRY_H

#include <skbscope/difference.h>
#include <skbscope/render.h>

#include "render/event_lines.h"

struct render_format {
	const char *name;
	bool for_people; /* on a terminal in colour, and redrawn in place */
	bool pretty;     /* JSON, a line for each value */
	bool one_table;  /* and no other, under one head however many readings there are */
	bool only_last;  /* of the readings of a run one is written, at its end */
	skbscope_renderer *snapshot;
	/* NULL: it has none. */
	skbscope_difference_renderer *difference;
	const struct event_format *events;
};

const struct render_format *render_format_find(const char *name); /* NULL: there is none */
const struct render_format *render_format_at(size_t place);       /* of its name */

/* For options, help and completion: the default first, NULL last. The second are the first of
 * them, that know differences and what else a command may answer. */
extern const char *const render_format_names[];
extern const char *const render_answer_format_names[];
/* And behind those one each that is no format of readings. */
extern const char *const render_check_format_names[];
bool render_is_sarif(size_t place); /* of the name among those of check */
extern const char *const render_test_format_names[];
bool render_is_tap(size_t place); /* of the name among those of test */

#endif
