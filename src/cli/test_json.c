/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_json.h"

#include <stdio.h>

#include "render/json_writer.h"

static void write_side(struct json_writer *json, const char *key, const struct finding *finding,
		       enum finding_side side)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < finding->count; i++)
		if (finding->lines[i].side == side || finding->lines[i].side == FINDING_SAME)
			json_text(json, NULL, finding->lines[i].text);
	json_end_array(json);
}

void test_json_findings(const struct judgement *judgement, struct json_writer *json)
{
	json_begin_array(json, "findings");
	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];

		json_begin_object(json, NULL);
		json_u64(json, "line", finding->line);
		json_text(json, "what", finding->what);
		json_text(json, "hint", finding->hint);
		write_side(json, "expected", finding, FINDING_EXPECTED);
		write_side(json, "actual", finding, FINDING_ACTUAL);
		json_end_object(json);
	}
	json_end_array(json);
}

void test_json(const struct test_result *result, bool pretty)
{
	struct json_writer json = { .stream = stdout, .pretty = pretty };
	const struct judgement *judgement = result->judgement;

	json_begin_object(&json, NULL);
	json_text(&json, "file", result->file->path);
	json_u64(&json, "line", result->test->line);
	json_text(&json, "case", result->test->name);
	json_boolean(&json, "passed", result->status == EXIT_FINE);
	json_u64(&json, "status", result->status);
	test_json_findings(judgement, &json);
	json_text(&json, "hint", judgement->hint);
	json_text(&json, "note", judgement->notes);
	json_end_object(&json);
	json_finish(&json); /* what stdout did not take is told at the end */
}
