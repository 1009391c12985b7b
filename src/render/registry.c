/* SPDX-License-Identifier: Apache-2.0 */
/* The formats, a row each. */
#include "render/registry.h"

#include <string.h>

#define FORMATS(ROW)                                                                               \
	ROW("table", true, skbscope_render_table, skbscope_render_difference_table,                \
	    &event_format_table)                                                                   \
	ROW("json", false, skbscope_render_json, skbscope_render_difference_json,                  \
	    &event_format_json)

#define AS_FORMAT(...) { __VA_ARGS__ },
#define AS_NAME(name, ...) name,

static const struct render_format formats[] = { FORMATS(AS_FORMAT) };
const char *const render_format_names[] = { FORMATS(AS_NAME) NULL };

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
