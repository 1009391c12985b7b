/* SPDX-License-Identifier: Apache-2.0 */
/* render/json: the contract that scripts rely on. */
#include <json-c/json.h>
#include <skbscope/render.h>

#include "../model/fixture.h"
#include "harness.h"

static char *render(const struct snapshot *snapshot, const struct skbscope_render_options *options)
{
	struct skbscope_error error = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (skbscope_render_json(&snapshot->public, options, stream, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	fclose(stream);
	return text;
}

TEST(a_reading_is_one_json_object_and_a_newline)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map map =
		map_of("packet_count", BPF_MAP_TYPE_HASH, 4, 8, basics.be32, basics.u64);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL, *second = NULL;
	uint32_t key = 0x0100000a;
	uint64_t value = 23;
	struct raw_rows rows = { 1, &key, &value, 8, 1, true };
	char *text;

	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(snapshot_new(set, &snapshot), 0);
	CHECK_NUMBER(snapshot_set_rows(snapshot, 0, &rows, false), 0);
	CHECK_NUMBER(snapshot_new(set, &second), 0);
	value = 46;
	CHECK_NUMBER(snapshot_set_rows(second, 0, &rows, false), 0);
	second->public.monotonic_ns = snapshot->public.monotonic_ns + 2000000000;
	CHECK_NUMBER(snapshot_set_rates(second, &snapshot->public), 0);
	text = render(second, NULL);
	puts(text);
	skbscope_render_table(&second->public, NULL, stdout, NULL);
	CHECK_CONTAINS(text, "{\"key\":16777226,\"value\":46,\"rates\":{\"value\":11.5},\"text\":{"
			     "\"key\":\"10.0.0.1\"}}");
	free(text);
	snapshot_free(second);
	snapshot_free(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}
