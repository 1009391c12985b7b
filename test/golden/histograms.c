/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that have histograms, as people and scripts see them. */
#include <skbscope/render.h>

#include "golden.h"
#include "harness.h"
#include "unit/render/scene.h"

struct value {
	uint64_t answers, response[8], size[5];
};

static void make(struct scene *scene)
{
	static const uint32_t keys[3] = { 0x010200c0, 0x020200c0, 0x030200c0 };
	static const struct value values[3] = {
		{ 23, { [3] = 11, [5] = 10, [6] = 2 }, { [1] = 22, [4] = 1 } },
		{ 46, { [7] = 46 }, { 0 } },
		{ 0 },
	};
	struct table_rows rows = rows_of(3, keys, values, sizeof(*values), 1, true);
	int response, size, value;

	scene_btf(scene);
	response = btf__add_typedef(scene->btf, "ns_bucket_t", scene->basics.u64);
	response = btf__add_array(scene->btf, scene->basics.u32, response, 8);
	size = btf__add_typedef(scene->btf, "bytes_bucket_t", scene->basics.u64);
	size = btf__add_array(scene->btf, scene->basics.u32, size, 5);
	value = btf__add_struct(scene->btf, "value", sizeof(struct value));
	btf__add_field(scene->btf, "answers", scene->basics.u64, 0, 0);
	btf__add_field(scene->btf, "response", response, 64, 0);
	btf__add_field(scene->btf, "size", size, 64 + 8 * 64, 0);
	scene_read(scene, BPF_MAP_TYPE_HASH, 4, scene->basics.be32, sizeof(struct value), value,
		   &rows);
	scene->snapshot->public.program = "histograms";
}

static void compare(const char *name, skbscope_renderer *renderer,
		    const struct skbscope_render_options *options)
{
	struct scene scene;
	char *actual;

	make(&scene);
	actual = scene_render(&scene, renderer, options);
	golden_check(name, actual);
	free(actual);
	scene_clear(&scene);
}

TEST(figures_stand_in_the_row)
{
	compare("histograms", skbscope_render_table, NULL);
	compare("histograms.json", skbscope_render_json, NULL);
}

TEST(rows_go_by_a_percentile)
{
	struct skbscope_render_options options = { .size = sizeof(options),
						   .sort = "t.response.p99",
						   .exact = true };

	compare("histograms-sorted", skbscope_render_table, &options);
}

TEST(bars_show_the_buckets)
{
	struct skbscope_render_options options = { .size = sizeof(options),
						   .bars = true,
						   .width = 60 };

	compare("histograms-bars", skbscope_render_table, &options);
}
