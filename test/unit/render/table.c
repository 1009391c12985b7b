/* SPDX-License-Identifier: Apache-2.0 */
/* render/table: what golden files cannot show well. */
#include "harness.h"
#include "scene.h"

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

TEST(a_long_table_is_aligned_from_end_to_end)
{
	enum { ROWS = 10007 };
	uint32_t *keys = calloc(ROWS, sizeof(*keys));
	uint64_t *values = calloc(ROWS, sizeof(*values));
	struct table_rows rows = rows_of(ROWS, keys, values, 8, 1, true);
	struct skbscope_render_options options = { .size = sizeof(options), .exact = true };
	struct scene scene;
	size_t odd = 0;
	char *text;

	for (uint32_t i = 0; i < ROWS; i++) {
		keys[i] = i;
		values[i] = i == ROWS - 1 ? 123456789012 : i; /* the widest is far from the start */
	}
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_LRU_HASH, 4, 0, 8, 0, &rows);
	text = scene_render(&scene, skbscope_render_table, &options);
	CHECK_NUMBER(count_lines(text), ROWS + 4); /* head, blank, title, headings */
	CHECK_CONTAINS(text, "\n  key         value\n");
	for (size_t at = 0, number = 0; text[at]; number++) {
		size_t length = strcspn(text + at, "\n");

		odd += number >= 3 && length != 19;
		at += length + (text[at + length] == '\n');
	}
	CHECK_NUMBER(odd, 0);
	free(text);
	scene_clear(&scene);
	free(keys);
	free(values);
}

TEST(a_long_array_leaves_out_what_nobody_used)
{
	uint32_t keys[64] = { 0 };
	uint64_t values[64] = { [3] = 23, [60] = 1 };
	struct table_rows rows = rows_of(64, keys, values, 8, 1, true);
	struct scene scene;
	char *text;

	for (uint32_t i = 0; i < 64; i++)
		keys[i] = i;
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_ARRAY, 4, 0, 8, 0, &rows);
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "key  value\n  3     23\n 60      1\n(62 rows of zeros not shown)\n");
	free(text);
	scene_clear(&scene);
}

TEST(a_queue_says_why_it_has_no_rows)
{
	struct table_rows rows = { .value_stride = 8, .cpu_count = 1, .complete = false };
	struct scene scene;
	char *text;

	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_QUEUE, 0, 0, 8, 0, &rows);
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "t: queue, reading it would remove its entries\n");
	free(text);
	scene_clear(&scene);
}

TEST(a_histogram_of_log2_t_starts_at_its_exponent)
{
	uint32_t keys[2] = { 0, 4 };
	uint64_t values[2] = { 23, 46 };
	struct table_rows rows = rows_of(2, keys, values, 8, 1, true);
	struct scene scene;
	int log2;
	char *text;

	scene_btf(&scene);
	log2 = btf__add_typedef(scene.btf, "log2_t", scene.basics.u32);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, log2, 8, 0, &rows);
	((struct skbscope_schema *)schema_set_get(scene.set, 0))->histogram = true;
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "\n 0 - 1      23  ********************\n");
	CHECK_CONTAINS(text, "\n16 - 31     46  ****************************************\n");
	free(text);
	scene_clear(&scene);
}

TEST(the_buckets_of_a_linear_histogram_are_themselves)
{
	uint32_t keys[4] = { 100, 5, 0, 8 };
	uint64_t values[4] = { 1, 46, 0, 23 };
	struct table_rows rows = rows_of(4, keys, values, 8, 1, true);
	struct scene scene;
	char *text;

	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_ARRAY, 4, 0, 8, 0, &rows);
	((struct skbscope_schema *)schema_set_get(scene.set, 0))->histogram =
		SKBSCOPE_HISTOGRAM_LINEAR;
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "\nkey  count\n"
			     "  5     46  ****************************************\n"
			     "  6      0\n"
			     "  7      0\n"
			     "  8     23  ********************\n"
			     "…\n"
			     "100      1  *\n");
	free(text);
	scene_clear(&scene);
}

TEST(keys_that_differ_in_padding_are_told)
{
	struct key {
		uint8_t type;
		uint32_t length;
	} keys[2] = { 0 };
	uint64_t values[2] = { 1, 1 };
	struct table_rows rows = rows_of(2, keys, values, 8, 1, true);

	for (unsigned int i = 0; i < 4; i++) {
		const bool dirty = i & 1, is_histogram = i & 2;
		struct scene scene;
		char *text;
		int key;

		memset(keys, 0, sizeof(keys));
		memset((uint8_t *)keys + 1, (int)dirty, 3);
		scene_btf(&scene);
		key = btf__add_struct(scene.btf, "key", 8);
		btf__add_field(scene.btf, "type", scene.basics.u8, 0, 0);
		btf__add_field(scene.btf, "length", scene.basics.u32, 32, 0);
		scene_read(&scene, BPF_MAP_TYPE_HASH, 8, key, 8, 0, &rows);
		((struct skbscope_schema *)schema_set_get(scene.set, 0))->histogram = is_histogram;
		text = scene_render(&scene, skbscope_render_table, NULL);
		CHECK_NUMBER(strstr(text, "padding in the keys is not 0") != NULL, dirty);
		free(text);
		scene_clear(&scene);
	}
}

TEST(a_struct_key_makes_a_histogram_for_each_of_its_values)
{
	static const struct {
		uint32_t disk, slot;
	} keys[4] = { { 2, 3 }, { 1, 3 }, { 1, 4 }, { 2, 3 + 1 } };
	static const uint64_t values[4] = { 23, 46, 5, 11 };
	struct table_rows rows = rows_of(4, keys, values, 8, 1, true);
	struct skbscope_render_options options = { .size = sizeof(options) };
	struct scene scene;
	char *text;
	int key;

	scene_btf(&scene);
	key = btf__add_struct(scene.btf, "key", 8);
	btf__add_field(scene.btf, "disk", scene.basics.u32, 0, 0);
	btf__add_field(scene.btf, "slot", scene.basics.u32, 32, 0);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 8, key, 8, 0, &rows);
	((struct skbscope_schema *)schema_set_get(scene.set, 0))->histogram = true;
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "\ndisk 1\n"
			     "   slot  count\n"
			     " 4 - 7      46  ****************************************\n"
			     " 8 - 15      5  ****\n"
			     "\ndisk 2\n");
	free(text);
	options.top = 1;
	text = scene_render(&scene, skbscope_render_table, &options);
	CHECK_CONTAINS(text, "disk 1");
	CHECK(!strstr(text, "disk 2"));
	CHECK_CONTAINS(text, "1 more histogram\n");
	free(text);
	scene_clear(&scene);
}

TEST(the_last_buckets_of_a_histogram_are_those_of_64_bits)
{
	uint32_t keys[3] = { 64, 65, 1 };
	uint64_t values[3] = { 23, 1, 46 };
	struct table_rows rows = rows_of(3, keys, values, 8, 1, true);
	struct scene scene;
	char *text;

	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &rows);
	((struct skbscope_schema *)schema_set_get(scene.set, 0))->histogram = true;
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, " 0 - 1  ");
	CHECK_CONTAINS(text, "9223372036854775808 - 18446744073709551615     23  **");
	CHECK_CONTAINS(text, "1 in keys that are no bucket");
	free(text);
	scene_clear(&scene);
}

TEST(names_from_outside_cannot_steer_a_terminal)
{
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, true);
	struct skbscope_hook_state hook = {
		"e\x1b[2J0", 2, SKBSCOPE_INGRESS, SKBSCOPE_HOOK_TCX, "f", 1, true
	};
	struct skbscope_verdict_count verdict = { "f\x1b]", 2, 1 };
	struct scene scene;
	char *text;

	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &none);
	scene.snapshot->public.program = "p\x07";
	scene.snapshot->public.hooks = &hook;
	scene.snapshot->public.hook_count = 1;
	scene.snapshot->public.verdicts = &verdict;
	scene.snapshot->public.verdict_count = 1;
	text = scene_render(&scene, skbscope_render_table, NULL);
	CHECK_CONTAINS(text, "p\\x07 at ");
	CHECK_CONTAINS(text, "on e\\x1b[2J0 ingress (tcx)");
	CHECK_CONTAINS(text, "1 packet by f\\x1b] (SHOT)");
	CHECK(!strchr(text, '\x1b'));
	free(text);
	scene_clear(&scene);
}
