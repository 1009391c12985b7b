/* SPDX-License-Identifier: Apache-2.0 */
/* render/json: the contract that scripts rely on, in the hard cases. */
#include <errno.h>
#include <json-c/json.h>

#include "harness.h"
#include "scene.h"

/* Any parser must take it, and it must be one line. */
static void check_valid(const char *text)
{
	struct json_object *json = json_tokener_parse(text);

	CHECK(json_object_is_type(json, json_type_object));
	CHECK(strchr(text, '\n') == text + strlen(text) - 1);
	json_object_put(json);
}

static void check_value(int value_id, struct scene *scene, uint32_t size, const void *value,
			const char *expected)
{
	uint32_t key = 7;
	struct table_rows rows = rows_of(1, &key, value, size, 1, true);
	char *text, wanted[256];

	scene_read(scene, BPF_MAP_TYPE_HASH, 4, 0, size, value_id, &rows);
	text = scene_render(scene, skbscope_render_json, NULL);
	snprintf(wanted, sizeof(wanted), "\"rows\":[{\"key\":7,%s}]", expected);
	CHECK_CONTAINS(text, wanted);
	check_valid(text);
	free(text);
	scene_clear(scene);
}

TEST(numbers_are_exact)
{
	struct scene scene;
	uint64_t large = UINT64_MAX;
	int32_t negative = -5;
	unsigned __int128 huge = ~(unsigned __int128)0;
	double tenth = 0.1, nothing = (double)NAN, endless = (double)INFINITY;

	scene_btf(&scene);
	check_value(scene.basics.u64, &scene, 8, &large, "\"value\":18446744073709551615");
	scene_btf(&scene);
	check_value(scene.basics.s32, &scene, 4, &negative, "\"value\":-5");
	scene_btf(&scene);
	check_value(scene.basics.u128, &scene, 16, &huge,
		    "\"value\":340282366920938463463374607431768211455");
	scene_btf(&scene);
	check_value(btf__add_float(scene.btf, "double", 8), &scene, 8, &tenth, "\"value\":0.1");
	scene_btf(&scene);
	check_value(btf__add_float(scene.btf, "double", 8), &scene, 8, &nothing, "\"value\":null");
	scene_btf(&scene);
	check_value(btf__add_float(scene.btf, "double", 8), &scene, 8, &endless, "\"value\":null");
}

TEST(truth_is_true_unless_it_is_neither)
{
	struct scene scene;
	uint8_t yes = 1, odd = 5;

	scene_btf(&scene);
	check_value(scene.basics.boolean, &scene, 1, &yes, "\"value\":true");
	scene_btf(&scene);
	check_value(scene.basics.boolean, &scene, 1, &odd, "\"value\":5");
}

TEST(text_is_valid_whatever_the_bytes)
{
	struct scene scene;
	int text;

	scene_btf(&scene);
	text = btf__add_array(scene.btf, scene.basics.u32, scene.basics.character, 8);
	check_value(text, &scene, 8, "a\"\\\n\x1b\0zz",
		    "\"value\":\"a\\\"\\\\\\n\\u001b\\u0000zz\"");
	scene_btf(&scene);
	text = btf__add_array(scene.btf, scene.basics.u32, scene.basics.character, 8);
	check_value(text, &scene, 8, "ab\0\0\0\0\0", "\"value\":\"ab\"");
	scene_btf(&scene);
	text = btf__add_array(scene.btf, scene.basics.u32, scene.basics.character, 8);
	check_value(text, &scene, 8, "j\xc3\xb6rg\xff\xc3",
		    "\"value\":\"j\xc3\xb6rg\\\\xff\\\\xc3\"");
	scene_btf(&scene);
	text = btf__add_array(scene.btf, scene.basics.u32, scene.basics.character, 8);
	/* A surrogate, an overlong slash, and a sequence that the end cuts off. */
	check_value(text, &scene, 8, "\xed\xa0\x80\xc0\xaf\xf0\x9f\x92",
		    "\"value\":\"\\\\xed\\\\xa0\\\\x80\\\\xc0\\\\xaf\\\\xf0\\\\x9f\\\\x92\"");
}

TEST(arrays_and_their_structs_nest)
{
	static const uint16_t pairs[4] = { 1, 2, 3, 65535 };
	struct scene scene;
	int pair, array;

	scene_btf(&scene);
	pair = btf__add_struct(scene.btf, "pair", 4);
	btf__add_field(scene.btf, "a", scene.basics.u16, 0, 0);
	btf__add_field(scene.btf, "b", scene.basics.be16, 16, 0);
	array = btf__add_array(scene.btf, scene.basics.u32, pair, 2);
	check_value(array, &scene, 8, pairs, "\"value\":[{\"a\":1,\"b\":2},{\"a\":3,\"b\":65535}]");
}

TEST(addresses_are_bytes_with_their_readable_form_beside)
{
	static const uint8_t address[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	struct scene scene;
	int bytes, in6;

	scene_btf(&scene);
	bytes = btf__add_array(scene.btf, scene.basics.u32, scene.basics.u8, 16);
	in6 = btf__add_struct(scene.btf, "in6_addr", 16);
	btf__add_field(scene.btf, "s6_addr", bytes, 0, 0);
	check_value(in6, &scene, 16, address,
		    "\"value\":[32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1],"
		    "\"text\":{\"value\":\"2001:db8::1\"}");
}

TEST(what_is_not_known_is_null)
{
	uint32_t key = 7;
	uint64_t value = 46;
	struct table_rows rows = rows_of(1, &key, &value, 8, 1, true);
	struct scene before, after;
	char *text;

	scene_btf(&before);
	scene_read(&before, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &rows);
	after = before;
	value = 23;
	REQUIRE(snapshot_by_hand(before.set, &after.snapshot) == 0);
	CHECK_NUMBER(rows_by_hand(after.snapshot, 0, &rows, false), 0);
	after.snapshot->public.monotonic_ns = before.snapshot->public.monotonic_ns + 1;
	CHECK_NUMBER(snapshot_set_rates(after.snapshot, &before.snapshot->public), 0);
	CHECK_NUMBER(snapshot_add_loss(after.snapshot, NULL, "unseen", 0, false), 0);
	text = scene_render(&after, skbscope_render_json, NULL);
	CHECK_CONTAINS(text, "\"rates\":{\"value\":null}");
	CHECK_CONTAINS(text, "\"losses\":[{\"table\":null,\"what\":\"unseen\",\"count\":null}]");
	check_valid(text);
	free(text);
	snapshot_unref(after.snapshot);
	scene_clear(&before);
}

TEST(a_reading_of_an_edited_program_says_which_version_it_is_of)
{
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, true);
	struct scene scene;
	char *text;

	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &none);
	scene.snapshot->public.generation = 23;
	text = scene_render(&scene, skbscope_render_json, NULL);
	CHECK_CONTAINS(text, ",\"generation\":23,\"stale\":null,");
	free(text);
	scene.snapshot->public.stale = "half \"saved\"";
	text = scene_render(&scene, skbscope_render_json, NULL);
	CHECK_CONTAINS(text, ",\"stale\":\"half \\\"saved\\\"\",");
	check_valid(text);
	free(text);
	scene_clear(&scene);
}

TEST(a_full_disk_is_an_error)
{
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, true);
	struct skbscope_error error = { 0 };
	FILE *full = fopen("/dev/full", "w");
	struct scene scene;

	REQUIRE(full);
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &none);
	CHECK_NUMBER(skbscope_render_json(&scene.snapshot->public, NULL, full, &error), -ENOSPC);
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_RENDER);
	CHECK_CONTAINS(error.message, "No space left");
	fclose(full);
	scene_clear(&scene);
}

TEST(a_closed_reader_is_an_error)
{
	enum { ROWS = 20011 };
	uint32_t *keys = calloc(ROWS, sizeof(*keys));
	uint64_t *values = calloc(ROWS, sizeof(*values));
	struct table_rows rows = rows_of(ROWS, keys, values, 8, 1, true);
	struct skbscope_error error = { 0 };
	FILE *reader = fopen("/dev/null", "r"); /* not open for writing */
	struct scene scene;

	REQUIRE(reader);
	for (uint32_t i = 0; i < ROWS; i++)
		keys[i] = i;
	scene_btf(&scene);
	scene_read(&scene, BPF_MAP_TYPE_HASH, 4, 0, 8, 0, &rows);
	CHECK_NUMBER(skbscope_render_json(&scene.snapshot->public, NULL, reader, &error), -EBADF);
	CHECK_NUMBER(skbscope_render_table(&scene.snapshot->public, NULL, reader, &error), -EBADF);
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_RENDER);
	fclose(reader);
	scene_clear(&scene);
	free(keys);
	free(values);
}
