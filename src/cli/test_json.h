/* SPDX-License-Identifier: Apache-2.0 */
/* What came of a test, for programs. */
#ifndef CLI_TEST_JSON_H
#define CLI_TEST_JSON_H

#include "render/json_writer.h"
#include "run/test_run.h"

void test_json(const struct test_result *result, bool pretty); /* a document on stdout */
void test_json_findings(const struct judgement *judgement, struct json_writer *json);

#endif
