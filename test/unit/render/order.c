/* SPDX-License-Identifier: Apache-2.0 */
/* render/order: which rows, in which order. */
#include "render/order.h"
#include "render/common.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"
#include "model/record.h"
#include "model/value.h"
#include "render/sort.h"
#include "scene.h"

static void check_order(const struct scene *scene, const struct skbscope_render_options *options,
			bool skip_zeros, const uint32_t *expected, size_t count)
{
	struct order order;

	REQUIRE(order_rows(&scene->snapshot->public.tables[0], options, skip_zeros, &order, NULL) ==
		0);
	CHECK_NUMBER(order.count, count);
	for (size_t i = 0; i < count && i < order.count; i++)
		CHECK_NUMBER(order.rows[i], expected[i]);
	order_clear(&order);
}

static const uint32_t keys[5] = { 30, 10, 50, 20, 40 };
static const uint64_t values[5] = { 7, 0, 23, 7, 1 };
static void make(struct scene *scene)
{
	struct table_rows five = rows_of(5, keys, values, 8, 1, true);

	scene_btf(scene);
	scene_read(scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &five);
}

TEST(the_largest_count_comes_first_and_ties_go_by_key)
{
	struct skbscope_render_options options = { .size = sizeof(options) };
	struct scene scene;

	make(&scene);
	check_order(&scene, &options, false, (uint32_t[]){ 2, 3, 0, 4, 1 }, 5);
	scene_clear(&scene);
}

TEST(many_keyssort_from_the_smallest)
{
	struct skbscope_render_options options = { .size = sizeof(options), .sort = "key" };
	struct scene scene;

	make(&scene);
	check_order(&scene, &options, false, (uint32_t[]){ 1, 3, 0, 4, 2 }, 5);
	options.sort = "t.key";
	check_order(&scene, &options, false, (uint32_t[]){ 1, 3, 0, 4, 2 }, 5);
	scene_clear(&scene);
}

TEST(top_is_the_start_of_the_whole_order)
{
	struct skbscope_render_options options = { .size = sizeof(options) };
	static const uint32_t whole[5] = { 2, 3, 0, 4, 1 };
	struct scene scene;

	make(&scene);
	for (uint32_t top = 1; top <= 5; top++) {
		options.top = top;
		check_order(&scene, &options, false, whole, top);
	}
	options.top = 99;
	check_order(&scene, &options, false, whole, 5);
	scene_clear(&scene);
}

TEST(top_of_many_is_the_start_of_the_whole_order)
{
	enum { ROWS = 5003, TOP = 23 };
	static uint32_t many_keys[ROWS];
	static uint64_t many_values[ROWS];
	struct table_rows rows = rows_of(ROWS, many_keys, many_values, 8, 1, true);
	struct skbscope_render_options options = { .size = sizeof(options) };
	const struct skbscope_table *table;
	struct order whole, top;
	struct scene scene;
	uint32_t random = 23;

	for (uint32_t i = 0; i < ROWS; i++) {
		random = random * 1664525 + 1013904223;
		many_keys[i] = i;
		many_values[i] = random >> 22; /* few values, so there are ties */
	}
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &rows);
	table = &scene.snapshot->public.tables[0];
	REQUIRE(order_rows(table, &options, false, &whole, NULL) == 0);
	options.top = TOP;
	REQUIRE(order_rows(table, &options, false, &top, NULL) == 0);
	CHECK_NUMBER(top.count, TOP);
	CHECK_NUMBER(top.rest, ROWS - TOP);
	CHECK(memcmp(top.rows, whole.rows, TOP * sizeof(*top.rows)) == 0);
	order_clear(&whole);
	order_clear(&top);
	scene_clear(&scene);
}

/* Whether each row stands before the next by all that is promised. */
static void check_sorted(int value_id, struct scene *scene, size_t size, size_t count,
			 const uint32_t *row_keys, const void *row_values)
{
	struct table_rows rows = rows_of(count, row_keys, row_values, size, 1, true);
	struct skbscope_render_options options = { .size = sizeof(options), .sort = "value" };
	const struct skbscope_column *columns;
	const struct skbscope_table *table;
	AUTO(order_clear) struct order order = { 0 };

	scene_read(scene, BPF_MAP_TYPE_HASH, 4, 0, (uint32_t)size, value_id, &rows);
	table = &scene->snapshot->public.tables[0];
	columns = table->schema->columns;
	REQUIRE(order_rows(table, &options, false, &order, NULL) == 0);
	REQUIRE(order.count == count);
	for (size_t i = 1; i < count; i++) {
		uint32_t a = order.rows[i - 1], b = order.rows[i];
		int r = value_compare(&columns[1], cell_data(table, b, &columns[1]),
				      cell_data(table, a, &columns[1]));

		if (r == 0)
			r = value_compare(&columns[0], cell_data(table, a, &columns[0]),
					  cell_data(table, b, &columns[0]));
		REQUIRE(r < 0);
	}
	scene_clear(scene);
}

TEST(many_rows_sort_by_value_and_then_by_key)
{
	enum { ROWS = 6007, BYTES = 16 };
	static uint32_t many_keys[ROWS];
	static uint8_t many_values[ROWS * BYTES];
	struct scene scene;
	uint32_t random = 23;

	for (uint32_t i = 0; i < ROWS; i++)
		many_keys[i] = i * 2654435761u; /* each once, in no order */
	for (size_t i = 0; i < sizeof(many_values); i++) {
		random = random * 1664525 + 1013904223;
		many_values[i] = (uint8_t)(random >> 31) * 0xff; /* of one byte, two values */
	}
	scene_btf(&scene);
	check_sorted(scene.basics.u8, &scene, 1, ROWS, many_keys, many_values);
	scene_btf(&scene);
	check_sorted(scene.basics.be16, &scene, 2, ROWS, many_keys, many_values);
	scene_btf(&scene);
	check_sorted(scene.basics.s32, &scene, 4, ROWS, many_keys, many_values);
	scene_btf(&scene);
	check_sorted(scene.basics.u64, &scene, 8, ROWS, many_keys, many_values);
	scene_btf(&scene);
	check_sorted(btf__add_float(scene.btf, "double", 8), &scene, 8, ROWS, many_keys,
		     many_values);
	scene_btf(&scene);
	check_sorted(scene.basics.u128, &scene, 16, ROWS, many_keys, many_values);
	scene_btf(&scene);
	check_sorted(btf__add_array(scene.btf, scene.basics.u32, scene.basics.character, 4), &scene,
		     4, ROWS, many_keys, many_values);
}

/* Few rows are compared, many ranked. */
TEST(rows_sort_by_rate_and_in_reverse)
{
	enum { ROWS = 600 };
	static uint32_t many_keys[ROWS], rows[ROWS];
	static uint64_t many_values[ROWS];
	static double rates[ROWS];
	struct scene scene;

	for (uint32_t i = 0; i < ROWS; i++) {
		many_keys[i] = i;
		rates[i] = i % 7 ? (double)(i % 50) : (double)NAN;
	}
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0,
		   &(struct table_rows[]){ rows_of(ROWS, many_keys, many_values, 8, 1, true) }[0]);
	for (size_t count = 5; count <= ROWS; count += ROWS - 5)
		for (int reverse = 0; reverse < 2; reverse++) {
			struct skbscope_table table = scene.snapshot->public.tables[0];
			struct sorting sorting = { .table = &table,
						   .column = order_column(table.schema, NULL),
						   .by_rate = true,
						   .reverse = reverse };

			table.rates = rates;
			for (uint32_t i = 0; i < count; i++)
				rows[i] = i;
			CHECK_NUMBER(sort_rows(&sorting, rows, count), 0);
			for (size_t i = 1; i < count; i++) {
				double a = rates[rows[i - 1]], b = rates[rows[i]];

				a = isnan(a) ? -1 : a;
				b = isnan(b) ? -1 : b;
				CHECK(reverse ? a <= b : a >= b);
				CHECK(!(a < b || a > b) ? rows[i - 1] < rows[i] : true);
			}
		}
	scene_clear(&scene);
}

TEST(rows_of_zeros_can_be_left_out)
{
	struct skbscope_render_options options = { .size = sizeof(options) };
	struct scene scene;

	make(&scene);
	check_order(&scene, &options, true, (uint32_t[]){ 2, 3, 0, 4 }, 4);
	scene_clear(&scene);
}

TEST(an_unknown_column_is_named_with_its_neighbour)
{
	struct skbscope_render_options options = { .size = sizeof(options), .sort = "vlaue" };
	struct skbscope_error error = { 0 };
	struct scene scene;

	make(&scene);
	CHECK_NUMBER(skbscope_render_table(&scene.snapshot->public, &options, stdout, &error),
		     -ENOENT);
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_RENDER);
	CHECK_CONTAINS(error.message, "'vlaue'");
	CHECK_CONTAINS(error.hint, "'value'");
	CHECK_CONTAINS(error.hint, "t: key value");
	options.sort = "t.nothing_like_it";
	CHECK_NUMBER(skbscope_render_json(&scene.snapshot->public, &options, stdout, &error),
		     -ENOENT);
	CHECK_CONTAINS(error.hint, "t: key value");
	scene_clear(&scene);
}

TEST(an_older_caller_s_options_are_completed)
{
	struct skbscope_render_options full, options = {
		.size = offsetof(struct skbscope_render_options, top), .exact = true, .top = 1
	};

	CHECK_NUMBER(render_options_take(&options, &full, NULL), 0);
	CHECK(full.exact);
	CHECK_NUMBER(full.top, 0);
	CHECK_NUMBER(render_options_take(NULL, &full, NULL), 0);
	CHECK(!full.exact);
}

TEST(what_a_newer_caller_set_is_refused)
{
	struct {
		struct skbscope_render_options known;
		uint64_t later;
	} options = { .known = { .size = sizeof(options) }, .later = 0 };
	struct skbscope_render_options full;

	CHECK_NUMBER(render_options_take(&options.known, &full, NULL), 0);
	options.later = 1;
	CHECK_NUMBER(render_options_take(&options.known, &full, NULL), -E2BIG);
	options.known.size = 0;
	CHECK_NUMBER(render_options_take(&options.known, &full, NULL), -EINVAL);
}
