/* SPDX-License-Identifier: Apache-2.0 */
/* The formats, a row each. */
#include "render/registry.h"

#include <string.h>

/* Those of an answer first: it has no metrics. */
#define ANSWER_FORMATS(ROW)                                                                        \
	ROW("table", .for_people = true, .snapshot = skbscope_render_table,                        \
	    .difference = skbscope_render_difference_table, .events = &event_format_table)         \
	ROW("json", .snapshot = skbscope_render_json,                                              \
	    .difference = skbscope_render_difference_json, .events = &event_format_json)
#define FORMATS(ROW)                                                                               \
	ANSWER_FORMATS(ROW)                                                                        \
	ROW("openmetrics", .snapshot = skbscope_render_openmetrics, .only_last = true)

#define AS_FORMAT(format, ...) { .name = format, __VA_ARGS__ },
#define AS_NAME(name, ...) name,

static const struct render_format formats[] = { FORMATS(AS_FORMAT) };
const char *const render_format_names[] = { FORMATS(AS_NAME) NULL };
const char *const render_answer_format_names[] = { ANSWER_FORMATS(AS_NAME) NULL };

const struct render_format *render_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const struct render_format *render_format_at(size_t place)
{
	return &formats[place];
}
