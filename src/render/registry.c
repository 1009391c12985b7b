/* SPDX-License-Identifier: Apache-2.0 */
/* The formats, a row each. */
#include "render/registry.h"

#include <string.h>

#include "render/common.h"

static int render_pretty(const struct skbscope_snapshot *snapshot,
			 const struct skbscope_render_options *options, FILE *stream,
			 struct skbscope_error *error)
{
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	full.pretty = true;
	return r < 0 ? r : skbscope_render_json(snapshot, &full, stream, error);
}

static int render_pretty_difference(const struct skbscope_difference *difference,
				    const struct skbscope_render_options *options, FILE *stream,
				    struct skbscope_error *error)
{
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	full.pretty = true;
	return r < 0 ? r : skbscope_render_difference_json(difference, &full, stream, error);
}

/* Those of an answer first: it has no metrics. */
#define ANSWER_FORMATS(ROW)                                                                        \
	ROW("table", .for_people = true, .snapshot = skbscope_render_table,                        \
	    .difference = skbscope_render_difference_table, .events = &event_format_table)         \
	ROW("json", .snapshot = skbscope_render_json,                                              \
	    .difference = skbscope_render_difference_json, .events = &event_format_json)           \
	ROW("pretty", .pretty = true, .snapshot = render_pretty,                                   \
	    .difference = render_pretty_difference, .events = &event_format_json)                  \
	ROW("csv", .one_table = true, .snapshot = skbscope_render_csv,                             \
	    .difference = skbscope_render_difference_csv, .events = &event_format_csv)
#define FORMATS(ROW)                                                                               \
	ANSWER_FORMATS(ROW)                                                                        \
	ROW("openmetrics", .snapshot = skbscope_render_openmetrics, .only_last = true)

#define AS_FORMAT(format, ...) { .name = format, __VA_ARGS__ },
#define AS_NAME(name, ...) name,

static const struct render_format formats[] = { FORMATS(AS_FORMAT) };
const char *const render_format_names[] = { FORMATS(AS_NAME) NULL };
const char *const render_answer_format_names[] = { ANSWER_FORMATS(AS_NAME) NULL };
const char *const render_check_format_names[] = { ANSWER_FORMATS(AS_NAME) "sarif", NULL };
const char *const render_test_format_names[] = { ANSWER_FORMATS(AS_NAME) "tap", NULL };

bool render_is_tap(size_t place)
{
	return strcmp(render_test_format_names[place], "tap") == 0;
}

bool render_is_sarif(size_t place)
{
	return strcmp(render_check_format_names[place], "sarif") == 0;
}

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
