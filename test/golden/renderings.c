/* SPDX-License-Identifier: Apache-2.0 */
/* Whole renderings of made-up readings. */
#include <skbscope/render.h>

#include "golden.h"
#include "harness.h"
#include "render/openmetrics.h"
#include "scene.h"

static void compare(const char *name, skbscope_renderer *renderer, const struct snapshot *snapshot,
		    const struct skbscope_render_options *options)
{
	struct skbscope_error error = { 0 };
	char *actual = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&actual, &length);

	setenv("TZ", "UTC", 1);
	CHECK_NUMBER(renderer(&snapshot->public, options, stream, &error), 0);
	fclose(stream);
	golden_check(name, actual);
	free(actual);
}

TEST(the_first_reading_has_no_rates)
{
	struct scene scene;

	scene_make(&scene);
	compare("first", skbscope_render_table, scene.first, NULL);
	compare("first.json", skbscope_render_json, scene.first, NULL);
	scene_clear(&scene);
}

TEST(the_second_reading_has_rates)
{
	struct scene scene;

	scene_make(&scene);
	compare("second", skbscope_render_table, scene.second, NULL);
	compare("second.json", skbscope_render_json, scene.second, NULL);
	scene_clear(&scene);
}

TEST(exact_shows_every_digit)
{
	struct skbscope_render_options options = { .size = sizeof(options), .exact = true };
	struct scene scene;

	scene_make(&scene);
	compare("exact", skbscope_render_table, scene.second, &options);
	scene_clear(&scene);
}

TEST(rows_of_hidden_tables_are_for_who_asks)
{
	struct skbscope_render_options options = { .size = sizeof(options), .hidden = true };
	struct scene scene;

	scene_make(&scene);
	compare("second.json", skbscope_render_json, scene.second, &options);
	for (size_t i = 0; i < 2; i++) /* flows and sizes */
		((struct skbscope_schema *)schema_set_get(scene.set, i))->hidden = true;
	compare("hidden", skbscope_render_table, scene.second, &options);
	compare("hidden.json", skbscope_render_json, scene.second, NULL);
	scene_clear(&scene);
}

TEST(every_cpu_gets_a_column)
{
	struct skbscope_render_options options = { .size = sizeof(options), .per_cpu = true };
	struct scene scene;

	scene_make(&scene);
	compare("per_cpu", skbscope_render_table, scene.second, &options);
	compare("per_cpu.json", skbscope_render_json, scene.second, &options);
	scene_clear(&scene);
}

TEST(top_says_what_it_leaves_out)
{
	struct skbscope_render_options options = { .size = sizeof(options),
						   .top = 1,
						   .sort = "flows.sport" };
	struct scene scene;

	scene_make(&scene);
	compare("top", skbscope_render_table, scene.second, &options);
	scene_clear(&scene);
}

TEST(colour_is_for_what_needs_attention)
{
	struct skbscope_render_options options = { .size = sizeof(options), .colour = true };
	struct scene scene;

	scene_make(&scene);
	scene.second->public.enforced = true;
	compare("colour", skbscope_render_table, scene.second, &options);
	scene_clear(&scene);
}

TEST(a_narrow_terminal_cuts_text_but_no_numbers)
{
	struct skbscope_render_options options = { .size = sizeof(options), .width = 50 };
	struct scene scene;

	scene_make(&scene);
	compare("narrow", skbscope_render_table, scene.second, &options);
	scene_clear(&scene);
}

TEST(a_wide_terminal_is_not_filled_for_its_own_sake)
{
	struct skbscope_render_options options = { .size = sizeof(options), .width = 300 };
	struct scene scene;

	scene_make(&scene);
	compare("second", skbscope_render_table, scene.second, &options);
	scene_clear(&scene);
}

/* promtool and a parser of OpenMetrics read these two in test/golden/openmetrics.sh. */
TEST(metrics_are_text_for_node_exporter_and_openmetrics)
{
	struct skbscope_render_options options = { .size = sizeof(options), .series = 10 };
	AUTO(series_freep) struct series *series = NULL;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_error error;
	struct scene scene;

	scene_make(&scene);
	compare("openmetrics", skbscope_render_openmetrics, scene.second, NULL);
	compare("openmetrics-few", skbscope_render_openmetrics, scene.second, &options);
	CHECK_NUMBER(series_open(0, &series), 0);
	CHECK_NUMBER(series_take(series, &scene.second->public, &error), 0);
	openmetrics_write(series, OPENMETRICS_TEXT, &text);
	golden_check("metrics", buffer_text(&text));
	scene_clear(&scene);
}

TEST(csv_is_one_table_with_exact_numbers)
{
	struct skbscope_render_options options = { .size = sizeof(options), .table = "flows" };
	struct scene scene;

	scene_make(&scene);
	compare("flows.csv", skbscope_render_csv, scene.second, &options);
	options.table = "per_cpu";
	options.per_cpu = true;
	compare("per_cpu.csv", skbscope_render_csv, scene.second, &options);
	scene_clear(&scene);
}

TEST(pretty_json_is_the_same_with_a_line_for_each_value)
{
	struct skbscope_render_options options = { .size = sizeof(options), .pretty = true };
	struct scene scene;

	scene_make(&scene);
	compare("pretty.json", skbscope_render_json, scene.second, &options);
	scene_clear(&scene);
}
