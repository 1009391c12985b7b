/* SPDX-License-Identifier: Apache-2.0 */
/* render/difference: what golden files cannot show well. */
#include <errno.h>
#include <json-c/json.h>
#include <skbscope/difference.h>

#include "../model/declare.h"
#include "harness.h"

struct scene {
	struct declared declared;
	struct snapshot *old, *new;
	struct skbscope_difference *difference;
};

static struct snapshot *reading(struct scene *scene, size_t count, const void *keys,
				const void *values)
{
	struct table_rows rows =
		rows_of(count, keys, values, scene->declared.maps[0].value_size, 1, true);
	struct snapshot *snapshot = NULL;

	CHECK_NUMBER(snapshot_by_hand(scene->declared.set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	return snapshot;
}

static void scene_compare(struct scene *scene, size_t old_count, const void *old_keys,
			  const void *old, size_t new_count, const void *new_keys, const void *new)
{
	scene->old = reading(scene, old_count, old_keys, old);
	scene->new = reading(scene, new_count, new_keys, new);
	scene->difference = NULL;
	CHECK_NUMBER(skbscope_difference_new(&scene->old->public, &scene->new->public,
					     &scene->difference, NULL),
		     0);
}

static void scene_clear(struct scene *scene)
{
	skbscope_difference_free(scene->difference);
	snapshot_unref(scene->old);
	snapshot_unref(scene->new);
	declare_clear(&scene->declared);
}

static char *render(const struct scene *scene, skbscope_difference_renderer *renderer,
		    const struct skbscope_render_options *options)
{
	struct skbscope_error error = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (renderer(scene->difference, options, stream, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	fclose(stream);
	return text;
}

TEST(no_difference_is_said_plainly)
{
	uint32_t key = 1;
	uint64_t value = 23;
	struct scene scene;
	char *text;

	declare(&scene.declared, BPF_MAP_TYPE_HASH, "u32", "u64");
	scene_compare(&scene, 1, &key, &value, 1, &key, &value);
	text = render(&scene, skbscope_render_difference_table, NULL);
	CHECK_CONTAINS(text, "\nt: no difference in 1 row\n");
	CHECK_CONTAINS(text, "\n\nno difference\n");
	free(text);
	text = render(&scene, skbscope_render_difference_json, NULL);
	CHECK_CONTAINS(text, "\"same\":true");
	free(text);
	scene_clear(&scene);
}

TEST(a_long_difference_is_cut_at_the_largest)
{
	enum { ROWS = 5003 };
	uint32_t *keys = calloc(ROWS, sizeof(*keys));
	uint64_t *old = calloc(ROWS, sizeof(*old)), *new = calloc(ROWS, sizeof(*new));
	struct skbscope_render_options options = { .size = sizeof(options), .top = 2 };
	struct scene scene;
	char *text;

	for (uint32_t i = 0; i < ROWS; i++) {
		keys[i] = i;
		old[i] = 100000;
		new[i] = 100000 - i;
	}
	declare(&scene.declared, BPF_MAP_TYPE_HASH, "u32", "u64");
	scene_compare(&scene, ROWS, keys, old, ROWS, keys, new);
	text = render(&scene, skbscope_render_difference_table, &options);
	CHECK_CONTAINS(text, "t: 5002 rows differ, 1 the same\n"
			     " key  value old  value new  difference\n"
			     "5002       100k      95.0k       -5002\n"
			     "5001       100k      95.0k       -5001\n"
			     "… 5000 more rows\n");
	free(text);
	options.top = 0;
	options.exact = true;
	text = render(&scene, skbscope_render_difference_table, &options);
	CHECK_CONTAINS(text, "\n   1     100000      99999          -1\n");
	free(text);
	scene_clear(&scene);
	free(keys);
	free(old);
	free(new);
}

TEST(columns_that_are_the_same_everywhere_are_left_out)
{
	uint32_t key = 1;
	struct {
		uint64_t packets, bytes;
	} old = { 23, 1500 }, new = { 46, 1500 };
	struct scene scene;
	char *text;

	declare(&scene.declared, BPF_MAP_TYPE_HASH, "u32", "packets u64; bytes u64");
	scene_compare(&scene, 1, &key, &old, 1, &key, &new);
	text = render(&scene, skbscope_render_difference_table, NULL);
	CHECK_CONTAINS(text, "\nkey  packets old  packets new  difference\n"
			     "  1           23           46         +23\n");
	CHECK(!strstr(text, "bytes"));
	free(text);
	scene_clear(&scene);
}

TEST(another_order_is_refused)
{
	struct skbscope_render_options options = { .size = sizeof(options), .sort = "value" };
	struct skbscope_error error = { 0 };
	struct scene scene;
	FILE *stream = fopen("/dev/null", "w");

	declare(&scene.declared, BPF_MAP_TYPE_HASH, "u32", "u64");
	scene_compare(&scene, 0, NULL, NULL, 0, NULL, NULL);
	CHECK_NUMBER(skbscope_render_difference_table(scene.difference, &options, stream, &error),
		     -EINVAL);
	CHECK_CONTAINS(error.message, "differences cannot be sorted by 'value'");
	fclose(stream);
	scene_clear(&scene);
}

TEST(a_full_disk_is_an_error)
{
	struct scene scene;
	struct skbscope_error error = { 0 };
	FILE *stream = fopen("/dev/full", "w");

	declare(&scene.declared, BPF_MAP_TYPE_HASH, "u32", "u64");
	scene_compare(&scene, 0, NULL, NULL, 0, NULL, NULL);
	CHECK_NUMBER(skbscope_render_difference_json(scene.difference, NULL, stream, &error),
		     -ENOSPC);
	fclose(stream);
	scene_clear(&scene);
}

TEST(scripts_get_exact_numbers)
{
	uint32_t keys[2] = { 0x0100000a, 0x0200000a };
	uint64_t old = 9007199254740993, new[2] = { 9007199254740994, 5 };
	struct json_object *json, *table, *rows, *row, *part;
	struct scene scene;
	char *text;

	declare(&scene.declared, BPF_MAP_TYPE_HASH, "saddr __be32", "u64");
	scene_compare(&scene, 1, keys, &old, 2, keys, new);
	text = render(&scene, skbscope_render_difference_json, NULL);
	json = json_tokener_parse(text);
	REQUIRE(json);
	table = json_object_object_get(json_object_object_get(json, "tables"), "t");
	rows = json_object_object_get(table, "rows");
	CHECK_NUMBER(json_object_get_int(json_object_object_get(table, "differing_rows")), 1);
	CHECK_NUMBER(json_object_get_int(json_object_object_get(table, "only_new_rows")), 1);
	REQUIRE(json_object_array_length(rows) == 2);
	row = json_object_array_get_idx(rows, 1);
	part = json_object_object_get(row, "key");
	CHECK_TEXT(json_object_get_string(
			   json_object_object_get(json_object_object_get(part, "text"), "saddr")),
		   "10.0.0.1");
	part = json_object_object_get(row, "old");
	CHECK_NUMBER(json_object_get_int64(json_object_object_get(part, "value")),
		     9007199254740993);
	part = json_object_object_get(row, "difference");
	CHECK_NUMBER(json_object_get_int64(json_object_object_get(part, "value")), 1);
	row = json_object_array_get_idx(rows, 0);
	CHECK(!json_object_object_get(row, "old"));
	part = json_object_object_get(row, "difference");
	CHECK_NUMBER(json_object_get_int64(json_object_object_get(part, "value")), 5);
	json_object_put(json);
	free(text);
	scene_clear(&scene);
}
